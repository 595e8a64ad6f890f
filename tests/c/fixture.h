/* What the generated programs share: live objects for the arguments that are not under test, and the checks. */
#ifndef ACLSIM_TESTS_FIXTURE_H
#define ACLSIM_TESTS_FIXTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acl/acl.h"
#include "aclnn/aclnn_base.h"
#include "acl/acl_op.h"
#include "acl/acl_tdt.h"
#include "acl/acl_tdt_queue.h"
#include "hccl/hccl.h"

#include "makers.h"

static int fixture_calls;
static int fixture_failures;
static aclrtStream fixture_stream;
static aclrtContext fixture_context;
static aclrtEvent fixture_event;
static aclrtNotify fixture_notify;
static aclrtCntNotify fixture_count;
static void *fixture_device;
static aclTensor *fixture_tensor;
static aclScalar *fixture_scalar;
static aclIntArray *fixture_ints;
static aclFloatArray *fixture_floats;
static aclBoolArray *fixture_bools;
static aclTensorList *fixture_tensors;
static aclScalarList *fixture_scalars;
static aclTensorDesc *fixture_desc;
static aclDataBuffer *fixture_buffer;
static aclopAttr *fixture_attr;
static HcclComm fixture_comm;
static aclrtLabel fixture_label;
static aclrtLabelList fixture_labels;
static aclrtStreamConfigHandle *fixture_stream_config;
static aclrtMemPool fixture_pool;
static aclrtDrvMemHandle fixture_physical;
static aclrtAllocatorDesc fixture_allocator;
static aclrtBinHandle fixture_binary;
static aclrtFuncHandle fixture_function;
static aclrtArgsHandle fixture_arguments;
static aclmdlRI fixture_graph;
static aclmdlRITask fixture_task;
static aclrtTaskGrp fixture_group;
static aclopHandle *fixture_operator;
static aclprofConfig *fixture_prof_config;
static aclprofStepInfo *fixture_step;
static aclrtMbuf fixture_buf;
static acltdtDataItem *fixture_item;
static acltdtDataset *fixture_dataset;
static acltdtChannelHandle *fixture_channel;
static acltdtQueueAttr *fixture_queue_attr;
static acltdtQueueRoute *fixture_route;
static acltdtQueueRouteList *fixture_routes;
static acltdtQueueRouteQueryInfo *fixture_query;

/* Zeroed memory for outputs; large enough for the largest struct of the interface. */
static inline void *scratch(void) {
    static _Alignas(64) unsigned char memory[512 * 1024];
    return memory;
}

/* Memory that is mapped but holds no object of the library. */
static inline uintptr_t wild_memory(void) {
    static _Alignas(64) unsigned char memory[4096];
    memset(memory, 0x5a, sizeof(memory));
    return (uintptr_t)memory;
}

static inline void no_op(void) {}

/* A live object of a type, or null where the fixture has none. */
static inline void *handle(const char *type) {
    const struct {
        const char *type;
        void *object;
    } objects[] = {
        {"aclrtStream", fixture_stream},   {"aclrtContext", fixture_context}, {"aclrtEvent", fixture_event},
        {"aclrtNotify", fixture_notify},   {"aclrtCntNotify", fixture_count},
        {"aclTensor", fixture_tensor},     {"aclScalar", fixture_scalar},     {"aclIntArray", fixture_ints},
        {"aclFloatArray", fixture_floats}, {"aclBoolArray", fixture_bools},   {"aclTensorList", fixture_tensors},
        {"aclScalarList", fixture_scalars}, {"aclTensorDesc", fixture_desc},    {"aclDataBuffer", fixture_buffer},
        {"aclopAttr", fixture_attr},       {"HcclComm", fixture_comm},
        {"aclrtLabel", fixture_label},     {"aclrtLabelList", fixture_labels},
        {"aclrtStreamConfigHandle", fixture_stream_config},
        {"aclrtMemPool", fixture_pool},    {"aclrtDrvMemHandle", fixture_physical},
        {"aclrtAllocatorDesc", fixture_allocator}, {"aclrtBinHandle", fixture_binary},
        {"aclrtFuncHandle", fixture_function}, {"aclrtArgsHandle", fixture_arguments},
        {"aclmdlRI", fixture_graph},       {"aclmdlRITask", fixture_task},    {"aclrtTaskGrp", fixture_group},
        {"aclopHandle", fixture_operator}, {"aclprofConfig", fixture_prof_config},
        {"aclprofStepInfo", fixture_step},
        {"aclrtMbuf", fixture_buf},        {"acltdtBuf", fixture_buf},        {"acltdtDataItem", fixture_item},
        {"acltdtDataset", fixture_dataset}, {"acltdtChannelHandle", fixture_channel},
        {"acltdtQueueAttr", fixture_queue_attr}, {"acltdtQueueRoute", fixture_route},
        {"acltdtQueueRouteList", fixture_routes}, {"acltdtQueueRouteQueryInfo", fixture_query},
    };
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        if (strcmp(objects[i].type, type) == 0) {
            return objects[i].object;
        }
    }
    return NULL;
}

static void fixture_fail(const char *function, const char *parameter, const char *what) {
    fixture_failures++;
    printf("FAIL %s(%s): %s\n", function, parameter, what);
}

static void fixture_expect_code(const char *function, const char *parameter, int code) {
    const char *message = aclGetRecentErrMsg();
    fixture_calls++;
    if (code == 0) {
        fixture_fail(function, parameter, "succeeded");
    } else if (message == NULL || message[0] == '\0') {
        fixture_fail(function, parameter, "left no message");
    } else if (strstr(message, function) == NULL) {
        fixture_fail(function, parameter, message);
    }
}

#define EXPECT_CODE(function, parameter, call) fixture_expect_code(function, parameter, (int)(call))
#define EXPECT_NULL(function, parameter, call)                      \
    do {                                                            \
        fixture_calls++;                                            \
        if ((call) != NULL) {                                       \
            fixture_fail(function, parameter, "returned an object"); \
        }                                                           \
    } while (0)
#define EXPECT_RETURN(function, parameter, call) \
    do {                                         \
        fixture_calls++;                         \
        (void)(call);                            \
    } while (0)

/* Memory for outputs that a failing call must leave alone. Ends with zeros, so that it is text as well. */
static unsigned char fixture_outputs[8192];
enum { FIXTURE_PATTERN = 0xa5, FIXTURE_PATTERN_SIZE = 4096 };

static inline void *outputs(void) {
    memset(fixture_outputs, FIXTURE_PATTERN, FIXTURE_PATTERN_SIZE);
    return fixture_outputs;
}

static inline void fixture_expect_sane(const char *function, const char *parameter, int code) {
    if (code == 0) {
        fixture_calls++;
        outputs();
        return;
    }
    fixture_expect_code(function, parameter, code);
    for (size_t i = 0; i < FIXTURE_PATTERN_SIZE; i++) {
        if (fixture_outputs[i] != FIXTURE_PATTERN) {
            fixture_fail(function, parameter, "failed and changed an output");
            break;
        }
    }
    outputs();
}

#define EXPECT_SANE(function, parameter, call) fixture_expect_sane(function, parameter, (int)(call))
#define EXPECT_REFUSED(function, parameter, call)                   \
    do {                                                            \
        const int refused_code = (int)(call);                       \
        fixture_expect_sane(function, parameter, refused_code);     \
        if (refused_code == 0) {                                    \
            fixture_fail(function, parameter, "succeeded");         \
        }                                                           \
    } while (0)

static void fixture_need(int ok, const char *what) {
    if (!ok) {
        const char *message = aclGetRecentErrMsg();
        printf("FAIL fixture: %s: %s\n", what, message ? message : "no message");
        exit(1);
    }
}

static void fixture_start(void) {
    outputs();
    const int64_t dims[2] = {2, 3};
    float value = 1.0f;
    bool flag = true;
    fixture_need(aclInit(NULL) == 0, "aclInit");
    fixture_need(aclrtSetDevice(0) == 0, "aclrtSetDevice");
    fixture_need(aclrtGetCurrentContext(&fixture_context) == 0, "aclrtGetCurrentContext");
    fixture_need(aclrtCreateStream(&fixture_stream) == 0, "aclrtCreateStream");
    fixture_need(aclrtCreateEvent(&fixture_event) == 0, "aclrtCreateEvent");
    fixture_need(aclrtCreateNotify(&fixture_notify, ACL_NOTIFY_DEFAULT) == 0, "aclrtCreateNotify");
    fixture_need(aclrtCntNotifyCreate(&fixture_count, 0) == 0, "aclrtCntNotifyCreate");
    fixture_need(aclrtMalloc(&fixture_device, 4096, ACL_MEM_MALLOC_HUGE_FIRST) == 0, "aclrtMalloc");
    fixture_tensor = aclCreateTensor(dims, 2, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 2, fixture_device);
    fixture_need(fixture_tensor != NULL, "aclCreateTensor");
    fixture_scalar = aclCreateScalar(&value, ACL_FLOAT);
    fixture_need(fixture_scalar != NULL, "aclCreateScalar");
    fixture_ints = aclCreateIntArray(dims, 2);
    fixture_need(fixture_ints != NULL, "aclCreateIntArray");
    fixture_floats = aclCreateFloatArray(&value, 1);
    fixture_need(fixture_floats != NULL, "aclCreateFloatArray");
    fixture_bools = aclCreateBoolArray(&flag, 1);
    fixture_need(fixture_bools != NULL, "aclCreateBoolArray");
    const aclTensor *tensors[1] = {
        aclCreateTensor(dims, 2, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 2, fixture_device)};
    fixture_tensors = aclCreateTensorList(tensors, 1);
    fixture_need(fixture_tensors != NULL, "aclCreateTensorList");
    const aclScalar *scalars[1] = {aclCreateScalar(&value, ACL_FLOAT)};
    fixture_scalars = aclCreateScalarList(scalars, 1);
    fixture_need(fixture_scalars != NULL, "aclCreateScalarList");
    fixture_desc = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
    fixture_need(fixture_desc != NULL, "aclCreateTensorDesc");
    fixture_buffer = aclCreateDataBuffer(fixture_device, 4096);
    fixture_need(fixture_buffer != NULL, "aclCreateDataBuffer");
    fixture_attr = aclopCreateAttr();
    fixture_need(fixture_attr != NULL, "aclopCreateAttr");
    fixture_need(aclrtCreateLabel(&fixture_label) == 0, "aclrtCreateLabel");
    fixture_need(aclrtCreateLabelList(&fixture_label, 1, &fixture_labels) == 0, "aclrtCreateLabelList");
    fixture_stream_config = aclrtCreateStreamConfigHandle();
    fixture_need(fixture_stream_config != NULL, "aclrtCreateStreamConfigHandle");
    fixture_need((fixture_pool = make_pool()) != NULL, "aclrtMemPoolCreate");
    fixture_need((fixture_physical = make_physical()) != NULL, "aclrtMallocPhysical");
    fixture_need((fixture_allocator = aclrtAllocatorCreateDesc()) != NULL, "aclrtAllocatorCreateDesc");
    fixture_need((fixture_arguments = make_arguments(&fixture_binary)) != NULL, "aclrtKernelArgsInit");
    fixture_need(aclrtBinaryGetFunction(fixture_binary, "nothing", &fixture_function) == 0, "aclrtBinaryGetFunction");
    fixture_need((fixture_graph = make_graph(&fixture_group, &fixture_task)) != NULL, "aclmdlRICaptureEnd");
    fixture_need((fixture_operator = make_operator()) != NULL, "aclopCreateHandle");
    uint32_t profiled = 0;
    fixture_prof_config = aclprofCreateConfig(&profiled, 1, ACL_AICORE_NONE, NULL, ACL_PROF_ACL_API);
    fixture_need(fixture_prof_config != NULL, "aclprofCreateConfig");
    fixture_need((fixture_step = aclprofCreateStepInfo()) != NULL, "aclprofCreateStepInfo");
    fixture_need(aclrtAllocBuf(&fixture_buf, 64) == 0, "aclrtAllocBuf");
    fixture_item = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, dims, 2, ACL_FLOAT, scratch(), 24);
    fixture_need(fixture_item != NULL, "acltdtCreateDataItem");
    fixture_dataset = acltdtCreateDataset();
    fixture_need(fixture_dataset != NULL, "acltdtCreateDataset");
    fixture_channel = acltdtCreateChannel(0, "fixture");
    fixture_need(fixture_channel != NULL, "acltdtCreateChannel");
    fixture_queue_attr = acltdtCreateQueueAttr();
    fixture_need(fixture_queue_attr != NULL, "acltdtCreateQueueAttr");
    fixture_route = acltdtCreateQueueRoute(1, 2);
    fixture_need(fixture_route != NULL, "acltdtCreateQueueRoute");
    fixture_routes = acltdtCreateQueueRouteList();
    fixture_need(fixture_routes != NULL, "acltdtCreateQueueRouteList");
    fixture_query = acltdtCreateQueueRouteQueryInfo();
    fixture_need(fixture_query != NULL, "acltdtCreateQueueRouteQueryInfo");
    int32_t device = 0;
    fixture_need(HcclCommInitAll(1, &device, &fixture_comm) == HCCL_SUCCESS, "HcclCommInitAll");
}

/* The objects must still be alive: a failing call destroys nothing. */
static int fixture_end(const char *program) {
    aclDestroyTensorDesc(fixture_desc);
    aclopDestroyAttr(fixture_attr);
    if (aclrtDestroyLabelList(fixture_labels) != 0 || aclrtDestroyLabel(fixture_label) != 0 ||
        aclrtDestroyStreamConfigHandle(fixture_stream_config) != 0) {
        fixture_fail(program, "end", "clean-up failed");
    }
    aclopDestroyHandle(fixture_operator);
    aclprofDestroyStepInfo(fixture_step);
    if (aclrtMemPoolDestroy(fixture_pool) != 0 || aclrtFreePhysical(fixture_physical) != 0 ||
        aclrtAllocatorDestroyDesc(fixture_allocator) != 0 || aclmdlRIDestroy(fixture_graph) != 0 ||
        aclrtBinaryUnLoad(fixture_binary) != 0 || aclprofDestroyConfig(fixture_prof_config) != 0) {
        fixture_fail(program, "end", "clean-up failed");
    }
    if (aclrtFreeBuf(fixture_buf) != 0 || acltdtDestroyDataItem(fixture_item) != 0 ||
        acltdtDestroyDataset(fixture_dataset) != 0 || acltdtDestroyChannel(fixture_channel) != 0 ||
        acltdtDestroyQueueAttr(fixture_queue_attr) != 0 || acltdtDestroyQueueRoute(fixture_route) != 0 ||
        acltdtDestroyQueueRouteList(fixture_routes) != 0 || acltdtDestroyQueueRouteQueryInfo(fixture_query) != 0) {
        fixture_fail(program, "end", "clean-up failed");
    }
    if (aclDestroyDataBuffer(fixture_buffer) != 0 || HcclCommDestroy(fixture_comm) != HCCL_SUCCESS) {
        fixture_fail(program, "end", "clean-up failed");
    }
    if (aclDestroyTensorList(fixture_tensors) != 0 || aclDestroyScalarList(fixture_scalars) != 0 ||
        aclDestroyTensor(fixture_tensor) != 0 || aclDestroyScalar(fixture_scalar) != 0 ||
        aclDestroyIntArray(fixture_ints) != 0 || aclDestroyFloatArray(fixture_floats) != 0 ||
        aclDestroyBoolArray(fixture_bools) != 0 || aclrtFree(fixture_device) != 0 ||
        aclrtDestroyNotify(fixture_notify) != 0 || aclrtCntNotifyDestroy(fixture_count) != 0 ||
        aclrtDestroyEvent(fixture_event) != 0 || aclrtDestroyStream(fixture_stream) != 0 ||
        aclrtResetDevice(0) != 0 || aclFinalize() != 0) {
        const char *message = aclGetRecentErrMsg();
        fixture_fail(program, "end", message ? message : "clean-up failed");
    }
    printf("%s: %d calls, %d failed\n", program, fixture_calls, fixture_failures);
    return fixture_failures != 0;
}

#endif
