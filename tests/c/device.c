// Devices: selection, counting, release, synchronisation. Runs with two devices.
#include "hold.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static void *fresh_thread(void *unused)
{
    int32_t device = 77;
    (void)unused;
    CHECK_REFUSED(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL, "aclrtSetDevice");
    CHECK(device == 77);
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtGetDevice(&device));
    CHECK(device == 1);
    CHECK_OK(aclrtResetDevice(1));
    return NULL;
}

static void selection(void)
{
    uint32_t count = 0;
    int32_t device = 77;
    aclrtRunMode mode = ACL_DEVICE;
    pthread_t thread;

    CHECK_OK(aclrtGetDeviceCount(&count));
    CHECK(count == 2);
    CHECK_CODE(aclrtGetDeviceCount(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtGetRunMode(&mode));
    CHECK(mode == ACL_HOST);
    CHECK_CODE(aclrtGetRunMode(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(strcmp(aclrtGetSocName(), "Ascend910B4") == 0);

    CHECK_CODE(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_REFUSED(aclrtSetDevice(-1), ACL_ERROR_RT_INVALID_DEVICEID, "got -1");
    CHECK_REFUSED(aclrtSetDevice(2), ACL_ERROR_RT_INVALID_DEVICEID, "0..2");
    CHECK_CODE(aclrtResetDevice(2), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtResetDeviceForce(-1), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetDevice(&device));
    CHECK(device == 0);
    CHECK_CODE(aclrtGetDevice(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(pthread_create(&thread, NULL, fresh_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    // What the other thread set and reset is its own affair.
    CHECK_OK(aclrtGetDevice(&device));
    CHECK(device == 0);
    CHECK_OK(aclrtResetDevice(0));
}

static void identity(void)
{
    aclrtUuid first, again, second;
    int32_t pid = 0;

    CHECK_OK(aclrtDeviceGetBareTgid(&pid));
    CHECK(pid == getpid());
    CHECK_OK(aclrtDeviceGetUuid(0, &first));
    CHECK_OK(aclrtDeviceGetUuid(0, &again));
    CHECK_OK(aclrtDeviceGetUuid(1, &second));
    CHECK(memcmp(&first, &again, sizeof(first)) == 0 && memcmp(&first, &second, sizeof(first)) != 0);
    CHECK_REFUSED(aclrtDeviceGetUuid(2, &again), ACL_ERROR_RT_INVALID_DEVICEID, "deviceId", "got 2");
    CHECK(memcmp(&first, &again, sizeof(first)) == 0);
}

static void counting(void)
{
    int32_t device = 77;
    aclrtStream stream, other;
    CHECK_REFUSED(aclrtResetDevice(0), ACL_ERROR_RT_INVALID_DEVICEID, "not set");
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_CODE(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtSynchronizeDevice(), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtResetDevice(0), ACL_ERROR_RT_INVALID_DEVICEID);
    // The stream went with the context.
    CHECK_OK(aclrtSetDevice(0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_OK(aclrtCreateStream(&other));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtResetDeviceForce(0));
    CHECK_CODE(aclrtResetDeviceForce(0), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtDestroyStream(other), ACL_ERROR_RT_CONTEXT_NULL);
}

static void raise_flag(void *flag)
{
    __atomic_store_n((int *)flag, 1, __ATOMIC_RELEASE);
}

static void synchronisation(void)
{
    struct hold hold;
    aclrtStream stream;
    int flag = 0;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK_REFUSED(aclrtSynchronizeDeviceWithTimeout(-2), ACL_ERROR_RT_PARAM_INVALID, "timeout");
    hold_stream(&hold, stream);
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_flag, &flag));
    CHECK_REFUSED(aclrtSynchronizeDeviceWithTimeout(1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, "2 of its tasks");
    // The other device has nothing to do with it.
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK_OK(aclrtResetDevice(1));
    CHECK_OK(aclrtSetDevice(0));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeDeviceWithTimeout(-1));
    CHECK(__atomic_load_n(&flag, __ATOMIC_ACQUIRE) == 1);

    // A reset waits for pending work.
    flag = 0;
    hold_stream(&hold, stream);
    CHECK_OK(aclrtLaunchHostFunc(stream, raise_flag, &flag));
    hold_release(&hold);
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtResetDevice(0));
    CHECK(__atomic_load_n(&flag, __ATOMIC_ACQUIRE) == 1);
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK(unsetenv("ACLSIM_SOC") == 0);
    selection();
    identity();
    counting();
    synchronisation();
    return check_done();
}
