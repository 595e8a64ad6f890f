// Callbacks on a thread that processes reports, and host functions.
#include "hold.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static int order[16], used;
static pthread_t ran_on[16];

struct step {
    int number;
};

static void note(void *data)
{
    int slot = __atomic_fetch_add(&used, 1, __ATOMIC_ACQ_REL);
    ran_on[slot] = pthread_self();
    __atomic_store_n(&order[slot], ((struct step *)data)->number, __ATOMIC_RELEASE);
}

static struct step steps[] = {{0}, {1}, {2}, {3}};

struct processor {
    pthread_t thread;
    int stop;
    int processed;
};

static void *process(void *data)
{
    struct processor *processor = (struct processor *)data;
    while (!__atomic_load_n(&processor->stop, __ATOMIC_ACQUIRE)) {
        int code = aclrtProcessReport(10);
        if (code == ACL_SUCCESS) {
            __atomic_add_fetch(&processor->processed, 1, __ATOMIC_ACQ_REL);
        } else {
            // Not subscribed yet, or nothing to do.
            CHECK(code == ACL_ERROR_RT_THREAD_SUBSCRIBE || code == ACL_ERROR_RT_REPORT_TIMEOUT);
        }
    }
    return NULL;
}

static void reports(void)
{
    struct processor processor = {0};
    aclrtStream stream, second;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_REFUSED(aclrtLaunchCallback(note, &steps[0], ACL_CALLBACK_BLOCK, stream), ACL_ERROR_RT_STREAM_NO_CB_REG,
                  "aclrtSubscribeReport");
    CHECK_CODE(aclrtLaunchCallback(NULL, &steps[0], ACL_CALLBACK_BLOCK, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtLaunchCallback(note, &steps[0], (aclrtCallbackBlockType)9, stream), ACL_ERROR_RT_PARAM_INVALID,
                  "blockType");
    CHECK(pthread_create(&processor.thread, NULL, process, &processor) == 0);
    uint64_t id = (uint64_t)processor.thread;
    CHECK_REFUSED(aclrtUnSubscribeReport(id, stream), ACL_ERROR_RT_STREAM_NO_CB_REG, "aclrtSubscribeReport");
    CHECK_OK(aclrtSubscribeReport(id, stream));
    CHECK_REFUSED(aclrtSubscribeReport(id, stream), ACL_ERROR_RT_STREAM_SUBSCRIBE, "stream");
    CHECK_CODE(aclrtUnSubscribeReport(id + 1, stream), ACL_ERROR_RT_THREAD_SUBSCRIBE);
    // One thread serves several streams.
    CHECK_OK(aclrtSubscribeReport(id, second));
    // But of one device.
    CHECK_OK(aclrtSetDevice(1));
    CHECK_REFUSED(aclrtSubscribeReport(id, NULL), ACL_ERROR_RT_THREAD_SUBSCRIBE, "device 1");
    CHECK_OK(aclrtResetDevice(1));
    CHECK_OK(aclrtSetDevice(0));

    for (int i = 0; i < 4; i++) {
        CHECK_OK(aclrtLaunchCallback(note, &steps[i], ACL_CALLBACK_BLOCK, stream));
    }
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(used == 4);
    for (int i = 0; i < 4; i++) {
        CHECK(order[i] == i && pthread_equal(ran_on[i], processor.thread));
    }
    CHECK_OK(aclrtLaunchCallback(note, &steps[0], ACL_CALLBACK_NO_BLOCK, second));
    CHECK_OK(aclrtSynchronizeStream(second));
    while (__atomic_load_n(&processor.processed, __ATOMIC_ACQUIRE) < 5) {
        sched_yield();
    }
    CHECK_OK(aclrtUnSubscribeReport(id, stream));
    CHECK_CODE(aclrtUnSubscribeReport(id, stream), ACL_ERROR_RT_STREAM_NO_CB_REG);
    __atomic_store_n(&processor.stop, 1, __ATOMIC_RELEASE);
    CHECK(pthread_join(processor.thread, NULL) == 0);

    // Nobody processes this one any more: unsubscribing lets the stream go on.
    used = 0;
    CHECK_OK(aclrtLaunchCallback(note, &steps[0], ACL_CALLBACK_BLOCK, second));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_OK(aclrtUnSubscribeReport(id, second));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK(used == 0);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtDestroyStream(second));
}

static void timeouts(void)
{
    aclrtStream stream;
    CHECK_REFUSED(aclrtProcessReport(1), ACL_ERROR_RT_THREAD_SUBSCRIBE, "aclrtSubscribeReport");
    CHECK_REFUSED(aclrtProcessReport(0), ACL_ERROR_RT_PARAM_INVALID, "timeout");
    CHECK_CODE(aclrtProcessReport(-2), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtSubscribeReport((uint64_t)pthread_self(), stream));
    CHECK_REFUSED(aclrtProcessReport(1), ACL_ERROR_RT_REPORT_TIMEOUT, "1ms");
    used = 0;
    CHECK_OK(aclrtLaunchCallback(note, &steps[3], ACL_CALLBACK_NO_BLOCK, stream));
    CHECK_OK(aclrtProcessReport(-1));
    CHECK(used == 1 && order[0] == 3);
    // Destroying the stream ends the subscription.
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_CODE(aclrtProcessReport(1), ACL_ERROR_RT_THREAD_SUBSCRIBE);
}

static aclrtStream own;
static int code_inside;

static void wait_for_own_stream(void *unused)
{
    (void)unused;
    code_inside = aclrtSetDevice(0);
    if (code_inside == ACL_SUCCESS) {
        code_inside = aclrtSynchronizeStream(own);
    }
    (void)aclrtResetDevice(0);
}

static void host_functions(void)
{
    struct hold hold;
    aclrtStream others[4];
    used = 0;
    CHECK_OK(aclrtCreateStream(&own));
    CHECK_CODE(aclrtLaunchHostFunc(own, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(aclrtLaunchHostFunc(own, note, &steps[i]));
    }
    CHECK_OK(aclrtSynchronizeStream(own));
    for (int i = 0; i < 4; i++) {
        // In order, and never on the thread that waits.
        CHECK(order[i] == i && !pthread_equal(ran_on[i], pthread_self()));
    }

    // Functions of several streams may wait for one another.
    hold_stream(&hold, own);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(aclrtCreateStream(&others[i]));
        CHECK_OK(aclrtLaunchHostFunc(others[i], note, &steps[i]));
        CHECK_OK(aclrtSynchronizeStream(others[i]));
        CHECK_OK(aclrtDestroyStream(others[i]));
    }
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(own));

    // A function that waits for its own stream is told so instead of hanging.
    CHECK_OK(aclrtLaunchHostFunc(own, wait_for_own_stream, NULL));
    CHECK_OK(aclrtSynchronizeStream(own));
    CHECK(code_inside == ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_OK(aclrtDestroyStream(own));
}

static void *process_functions(void *data)
{
    struct processor *processor = (struct processor *)data;
    while (!__atomic_load_n(&processor->stop, __ATOMIC_ACQUIRE)) {
        int code = aclrtProcessHostFunc(10);
        if (code == ACL_SUCCESS) {
            __atomic_add_fetch(&processor->processed, 1, __ATOMIC_ACQ_REL);
        } else {
            CHECK(code == ACL_ERROR_RT_THREAD_SUBSCRIBE || code == ACL_ERROR_RT_REPORT_TIMEOUT);
        }
    }
    return NULL;
}

// Host functions run on the subscribed thread, or without one on one of the library.
static void functions(void)
{
    struct processor processor = {0};
    aclrtStream stream;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_REFUSED(aclrtProcessHostFunc(1), ACL_ERROR_RT_THREAD_SUBSCRIBE, "aclrtSubscribeHostFunc");
    CHECK_REFUSED(aclrtProcessHostFunc(0), ACL_ERROR_RT_PARAM_INVALID, "timeout");
    CHECK_CODE(aclrtProcessHostFunc(-2), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(pthread_create(&processor.thread, NULL, process_functions, &processor) == 0);
    const uint64_t id = (uint64_t)processor.thread;
    CHECK_REFUSED(aclrtUnSubscribeHostFunc(id, stream), ACL_ERROR_RT_STREAM_NO_CB_REG, "aclrtSubscribeHostFunc");
    CHECK_OK(aclrtSubscribeHostFunc(id, stream));
    CHECK_CODE(aclrtSubscribeHostFunc(id, stream), ACL_ERROR_RT_STREAM_SUBSCRIBE);
    CHECK_CODE(aclrtUnSubscribeHostFunc(id + 1, stream), ACL_ERROR_RT_THREAD_SUBSCRIBE);
    // Reports are another matter.
    CHECK_CODE(aclrtLaunchCallback(note, &steps[0], ACL_CALLBACK_BLOCK, stream), ACL_ERROR_RT_STREAM_NO_CB_REG);
    used = 0;
    CHECK_OK(aclrtLaunchHostFunc(stream, note, &steps[1]));
    CHECK_OK(aclrtLaunchHostFunc(stream, note, &steps[2]));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(used == 2 && order[0] == 1 && order[1] == 2);
    CHECK(pthread_equal(ran_on[0], processor.thread) && pthread_equal(ran_on[1], processor.thread));
    CHECK_OK(aclrtUnSubscribeHostFunc(id, stream));
    CHECK_OK(aclrtLaunchHostFunc(stream, note, &steps[3]));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(used == 3 && order[2] == 3 && !pthread_equal(ran_on[2], processor.thread));
    // Destroying the stream ends the subscription.
    CHECK_OK(aclrtSubscribeHostFunc(id, stream));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_CODE(aclrtSubscribeHostFunc(id, stream), ACL_ERROR_RT_INVALID_HANDLE);
    __atomic_store_n(&processor.stop, 1, __ATOMIC_RELEASE);
    CHECK(pthread_join(processor.thread, NULL) == 0);
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK_OK(aclrtSetDevice(0));
    reports();
    timeouts();
    host_functions();
    functions();
    return check_done();
}
