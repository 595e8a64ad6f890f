// Limits: cores for devices, streams and threads; all streams at once on few threads.
#include "check.h"

#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { CUBE = 20, VECTOR = 40 };

static uint32_t of_device(int32_t device, aclrtDevResLimitType type)
{
    uint32_t value = 0;
    CHECK_OK(aclrtGetDeviceResLimit(device, type, &value));
    return value;
}

static uint32_t of_stream(aclrtStream stream, aclrtDevResLimitType type)
{
    uint32_t value = 0;
    CHECK_OK(aclrtGetStreamResLimit(stream, type, &value));
    return value;
}

static uint32_t of_thread(aclrtDevResLimitType type)
{
    uint32_t value = 0;
    CHECK_OK(aclrtGetResInCurrentThread(type, &value));
    return value;
}

static void *another_thread(void *data)
{
    (void)data;
    CHECK_OK(aclrtSetDevice(0));
    CHECK(of_thread(ACL_RT_DEV_RES_CUBE_CORE) == 12);
    CHECK_OK(aclrtResetDevice(0));
    return NULL;
}

static void cores(void)
{
    const aclrtDevResLimitType cube = ACL_RT_DEV_RES_CUBE_CORE, vector = ACL_RT_DEV_RES_VECTOR_CORE;
    const aclrtDevResLimitType none = (aclrtDevResLimitType)2;
    aclrtStream stream, gone;
    uint32_t value = 77;
    pthread_t thread;
    CHECK_CODE(aclrtGetResInCurrentThread(cube, &value), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK(of_device(0, cube) == CUBE && of_device(0, vector) == VECTOR);
    CHECK_OK(aclrtSetDeviceResLimit(0, cube, 12));
    CHECK(of_device(0, cube) == 12 && of_device(0, vector) == VECTOR);
    CHECK_REFUSED(aclrtSetDeviceResLimit(0, cube, CUBE + 1), ACL_ERROR_RT_PARAM_INVALID, "1 to 20", "got 21");
    CHECK_REFUSED(aclrtSetDeviceResLimit(0, vector, 0), ACL_ERROR_RT_PARAM_INVALID, "got 0");
    CHECK_CODE(aclrtSetDeviceResLimit(0, none, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSetDeviceResLimit(-1, cube, 1), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetDeviceResLimit(77, cube, &value), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetDeviceResLimit(0, none, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtGetDeviceResLimit(0, cube, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtResetDeviceResLimit(77), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(value == 77);

    // A stream's limit, without one the device's.
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK(of_stream(stream, cube) == 12 && of_stream(NULL, vector) == VECTOR);
    CHECK_OK(aclrtSetStreamResLimit(stream, cube, 3));
    CHECK_OK(aclrtSetStreamResLimit(NULL, vector, 5));
    CHECK(of_stream(stream, cube) == 3 && of_stream(NULL, cube) == 12 && of_stream(NULL, vector) == 5);
    CHECK_CODE(aclrtSetStreamResLimit(stream, vector, VECTOR + 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSetStreamResLimit(stream, none, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtGetStreamResLimit(stream, none, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtGetStreamResLimit(stream, cube, NULL), ACL_ERROR_INVALID_PARAM);

    // A thread has the device's until it uses a stream's.
    CHECK(of_thread(cube) == 12);
    CHECK_OK(aclrtUseStreamResInCurrentThread(stream));
    CHECK(of_thread(cube) == 3);
    CHECK(pthread_create(&thread, NULL, another_thread, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_OK(aclrtUnuseStreamResInCurrentThread(NULL));
    CHECK(of_thread(cube) == 3);
    CHECK_OK(aclrtUseStreamResInCurrentThread(NULL));
    CHECK(of_thread(cube) == 12 && of_thread(vector) == 5);
    CHECK_OK(aclrtUnuseStreamResInCurrentThread(NULL));
    CHECK(of_thread(vector) == VECTOR);
    CHECK_CODE(aclrtGetResInCurrentThread(none, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtGetResInCurrentThread(cube, NULL), ACL_ERROR_INVALID_PARAM);

    // A stream that is gone limits nobody.
    CHECK_OK(aclrtUseStreamResInCurrentThread(stream));
    gone = stream;
    CHECK_OK(aclrtResetStreamResLimit(stream));
    CHECK(of_stream(stream, cube) == 12 && of_thread(cube) == 12);
    CHECK_OK(aclrtSetStreamResLimit(stream, cube, 4));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK(of_thread(cube) == 12);
    CHECK_CODE(aclrtUseStreamResInCurrentThread(gone), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtUnuseStreamResInCurrentThread(gone), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtSetStreamResLimit(gone, cube, 1), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtGetStreamResLimit(gone, cube, &value), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtResetStreamResLimit(gone), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtResetDeviceResLimit(0));
    CHECK(of_device(0, cube) == CUBE);
    CHECK_OK(aclrtResetDevice(0));
}

static int threads(void)
{
    DIR *dir = opendir("/proc/self/task");
    int count = 0;
    CHECK(dir != NULL);
    while (dir != NULL) {
        struct dirent *entry = readdir(dir);
        if (entry == NULL) {
            closedir(dir);
            break;
        }
        count += entry->d_name[0] != '.';
    }
    return count;
}

enum { STREAMS = 1984, TASKS = 100, WORKERS = 3 };

static void all_streams(void)
{
    static aclrtStream streams[STREAMS];
    aclrtStream more = NULL;
    uint32_t left = 1;
    unsigned char *device = NULL, *host = malloc(STREAMS);
    int before = threads(), most = 0, wrong = 0;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc((void **)&device, STREAMS, ACL_MEM_MALLOC_HUGE_FIRST));
    for (int i = 0; i < STREAMS; i++) {
        if (aclrtCreateStream(&streams[i]) != ACL_SUCCESS) {
            CHECK(!"a stream within the limit");
            return;
        }
    }
    CHECK_OK(aclrtGetStreamAvailableNum(&left));
    CHECK(left == 0);
    CHECK_REFUSED(aclrtCreateStream(&more), ACL_ERROR_RT_NO_STREAM_RESOURCE, "1984");
    CHECK(more == NULL);
    // The last of the tasks of stream i leaves i there.
    for (int task = 1; task <= TASKS; task++) {
        for (int i = 0; i < STREAMS; i++) {
            const int value = task == TASKS ? i & 0xff : task;
            wrong += aclrtMemsetAsync(device + i, 1, value, 1, streams[i]) != ACL_SUCCESS;
        }
        if (task % 10 == 0) {
            const int now = threads();
            most = now > most ? now : most;
        }
    }
    CHECK(wrong == 0);
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK(most <= before + WORKERS + 1);
    CHECK_OK(aclrtMemcpy(host, STREAMS, device, STREAMS, ACL_MEMCPY_DEVICE_TO_HOST));
    for (int i = 0; i < STREAMS; i++) {
        wrong += host[i] != (i & 0xff);
    }
    CHECK(wrong == 0);
    for (int i = 0; i < STREAMS; i++) {
        wrong += aclrtDestroyStream(streams[i]) != ACL_SUCCESS;
    }
    CHECK(wrong == 0);
    CHECK_OK(aclrtGetStreamAvailableNum(&left));
    CHECK(left == STREAMS);
    free(host);
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtResetDevice(0));
}

int main(void)
{
    // Read when the device comes to life.
    CHECK(setenv("ACLSIM_WORKERS", "3", 1) == 0);
    cores();
    all_streams();
    return check_done();
}
