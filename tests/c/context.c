// Contexts: creation, currency per thread, destruction.
#include "check.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static aclrtContext shared;

static void *other_thread(void *unused)
{
    aclrtContext current = NULL;
    int32_t device = 77;
    (void)unused;
    CHECK_CODE(aclrtGetCurrentContext(&current), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK(current == NULL);
    CHECK_OK(aclrtSetCurrentContext(shared));
    CHECK_OK(aclrtGetDevice(&device));
    CHECK(device == 1);
    return NULL;
}

int main(void)
{
    aclrtContext primary = NULL, one = NULL, two = NULL, current = NULL;
    aclrtStream stream = NULL;
    pthread_t thread;
    int32_t device = 77;
    int local = 0;

    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK_CODE(aclrtCreateContext(NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtCreateContext(&one, 9), ACL_ERROR_RT_INVALID_DEVICEID, "deviceId");
    CHECK(one == NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetCurrentContext(&primary));
    CHECK_CODE(aclrtGetCurrentContext(NULL), ACL_ERROR_INVALID_PARAM);

    // A new context is current; setting the device replaces it.
    CHECK_OK(aclrtCreateContext(&one, 1));
    CHECK_OK(aclrtGetCurrentContext(&current));
    CHECK(current == one);
    CHECK_OK(aclrtGetDevice(&device));
    CHECK(device == 1);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetCurrentContext(&current));
    CHECK(current == primary);

    // The stream belongs to the other context: it may be waited for, not destroyed or used.
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_REFUSED(aclrtDestroyStream(stream), ACL_ERROR_RT_STREAM_CONTEXT, "(device 1)");
    CHECK_CODE(aclrtDestroyStreamForce(stream), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_CODE(aclrtSetStreamFailureMode(stream, 0), ACL_ERROR_RT_STREAM_CONTEXT);
    CHECK_OK(aclrtSetCurrentContext(one));
    CHECK_OK(aclrtDestroyStream(stream));

    shared = one;
    CHECK(pthread_create(&thread, NULL, other_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);

    // Clearing, and what is no context.
    CHECK_OK(aclrtSetCurrentContext(NULL));
    CHECK_CODE(aclrtGetCurrentContext(&current), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtCreateStream(&stream), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtSynchronizeStream(NULL), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_REFUSED(aclrtSetCurrentContext(&local), ACL_ERROR_RT_INVALID_HANDLE, "no handle of this library");
    CHECK_CODE(aclrtDestroyContext(&local), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtDestroyContext(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtDestroyContext(primary), ACL_ERROR_RT_CONTEXT_NULL, "aclrtResetDevice");

    // A dead context.
    CHECK_OK(aclrtCreateContext(&two, 0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtDestroyContext(two));
    CHECK_REFUSED(aclrtDestroyContext(two), ACL_ERROR_RT_CONTEXT_NULL, "already destroyed");
    CHECK_CODE(aclrtSetCurrentContext(two), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtGetCurrentContext(&current), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetCurrentContext(primary));
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_REFUSED(aclrtSetCurrentContext(stream), ACL_ERROR_RT_INVALID_HANDLE, "aclrtStream");

    CHECK_OK(aclrtDestroyContext(one));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_CODE(aclrtResetDevice(0), ACL_ERROR_RT_INVALID_DEVICEID);
    return check_done();
}
