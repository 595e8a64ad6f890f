// Events: the three ways to make one, records, waits, resets, times, limits.
#include "hold.h"

#include <stdint.h>
#include <stdlib.h>

static aclrtEventRecordedStatus recorded(aclrtEvent event)
{
    aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
    CHECK_OK(aclrtQueryEventStatus(event, &status));
    return status;
}

static int idle(aclrtStream stream)
{
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    CHECK_OK(aclrtStreamQuery(stream, &status));
    return status == ACL_STREAM_STATUS_COMPLETE;
}

static void creation(void)
{
    aclrtEvent event = NULL;
    aclrtEventStatus status;
    aclrtEventRecordedStatus recorded_status;
    aclrtEventWaitStatus wait_status;
    float ms = 0;
    uint64_t stamp = 0;
    int local = 0;

    CHECK_CODE(aclrtCreateEvent(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCreateEventWithFlag(NULL, ACL_EVENT_SYNC), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCreateEventExWithFlag(NULL, ACL_EVENT_SYNC), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtCreateEventWithFlag(&event, 0), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_CODE(aclrtCreateEventWithFlag(&event, ACL_EVENT_IPC), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtCreateEventWithFlag(&event, 0x80), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtCreateEventExWithFlag(&event, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtCreateEventExWithFlag(&event, ACL_EVENT_IPC | ACL_EVENT_SYNC), ACL_ERROR_RT_PARAM_INVALID,
                  "alone");
    CHECK(event == NULL);

    CHECK_OK(aclrtCreateEvent(&event));
    CHECK_CODE(aclrtQueryEvent(event, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtQueryEventStatus(event, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtQueryEventWaitStatus(event, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtEventElapsedTime(NULL, event, event), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtEventElapsedTime(&ms, NULL, event), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtEventElapsedTime(&ms, event, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtEventGetTimestamp(event, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtEventGetTimestamp(NULL, &stamp), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_REFUSED(aclrtDestroyEvent(event), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");

    // Every call with a dead event, null, and something else.
    aclrtEvent bad[] = {event, NULL, &local};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE;
        CHECK_CODE(aclrtDestroyEvent(bad[i]), code);
        CHECK_CODE(aclrtRecordEvent(bad[i], NULL), code);
        CHECK_CODE(aclrtResetEvent(bad[i], NULL), code);
        CHECK_CODE(aclrtStreamWaitEvent(NULL, bad[i]), code);
        CHECK_CODE(aclrtQueryEvent(bad[i], &status), code);
        CHECK_CODE(aclrtQueryEventStatus(bad[i], &recorded_status), code);
        CHECK_CODE(aclrtQueryEventWaitStatus(bad[i], &wait_status), code);
        CHECK_CODE(aclrtSynchronizeEvent(bad[i]), code);
        CHECK_CODE(aclrtSynchronizeEventWithTimeout(bad[i], 1), code);
        CHECK_CODE(aclrtEventElapsedTime(&ms, bad[i], bad[i]), code);
        CHECK_CODE(aclrtEventGetTimestamp(bad[i], &stamp), code);
    }
}

static void waiting(void)
{
    struct hold hold;
    aclrtStream first, second;
    aclrtEvent event;
    aclrtEventStatus status = ACL_EVENT_STATUS_RESERVED;
    aclrtEventWaitStatus waits = ACL_EVENT_WAIT_STATUS_RESERVED;
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtCreateEvent(&event));
    CHECK(recorded(event) == ACL_EVENT_RECORDED_STATUS_NOT_READY);
    CHECK_OK(aclrtSynchronizeEvent(event));

    hold_stream(&hold, first);
    CHECK_OK(aclrtRecordEvent(event, first));
    CHECK_OK(aclrtStreamWaitEvent(second, event));
    CHECK(recorded(event) == ACL_EVENT_RECORDED_STATUS_NOT_READY);
    CHECK_OK(aclrtQueryEvent(event, &status));
    CHECK(status == ACL_EVENT_STATUS_NOT_READY);
    CHECK_OK(aclrtQueryEventWaitStatus(event, &waits));
    CHECK(waits == ACL_EVENT_WAIT_STATUS_NOT_READY);
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_REFUSED(aclrtSynchronizeEventWithTimeout(event, 1), ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, "1ms");
    CHECK_REFUSED(aclrtSynchronizeEventWithTimeout(event, -2), ACL_ERROR_RT_PARAM_INVALID, "timeout");
    // Destroying it now is legal.
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeEvent(event));
    CHECK(recorded(event) == ACL_EVENT_RECORDED_STATUS_COMPLETE);
    CHECK_OK(aclrtQueryEvent(event, &status));
    CHECK(status == ACL_EVENT_STATUS_COMPLETE);
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtQueryEventWaitStatus(event, &waits));
    CHECK(waits == ACL_EVENT_WAIT_STATUS_COMPLETE);

    hold_stream(&hold, first);
    CHECK_OK(aclrtRecordEvent(event, first));
    CHECK_OK(aclrtStreamWaitEvent(second, event));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK(!idle(second));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
}

// A wait means the record that was latest when it was queued.
static void generations(void)
{
    struct hold one, two;
    aclrtStream first, second, third;
    aclrtEvent event;
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtCreateStream(&third));
    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
    // Without a record it is complete.
    CHECK(recorded(event) == ACL_EVENT_RECORDED_STATUS_COMPLETE);
    CHECK_OK(aclrtStreamWaitEvent(third, event));
    CHECK_OK(aclrtSynchronizeStream(third));

    hold_stream(&one, first);
    hold_stream(&two, second);
    CHECK_OK(aclrtRecordEvent(event, first));
    CHECK_OK(aclrtStreamWaitEvent(third, event));
    CHECK_OK(aclrtRecordEvent(event, second));
    // The second record comes first; the wait is still for the first.
    hold_release(&two);
    CHECK_OK(aclrtSynchronizeEvent(event));
    CHECK(recorded(event) == ACL_EVENT_RECORDED_STATUS_COMPLETE);
    CHECK(!idle(third));
    hold_release(&one);
    CHECK_OK(aclrtSynchronizeStream(third));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_OK(aclrtDestroyStream(third));
}

static void abilities(void)
{
    aclrtEvent plain, flagged, quiet, again;
    aclrtEventStatus status;
    aclrtStream first, second;
    CHECK_OK(aclrtCreateEvent(&plain));
    CHECK_OK(aclrtCreateEventWithFlag(&flagged, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventWithFlag(&quiet, ACL_EVENT_CAPTURE_STREAM_PROGRESS));
    CHECK_OK(aclrtCreateEventExWithFlag(&again, ACL_EVENT_SYNC));
    CHECK_REFUSED(aclrtResetEvent(plain, NULL), ACL_ERROR_RT_PARAM_INVALID, "aclrtCreateEventWithFlag");
    CHECK_CODE(aclrtResetEvent(quiet, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtResetEvent(again, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtStreamWaitEvent(NULL, quiet), ACL_ERROR_RT_PARAM_INVALID, "ACL_EVENT_SYNC");
    CHECK_REFUSED(aclrtQueryEvent(again, &status), ACL_ERROR_RT_PARAM_INVALID, "aclrtQueryEventStatus");

    // Record, wait, reset, and the same again: the second wait is for the second record.
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    for (int round = 0; round < 2; round++) {
        CHECK_OK(aclrtStreamWaitEvent(second, flagged));
        CHECK_OK(aclrtResetEvent(flagged, second));
        CHECK(!idle(second));
        CHECK_OK(aclrtRecordEvent(flagged, first));
        CHECK_OK(aclrtSynchronizeStream(second));
    }
    // A wait for a record that can no longer come is over.
    CHECK_OK(aclrtSynchronizeStream(first));
    CHECK_OK(aclrtResetEvent(flagged, second));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK(recorded(flagged) == ACL_EVENT_RECORDED_STATUS_NOT_READY);
    CHECK_OK(aclrtStreamWaitEvent(second, flagged));
    CHECK_OK(aclrtDestroyEvent(flagged));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_OK(aclrtDestroyEvent(plain));
    CHECK_OK(aclrtDestroyEvent(quiet));
    CHECK_OK(aclrtDestroyEvent(again));
}

static void times(void)
{
    struct hold hold;
    aclrtEvent start, end, untimed;
    float ms = -1;
    uint64_t first = 0, last = 0;
    aclrtStream stream;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateEvent(&start));
    CHECK_OK(aclrtCreateEventExWithFlag(&end, ACL_EVENT_TIME_LINE));
    CHECK_OK(aclrtCreateEventWithFlag(&untimed, ACL_EVENT_SYNC));
    CHECK_REFUSED(aclrtEventElapsedTime(&ms, start, end), ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, "startEvent");
    CHECK_OK(aclrtRecordEvent(start, stream));
    hold_stream(&hold, stream);
    CHECK_OK(aclrtRecordEvent(end, stream));
    CHECK_OK(aclrtRecordEvent(untimed, stream));
    CHECK_REFUSED(aclrtEventElapsedTime(&ms, start, end), ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, "Event");
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(ms == -1);
    CHECK_OK(aclrtEventElapsedTime(&ms, start, end));
    CHECK(ms >= 0);
    CHECK_OK(aclrtEventGetTimestamp(start, &first));
    CHECK_OK(aclrtEventGetTimestamp(end, &last));
    CHECK(first > 0 && first <= last);
    CHECK_CODE(aclrtEventElapsedTime(&ms, end, start), ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL);
    CHECK_REFUSED(aclrtEventElapsedTime(&ms, untimed, end), ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID, "ACL_EVENT_TIME_LINE");
    CHECK_CODE(aclrtEventGetTimestamp(untimed, &first), ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID);
    CHECK_OK(aclrtDestroyEvent(start));
    CHECK_OK(aclrtDestroyEvent(end));
    CHECK_OK(aclrtDestroyEvent(untimed));
    CHECK_OK(aclrtDestroyStream(stream));
}

static void numbers(void)
{
    aclrtEvent first, second;
    uint32_t id = 7, other = 7, before = 0, after = 0;
    CHECK_CODE(aclrtGetEventAvailNum(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtGetEventAvailNum(&before));
    CHECK(before > 0 && before <= 65536);
    CHECK_OK(aclrtCreateEvent(&first));
    CHECK_OK(aclrtCreateEventExWithFlag(&second, ACL_EVENT_SYNC));
    CHECK_OK(aclrtGetEventAvailNum(&after));
    CHECK(after == before - 2);
    CHECK_OK(aclrtGetEventId(first, &id));
    CHECK_OK(aclrtGetEventId(second, &other));
    CHECK(id != other && id < 65536 && other < 65536);
    CHECK_CODE(aclrtGetEventId(first, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetEventId(NULL, &id), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyEvent(first));
    CHECK_CODE(aclrtGetEventId(first, &id), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtDestroyEvent(second));
    CHECK_OK(aclrtGetEventAvailNum(&after));
    CHECK(after == before);
}

static void flags(void)
{
    struct hold hold;
    aclrtEvent event, timed;
    aclrtStream first, second;
    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventExWithFlag(&timed, ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE));
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    // External records and waits are for captured streams.
    CHECK_CODE(aclrtRecordEventWithFlag(event, first, ACL_EVENT_RECORD_EXTERNAL), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
    CHECK_REFUSED(aclrtRecordEventWithFlag(timed, first, ACL_EVENT_RECORD_EXTERNAL), ACL_ERROR_RT_PARAM_INVALID,
                  "ACL_EVENT_SYNC alone");
    CHECK_REFUSED(aclrtRecordEventWithFlag(event, first, 2), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_CODE(aclrtRecordEventWithFlag(NULL, first, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtStreamWaitEventWithFlag(second, event, 0, ACL_EVENT_WAIT_EXTERNAL), ACL_ERROR_RT_STREAM_NOT_CAPTURED);
    CHECK_REFUSED(aclrtStreamWaitEventWithFlag(second, event, 1, ACL_EVENT_WAIT_EXTERNAL), ACL_ERROR_RT_PARAM_INVALID,
                  "timeout");
    CHECK_CODE(aclrtStreamWaitEventWithFlag(second, timed, 0, ACL_EVENT_WAIT_EXTERNAL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtStreamWaitEventWithFlag(second, event, 0, 2), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_CODE(aclrtStreamWaitEventWithFlag(second, NULL, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtStreamWaitEventWithTimeout(second, event, -1), ACL_ERROR_RT_PARAM_INVALID, "timeout", "-1");
    CHECK_CODE(aclrtStreamWaitEventWithTimeout(second, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK(idle(second));

    // Within their limits, waits are as without; beyond, the waiting stream fails and goes on.
    hold_stream(&hold, first);
    CHECK_OK(aclrtRecordEventWithFlag(event, first, ACL_EVENT_RECORD_DEFAULT));
    CHECK_OK(aclrtStreamWaitEventWithTimeout(second, event, 1));
    CHECK_REFUSED(aclrtSynchronizeStream(second), ACL_ERROR_RT_WAIT_TIMEOUT, "aclrtStreamWaitEventWithTimeout", "1s");
    CHECK_OK(aclrtStreamWaitEventWithFlag(second, event, 1, ACL_EVENT_WAIT_DEFAULT));
    CHECK_REFUSED(aclrtSynchronizeStream(second), ACL_ERROR_RT_WAIT_TIMEOUT, "aclrtStreamWaitEventWithFlag");
    CHECK_OK(aclrtStreamWaitEventWithTimeout(second, event, 0));
    CHECK_OK(aclrtStreamWaitEventWithTimeout(second, event, 3600));
    CHECK_OK(aclrtStreamWaitEventWithFlag(second, event, 3600, ACL_EVENT_WAIT_DEFAULT));
    CHECK(!idle(second));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(second));

    // An event for device use, and one for graphs, serve streams as well.
    const uint32_t more[] = {ACL_EVENT_SYNC | ACL_EVENT_DEVICE_USE_ONLY, ACL_EVENT_SYNC | ACL_EVENT_EXTERNAL, ACL_EVENT_IPC,
                             ACL_EVENT_SYNC | ACL_EVENT_CAPTURE_STREAM_PROGRESS};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        aclrtEvent other;
        CHECK_OK(aclrtCreateEventExWithFlag(&other, more[i]));
        CHECK(recorded(other) == ACL_EVENT_RECORDED_STATUS_COMPLETE);
        hold_stream(&hold, first);
        CHECK_OK(aclrtRecordEvent(other, first));
        CHECK(recorded(other) == ACL_EVENT_RECORDED_STATUS_NOT_READY);
        CHECK_OK(aclrtStreamWaitEvent(second, other));
        CHECK(!idle(second));
        hold_release(&hold);
        CHECK_OK(aclrtSynchronizeStream(second));
        CHECK_OK(aclrtSynchronizeEvent(other));
        CHECK_OK(aclrtDestroyEvent(other));
    }
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyEvent(timed));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
}

static void two_devices(void)
{
    struct hold hold;
    aclrtEvent event;
    aclrtStream there, here;
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtCreateStream(&there));
    CHECK_OK(aclrtCreateEvent(&event));
    hold_stream(&hold, there);
    CHECK_OK(aclrtRecordEvent(event, there));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&here));
    CHECK_REFUSED(aclrtRecordEvent(event, here), ACL_ERROR_RT_PARAM_INVALID, "same device");
    CHECK_CODE(aclrtRecordEvent(event, there), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_CODE(aclrtStreamWaitEvent(there, event), ACL_ERROR_RT_STREAM_CONTEXT);
    // Waiting across devices is allowed.
    CHECK_OK(aclrtStreamWaitEvent(here, event));
    CHECK(!idle(here));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(here));
    CHECK_OK(aclrtDestroyStream(here));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtResetDevice(1));
    CHECK_OK(aclrtResetDevice(0));
}

static void exhaustion(void)
{
    enum { limit = 65536 };
    static aclrtEvent events[limit];
    aclrtEvent more = NULL;
    for (int i = 0; i < limit; i++) {
        if (aclrtCreateEvent(&events[i]) != ACL_SUCCESS) {
            CHECK(!"an event within the limit");
            return;
        }
    }
    CHECK_REFUSED(aclrtCreateEvent(&more), ACL_ERROR_RT_NO_EVENT_RESOURCE, "65536");
    CHECK_CODE(aclrtCreateEventWithFlag(&more, ACL_EVENT_SYNC), ACL_ERROR_RT_NO_EVENT_RESOURCE);
    CHECK_CODE(aclrtCreateEventExWithFlag(&more, ACL_EVENT_SYNC), ACL_ERROR_RT_NO_EVENT_RESOURCE);
    CHECK(more == NULL);
    for (int i = 0; i < limit; i++) {
        if (aclrtDestroyEvent(events[i]) != ACL_SUCCESS) {
            CHECK(!"destroying an event");
        }
    }
    CHECK_OK(aclrtCreateEvent(&more));
    CHECK_OK(aclrtDestroyEvent(more));
}

int main(void)
{
    aclrtEvent event = NULL;
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK_CODE(aclrtCreateEvent(&event), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    creation();
    waiting();
    generations();
    abilities();
    times();
    numbers();
    flags();
    two_devices();
    CHECK_OK(aclrtSetDevice(0));
    exhaustion();
    return check_done();
}
