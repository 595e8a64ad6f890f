// Failed tasks: the callbacks that tell of them, and what a device says afterwards.
#include "hold.h"

#include <aclnnop/aclnn_index_select.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *memory;

static uint32_t me(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

static aclTensor *vector(aclDataType type, int64_t length, size_t offset)
{
    return aclCreateTensor(&length, 1, type, NULL, 0, ACL_FORMAT_ND, &length, 1, (char *)memory + offset);
}

// Queues an operator that meets an index beyond its input.
static void fail_on(aclrtStream stream)
{
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *self = vector(ACL_FLOAT, 4, 0), *index = vector(ACL_INT64, 1, 64), *out = vector(ACL_FLOAT, 1, 128);
    CHECK_OK(aclnnIndexSelectGetWorkspaceSize(self, 0, index, out, &size, &executor));
    CHECK(size <= 4096 - 192);
    CHECK_OK(aclnnIndexSelect(size > 0 ? (char *)memory + 192 : NULL, size, executor, stream));
    CHECK_OK(aclDestroyTensor(self));
    CHECK_OK(aclDestroyTensor(index));
    CHECK_OK(aclDestroyTensor(out));
}

struct seen {
    int calls;
    uint32_t task, stream, thread, device, code, on;
    int arguments, function;
    void *pointer;
    const aclrtExceptionInfo *info;
};
static struct seen seen[3];

static void note(struct seen *seen, aclrtExceptionInfo *info)
{
    uint32_t length = 77;
    aclrtFuncHandle function = NULL;
    seen->task = aclrtGetTaskIdFromExceptionInfo(info);
    seen->stream = aclrtGetStreamIdFromExceptionInfo(info);
    seen->thread = aclrtGetThreadIdFromExceptionInfo(info);
    seen->device = aclrtGetDeviceIdFromExceptionInfo(info);
    seen->code = aclrtGetErrorCodeFromExceptionInfo(info);
    seen->arguments = aclrtGetArgsFromExceptionInfo(info, &seen->pointer, &length);
    seen->function = aclrtGetFuncHandleFromExceptionInfo(info, &function);
    CHECK_CODE(aclrtGetArgsFromExceptionInfo(info, NULL, &length), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetArgsFromExceptionInfo(info, &seen->pointer, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetFuncHandleFromExceptionInfo(info, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(length == 77 && function == NULL);
    seen->info = info;
    seen->on = me();
    __atomic_add_fetch(&seen->calls, 1, __ATOMIC_ACQ_REL);
}

static void slot(aclrtExceptionInfo *info)
{
    note(&seen[0], info);
}

static void first(aclrtExceptionInfo *info)
{
    note(&seen[1], info);
}

// Takes itself away; asking for the failed stream must not wait for this very call.
static aclrtStream asked;

static void once(aclrtExceptionInfo *info)
{
    note(&seen[2], info);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_CODE(aclrtSynchronizeStream(asked), ACL_ERROR_RT_AICORE_EXCEPTION);
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtExceptionInfoCallbackUnregister(once));
}

static int calls(int which)
{
    return __atomic_load_n(&seen[which].calls, __ATOMIC_ACQUIRE);
}

static void told(void)
{
    aclrtStream stream;
    int32_t id = -1;
    uint32_t task = 77;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtStreamGetId(stream, &id));
    CHECK_OK(aclrtSetExceptionInfoCallback(slot));
    CHECK_OK(aclrtMemsetAsync(memory, 16, 0, 16, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(calls(0) == 0);
    fail_on(stream);
    CHECK_OK(aclrtGetThreadLastTaskId(&task));
    CHECK_CODE(aclrtGetThreadLastTaskId(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION);
    // Told before the report.
    CHECK(calls(0) == 1);
    CHECK(task > 0 && seen[0].task == task && seen[0].stream == (uint32_t)id && seen[0].device == 0);
    CHECK(seen[0].thread == me() && seen[0].on != me());
    CHECK(seen[0].code == ACL_ERROR_RT_AICORE_EXCEPTION);
    // Not a kernel of the program.
    CHECK(seen[0].arguments == ACL_ERROR_RT_PARAM_INVALID && seen[0].function == ACL_ERROR_RT_PARAM_INVALID);
    CHECK(seen[0].pointer == NULL);

    // The information was valid inside the callback only.
    CHECK(aclrtGetTaskIdFromExceptionInfo(seen[0].info) == UINT32_MAX);
    CHECK(strstr(aclGetRecentErrMsg(), "aclrtGetTaskIdFromExceptionInfo") != NULL);
    CHECK(aclrtGetStreamIdFromExceptionInfo(seen[0].info) == UINT32_MAX);
    CHECK(aclrtGetThreadIdFromExceptionInfo(NULL) == UINT32_MAX);
    CHECK(aclrtGetDeviceIdFromExceptionInfo((const aclrtExceptionInfo *)&id) == UINT32_MAX);
    CHECK(aclrtGetErrorCodeFromExceptionInfo(seen[0].info) == UINT32_MAX);
    CHECK_CODE(aclrtGetArgsFromExceptionInfo(seen[0].info, &seen[0].pointer, &task), ACL_ERROR_RT_INVALID_HANDLE);

    // One slot, and others beside it, each told of every failure.
    CHECK_OK(aclrtSetExceptionInfoCallback(NULL));
    fail_on(stream);
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION);
    CHECK(calls(0) == 1);
    CHECK_CODE(aclrtExceptionInfoCallbackRegister(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtExceptionInfoCallbackUnregister(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtExceptionInfoCallbackUnregister(first), ACL_ERROR_RT_PARAM_INVALID, "callback");
    CHECK_OK(aclrtExceptionInfoCallbackRegister(first));
    CHECK_REFUSED(aclrtExceptionInfoCallbackRegister(first), ACL_ERROR_RT_PARAM_INVALID, "callback");
    CHECK_OK(aclrtExceptionInfoCallbackRegister(once));
    CHECK_OK(aclrtSetExceptionInfoCallback(first));
    CHECK_OK(aclrtSetExceptionInfoCallback(slot));
    asked = stream;
    fail_on(stream);
    // Who asks first is told; here the callback may have been.
    const int code = aclrtSynchronizeStream(stream);
    CHECK(code == ACL_SUCCESS || code == ACL_ERROR_RT_AICORE_EXCEPTION);
    while (calls(2) == 0) {
        usleep(100);
    }
    CHECK(calls(0) == 2 && calls(1) == 1 && calls(2) == 1);
    asked = NULL;
    CHECK_OK(aclrtDestroyStream(stream));
}

static void *queue(void *data)
{
    CHECK_OK(aclrtSetDevice(0));
    fail_on((aclrtStream)data);
    CHECK_OK(aclrtResetDevice(0));
    return (void *)(uintptr_t)me();
}

// The thread is the one that queued the task, whoever runs and reports it.
static void submitters(void)
{
    struct hold hold;
    aclrtStream stream;
    pthread_t thread;
    void *id = NULL;
    const int before = calls(0);
    CHECK_OK(aclrtCreateStream(&stream));
    hold_stream(&hold, stream);
    CHECK(pthread_create(&thread, NULL, queue, stream) == 0);
    CHECK(pthread_join(thread, &id) == 0);
    hold_release(&hold);
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION);
    CHECK(calls(0) == before + 1);
    CHECK(seen[0].thread == (uint32_t)(uintptr_t)id && seen[0].thread != me());
    CHECK_OK(aclrtDestroyStream(stream));
}

static void verbose(void)
{
    aclrtStream stream;
    aclrtErrorInfo info;
    memset(&info, 0x77, sizeof info);
    CHECK_OK(aclrtDeviceTaskAbort(0, 0));
    CHECK_OK(aclrtGetErrorVerbose(0, &info));
    CHECK(info.errorType == ACL_RT_NO_ERROR && info.tryRepair == 0 && info.hasDetail == 0);
    CHECK_OK(aclrtCreateStream(&stream));
    fail_on(stream);
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION);
    CHECK_OK(aclrtGetErrorVerbose(0, &info));
    CHECK(info.errorType == ACL_RT_ERROR_AICORE && info.tryRepair == 0);
    CHECK_REFUSED(aclrtRepairError(0, &info), ACL_ERROR_RT_PARAM_INVALID, "tryRepair");
    CHECK_CODE(aclrtRepairError(0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtRepairError(77, &info), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetErrorVerbose(77, &info), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetErrorVerbose(0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDeviceTaskAbort(0, 0));
    CHECK_OK(aclrtGetErrorVerbose(0, &info));
    CHECK(info.errorType == ACL_RT_NO_ERROR);
    CHECK_OK(aclrtDestroyStream(stream));
}

int main(void)
{
    const int64_t far = 99;
    uint32_t task = 77;
    CHECK_CODE(aclrtGetThreadLastTaskId(&task), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetThreadLastTaskId(&task));
    CHECK(task == 0);
    CHECK_OK(aclrtMalloc(&memory, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy((char *)memory + 64, 8, &far, 8, ACL_MEMCPY_HOST_TO_DEVICE));
    told();
    submitters();
    verbose();
    CHECK_OK(aclrtFree(memory));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
