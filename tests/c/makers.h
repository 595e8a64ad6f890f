/* Makes the objects that take more than one call. Each answers null if that fails. */
#ifndef ACLSIM_TESTS_MAKERS_H
#define ACLSIM_TESTS_MAKERS_H

#include "acl/acl.h"
#include "acl/acl_rt_allocator.h"
#include "acl/acl_rt_memory_soma.h"
#include "acl/acl_op.h"
#include "acl/acl_op_compiler.h"
#include "acl/acl_prof.h"
#include "aclsim/aclsim_kernel.h"

#include <string.h>

static inline aclrtMemPool make_pool(void) {
    aclrtMemPoolProps props;
    aclrtMemPool pool = NULL;
    memset(&props, 0, sizeof(props));
    props.allocType = ACL_MEM_ALLOCATION_TYPE_PINNED;
    props.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    return aclrtMemPoolCreate(&pool, &props) == ACL_SUCCESS ? pool : NULL;
}

static inline aclrtDrvMemHandle make_physical(void) {
    aclrtPhysicalMemProp prop;
    aclrtDrvMemHandle handle = NULL;
    memset(&prop, 0, sizeof(prop));
    prop.allocationType = ACL_MEM_ALLOCATION_TYPE_PINNED;
    prop.memAttr = ACL_HBM_MEM_HUGE;
    prop.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    return aclrtMallocPhysical(&handle, 2 << 20, &prop, 0) == ACL_SUCCESS ? handle : NULL;
}

static inline void makers_kernel(const aclsimKernelContext *context, void *args) {
    (void)context;
    (void)args;
}

static inline aclrtBinHandle make_binary(void) {
    static const aclsimKernelParam param = {0, 8, ACLSIM_VALUE, 0};
    static const aclsimKernel kernel = {
        .name = "nothing", .function = makers_kernel, .entry = 1, .params = &param, .paramCount = 1};
    static const aclsimKernelTable table = {ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, &kernel, 1, NULL, 0};
    aclrtBinHandle binary = NULL;
    return aclsimBinaryFromKernels(&table, &binary) == ACL_SUCCESS ? binary : NULL;
}

static inline aclrtFuncHandle make_function(aclrtBinHandle *binary) {
    aclrtFuncHandle function = NULL;
    *binary = make_binary();
    return aclrtBinaryGetFunction(*binary, "nothing", &function) == ACL_SUCCESS ? function : NULL;
}

static inline aclrtArgsHandle make_arguments(aclrtBinHandle *binary) {
    aclrtArgsHandle arguments = NULL;
    return aclrtKernelArgsInit(make_function(binary), &arguments) == ACL_SUCCESS ? arguments : NULL;
}

/* A graph of one kernel that fills memory, in a task group. */
static inline aclmdlRI make_graph(aclrtTaskGrp *group, aclmdlRITask *task) {
    aclrtStream stream = NULL, shown = NULL;
    aclrtBinHandle binary = NULL;
    const aclrtFuncHandle function = make_function(&binary);
    aclmdlRI graph = NULL;
    uint32_t count = 1;
    uint64_t argument = 0;
    const int made =
        aclrtCreateStream(&stream) == ACL_SUCCESS &&
        aclmdlRICaptureBegin(stream, ACL_MODEL_RI_CAPTURE_MODE_RELAXED) == ACL_SUCCESS &&
        aclmdlRICaptureTaskGrpBegin(stream) == ACL_SUCCESS &&
        aclrtLaunchKernelWithHostArgs(function, 1, stream, NULL, &argument, sizeof(argument), NULL, 0) == ACL_SUCCESS &&
        aclmdlRICaptureTaskGrpEnd(stream, group) == ACL_SUCCESS && aclmdlRICaptureEnd(stream, &graph) == ACL_SUCCESS &&
        aclmdlRIGetStreams(graph, &shown, &count) == ACL_SUCCESS &&
        aclmdlRIGetTasksByStream(shown, task, &count) == ACL_SUCCESS && aclrtDestroyStream(stream) == ACL_SUCCESS;
    return made ? graph : NULL;
}

static inline aclopHandle *make_operator(void) {
    const int64_t dims[] = {2};
    aclTensorDesc *desc = aclCreateTensorDesc(ACL_FLOAT, 1, dims, ACL_FORMAT_ND);
    const aclTensorDesc *const inputs[] = {desc, desc};
    aclopHandle *handle = NULL;
    const int code = aclopCreateHandle("Add", 2, inputs, 1, inputs, NULL, &handle);
    aclDestroyTensorDesc(desc);
    return code == ACL_SUCCESS ? handle : NULL;
}

#endif
