// Streams: creation, order, waiting, destruction, limits.
#include "hold.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void raise_count(void *count)
{
    __atomic_add_fetch((int *)count, 1, __ATOMIC_ACQ_REL);
}

static int value(int *count)
{
    return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

static void handles(void)
{
    aclrtStream stream = NULL, second = NULL;
    aclrtEvent event = NULL;
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    int32_t id = -1, other = -1;
    int local = 0;

    CHECK_CODE(aclrtCreateStream(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCreateStreamWithConfig(NULL, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtCreateStreamWithConfig(&stream, 8, 0), ACL_ERROR_RT_PARAM_INVALID, "priority");
    CHECK_REFUSED(aclrtCreateStreamWithConfig(&stream, 0, 0x80), ACL_ERROR_RT_PARAM_INVALID, "0x80");
    CHECK(stream == NULL);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStreamWithConfig(&second, 7, ACL_STREAM_FAST_LAUNCH | ACL_STREAM_FAST_SYNC));
    CHECK_OK(aclrtStreamGetId(stream, &id));
    CHECK_OK(aclrtStreamGetId(second, &other));
    CHECK(id >= 0 && other >= 0 && id != other);
    CHECK_OK(aclrtStreamGetId(NULL, &other));
    CHECK_CODE(aclrtStreamGetId(stream, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtStreamQuery(stream, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtStreamQuery(stream, &status));
    CHECK(status == ACL_STREAM_STATUS_COMPLETE);
    CHECK_OK(aclrtStreamQuery(NULL, &status));

    CHECK_OK(aclrtCreateEvent(&event));
    CHECK_CODE(aclrtDestroyStream(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtDestroyStreamForce(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtDestroyStream(event), ACL_ERROR_RT_INVALID_HANDLE, "aclrtEvent");
    CHECK_CODE(aclrtSynchronizeStream(&local), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_REFUSED(aclrtDestroyStream(stream), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_CODE(aclrtDestroyStreamForce(stream), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtStreamQuery(stream, &status), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtStreamGetId(stream, &id), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtSetStreamFailureMode(stream, 0), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtLaunchHostFunc(stream, raise_count, &local), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtDestroyStreamForce(second));
}

static void waiting(void)
{
    struct hold hold;
    aclrtStream stream, idle;
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    int count = 0;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&idle));
    hold_stream(&hold, stream);
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    CHECK_OK(aclrtStreamQuery(stream, &status));
    CHECK(status == ACL_STREAM_STATUS_NOT_READY);
    CHECK_REFUSED(aclrtSynchronizeStreamWithTimeout(stream, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, "2 of its tasks");
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 0), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_REFUSED(aclrtSynchronizeStreamWithTimeout(stream, -2), ACL_ERROR_RT_PARAM_INVALID, "got -2");
    // Streams do not wait for one another.
    CHECK_OK(aclrtSynchronizeStream(idle));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(value(&count) == 0);
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStreamWithTimeout(stream, -1));
    CHECK(value(&count) == 1);
    CHECK_OK(aclrtStreamQuery(stream, &status));
    CHECK(status == ACL_STREAM_STATUS_COMPLETE);

    // Destroying waits for pending work.
    hold_stream(&hold, stream);
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    hold_release(&hold);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK(value(&count) == 2);
    CHECK_OK(aclrtDestroyStream(idle));
}

static void forced(void)
{
    // Static: the function may still be on its way out when the test has ended.
    static struct hold hold;
    aclrtStream stream, waiting;
    aclrtEvent event;
    int count = 0;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&waiting));
    CHECK_OK(aclrtCreateEvent(&event));
    hold_stream(&hold, stream);
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    CHECK_OK(aclrtRecordEvent(event, stream));
    CHECK_OK(aclrtStreamWaitEvent(waiting, event));
    CHECK_OK(aclrtDestroyStreamForce(stream));
    // The event's waiters are let go, and the pending function never runs.
    CHECK_OK(aclrtSynchronizeStream(waiting));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK(value(&count) == 0);
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyStream(waiting));
}

static void persistent(void)
{
    const uint32_t flags[] = {ACL_STREAM_PERSISTENT, ACL_STREAM_CPU_SCHEDULE, ACL_STREAM_DEVICE_USE_ONLY};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        struct hold hold;
        aclrtStream stream;
        CHECK_OK(aclrtCreateStreamWithConfig(&stream, 0, flags[i]));
        hold_stream(&hold, stream);
        // Returns at once although work is pending.
        CHECK_OK(aclrtSynchronizeStream(stream));
        hold_release(&hold);
        CHECK_OK(aclrtDestroyStream(stream));
    }
}

static void failure_mode(void)
{
    aclrtContext before, context;
    aclrtStream stream;
    CHECK_OK(aclrtGetCurrentContext(&before));
    CHECK_OK(aclrtCreateContext(&context, 0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtSetStreamFailureMode(stream, 0));
    CHECK_OK(aclrtSetStreamFailureMode(stream, 1));
    CHECK_OK(aclrtSetStreamFailureMode(stream, 1));
    CHECK_REFUSED(aclrtSetStreamFailureMode(stream, 0), ACL_ERROR_RT_PARAM_INVALID, "stop mode");
    CHECK_REFUSED(aclrtSetStreamFailureMode(stream, 2), ACL_ERROR_RT_PARAM_INVALID, "got 2");
    CHECK_OK(aclrtDestroyContext(context));
    CHECK_OK(aclrtSetCurrentContext(before));
}

static void exhaustion(void)
{
    enum { limit = 1984 };
    static aclrtStream streams[limit];
    aclrtStream more = NULL;
    for (int i = 0; i < limit; i++) {
        if (aclrtCreateStream(&streams[i]) != ACL_SUCCESS) {
            CHECK(!"a stream within the limit");
            return;
        }
    }
    CHECK_REFUSED(aclrtCreateStream(&more), ACL_ERROR_RT_NO_STREAM_RESOURCE, "1984");
    CHECK(more == NULL);
    CHECK_OK(aclrtDestroyStream(streams[0]));
    CHECK_OK(aclrtCreateStream(&streams[0]));
    for (int i = 0; i < limit; i++) {
        if (aclrtDestroyStream(streams[i]) != ACL_SUCCESS) {
            CHECK(!"destroying a stream");
        }
    }
}

static void attributes(void)
{
    aclrtStream stream;
    aclrtStreamAttrValue value;
    uint32_t number = 77;

    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStreamWithConfig(&stream, 5, 0));
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value));
    CHECK(value.streamPriority == 5);
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value));
    value.streamPriority = 2;
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value));
    value.streamPriority = 8;
    CHECK_REFUSED(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value), ACL_ERROR_RT_PARAM_INVALID,
                  "streamPriority", "got 8");
    CHECK_OK(aclrtStreamGetPriority(stream, &number));
    CHECK(number == 2);
    value.overflowSwitch = 1;
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, &value));
    number = 77;
    CHECK_OK(aclrtGetStreamOverflowSwitch(stream, &number));
    CHECK(number == 1);
    value.overflowSwitch = 2;
    CHECK_REFUSED(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, &value),
                  ACL_ERROR_RT_PARAM_INVALID, "overflowSwitch");
    CHECK_OK(aclrtSetStreamOverflowSwitch(stream, 0));
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, &value));
    CHECK(value.overflowSwitch == 0);
    value.userCustomTag = 0xabcd1234;
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_USER_CUSTOM_TAG, &value));
    value.cacheOpInfoSwitch = 1;
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_CACHE_OP_INFO, &value));
    value.cacheOpInfoSwitch = 5;
    CHECK_CODE(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_CACHE_OP_INFO, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_USER_CUSTOM_TAG, &value));
    CHECK(value.userCustomTag == 0xabcd1234 && value.reserve[1] == 0);
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_CACHE_OP_INFO, &value));
    CHECK(value.cacheOpInfoSwitch == 1);
    CHECK_REFUSED(aclrtSetStreamAttribute(stream, (aclrtStreamAttr)9, &value), ACL_ERROR_RT_PARAM_INVALID, "stmAttrType",
                  "got 9");
    value.failureMode = 77;
    CHECK_CODE(aclrtGetStreamAttribute(stream, (aclrtStreamAttr)0, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(value.failureMode == 77);
    CHECK_CODE(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_FAILURE_MODE, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_FAILURE_MODE, &value));
    CHECK(value.failureMode == ACL_CONTINUE_ON_FAILURE);
    value.failureMode = ACL_STOP_ON_FAILURE;
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_FAILURE_MODE, &value));
    value.failureMode = 77;
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_FAILURE_MODE, &value));
    CHECK(value.failureMode == ACL_STOP_ON_FAILURE);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
}

// A configuration is a handle whose members are set one by one.
static void configured(void)
{
    aclrtStreamConfigHandle *config = aclrtCreateStreamConfigHandle(), *other;
    aclrtStream stream = NULL;
    uint32_t number = ACL_STREAM_FAST_LAUNCH;
    size_t large = 0x80;
    void *work = NULL;
    CHECK(config != NULL);
    CHECK_OK(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_FLAG, &number, sizeof number));
    CHECK_REFUSED(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_FLAG, &large, sizeof large), ACL_ERROR_RT_PARAM_INVALID,
                  "0x80");
    number = 6;
    CHECK_OK(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_PRIORITY, &number, sizeof number));
    number = 8;
    CHECK_REFUSED(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_PRIORITY, &number, sizeof number),
                  ACL_ERROR_RT_PARAM_INVALID, "priority", "got 8");
    CHECK_REFUSED(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_PRIORITY, &number, 3), ACL_ERROR_RT_PARAM_INVALID,
                  "valueSize", "got 3");
    CHECK_REFUSED(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_PRIORITY, &number, (size_t)-1),
                  ACL_ERROR_RT_PARAM_INVALID, "valueSize");
    CHECK_REFUSED(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_WORK_SIZE, &number, sizeof number),
                  ACL_ERROR_RT_PARAM_INVALID, "expected 8");
    CHECK_CODE(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_FLAG, NULL, 4), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSetStreamConfigOpt(NULL, ACL_RT_STREAM_FLAG, &number, 4), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtSetStreamConfigOpt(config, (aclrtStreamConfigAttr)4, &number, 4), ACL_ERROR_RT_PARAM_INVALID,
                  "attr");
    CHECK_OK(aclrtCreateStreamV2(&stream, config));
    CHECK_OK(aclrtStreamGetPriority(stream, &number));
    CHECK(number == 6);
    CHECK_OK(aclrtStreamGetFlags(stream, &number));
    CHECK(number == ACL_STREAM_FAST_LAUNCH);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_CODE(aclrtStreamGetFlags(stream, &number), ACL_ERROR_RT_INVALID_HANDLE);

    // Working memory must be there.
    CHECK_OK(aclrtMalloc(&work, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_WORK_ADDR_PTR, &work, sizeof work));
    large = 1 << 20;
    CHECK_OK(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_WORK_SIZE, &large, sizeof large));
    stream = NULL;
    CHECK_CODE(aclrtCreateStreamV2(&stream, config), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(stream == NULL);
    large = 4096;
    CHECK_OK(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_WORK_SIZE, &large, sizeof large));
    CHECK_OK(aclrtCreateStreamV2(&stream, config));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtFree(work));

    CHECK_CODE(aclrtCreateStreamV2(NULL, config), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCreateStreamV2(&stream, NULL), ACL_ERROR_INVALID_PARAM);
    other = aclrtCreateStreamConfigHandle();
    CHECK(other != NULL && other != config);
    CHECK_OK(aclrtDestroyStreamConfigHandle(config));
    CHECK_REFUSED(aclrtDestroyStreamConfigHandle(config), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_CODE(aclrtCreateStreamV2(&stream, config), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtDestroyStreamConfigHandle(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyStreamConfigHandle(other));
}

static void numbers(void)
{
    int32_t least = -1, greatest = -1;
    uint32_t before = 0, after = 0;
    aclrtStream stream;
    CHECK_OK(aclrtDeviceGetStreamPriorityRange(&least, &greatest));
    CHECK(least == 7 && greatest == 0);
    CHECK_CODE(aclrtDeviceGetStreamPriorityRange(NULL, &greatest), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtDeviceGetStreamPriorityRange(&least, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtGetStreamAvailableNum(&before));
    CHECK(before > 0 && before <= 1984);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtGetStreamAvailableNum(&after));
    CHECK(after == before - 1);
    CHECK_CODE(aclrtGetStreamAvailableNum(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtStreamGetFlags(NULL, &after));
    CHECK_OK(aclrtStreamGetPriority(NULL, &after));
    CHECK_CODE(aclrtStreamGetFlags(NULL, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtStreamGetPriority(NULL, NULL), ACL_ERROR_INVALID_PARAM);
}

// The default stream has a handle, which is the same stream as null and cannot be destroyed.
static void default_stream(void)
{
    struct hold hold;
    aclrtStream stream = NULL, again = NULL, other = NULL;
    aclrtContext before, context;
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    int32_t id = -1, null_id = -2;
    CHECK_CODE(aclrtCtxGetCurrentDefaultStream(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtCtxGetCurrentDefaultStream(&stream));
    CHECK_OK(aclrtCtxGetCurrentDefaultStream(&again));
    CHECK(stream != NULL && stream == again);
    CHECK_OK(aclrtStreamGetId(stream, &id));
    CHECK_OK(aclrtStreamGetId(NULL, &null_id));
    CHECK(id == null_id);
    hold_stream(&hold, stream);
    CHECK_OK(aclrtStreamQuery(NULL, &status));
    CHECK(status == ACL_STREAM_STATUS_NOT_READY);
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_REFUSED(aclrtDestroyStream(stream), ACL_ERROR_RT_PARAM_INVALID, "default stream");
    CHECK_REFUSED(aclrtDestroyStreamForce(stream), ACL_ERROR_RT_PARAM_INVALID, "default stream");
    CHECK_OK(aclrtGetCurrentContext(&before));
    CHECK_OK(aclrtCreateContext(&context, 0));
    CHECK_OK(aclrtCtxGetCurrentDefaultStream(&other));
    CHECK(other != stream);
    CHECK_CODE(aclrtLaunchHostFunc(stream, raise_count, &id), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_OK(aclrtDestroyContext(context));
    CHECK_OK(aclrtSetCurrentContext(before));
    CHECK_CODE(aclrtSynchronizeStream(other), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtSynchronizeStream(stream));
}

static aclrtStream told_stream;
static int told[3];

static void tell(aclrtStream stream, aclrtStreamState state, void *data)
{
    told_stream = stream;
    told[state == ACL_RT_STREAM_STATE_DESTROY_PRE ? 2 : 1] += *(int *)data;
    if (state == ACL_RT_STREAM_STATE_DESTROY_PRE && *(int *)data == 10) {
        // It still lives.
        CHECK_OK(aclrtSynchronizeStream(stream));
    }
}

static void states(void)
{
    int one = 1, ten = 10;
    aclrtStream stream;
    aclrtContext before, context;
    CHECK_CODE(aclrtRegStreamStateCallback(NULL, tell, &one), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtRegStreamStateCallback("", tell, &one), ACL_ERROR_RT_PARAM_INVALID, "regName");
    CHECK_REFUSED(aclrtRegStreamStateCallback("first", NULL, NULL), ACL_ERROR_RT_PARAM_INVALID, "regName");
    CHECK_OK(aclrtRegStreamStateCallback("first", tell, &one));
    CHECK_REFUSED(aclrtRegStreamStateCallback("first", tell, &one), ACL_ERROR_RT_PARAM_INVALID, "first");
    CHECK_OK(aclrtRegStreamStateCallback("second", tell, &ten));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK(told_stream == stream && told[1] == 11 && told[2] == 0);
    told_stream = NULL;
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK(told_stream == stream && told[2] == 11);
    CHECK_OK(aclrtRegStreamStateCallback("second", NULL, NULL));
    // Default streams come and go with their contexts, others with them.
    CHECK_OK(aclrtGetCurrentContext(&before));
    CHECK_OK(aclrtCreateContext(&context, 0));
    CHECK(told[1] == 12);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK(told[1] == 13);
    CHECK_OK(aclrtDestroyContext(context));
    CHECK(told[2] == 13);
    CHECK_OK(aclrtSetCurrentContext(before));
    CHECK_OK(aclrtRegStreamStateCallback("first", NULL, NULL));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK(told[1] == 13 && told[2] == 13);
}

struct waiter {
    pthread_t thread;
    aclrtStream stream;
    int begun, code;
};

static void *wait_for_stream(void *data)
{
    struct waiter *waiter = (struct waiter *)data;
    CHECK_OK(aclrtSetDevice(0));
    __atomic_store_n(&waiter->begun, 1, __ATOMIC_RELEASE);
    waiter->code = waiter->stream != NULL ? aclrtSynchronizeStream(waiter->stream) : aclrtSynchronizeDevice();
    CHECK(waiter->code == ACL_SUCCESS || strstr(aclGetRecentErrMsg(), "aborted") != NULL);
    CHECK_OK(aclrtResetDevice(0));
    return NULL;
}

// Has another thread wait for a stream, or for the device.
static void start_waiter(struct waiter *waiter, aclrtStream stream)
{
    waiter->begun = 0;
    waiter->code = -1;
    waiter->stream = stream;
    CHECK(pthread_create(&waiter->thread, NULL, wait_for_stream, waiter) == 0);
    while (!value(&waiter->begun)) {
    }
    // Time to lie down; if it does not, it sees the abort on its way.
    usleep(20000);
}

static void aborted(void)
{
    static struct hold hold;
    struct waiter waiter;
    aclrtStream stream, other;
    aclrtEvent never, recorded;
    aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
    int count = 0;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&other));
    CHECK_OK(aclrtCreateEventWithFlag(&never, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventWithFlag(&recorded, ACL_EVENT_SYNC));
    CHECK_CODE(aclrtStreamAbort(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtStreamAbort(never), ACL_ERROR_RT_INVALID_HANDLE);
    // Nothing to drop.
    CHECK_OK(aclrtStreamAbort(stream));
    CHECK_OK(aclrtSynchronizeStream(stream));

    // A wait that would never end, and what is behind it.
    CHECK_OK(aclrtStreamWaitEvent(stream, never));
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    CHECK_OK(aclrtRecordEvent(recorded, stream));
    CHECK_OK(aclrtStreamWaitEvent(other, recorded));
    start_waiter(&waiter, stream);
    CHECK_OK(aclrtStreamAbort(stream));
    CHECK(pthread_join(waiter.thread, NULL) == 0);
    CHECK(waiter.code == ACL_ERROR_RT_STREAM_ABORT);
    CHECK(value(&count) == 0);
    // Others do not wait for dropped tasks.
    CHECK_OK(aclrtSynchronizeStream(other));
    CHECK_OK(aclrtQueryEventStatus(recorded, &status));
    CHECK(status == ACL_EVENT_RECORDED_STATUS_COMPLETE);
    // The stream is as new.
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(value(&count) == 1);

    // A host function that runs is not waited for, and its end is not taken for that of a later one.
    hold_stream(&hold, stream);
    usleep(20000);
    CHECK_OK(aclrtStreamAbort(stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    hold_release(&hold);
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(value(&count) == 2);

    CHECK_OK(aclrtDestroyEvent(recorded));
    CHECK_OK(aclrtDestroyEvent(never));
    CHECK_OK(aclrtDestroyStream(other));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_CODE(aclrtStreamAbort(stream), ACL_ERROR_RT_INVALID_HANDLE);
}

static void stopped(void)
{
    aclrtStream stream, plain;
    aclrtEvent never;
    int count = 0;
    CHECK_OK(aclrtCreateStreamWithConfig(&stream, 0, ACL_STREAM_DEVICE_USE_ONLY));
    CHECK_OK(aclrtCreateStream(&plain));
    CHECK_OK(aclrtCreateEventWithFlag(&never, ACL_EVENT_SYNC));
    CHECK_CODE(aclrtStreamStop(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtStreamStop(plain), ACL_ERROR_RT_PARAM_INVALID, "ACL_STREAM_DEVICE_USE_ONLY");
    CHECK_OK(aclrtStreamStop(stream));
    CHECK_OK(aclrtStreamWaitEvent(stream, never));
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    // What waits ends, what is behind it follows.
    CHECK_OK(aclrtStreamStop(stream));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK(value(&count) == 1);
    CHECK_OK(aclrtDestroyEvent(never));
    CHECK_OK(aclrtDestroyStream(plain));
    CHECK_CODE(aclrtStreamStop(stream), ACL_ERROR_RT_INVALID_HANDLE);
}

static int stages[3], refuse;

static int32_t stage(int32_t device, aclrtDeviceTaskAbortStage stage, uint32_t timeout, void *data)
{
    CHECK(device == 0 && timeout == 5000 && data == &refuse);
    stages[stage]++;
    return stage == ACL_RT_DEVICE_TASK_ABORT_PRE ? refuse : 0;
}

static void device_aborted(void)
{
    struct waiter waiters[2];
    aclrtStream stream, second;
    aclrtContext before, context;
    aclrtEvent never;
    int count = 0;
    CHECK_CODE(aclrtDeviceTaskAbort(77, 0), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_REFUSED(aclrtDeviceTaskAbort(0, 36 * 60 * 1000 + 1), ACL_ERROR_RT_PARAM_INVALID, "timeout");
    CHECK_CODE(aclrtSetDeviceTaskAbortCallback(NULL, stage, &refuse), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSetDeviceTaskAbortCallback("", stage, &refuse), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSetDeviceTaskAbortCallback("test", NULL, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtSetDeviceTaskAbortCallback("test", stage, &refuse));
    CHECK_CODE(aclrtSetDeviceTaskAbortCallback("test", stage, &refuse), ACL_ERROR_RT_PARAM_INVALID);

    CHECK_OK(aclrtGetCurrentContext(&before));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateEventWithFlag(&never, ACL_EVENT_SYNC));
    CHECK_OK(aclrtStreamWaitEvent(stream, never));
    start_waiter(&waiters[0], stream);
    start_waiter(&waiters[1], NULL);
    CHECK_OK(aclrtCreateContext(&context, 0));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtStreamWaitEvent(second, never));
    CHECK_OK(aclrtLaunchHostFunc(second, raise_count, &count));

    refuse = 3;
    CHECK_REFUSED(aclrtDeviceTaskAbort(0, 5000), ACL_ERROR_RT_TASK_ABORT_STOP, "returned 3");
    CHECK(stages[0] == 1 && stages[1] == 0);
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 10), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    refuse = 0;
    CHECK_OK(aclrtDeviceTaskAbort(0, 5000));
    CHECK(stages[0] == 2 && stages[1] == 1);
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(waiters[i].thread, NULL) == 0);
        CHECK(waiters[i].code == ACL_ERROR_RT_DEVICE_TASK_ABORT);
    }
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK(value(&count) == 0);
    CHECK_OK(aclrtLaunchHostFunc(second, raise_count, &count));
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK(value(&count) == 1);
    CHECK_OK(aclrtSetDeviceTaskAbortCallback("test", NULL, NULL));
    CHECK_OK(aclrtDestroyContext(context));
    CHECK_OK(aclrtSetCurrentContext(before));
    CHECK_OK(aclrtDestroyEvent(never));
    CHECK_OK(aclrtDestroyStream(stream));
}

// A wait that is over its limit fails, and the stream goes on.
static void limited_waits(void)
{
    aclrtStream stream;
    aclrtEvent never;
    int count = 0;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateEventWithFlag(&never, ACL_EVENT_SYNC));
    CHECK_OK(aclrtSetOpWaitTimeout(1));
    CHECK_OK(aclrtStreamWaitEvent(stream, never));
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_count, &count));
    CHECK_OK(aclrtSetOpWaitTimeout(0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_WAIT_TIMEOUT, "aclrtStreamWaitEvent", "1s");
    CHECK(value(&count) == 1);
    // Without a limit it waits for the record.
    CHECK_OK(aclrtStreamWaitEvent(stream, never));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_OK(aclrtRecordEvent(never, NULL));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtDestroyEvent(never));
    CHECK_OK(aclrtDestroyStream(stream));
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    handles();
    waiting();
    forced();
    persistent();
    failure_mode();
    configured();
    numbers();
    default_stream();
    states();
    aborted();
    stopped();
    device_aborted();
    limited_waits();
    exhaustion();
    CHECK_OK(aclrtResetDevice(0));
    attributes();
    return check_done();
}
