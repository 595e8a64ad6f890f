// Streams: creation, order, waiting, destruction, limits.
#include "hold.h"

#include <stdint.h>
#include <stdlib.h>

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

    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStreamWithConfig(&stream, 5, 0));
    CHECK_OK(aclrtGetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value));
    CHECK(value.streamPriority == 5);
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value));
    value.streamPriority = 2;
    CHECK_REFUSED(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_PRIORITY, &value), ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                  "priority of a stream to 2");
    value.overflowSwitch = 1;
    CHECK_REFUSED(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, &value),
                  ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "overflows");
    value.overflowSwitch = 0;
    CHECK_OK(aclrtSetStreamAttribute(stream, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, &value));
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
    CHECK_OK(aclrtSetOpWaitTimeout(0));
    CHECK_REFUSED(aclrtSetOpWaitTimeout(3), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "3 s");
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    handles();
    waiting();
    forced();
    persistent();
    failure_mode();
    exhaustion();
    CHECK_OK(aclrtResetDevice(0));
    attributes();
    return check_done();
}
