// Operands of operators called by type, for the programs that test them.
#ifndef ACLSIM_TESTS_OP_CALL_H
#define ACLSIM_TESTS_OP_CALL_H

#include "check.h"

#include <acl/acl_op.h>
#include <acl/acl_op_compiler.h>
#include <stdint.h>
#include <stdlib.h>

static aclrtStream stream;

struct operand {
    aclTensorDesc *desc;
    aclDataBuffer *buffer;
    void *memory;
    size_t bytes;
};

static inline struct operand operand(aclDataType type, int rank, const int64_t *dims, size_t bytes, const void *content)
{
    struct operand made = {aclCreateTensorDesc(type, rank, dims, ACL_FORMAT_ND), NULL, NULL, bytes};
    CHECK(made.desc != NULL);
    CHECK_OK(aclrtMalloc(&made.memory, bytes, ACL_MEM_MALLOC_HUGE_FIRST));
    if (content != NULL) {
        CHECK_OK(aclrtMemcpy(made.memory, bytes, content, bytes, ACL_MEMCPY_HOST_TO_DEVICE));
    } else {
        CHECK_OK(aclrtMemset(made.memory, bytes, 0x55, bytes));
    }
    made.buffer = aclCreateDataBuffer(made.memory, bytes);
    CHECK(made.buffer != NULL);
    return made;
}

static inline void fetch(const struct operand *from, void *to)
{
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(to, from->bytes, from->memory, from->bytes, ACL_MEMCPY_DEVICE_TO_HOST));
}

static inline void drop(struct operand *given)
{
    aclDestroyTensorDesc(given->desc);
    CHECK_OK(aclDestroyDataBuffer(given->buffer));
    CHECK_OK(aclrtFree(given->memory));
}

static inline int call(const char *type, int inputs, struct operand *const *in, struct operand *out, const aclopAttr *attr)
{
    const aclTensorDesc *descs[8], *const out_desc[1] = {out->desc};
    const aclDataBuffer *buffers[8];
    aclDataBuffer *const out_buffer[1] = {out->buffer};
    for (int i = 0; i < inputs; i++) {
        descs[i] = in[i]->desc;
        buffers[i] = in[i]->buffer;
    }
    return aclopCompileAndExecute(type, inputs, descs, buffers, 1, out_desc, out_buffer, attr, ACL_ENGINE_SYS,
                                  ACL_COMPILE_SYS, NULL, stream);
}

#endif
