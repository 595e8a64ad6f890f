// Snapshots: states, callbacks, calls that wait, memory that comes back.
#include "check.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIZE = 1 << 20 };

static char stages[32];

static uint32_t note(int32_t device, void *args)
{
    CHECK(device == 0);
    stages[strlen(stages)] = *(const char *)args;
    return 0;
}

static uint32_t refuse(int32_t device, void *args)
{
    (void)device;
    (void)args;
    return 1;
}

static int allocated;

static void *allocate(void *unused)
{
    void *memory = NULL;
    (void)unused;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc(&memory, SIZE, ACL_MEM_MALLOC_NORMAL_ONLY));
    __atomic_store_n(&allocated, 1, __ATOMIC_RELEASE);
    CHECK_OK(aclrtFree(memory));
    CHECK_OK(aclrtResetDevice(0));
    return NULL;
}

static void refusals(int pid)
{
    int something = 0;
    CHECK_REFUSED(aclrtSnapShotProcessLock(pid + 1, NULL), ACL_ERROR_RT_PARAM_INVALID, "pid");
    CHECK_CODE(aclrtSnapShotProcessLock(pid, &something), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtSnapShotProcessUnlock(pid, NULL), ACL_ERROR_SNAPSHOT_UNLOCK_FAILED, "running");
    CHECK_CODE(aclrtSnapShotProcessBackup(pid, NULL), ACL_ERROR_SNAPSHOT_BACKUP_FAILED);
    CHECK_CODE(aclrtSnapShotProcessRestore(pid, NULL), ACL_ERROR_SNAPSHOT_RESTORE_FAILED);
    CHECK_CODE(aclrtSnapShotCallbackRegister((aclrtSnapShotStage)6, note, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSnapShotCallbackRegister(ACL_RT_SNAPSHOT_LOCK_PRE, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSnapShotCallbackUnregister(ACL_RT_SNAPSHOT_LOCK_PRE, note), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSnapShotCallbackUnregister(ACL_RT_SNAPSHOT_LOCK_PRE, NULL), ACL_ERROR_INVALID_PARAM);

    // A function that refuses leaves the process as it was.
    CHECK_OK(aclrtSnapShotCallbackRegister(ACL_RT_SNAPSHOT_LOCK_PRE, refuse, NULL));
    CHECK_REFUSED(aclrtSnapShotProcessLock(pid, NULL), ACL_ERROR_SNAPSHOT_CALLBACK_FAILED, "answered 1");
    CHECK_OK(aclrtSnapShotCallbackUnregister(ACL_RT_SNAPSHOT_LOCK_PRE, refuse));
    CHECK_CODE(aclrtSnapShotProcessUnlock(pid, NULL), ACL_ERROR_SNAPSHOT_UNLOCK_FAILED);
}

int main(void)
{
    const int pid = (int)getpid();
    static const char names[] = "lbBrRu";
    void *memory = NULL;
    char *before = (char *)malloc(SIZE), *after = (char *)malloc(SIZE);
    pthread_t thread;

    CHECK_OK(aclrtSetDevice(0));
    refusals(pid);
    for (int stage = 0; stage < 6; stage++) {
        CHECK_OK(aclrtSnapShotCallbackRegister((aclrtSnapShotStage)stage, note, (void *)&names[stage]));
        CHECK_CODE(aclrtSnapShotCallbackRegister((aclrtSnapShotStage)stage, note, NULL),
                   ACL_ERROR_SNAPSHOT_REGISTER_CALLBACK_FAILED);
    }
    for (int i = 0; i < SIZE; i++) {
        before[i] = (char)(i * 7);
    }
    CHECK_OK(aclrtMalloc(&memory, SIZE, ACL_MEM_MALLOC_NORMAL_ONLY));
    CHECK_OK(aclrtMemcpy(memory, SIZE, before, SIZE, ACL_MEMCPY_HOST_TO_DEVICE));

    CHECK_OK(aclrtSnapShotProcessLock(pid, NULL));
    CHECK_REFUSED(aclrtSnapShotProcessLock(pid, NULL), ACL_ERROR_SNAPSHOT_LOCK_FAILED, "locked");
    CHECK_CODE(aclrtSnapShotProcessRestore(pid, NULL), ACL_ERROR_SNAPSHOT_RESTORE_FAILED);
    CHECK(pthread_create(&thread, NULL, allocate, NULL) == 0);
    CHECK_OK(aclrtSnapShotProcessBackup(pid, NULL));
    CHECK_OK(aclrtSnapShotProcessBackup(pid, NULL));
    CHECK_OK(aclrtSnapShotProcessRestore(pid, NULL));
    CHECK_CODE(aclrtSnapShotProcessRestore(pid, NULL), ACL_ERROR_SNAPSHOT_RESTORE_FAILED);
    CHECK(strcmp(stages, "lbBbBrR") == 0);
    // However long the other thread had: it waits.
    usleep(20000);
    CHECK(__atomic_load_n(&allocated, __ATOMIC_ACQUIRE) == 0);
    CHECK_OK(aclrtSnapShotProcessUnlock(pid, NULL));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(allocated == 1 && strcmp(stages, "lbBbBrRu") == 0);

    CHECK_OK(aclrtMemcpy(after, SIZE, memory, SIZE, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(memcmp(before, after, SIZE) == 0);
    CHECK_OK(aclrtFree(memory));
    CHECK_OK(aclrtResetDevice(0));
    free(before);
    free(after);
    return check_done();
}
