// What a program learns of a graph's tasks and changes in them: kernels, words of memory, operators, groups of them.
#include "hold.h"

#include <aclnn/acl_meta.h>
#include <aclnnop/aclnn_add.h>
#include <aclsim/aclsim_kernel.h>

#include <stdint.h>
#include <string.h>

enum { COUNT = 64 };

typedef struct {
    int32_t *out;
    int32_t value;
    uint32_t count;
} FillArgs;

static void fill(const aclsimKernelContext *context, void *args)
{
    const FillArgs *const all = (const FillArgs *)args;
    for (uint32_t i = context->blockIndex; i < all->count; i += context->blockCount) {
        all->out[i] = all->value;
    }
}

static void number(const aclsimKernelContext *context, void *args)
{
    const FillArgs *const all = (const FillArgs *)args;
    if (context->blockIndex < all->count) {
        all->out[context->blockIndex] = (int32_t)context->blockIndex + all->value;
    }
}

static const aclsimKernelParam params_of[] = {
    ACLSIM_PARAM(FillArgs, out, ACLSIM_WRITE),
    ACLSIM_PARAM(FillArgs, value, ACLSIM_VALUE),
    ACLSIM_PARAM(FillArgs, count, ACLSIM_VALUE),
};
static const aclsimKernel kernels[] = {
    {.name = "fill", .function = fill, .params = params_of, .paramCount = 3},
    {.name = "number", .function = number, .params = params_of, .paramCount = 3},
    {.name = "thread", .function = number, .params = params_of, .paramCount = 3, .flags = ACLSIM_KERNEL_SIMT},
};
static const aclsimKernelTable table = {ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, kernels, 3, NULL, 0};

static aclrtBinHandle binary;
static aclrtStream first, second;
static int32_t *device;
static uint64_t *words;

static aclrtFuncHandle function(const char *name)
{
    aclrtFuncHandle handle = NULL;
    CHECK_OK(aclrtBinaryGetFunction(binary, name, &handle));
    return handle;
}

static int launch(const char *name, uint32_t blocks, int32_t value, aclrtLaunchKernelCfg *cfg, aclrtStream stream)
{
    FillArgs args = {device, value, COUNT};
    return aclrtLaunchKernelWithHostArgs(function(name), blocks, stream, cfg, &args, sizeof(args), NULL, 0);
}

static int32_t element(size_t index)
{
    int32_t value = 0;
    CHECK_OK(aclrtMemcpy(&value, 4, device + index, 4, ACL_MEMCPY_DEVICE_TO_HOST));
    return value;
}

static void clear(void)
{
    CHECK_OK(aclrtMemset(device, COUNT * 4, 0, COUNT * 4));
}

static void run(aclmdlRI graph)
{
    CHECK_OK(aclmdlRIExecuteAsync(graph, second));
    CHECK_OK(aclrtSynchronizeStream(second));
}

static uint32_t tasks_of(aclmdlRI graph, aclmdlRITask tasks[8])
{
    aclrtStream stream = NULL;
    uint32_t streams = 1, count = 8;
    CHECK_OK(aclmdlRIGetStreams(graph, &stream, &streams));
    CHECK_OK(aclmdlRIGetTasksByStream(stream, tasks, &count));
    return count;
}

static void launches(void)
{
    aclmdlRI graph = NULL;
    aclmdlRITask tasks[8];
    aclmdlRITaskType type;
    aclmdlRITaskParams params, changed;
    aclrtLaunchKernelAttrValue value;
    aclrtLaunchKernelAttr attrs[2] = {{ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT, {0}}, {ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE, {0}}};
    aclrtLaunchKernelCfg cfg = {attrs, 2};
    FillArgs args;
    void *device_args = NULL;
    attrs[0].value.timeout = 9;
    attrs[1].value.schemMode = 1;
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(launch("fill", 4, 7, &cfg, first));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK(tasks_of(graph, tasks) == 1);
    CHECK_OK(aclmdlRITaskGetType(tasks[0], &type));
    CHECK(type == ACL_MODEL_RI_TASK_KERNEL);

    CHECK_OK(aclmdlRITaskGetParams(tasks[0], &params));
    CHECK(params.type == ACL_MODEL_RI_TASK_KERNEL && params.kernelTaskParams.funcHandle == function("fill"));
    CHECK(params.kernelTaskParams.numBlocks == 4 && params.kernelTaskParams.isHostArgs == 1);
    CHECK(params.kernelTaskParams.argsSize == sizeof(args));
    memcpy(&args, params.kernelTaskParams.args, sizeof(args));
    CHECK(args.out == device && args.value == 7 && args.count == COUNT);
    CHECK_OK(aclmdlRIKernelTaskGetAttribute(tasks[0], ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT, &value));
    CHECK(value.timeout == 9);
    CHECK_OK(aclmdlRIKernelTaskGetAttribute(tasks[0], ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE, &value));
    CHECK(value.schemMode == 1);
    value.rsv[0] = 77;
    CHECK_REFUSED(aclmdlRIKernelTaskGetAttribute(tasks[0], (aclrtLaunchKernelAttrId)10, &value), ACL_ERROR_RT_PARAM_INVALID,
                  "attrId", "10");
    CHECK(value.rsv[0] == 77);

    // What was read can be changed and given back; it counts from the update on.
    args.value = 8;
    memcpy(params.kernelTaskParams.args, &args, sizeof(args));
    CHECK_OK(aclmdlRITaskSetParams(tasks[0], &params));
    clear();
    run(graph);
    CHECK(element(0) == 7 && element(COUNT - 1) == 7);
    CHECK_OK(aclmdlRIUpdate(graph));
    run(graph);
    CHECK(element(0) == 8 && element(COUNT - 1) == 8);
    CHECK_OK(aclmdlRIKernelTaskGetAttribute(tasks[0], ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US, &value));
    CHECK(value.timeoutUs.timeoutLow == 9000000 && value.timeoutUs.timeoutHigh == 0);

    // Another function, other blocks, arguments in device memory.
    args.value = 100;
    CHECK_OK(aclrtMalloc(&device_args, sizeof(args), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device_args, sizeof(args), &args, sizeof(args), ACL_MEMCPY_HOST_TO_DEVICE));
    changed = params;
    changed.kernelTaskParams.funcHandle = function("number");
    changed.kernelTaskParams.cfg = NULL;
    changed.kernelTaskParams.numBlocks = COUNT / 2;
    changed.kernelTaskParams.isHostArgs = 0;
    changed.kernelTaskParams.args = device_args;
    CHECK_OK(aclmdlRITaskSetParams(tasks[0], &changed));
    CHECK_OK(aclmdlRIUpdate(graph));
    clear();
    run(graph);
    CHECK(element(0) == 100 && element(COUNT / 2 - 1) == 100 + COUNT / 2 - 1 && element(COUNT / 2) == 0);
    CHECK_OK(aclmdlRITaskGetParams(tasks[0], &params));
    CHECK(params.kernelTaskParams.funcHandle == function("number") && params.kernelTaskParams.args == device_args);
    CHECK(params.kernelTaskParams.isHostArgs == 0 && params.kernelTaskParams.numBlocks == COUNT / 2);
    CHECK_OK(aclmdlRIKernelTaskGetAttribute(tasks[0], ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT, &value));
    CHECK(value.timeout == 0);

    // What is refused changes nothing.
    changed.type = ACL_MODEL_RI_TASK_VALUE_WRITE;
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[0], &changed), ACL_ERROR_RT_PARAM_INVALID, "type", "Kernel");
    changed = params;
    changed.kernelTaskParams.numBlocks = 0;
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[0], &changed), ACL_ERROR_RT_PARAM_INVALID, "numBlocks");
    changed = params;
    changed.kernelTaskParams.funcHandle = binary;
    CHECK_CODE(aclmdlRITaskSetParams(tasks[0], &changed), ACL_ERROR_RT_INVALID_HANDLE);
    changed = params;
    changed.kernelTaskParams.funcHandle = function("thread");
    changed.kernelTaskParams.numBlocks = COUNT;
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[0], &changed), ACL_ERROR_RT_PARAM_INVALID, "numBlocks");
    changed = params;
    changed.kernelTaskParams.args = &args;
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[0], &changed), ACL_ERROR_RT_PARAM_INVALID, "device memory");
    attrs[0].value.timeout = 1;
    attrs[1].value.schemMode = 3;
    changed = params;
    changed.kernelTaskParams.cfg = &cfg;
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[0], &changed), ACL_ERROR_RT_PARAM_INVALID, "schemMode");
    CHECK_CODE(aclmdlRITaskSetParams(tasks[0], NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclmdlRIUpdate(graph));
    clear();
    run(graph);
    CHECK(element(0) == 100 && element(COUNT / 2) == 0);
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_CODE(aclmdlRITaskSetParams(tasks[0], &params), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclmdlRIKernelTaskGetAttribute(tasks[0], ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT, &value), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtFree(device_args));
}

static void words_of_memory(void)
{
    aclmdlRI graph = NULL;
    aclmdlRITask tasks[8];
    aclmdlRITaskType type;
    aclmdlRITaskParams write, wait;
    uint64_t got[2] = {0, 0};
    CHECK_OK(aclrtMemset(words, 16, 0, 16));
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtValueWait(words, 3, ACL_STREAM_WAIT_VALUE_GEQ, first));
    CHECK_OK(aclrtValueWrite(words + 1, 5, 0, first));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK(tasks_of(graph, tasks) == 2);
    CHECK_OK(aclmdlRITaskGetType(tasks[0], &type));
    CHECK(type == ACL_MODEL_RI_TASK_VALUE_WAIT);
    CHECK_OK(aclmdlRITaskGetParams(tasks[0], &wait));
    CHECK(wait.valueWaitTaskParams.devAddr == words && wait.valueWaitTaskParams.value == 3);
    CHECK(wait.valueWaitTaskParams.flag == ACL_STREAM_WAIT_VALUE_GEQ);
    CHECK_OK(aclmdlRITaskGetParams(tasks[1], &write));
    CHECK(write.type == ACL_MODEL_RI_TASK_VALUE_WRITE && write.valueWriteTaskParams.devAddr == words + 1);
    CHECK(write.valueWriteTaskParams.value == 5);

    write.valueWriteTaskParams.value = 6;
    wait.valueWaitTaskParams.value = 0x10;
    wait.valueWaitTaskParams.flag = ACL_STREAM_WAIT_VALUE_AND;
    CHECK_OK(aclmdlRITaskSetParams(tasks[0], &wait));
    CHECK_OK(aclmdlRITaskSetParams(tasks[1], &write));
    CHECK_OK(aclmdlRIUpdate(graph));
    // 3 was enough before, and has not the bit that is waited for now.
    CHECK_OK(aclrtValueWrite(words, 3, 0, first));
    CHECK_OK(aclrtSynchronizeStream(first));
    CHECK_OK(aclmdlRIExecuteAsync(graph, second));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_OK(aclrtValueWrite(words, 0x11, 0, first));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtMemcpy(got, 16, words, 16, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(got[0] == 0x11 && got[1] == 6);

    wait.valueWaitTaskParams.flag = 4;
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[0], &wait), ACL_ERROR_RT_PARAM_INVALID, "flag");
    write.valueWriteTaskParams.devAddr = (char *)words + 4;
    CHECK_CODE(aclmdlRITaskSetParams(tasks[1], &write), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIDestroy(graph));
}

// One operator: device[i] + device[i] * alpha into device[i], on int32.
static int twice(aclrtStream stream)
{
    const int64_t dims[] = {COUNT}, strides[] = {1};
    aclTensor *self = aclCreateTensor(dims, 1, ACL_INT32, strides, 0, ACL_FORMAT_ND, dims, 1, device);
    const int32_t one = 1;
    aclScalar *alpha = aclCreateScalar((void *)&one, ACL_INT32);
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    CHECK_OK(aclnnInplaceAddGetWorkspaceSize(self, self, alpha, &size, &executor));
    const int code = aclnnInplaceAdd(NULL, size, executor, stream);
    CHECK_OK(aclDestroyTensor(self));
    CHECK_OK(aclDestroyScalar(alpha));
    return code;
}

static void groups(void)
{
    aclmdlRI graph = NULL;
    aclmdlRITask tasks[8];
    aclmdlRITaskParams params;
    aclrtTaskGrp group = NULL;
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclmdlRICaptureTaskGrpBegin(first));
    CHECK_OK(launch("fill", 1, 3, NULL, first));
    CHECK_OK(twice(first));
    CHECK_CODE(aclrtMemsetAsync(device, 4, 0, 4, first), ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT);
    CHECK_OK(aclmdlRICaptureTaskGrpEnd(first, &group));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK(tasks_of(graph, tasks) == 2);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(aclmdlRITaskGetParams(tasks[i], &params));
        CHECK(params.type == ACL_MODEL_RI_TASK_KERNEL && params.taskGrp == group);
    }
    // Of an operator nothing can be set that way.
    CHECK(params.kernelTaskParams.funcHandle == NULL && params.kernelTaskParams.args == NULL);
    CHECK_REFUSED(aclmdlRITaskSetParams(tasks[1], &params), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "task group");
    run(graph);
    CHECK(element(0) == 6 && element(COUNT - 1) == 6);
    // The kernel takes the place of the kernel, the operator that of the operator.
    CHECK_OK(aclmdlRICaptureTaskUpdateBegin(second, group));
    CHECK_OK(launch("number", COUNT, 1, NULL, second));
    CHECK_OK(twice(second));
    CHECK_OK(aclmdlRICaptureTaskUpdateEnd(second));
    run(graph);
    CHECK(element(0) == 2 && element(COUNT - 1) == 2 * COUNT);
    CHECK_OK(aclmdlRIDestroy(graph));
}

int main(void)
{
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclsimBinaryFromKernels(&table, &binary));
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtMalloc((void **)&device, COUNT * 4, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&words, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    launches();
    words_of_memory();
    groups();
    CHECK_OK(aclrtBinaryUnLoad(binary));
    CHECK_OK(aclrtFree(words));
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
