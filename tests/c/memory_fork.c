// A forked child may not use the device: every call answers, nothing hangs, and the parent goes on.
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = 1 << 20 };

static void *device;
static void *pinned;

static void child(void)
{
    void *block = NULL;
    size_t left = 0, total = 0;
    char host[16] = {0};
    CHECK_REFUSED(aclrtMalloc(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST), 500000, "forked child", "aclrtMalloc");
    CHECK(block == NULL);
    CHECK_CODE(aclrtMallocHost(&block, 64), 500000);
    CHECK_CODE(aclrtMemcpy(host, 16, device, 16, ACL_MEMCPY_DEVICE_TO_HOST), 500000);
    CHECK_CODE(aclrtMemset(device, 16, 0, 16), 500000);
    CHECK_CODE(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total), 500000);
    CHECK_CODE(aclrtFree(device), 500000);
    CHECK_CODE(aclrtFreeHost(pinned), 500000);
    // Pinned memory is the process's own and was copied like any other.
    CHECK(((char *)pinned)[BYTES - 1] == 7);
    ((char *)pinned)[BYTES - 1] = 8;
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc(&device, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMallocHost(&pinned, BYTES));
    CHECK_OK(aclrtMemset(device, BYTES, 7, BYTES));
    CHECK_OK(aclrtMemcpy(pinned, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(30);
        child();
        // Through the exit handlers: they must not wait for anybody either.
        exit(check_done());
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(((char *)pinned)[BYTES - 1] == 7);
    char back = 0;
    CHECK_OK(aclrtMemcpy(&back, 1, (char *)device + BYTES - 1, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(back == 7);
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtFreeHost(pinned));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
