// An operator on addresses of any kind: out = a * b, element by element.
#ifndef ACLSIM_TESTS_MULTIPLY_H
#define ACLSIM_TESTS_MULTIPLY_H

#include <acl/acl.h>
#include <aclnnop/aclnn_mul.h>

#include <stdint.h>

// Queues out = a * b for `count` floats on a stream. The code of whatever failed, or 0. Mul needs no workspace.
static inline int multiply(void *out, void *a, void *b, int64_t count, aclrtStream stream)
{
    const int64_t dims[] = {count};
    aclTensor *tensors[3];
    void *const addresses[3] = {a, b, out};
    for (int i = 0; i < 3; i++) {
        tensors[i] = aclCreateTensor(dims, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 1, addresses[i]);
    }
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    int code = aclnnMulGetWorkspaceSize(tensors[0], tensors[1], tensors[2], &size, &executor);
    if (code == 0) {
        code = aclnnMul(NULL, size, executor, stream);
    }
    for (int i = 0; i < 3; i++) {
        aclDestroyTensor(tensors[i]);
    }
    return code;
}

#endif  // ACLSIM_TESTS_MULTIPLY_H
