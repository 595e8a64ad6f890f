// Captures and graphs: what is refused, replay, forks and joins, groups, conditions, print-outs.
#include "hold.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static aclrtStream first, second, third;
static uint8_t *device;
static uint8_t *pinned;

static void count_up(void *count)
{
    __atomic_add_fetch((int *)count, 1, __ATOMIC_ACQ_REL);
}

static int value(int *count)
{
    return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

static uint8_t byte_at(size_t place)
{
    uint8_t byte = 0;
    CHECK_OK(aclrtMemcpy(&byte, 1, device + place, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    return byte;
}

static aclmdlRICaptureStatus status_of(aclrtStream stream)
{
    aclmdlRICaptureStatus status = ACL_MODEL_RI_CAPTURE_STATUS_NONE;
    aclmdlRI graph;
    CHECK_OK(aclmdlRICaptureGetInfo(stream, &status, &graph));
    CHECK((graph == NULL) == (status == ACL_MODEL_RI_CAPTURE_STATUS_NONE));
    return status;
}

static void begin_and_end(void)
{
    aclmdlRI graph = NULL, info = NULL;
    aclmdlRICaptureStatus status;
    int count = 0;
    CHECK_CODE(aclmdlRICaptureBegin(NULL, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL), ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT);
    CHECK_REFUSED(aclmdlRICaptureBegin(first, (aclmdlRICaptureMode)3), ACL_ERROR_RT_PARAM_INVALID, "mode");
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
    CHECK(status_of(first) == ACL_MODEL_RI_CAPTURE_STATUS_NONE);
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_CODE(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL), ACL_ERROR_RT_STREAM_CAPTURED);
    CHECK_CODE(aclrtDestroyStream(first), ACL_ERROR_RT_STREAM_CAPTURED);
    CHECK_CODE(aclrtDestroyStreamForce(first), ACL_ERROR_RT_STREAM_CAPTURED);
    CHECK(status_of(first) == ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE);
    CHECK_OK(aclmdlRICaptureGetInfo(first, &status, &info));
    CHECK_OK(aclrtMemsetAsync(device, 64, 7, 64, first));
    CHECK_OK(aclrtMemcpyAsync(device + 64, 64, device, 64, ACL_MEMCPY_DEVICE_TO_DEVICE, first));
    CHECK_OK(aclrtLaunchHostFunc(first, count_up, &count));
    CHECK_CODE(aclmdlRIExecuteAsync(info, second), ACL_ERROR_RT_MODEL_CAPTURED);
    CHECK_CODE(aclmdlRIDestroy(info), ACL_ERROR_RT_MODEL_CAPTURED);
    CHECK_CODE(aclmdlRICaptureEnd(first, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK(graph == info);
    // Nothing has run; then it runs, any number of times, with the captured addresses.
    CHECK(value(&count) == 0);
    CHECK_OK(aclrtMemset(device, 128, 0, 128));
    for (int i = 1; i <= 3; i++) {
        CHECK_OK(aclmdlRIExecuteAsync(graph, second));
        CHECK_OK(aclrtSynchronizeStream(second));
        CHECK(value(&count) == i);
        CHECK(byte_at(0) == 7 && byte_at(127) == 7);
        CHECK_OK(aclrtMemset(device, 128, 0, 128));
    }
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK(byte_at(127) == 7);
    CHECK_REFUSED(aclmdlRIExecute(graph, 0), ACL_ERROR_RT_PARAM_INVALID, "timeout");
    CHECK_CODE(aclmdlRIAbort(graph), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_REFUSED(aclmdlRIDestroy(graph), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_CODE(aclmdlRIExecuteAsync(graph, second), ACL_ERROR_RT_INVALID_HANDLE);
}

static void forbidden(void)
{
    aclmdlRI graph = NULL;
    aclrtStreamStatus status;
    uint8_t local[4] = {0};
    aclmdlRICaptureMode mode = ACL_MODEL_RI_CAPTURE_MODE_RELAXED;
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_CODE(aclrtMemcpy(local, 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST), ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT);
    CHECK(status_of(first) == ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED);
    CHECK_CODE(aclrtMemsetAsync(device, 4, 1, 4, first), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK(graph == NULL && status_of(first) == ACL_MODEL_RI_CAPTURE_STATUS_NONE);

    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL));
    CHECK_CODE(aclrtMemset(device, 4, 1, 4), ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);

    // A thread may allow itself the call; but no graph has a copy of memory that is not pinned.
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclmdlRICaptureThreadExchangeMode(&mode));
    CHECK(mode == ACL_MODEL_RI_CAPTURE_MODE_GLOBAL);
    CHECK_OK(aclrtMemset(device, 4, 1, 4));
    CHECK_OK(aclrtMemcpyAsync(pinned, 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST, first));
    CHECK_CODE(aclrtMemcpyAsync(local, 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST, first), ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC);
    CHECK_OK(aclmdlRICaptureThreadExchangeMode(&mode));
    CHECK(mode == ACL_MODEL_RI_CAPTURE_MODE_RELAXED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    mode = (aclmdlRICaptureMode)9;
    CHECK_CODE(aclmdlRICaptureThreadExchangeMode(&mode), ACL_ERROR_RT_PARAM_INVALID);

    // Waiting for what is captured.
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_OK(aclrtMemset(device, 4, 1, 4));
    CHECK_CODE(aclrtSynchronizeStream(first), ACL_ERROR_RT_STREAM_CAPTURED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_CODE(aclrtStreamQuery(first, &status), ACL_ERROR_RT_STREAM_CAPTURED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_CODE(aclrtSynchronizeDevice(), ACL_ERROR_RT_STREAM_CAPTURED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK(graph == NULL);
}

static void *end_elsewhere(void *result)
{
    aclmdlRI graph;
    aclrtContext context;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetCurrentContext(&context));
    *(int *)result = aclmdlRICaptureEnd(first, &graph);
    CHECK_OK(aclrtResetDevice(0));
    return NULL;
}

static void forks(void)
{
    aclrtEvent fork, join, outside;
    aclmdlRI graph = NULL;
    pthread_t thread;
    int code = 0;
    aclrtEventRecordedStatus status;
    CHECK_OK(aclrtCreateEventExWithFlag(&fork, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventExWithFlag(&join, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventExWithFlag(&outside, ACL_EVENT_SYNC));

    // Two branches of which each copies what the other wrote before.
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtMemsetAsync(device, 64, 3, 64, first));
    CHECK_OK(aclrtRecordEvent(fork, first));
    CHECK_OK(aclrtStreamWaitEvent(second, fork));
    CHECK(status_of(second) == ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE);
    CHECK_OK(aclrtMemcpyAsync(device + 64, 64, device, 64, ACL_MEMCPY_DEVICE_TO_DEVICE, second));
    CHECK_CODE(aclmdlRICaptureEnd(second, &graph), ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED);
    CHECK_CODE(aclrtRecordEvent(outside, NULL), ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT);
    CHECK_CODE(aclrtStreamWaitEvent(NULL, fork), ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT);
    CHECK(pthread_create(&thread, NULL, end_elsewhere, &code) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(code == ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD);
    CHECK_OK(aclrtRecordEvent(join, second));
    CHECK_OK(aclrtStreamWaitEvent(first, join));
    CHECK_OK(aclrtMemcpyAsync(device + 128, 64, device + 64, 64, ACL_MEMCPY_DEVICE_TO_DEVICE, first));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK(status_of(second) == ACL_MODEL_RI_CAPTURE_STATUS_NONE);
    for (int i = 0; i < 3; i++) {
        CHECK_OK(aclrtMemset(device, 192, 0, 192));
        CHECK_OK(aclmdlRIExecuteAsync(graph, third));
        CHECK_OK(aclrtSynchronizeStream(third));
        CHECK(byte_at(191) == 3);
    }
    // The event has no record outside of the capture.
    CHECK_CODE(aclrtQueryEventStatus(join, &status), ACL_ERROR_RT_EVENT_CAPTURED);
    CHECK_CODE(aclrtSynchronizeEvent(join), ACL_ERROR_RT_EVENT_CAPTURED);
    CHECK_CODE(aclrtStreamWaitEvent(third, join), ACL_ERROR_RT_EVENT_CAPTURED);
    CHECK_OK(aclrtRecordEvent(join, third));
    CHECK_OK(aclrtSynchronizeEvent(join));
    CHECK_OK(aclmdlRIDestroy(graph));
    graph = NULL;

    // A branch that does not come back.
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtRecordEvent(fork, first));
    CHECK_OK(aclrtStreamWaitEvent(second, fork));
    CHECK_OK(aclrtMemsetAsync(device, 64, 3, 64, second));
    CHECK_REFUSED(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_UNJOINED, "wait");
    CHECK(graph == NULL && status_of(second) == ACL_MODEL_RI_CAPTURE_STATUS_NONE);

    // A wait for what the capture has not recorded.
    CHECK_OK(aclrtRecordEvent(outside, third));
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_CODE(aclrtStreamWaitEvent(first, outside), ACL_ERROR_RT_CAPTURE_DEPENDENCY);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);

    // Two captures stay two; an event of one that is queried makes it invalid.
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclmdlRICaptureBegin(second, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtRecordEvent(fork, first));
    CHECK_CODE(aclrtStreamWaitEvent(second, fork), ACL_ERROR_STREAM_CAPTURE_CONFLICT);
    CHECK_CODE(aclmdlRICaptureEnd(second, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtRecordEvent(fork, first));
    CHECK_CODE(aclrtQueryEventStatus(fork, &status), ACL_ERROR_RT_EVENT_CAPTURED);
    CHECK_CODE(aclmdlRICaptureEnd(first, &graph), ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED);
    CHECK_OK(aclrtDestroyEvent(fork));
    CHECK_OK(aclrtDestroyEvent(join));
    CHECK_OK(aclrtDestroyEvent(outside));
}

// A graph that waits each time for what others recorded last, and records for others.
static void external(void)
{
    struct hold hold;
    aclrtEvent before, after;
    aclrtEventRecordedStatus status;
    aclmdlRI graph;
    CHECK_OK(aclrtCreateEventExWithFlag(&before, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventExWithFlag(&after, ACL_EVENT_SYNC));
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtStreamWaitEventWithFlag(first, before, 0, ACL_EVENT_WAIT_EXTERNAL));
    CHECK_OK(aclrtMemcpyAsync(device + 64, 64, device, 64, ACL_MEMCPY_DEVICE_TO_DEVICE, first));
    CHECK_OK(aclrtRecordEventWithFlag(after, first, ACL_EVENT_RECORD_EXTERNAL));
    CHECK_CODE(aclrtRecordEventWithFlag(after, second, ACL_EVENT_RECORD_EXTERNAL), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    // Outside of the capture these are events like others: nothing was recorded, so nothing is waited for.
    CHECK_OK(aclrtQueryEventStatus(after, &status));
    CHECK_OK(aclrtMemset(device, 128, 0, 128));
    CHECK_OK(aclrtMemset(device, 64, 2, 64));
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK(byte_at(127) == 2);
    for (uint8_t turn = 3; turn < 6; turn++) {
        hold_stream(&hold, second);
        CHECK_OK(aclrtMemsetAsync(device, 64, turn, 64, second));
        CHECK_OK(aclrtRecordEvent(before, second));
        CHECK_OK(aclmdlRIExecuteAsync(graph, first));
        CHECK_CODE(aclrtSynchronizeStreamWithTimeout(first, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
        CHECK(byte_at(127) == turn - 1);
        hold_release(&hold);
        CHECK_OK(aclrtSynchronizeStream(first));
        CHECK_OK(aclrtQueryEventStatus(after, &status));
        CHECK(status == ACL_EVENT_RECORDED_STATUS_COMPLETE);
        CHECK_OK(aclrtStreamWaitEvent(third, after));
        CHECK_OK(aclrtMemcpyAsync(device + 128, 64, device + 64, 64, ACL_MEMCPY_DEVICE_TO_DEVICE, third));
        CHECK_OK(aclrtSynchronizeStream(third));
        CHECK(byte_at(191) == turn);
    }
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_OK(aclrtDestroyEvent(before));
    CHECK_OK(aclrtDestroyEvent(after));
}

static void running(void)
{
    struct hold hold;
    aclmdlRI graph;
    int gone = 0;
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_OK(aclrtMemsetAsync(device, 64, 5, 64, first));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK_OK(aclmdlRIDestroyRegisterCallback(graph, count_up, &gone));
    CHECK_OK(aclmdlRIDestroyRegisterCallback(graph, count_up, &gone));
    CHECK_OK(aclmdlRIDestroyUnregisterCallback(graph, count_up));
    CHECK_CODE(aclmdlRIDestroyUnregisterCallback(graph, count_up), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIDestroyRegisterCallback(graph, count_up, &gone));
    hold_stream(&hold, second);
    CHECK_OK(aclmdlRIExecuteAsync(graph, second));
    CHECK_OK(aclmdlRIExecuteAsync(graph, third));
    CHECK_CODE(aclmdlRIDestroy(graph), ACL_ERROR_RT_MODEL_RUNNING);
    CHECK_CODE(aclmdlRIUpdate(graph), ACL_ERROR_RT_MODEL_RUNNING);
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtSynchronizeStream(third));
    CHECK(value(&gone) == 0);
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK(value(&gone) == 1);
}

static void names_and_tasks(void)
{
    aclmdlRI graph;
    aclrtStream streams[2];
    aclmdlRITask tasks[4];
    aclmdlRITaskType type;
    aclmdlRITaskParams params;
    uint32_t count = 0, id = 0, other = 0;
    char name[8] = "before";
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_OK(aclrtMemsetAsync(device, 1, 1, 1, first));
    CHECK_OK(aclrtCacheLastTaskOpInfo("shape", 5));
    CHECK_CODE(aclrtCacheLastTaskOpInfo("shape", 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtCacheLastTaskOpInfo("shape", 65537), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtCacheLastTaskExtendInfo("more", 4));
    CHECK_OK(aclrtMemsetAsync(device + 1, 1, 2, 1, first));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK_CODE(aclrtCacheLastTaskOpInfo("late", 4), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
    CHECK_OK(aclmdlRIGetName(graph, sizeof name, name));
    CHECK(name[0] == '\0');
    CHECK_OK(aclmdlRISetName(graph, "a long name"));
    CHECK_OK(aclmdlRIGetName(graph, sizeof name, name));
    CHECK(strcmp(name, "a long ") == 0);
    CHECK_CODE(aclmdlRIGetName(graph, 0, name), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIGetId(graph, &id));
    CHECK(id > 0);
    CHECK_OK(aclmdlRIGetStreams(graph, NULL, &count));
    CHECK(count == 1);
    count = 0;
    CHECK_CODE(aclmdlRIGetStreams(graph, streams, &count), ACL_ERROR_RT_INSUFFICIENT_INPUT_ARRAY);
    count = 2;
    CHECK_OK(aclmdlRIGetStreams(graph, streams, &count));
    CHECK(count == 1);
    CHECK_CODE(aclmdlRIGetTasksByStream(third, NULL, &count), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIGetTasksByStream(streams[0], NULL, &count));
    CHECK(count == 2);
    count = 1;
    CHECK_CODE(aclmdlRIGetTasksByStream(streams[0], tasks, &count), ACL_ERROR_RT_INSUFFICIENT_INPUT_ARRAY);
    count = 4;
    CHECK_OK(aclmdlRIGetTasksByStream(streams[0], tasks, &count));
    CHECK(count == 2);
    CHECK_OK(aclmdlRITaskGetSeqId(tasks[0], &id));
    CHECK_OK(aclmdlRITaskGetSeqId(tasks[1], &other));
    CHECK(id < other);
    CHECK_OK(aclmdlRITaskGetType(tasks[0], &type));
    CHECK(type == ACL_MODEL_RI_TASK_DEFAULT);
    CHECK_OK(aclmdlRITaskGetParams(tasks[0], &params));
    CHECK(params.opInfoSize == 5 && memcmp(params.opInfoPtr, "shape", 5) == 0 && params.taskGrp == NULL);
    // Left out after an update only.
    CHECK_OK(aclmdlRITaskDisable(tasks[0]));
    CHECK_OK(aclrtMemset(device, 2, 0, 2));
    CHECK_OK(aclmdlRIExecute(graph, 10000));
    CHECK(byte_at(0) == 1 && byte_at(1) == 2);
    CHECK_OK(aclmdlRIUpdate(graph));
    CHECK_OK(aclrtMemset(device, 2, 0, 2));
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK(byte_at(0) == 0 && byte_at(1) == 2);
    CHECK_OK(aclmdlRIDebugPrint(graph));
    CHECK_CODE(aclmdlRIDebugJsonPrint(graph, "/nowhere/at/all.json", 0), ACL_ERROR_RT_FILE_OPEN);
    CHECK_CODE(aclmdlRIDebugJsonPrint(graph, "capture-graph.json", 2), ACL_ERROR_RT_PARAM_INVALID);
    char path[] = "/tmp/aclsim-capture-XXXXXX", text[2048] = {0};
    const int file = mkstemp(path);
    CHECK(file >= 0);
    CHECK_OK(aclmdlRIDebugJsonPrint(graph, path, 1));
    FILE *json = fopen(path, "r");
    CHECK(json != NULL && fread(text, 1, sizeof text - 1, json) > 0);
    CHECK(strstr(text, "\"Task Type\":\"Other\"") && strstr(text, "aclrtMemsetAsync") && strstr(text, "7368617065") && strstr(text, "6d6f7265"));
    fclose(json);
    unlink(path);
    close(file);
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_CODE(aclmdlRITaskGetSeqId(tasks[0], &id), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtSynchronizeStream(streams[0]), ACL_ERROR_RT_INVALID_HANDLE);
}

static void conditions(void)
{
    aclmdlRI graph, bodies[3];
    aclmdlRICaptureStatus status;
    aclmdlRICondHandle handle;
    uint64_t *number;
    aclmdlRICondTaskParams params = {0};
    const aclmdlRICondTaskType types[] = {ACL_MODEL_RI_COND_TYPE_IF, ACL_MODEL_RI_COND_TYPE_SWITCH};
    const uint32_t sizes[] = {2, 3};
    for (int i = 0; i < 2; i++) {
        CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
        CHECK_OK(aclmdlRICaptureGetInfo(first, &status, &graph));
        CHECK_CODE(aclmdlRICondHandleCreate(graph, 1, (aclmdlRICondHandleFlag)2, &handle), ACL_ERROR_RT_PARAM_INVALID);
        CHECK_OK(aclmdlRICondHandleCreate(graph, 1, (aclmdlRICondHandleFlag)0, &handle));
        CHECK_OK(aclmdlRICondHandleGetCondPtr(handle, &number));
        params.handle = handle;
        params.type = types[i];
        params.size = sizes[i];
        params.modelRIArray = bodies;
        CHECK_CODE(aclmdlRIAddCondTask(params, third, 0), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
        CHECK_CODE(aclmdlRIAddCondTask(params, first, 1), ACL_ERROR_RT_PARAM_INVALID);
        params.size = 0;
        CHECK_CODE(aclmdlRIAddCondTask(params, first, 0), ACL_ERROR_RT_PARAM_INVALID);
        params.size = sizes[i];
        CHECK_OK(aclmdlRIAddCondTask(params, first, 0));
        for (uint32_t j = 0; j < sizes[i]; j++) {
            aclmdlRI body;
            CHECK_OK(aclmdlRICaptureToModelRIBegin(second, bodies[j], ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
            CHECK_OK(aclrtMemsetAsync(device, 1, (int)j + 10, 1, second));
            CHECK_CODE(aclmdlRICaptureEnd(first, &body), ACL_ERROR_RT_SUB_ACLGRAPH_IS_CAPTURING);
            CHECK_OK(aclmdlRICaptureEnd(second, &body));
            CHECK(body == bodies[j]);
            CHECK_CODE(aclmdlRICaptureToModelRIBegin(second, body, ACL_MODEL_RI_CAPTURE_MODE_RELAXED), ACL_ERROR_RT_PARAM_INVALID);
            CHECK_CODE(aclmdlRIDestroy(body), ACL_ERROR_RT_PARAM_INVALID);
            CHECK_CODE(aclmdlRIExecuteAsync(body, third), ACL_ERROR_RT_PARAM_INVALID);
        }
        CHECK_OK(aclmdlRICaptureEnd(first, &graph));
        CHECK_CODE(aclmdlRICaptureToModelRIBegin(second, graph, ACL_MODEL_RI_CAPTURE_MODE_RELAXED), ACL_ERROR_RT_PARAM_INVALID);
        CHECK_CODE(aclmdlRICondHandleCreate(graph, 1, (aclmdlRICondHandleFlag)0, &handle), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
        for (uint64_t n = 0; n < 4; n++) {
            const int chosen = i == 1 ? (int)n : n == 0;
            CHECK_OK(aclrtMemset(device, 1, 99, 1));
            CHECK_OK(aclrtMemcpy(number, 8, &n, 8, ACL_MEMCPY_HOST_TO_DEVICE));
            CHECK_OK(aclmdlRIExecuteAsync(graph, third));
            CHECK_OK(aclrtSynchronizeStream(third));
            CHECK(byte_at(0) == (chosen < (int)sizes[i] ? 10 + chosen : 99));
        }
        CHECK_OK(aclmdlRIDestroy(graph));
        CHECK_CODE(aclmdlRICondHandleGetCondPtr(params.handle, &number), ACL_ERROR_RT_INVALID_HANDLE);
        CHECK_CODE(aclmdlRIDestroy(bodies[0]), ACL_ERROR_RT_INVALID_HANDLE);
    }
    // A loop that its body ends; the number begins anew at each run.
    int count = 0;
    CHECK_OK(aclmdlRICaptureBegin(first, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_OK(aclmdlRICaptureGetInfo(first, &status, &graph));
    CHECK_OK(aclmdlRICondHandleCreate(graph, 1, ACL_MODEL_RI_COND_HANDLE_ASSIGN_DEFAULT, &handle));
    CHECK_OK(aclmdlRICondHandleGetCondPtr(handle, &number));
    params.handle = handle;
    params.type = ACL_MODEL_RI_COND_TYPE_WHILE;
    params.size = 2;
    CHECK_CODE(aclmdlRIAddCondTask(params, first, 0), ACL_ERROR_RT_PARAM_INVALID);
    params.size = 1;
    CHECK_OK(aclmdlRIAddCondTask(params, first, 0));
    CHECK_OK(aclmdlRICaptureToModelRIBegin(second, bodies[0], ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
    CHECK_OK(aclrtLaunchHostFunc(second, count_up, &count));
    CHECK_OK(aclrtMemsetAsync(number, 8, 0, 8, second));
    CHECK_OK(aclmdlRICaptureEnd(second, &bodies[0]));
    CHECK_OK(aclmdlRICaptureEnd(first, &graph));
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK(value(&count) == 2);
    CHECK_OK(aclmdlRIDestroy(graph));
}

static void built(void)
{
    aclmdlRI graph;
    aclrtStream bound;
    CHECK_OK(aclrtCreateStreamWithConfig(&bound, 0, ACL_STREAM_PERSISTENT));
    CHECK_CODE(aclmdlRIBuildBegin(&graph, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIBuildBegin(&graph, 0));
    CHECK_REFUSED(aclmdlRIBindStream(graph, first, ACL_MODEL_STREAM_FLAG_HEAD), ACL_ERROR_RT_PARAM_INVALID, "PERSISTENT");
    CHECK_CODE(aclmdlRIBindStream(graph, bound, 5), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIBindStream(graph, bound, ACL_MODEL_STREAM_FLAG_HEAD));
    CHECK_CODE(aclmdlRIBindStream(graph, bound, ACL_MODEL_STREAM_FLAG_HEAD), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtMemset(device, 1, 0, 1));
    CHECK_OK(aclrtMemsetAsync(device, 1, 4, 1, bound));
    CHECK(byte_at(0) == 0);
    CHECK_CODE(aclmdlRIExecuteAsync(graph, third), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclmdlRIBuildEnd(graph, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIEndTask(graph, bound));
    CHECK_CODE(aclmdlRIBuildEnd(graph, &graph), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIBuildEnd(graph, NULL));
    CHECK_CODE(aclmdlRIBuildEnd(graph, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemsetAsync(device, 1, 4, 1, bound), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK(byte_at(0) == 4);
    CHECK_OK(aclmdlRIAbort(graph));
    CHECK_CODE(aclrtPersistentTaskClean(first), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtPersistentTaskClean(bound));
    CHECK_OK(aclrtMemsetAsync(device, 1, 6, 1, bound));
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK(byte_at(0) == 6);
    CHECK_OK(aclmdlRIUnbindStream(graph, bound));
    CHECK_CODE(aclmdlRIUnbindStream(graph, bound), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_OK(aclrtDestroyStream(bound));
}

int main(void)
{
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtCreateStream(&third));
    CHECK_OK(aclrtMalloc((void **)&device, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMallocHost((void **)&pinned, 4096));
    begin_and_end();
    forbidden();
    forks();
    external();
    running();
    names_and_tasks();
    conditions();
    built();
    CHECK_OK(aclrtFreeHost(pinned));
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_OK(aclrtDestroyStream(third));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
