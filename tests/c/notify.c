// Notifies and count notifies: records, waits, resets, time limits, numbers, limits.
#include "hold.h"

#include <stdint.h>
#include <stdlib.h>

static int idle(aclrtStream stream)
{
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    CHECK_OK(aclrtStreamQuery(stream, &status));
    return status == ACL_STREAM_STATUS_COMPLETE;
}

static void creation(void)
{
    aclrtNotify notify = NULL, other = NULL;
    aclrtEvent event = NULL;
    uint32_t id = 7, other_id = 7;
    int local = 0;

    CHECK_CODE(aclrtCreateNotify(NULL, ACL_NOTIFY_DEFAULT), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtCreateNotify(&notify, 2), ACL_ERROR_RT_PARAM_INVALID, "flag", "0x2");
    CHECK(notify == NULL);
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtCreateNotify(&other, ACL_NOTIFY_DEVICE_USE_ONLY));
    CHECK_OK(aclrtGetNotifyId(notify, &id));
    CHECK_OK(aclrtGetNotifyId(other, &other_id));
    CHECK(id != other_id && id < 8192 && other_id < 8192);
    CHECK_CODE(aclrtGetNotifyId(notify, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyNotify(other));
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_REFUSED(aclrtDestroyNotify(notify), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");

    // Every call with a dead notify, null, something else, and an event.
    CHECK_OK(aclrtCreateEvent(&event));
    aclrtNotify bad[] = {notify, NULL, &local, event};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE;
        int32_t pid = 1;
        aclrtServerPid server = {0, &pid, 1};
        char key[65];
        CHECK_CODE(aclrtDestroyNotify(bad[i]), code);
        CHECK_CODE(aclrtRecordNotify(bad[i], NULL), code);
        CHECK_CODE(aclrtWaitAndResetNotify(bad[i], NULL, 0), code);
        CHECK_CODE(aclrtGetNotifyId(bad[i], &id), code);
        CHECK_CODE(aclrtNotifyBatchReset(&bad[i], 1), code);
        CHECK_CODE(aclrtNotifyGetExportKey(bad[i], key, sizeof key, 0), code);
        CHECK_CODE(aclrtNotifySetImportPid(bad[i], &pid, 1), code);
        CHECK_CODE(aclrtNotifySetImportPidInterServer(bad[i], &server, 1), code);
    }
    CHECK_OK(aclrtDestroyEvent(event));
}

static void records(void)
{
    struct hold hold;
    aclrtNotify notify;
    aclrtStream first, second, third;
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtCreateStream(&third));

    // A wait goes on with the record, whichever comes first.
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK_OK(aclrtSynchronizeStream(second));
    hold_stream(&hold, first);
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK(!idle(second));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(second));

    // The wait took it: another waits for another record, and two records without a wait are one.
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtSynchronizeStream(first));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK_OK(aclrtWaitAndResetNotify(notify, third, 0));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK(!idle(third));
    CHECK_OK(aclrtRecordNotify(notify, first));
    while (!idle(second) && !idle(third)) {
    }
    CHECK(!idle(second) || !idle(third));
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtSynchronizeStream(third));

    // A record that was taken back is none.
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtSynchronizeStream(first));
    aclrtNotify some[2] = {notify, NULL};
    CHECK_CODE(aclrtNotifyBatchReset(some, 2), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtSynchronizeStream(first));
    CHECK_OK(aclrtNotifyBatchReset(some, 1));
    CHECK_CODE(aclrtNotifyBatchReset(some, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtNotifyBatchReset(NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);

    // Destroyed under pending work: what is queued goes on.
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_OK(aclrtSynchronizeStream(second));

    // A stream that waits for what never comes can be destroyed by force.
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtWaitAndResetNotify(notify, third, 0));
    CHECK_OK(aclrtDestroyStreamForce(third));
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 0));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
}

static void time_limits(void)
{
    struct hold hold;
    aclrtNotify notify;
    aclrtStream first, second;
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 1));
    CHECK_REFUSED(aclrtSynchronizeStream(second), ACL_ERROR_RT_WAIT_TIMEOUT, "aclrtWaitAndResetNotify", "1s", "notify");
    // The stream goes on, and a wait within its limit succeeds.
    hold_stream(&hold, first);
    CHECK_OK(aclrtRecordNotify(notify, first));
    CHECK_OK(aclrtWaitAndResetNotify(notify, second, 3600));
    CHECK(!idle(second));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_OK(aclrtDestroyNotify(notify));
}

static void wait_count(aclrtCntNotify count, aclrtStream stream, aclrtCntNotifyWaitMode mode, uint32_t value, int clear)
{
    aclrtCntNotifyWaitInfo info = {mode, value, 0, (uint8_t)clear, {0, 0, 0}};
    CHECK_OK(aclrtCntNotifyWaitWithTimeout(count, stream, &info));
}

static void record_count(aclrtCntNotify count, aclrtStream stream, aclrtCntNotifyRecordMode mode, uint32_t value)
{
    aclrtCntNotifyRecordInfo info = {mode, value};
    CHECK_OK(aclrtCntNotifyRecord(count, stream, &info));
}

static void counts(void)
{
    aclrtCntNotify count = NULL, other = NULL;
    aclrtStream first, second;
    aclrtCntNotifyRecordInfo record = {ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, 1};
    aclrtCntNotifyWaitInfo wait = {ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 1, 0, 0, {0, 0, 0}};
    uint32_t id = 7, other_id = 7;
    int local = 0;
    CHECK_CODE(aclrtCntNotifyCreate(NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCntNotifyCreate(&count, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(count == NULL);
    CHECK_OK(aclrtCntNotifyCreate(&count, 0));
    CHECK_OK(aclrtCntNotifyCreate(&other, 0));
    CHECK_OK(aclrtCntNotifyGetId(count, &id));
    CHECK_OK(aclrtCntNotifyGetId(other, &other_id));
    CHECK(id != other_id);
    CHECK_CODE(aclrtCntNotifyGetId(count, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtCntNotifyDestroy(other));
    aclrtCntNotify bad[] = {other, NULL, &local};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE;
        CHECK_CODE(aclrtCntNotifyDestroy(bad[i]), code);
        CHECK_CODE(aclrtCntNotifyRecord(bad[i], NULL, &record), code);
        CHECK_CODE(aclrtCntNotifyWaitWithTimeout(bad[i], NULL, &wait), code);
        CHECK_CODE(aclrtCntNotifyReset(bad[i], NULL), code);
        CHECK_CODE(aclrtCntNotifyGetId(bad[i], &id), code);
    }
    CHECK_CODE(aclrtCntNotifyRecord(count, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCntNotifyWaitWithTimeout(count, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    record.mode = (aclrtCntNotifyRecordMode)3;
    CHECK_REFUSED(aclrtCntNotifyRecord(count, NULL, &record), ACL_ERROR_RT_PARAM_INVALID, "mode");
    wait.mode = (aclrtCntNotifyWaitMode)5;
    CHECK_REFUSED(aclrtCntNotifyWaitWithTimeout(count, NULL, &wait), ACL_ERROR_RT_PARAM_INVALID, "mode");
    wait.mode = ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE;
    wait.isClear = 2;
    CHECK_CODE(aclrtCntNotifyWaitWithTimeout(count, NULL, &wait), ACL_ERROR_RT_PARAM_INVALID);

    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    // Three records of one, and the wait goes on with the third.
    wait_count(count, second, ACL_RT_CNT_NOTIFY_WAIT_BIGGER_OR_EQUAL_MODE, 3, 0);
    record_count(count, first, ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, 1);
    record_count(count, first, ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, 1);
    CHECK_OK(aclrtSynchronizeStream(first));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    record_count(count, first, ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, 1);
    CHECK_OK(aclrtSynchronizeStream(second));
    // It is still three; each comparison with it.
    wait_count(count, second, ACL_RT_CNT_NOTIFY_WAIT_LESS_MODE, 4, 0);
    wait_count(count, second, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 3, 0);
    wait_count(count, second, ACL_RT_CNT_NOTIFY_WAIT_BIGGER_MODE, 2, 0);
    wait_count(count, second, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_WITH_BITMASK_MODE, 2, 1);
    CHECK_OK(aclrtSynchronizeStream(second));
    // The last one cleared it.
    wait_count(count, second, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 0, 0);
    CHECK_OK(aclrtSynchronizeStream(second));
    // None of these holds for zero.
    const struct {
        aclrtCntNotifyWaitMode mode;
        uint32_t value;
    } closed[] = {{ACL_RT_CNT_NOTIFY_WAIT_LESS_MODE, 0},
                  {ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 1},
                  {ACL_RT_CNT_NOTIFY_WAIT_BIGGER_MODE, 0},
                  {ACL_RT_CNT_NOTIFY_WAIT_BIGGER_OR_EQUAL_MODE, 1},
                  {ACL_RT_CNT_NOTIFY_WAIT_EQUAL_WITH_BITMASK_MODE, 1}};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        aclrtStream waiting;
        CHECK_OK(aclrtCreateStream(&waiting));
        wait_count(count, waiting, closed[i].mode, closed[i].value, 0);
        CHECK_CODE(aclrtSynchronizeStreamWithTimeout(waiting, 5), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
        CHECK_OK(aclrtDestroyStreamForce(waiting));
    }
    // The other ways to record, and a reset.
    record_count(count, first, ACL_RT_CNT_NOTIFY_RECORD_SET_VALUE_MODE, 12);
    record_count(count, first, ACL_RT_CNT_NOTIFY_RECORD_BIT_OR_MODE, 3);
    wait_count(count, first, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 15, 0);
    record_count(count, first, ACL_RT_CNT_NOTIFY_RECORD_BIT_AND_MODE, 6);
    wait_count(count, first, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 6, 0);
    CHECK_OK(aclrtCntNotifyReset(count, first));
    wait_count(count, first, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 0, 0);
    CHECK_OK(aclrtSynchronizeStream(first));
    // A time limit.
    aclrtCntNotifyWaitInfo limited = {ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 9, 1, 0, {0, 0, 0}};
    CHECK_OK(aclrtCntNotifyWaitWithTimeout(count, second, &limited));
    CHECK_REFUSED(aclrtSynchronizeStream(second), ACL_ERROR_RT_WAIT_TIMEOUT, "aclrtCntNotifyWaitWithTimeout", "count is 0");
    CHECK_OK(aclrtCntNotifyDestroy(count));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
}

static void contexts(void)
{
    aclrtNotify notify;
    aclrtCntNotify count;
    aclrtStream there;
    aclrtCntNotifyRecordInfo record = {ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, 1};
    aclrtCntNotifyWaitInfo wait = {ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 1, 0, 0, {0, 0, 0}};
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtCreateStream(&there));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtCntNotifyCreate(&count, 0));
    CHECK_CODE(aclrtRecordNotify(notify, there), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_CODE(aclrtWaitAndResetNotify(notify, there, 0), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_CODE(aclrtCntNotifyRecord(count, there, &record), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_CODE(aclrtCntNotifyWaitWithTimeout(count, there, &wait), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_CODE(aclrtCntNotifyReset(count, there), ACL_ERROR_RT_STREAM_CONTEXT);
    // From one device to another.
    CHECK_OK(aclrtWaitAndResetNotify(notify, NULL, 0));
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtRecordNotify(notify, there));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK_OK(aclrtCntNotifyDestroy(count));
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_OK(aclrtResetDevice(1));
}

static void exhaustion(void)
{
    enum { limit = 8192 };
    static aclrtNotify notifies[limit];
    static aclrtCntNotify counted[limit];
    void *more = NULL;
    for (int i = 0; i < limit; i++) {
        if (aclrtCreateNotify(&notifies[i], ACL_NOTIFY_DEFAULT) != ACL_SUCCESS ||
            aclrtCntNotifyCreate(&counted[i], 0) != ACL_SUCCESS) {
            CHECK(!"a notify within the limit");
            return;
        }
    }
    CHECK_REFUSED(aclrtCreateNotify(&more, ACL_NOTIFY_DEFAULT), ACL_ERROR_RT_NO_NOTIFY_RESOURCE, "8192");
    CHECK_REFUSED(aclrtCntNotifyCreate(&more, 0), ACL_ERROR_RT_NO_NOTIFY_RESOURCE, "8192");
    CHECK(more == NULL);
    for (int i = 0; i < limit; i++) {
        if (aclrtDestroyNotify(notifies[i]) != ACL_SUCCESS || aclrtCntNotifyDestroy(counted[i]) != ACL_SUCCESS) {
            CHECK(!"destroying a notify");
        }
    }
    CHECK_OK(aclrtCreateNotify(&more, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtDestroyNotify(more));
}

int main(void)
{
    aclrtNotify notify = NULL;
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK_CODE(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtCntNotifyCreate(&notify, 0), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    creation();
    records();
    time_limits();
    counts();
    contexts();
    exhaustion();
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
