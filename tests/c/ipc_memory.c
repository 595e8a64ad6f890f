// Device memory between processes: allocations by key and physical memory by shareable handle. Each part runs a second
// process, this program again, which talks over its standard input and output.
#include "check.h"
#include "hold.h"
#include "multiply.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 2 << 20, COUNT = 1000, BYTES = COUNT * (int)sizeof(float), KEY = 65 };

static const char *program;

typedef struct {
    pid_t pid;
    int to;
    int from;
} Peer;

static Peer start(const char *part)
{
    int down[2], up[2];
    CHECK(pipe(down) == 0 && pipe(up) == 0);
    const pid_t pid = fork();
    if (pid == 0) {
        dup2(down[0], 0);
        dup2(up[1], 1);
        close(down[1]);
        close(up[0]);
        execl(program, program, part, (char *)NULL);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    const Peer peer = {pid, down[1], up[0]};
    return peer;
}

static void send_bytes(int to, const void *bytes, size_t size)
{
    CHECK(write(to, bytes, size) == (ssize_t)size);
}

static int get_bytes(int from, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t n = read(from, (char *)bytes + done, size - done);
        if (n <= 0) {
            return 0;
        }
        done += (size_t)n;
    }
    return 1;
}

// Waits for the peer to come to a point.
static void expect(int from, char what)
{
    char got = 0;
    CHECK(get_bytes(from, &got, 1) && got == what);
}

static void finish(Peer peer)
{
    int status = -1;
    close(peer.to);
    CHECK(waitpid(peer.pid, &status, 0) == peer.pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(peer.from);
}

static int32_t own_pid(void)
{
    int32_t pid = 0;
    CHECK_OK(aclrtDeviceGetBareTgid(&pid));
    return pid;
}

static float first_of(const void *device)
{
    float value = -1.0F;
    CHECK_OK(aclrtMemcpy(&value, sizeof(value), device, sizeof(value), ACL_MEMCPY_DEVICE_TO_HOST));
    return value;
}

static void fill(void *device, float value)
{
    float host[COUNT];
    for (int i = 0; i < COUNT; i++) {
        host[i] = value;
    }
    CHECK_OK(aclrtMemcpy(device, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
}

// The importer: squares what the exporter wrote, sees what it writes next, and keeps the memory when it has ended.
static void key_importer(void)
{
    char key[KEY];
    void *memory = (void *)(uintptr_t)0x50, *again = NULL;
    CHECK_OK(aclrtSetDevice(0));
    const int32_t pid = own_pid();
    send_bytes(1, &pid, sizeof(pid));
    CHECK(get_bytes(0, key, KEY));
    // Not before this process was named.
    CHECK_REFUSED(aclrtIpcMemImportByKey(&memory, key, 0), 507899, "may not import", "none so far");
    CHECK_CODE(aclrtIpcMemSetAttr(key, ACL_RT_IPC_MEM_ATTR_ACCESS_LINK, 1), 507899);
    CHECK(memory == (void *)(uintptr_t)0x50);
    send_bytes(1, "r", 1);
    expect(0, 'g');
    CHECK_OK(aclrtIpcMemSetAttr(key, ACL_RT_IPC_MEM_ATTR_ACCESS_LINK, 1));
    CHECK_REFUSED(aclrtIpcMemImportByKey(&memory, key, 2), ACL_ERROR_RT_PARAM_INVALID, "flags");
    CHECK_OK(aclrtIpcMemImportByKey(&memory, key, 0));
    CHECK(first_of(memory) == 3.0F);
    // It ends where the exporter's part ends, and is not this process's to free or to unmap.
    CHECK_REFUSED(aclrtMemset(memory, BYTES + 1, 0, BYTES + 1), ACL_ERROR_RT_PARAM_INVALID, "at most 4000",
                  "aclrtIpcMemImportByKey");
    CHECK_CODE(aclrtFree(memory), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtUnmapMem(memory), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtReleaseMemAddress(memory), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(multiply(memory, memory, memory, COUNT, NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    send_bytes(1, "s", 1);
    expect(0, 'w');
    CHECK(first_of(memory) == 4.0F);
    CHECK_OK(aclrtIpcMemImportByKey(&again, key, ACL_RT_IPC_MEM_IMPORT_FLAG_ENABLE_PEER_ACCESS));
    CHECK(again == memory);
    CHECK_OK(aclrtIpcMemClose(key));
    send_bytes(1, "m", 1);
    // The exporter frees it and ends; what is mapped stays.
    expect(0, 'f');
    CHECK(first_of(memory) == 4.0F);
    fill(memory, 7.0F);
    CHECK(first_of(memory) == 7.0F);
    CHECK_OK(aclrtIpcMemClose(key));
    CHECK_REFUSED(aclrtMemset(memory, 4, 0, 4), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK_CODE(aclrtIpcMemClose(key), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtIpcMemImportByKey(&again, key, 0), 507899, "no longer");
    CHECK_OK(aclrtResetDevice(0));
}

static void key_exporter(void)
{
    char key[KEY], other[KEY], wrong[KEY] = "nonsense";
    char *before = NULL, *block = NULL, *behind = NULL;
    void *memory = NULL;
    int32_t pid = 0;
    memset(key, 'x', sizeof(key));
    CHECK_OK(aclrtSetDevice(0));
    // Neighbours on the same pages notice nothing.
    CHECK_OK(aclrtMalloc((void **)&before, 1000, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&block, BYTES + 512, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&behind, 1000, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemset(before, 1000, 1, 1000));
    CHECK_OK(aclrtMemset(behind, 1000, 2, 1000));
    fill(block + 512, 3.0F);
    CHECK_CODE(aclrtIpcMemGetExportKey(NULL, 64, key, KEY, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtIpcMemGetExportKey(block, 64, NULL, KEY, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtIpcMemGetExportKey(block, 0, key, KEY, 0), ACL_ERROR_INVALID_PARAM, "size");
    CHECK_REFUSED(aclrtIpcMemGetExportKey(block, 64, key, 64, 0), ACL_ERROR_RT_PARAM_INVALID, "len");
    CHECK_REFUSED(aclrtIpcMemGetExportKey(block, 64, key, KEY, 2), ACL_ERROR_RT_PARAM_INVALID, "flags");
    CHECK_REFUSED(aclrtIpcMemGetExportKey(block, BYTES + 513, key, KEY, 0), ACL_ERROR_RT_PARAM_INVALID, "at most");
    CHECK_REFUSED(aclrtIpcMemGetExportKey(&pid, 4, key, KEY, 0), ACL_ERROR_RT_PARAM_INVALID, "did not allocate");
    CHECK(key[0] == 'x');
    CHECK_OK(aclrtIpcMemGetExportKey(block + 512, BYTES, key, KEY, ACL_RT_IPC_MEM_EXPORT_FLAG_DEFAULT));
    CHECK(memchr(key, 0, KEY) != NULL);
    CHECK_OK(aclrtIpcMemGetExportKey(behind, 1000, other, KEY, ACL_RT_IPC_MEM_EXPORT_FLAG_DISABLE_PID_VALIDATION));
    CHECK(strcmp(key, other) != 0);
    CHECK(first_of(block + 512) == 3.0F);
    Peer peer = start("key");
    CHECK(get_bytes(peer.from, &pid, sizeof(pid)));
    send_bytes(peer.to, key, KEY);
    expect(peer.from, 'r');
    CHECK_CODE(aclrtIpcMemSetImportPid(NULL, &pid, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtIpcMemSetImportPid(key, NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtIpcMemSetImportPid(key, &pid, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtIpcMemSetImportPid(wrong, &pid, 1), ACL_ERROR_RT_PARAM_INVALID, "nonsense");
    CHECK_OK(aclrtIpcMemSetImportPid(key, &pid, 1));
    aclrtServerPid server = {0, &pid, 1};
    CHECK_OK(aclrtIpcMemImportPidInterServer(key, &server, 1));
    CHECK_CODE(aclrtIpcMemImportPidInterServer(key, &server, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtIpcMemImportPidInterServer(key, NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtIpcMemSetAttr(key, ACL_RT_IPC_MEM_ATTR_ACCESS_LINK, 4), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtIpcMemSetAttr(key, (aclrtIpcMemAttrType)1, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtIpcMemSetAttr(key, ACL_RT_IPC_MEM_ATTR_ACCESS_LINK, 0));
    send_bytes(peer.to, "g", 1);
    expect(peer.from, 's');
    CHECK(first_of(block + 512) == 9.0F);
    CHECK_OK(multiply(block + 512, block + 512, block + 512, COUNT, NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(first_of(block + 512 + BYTES - 4) == 81.0F);
    fill(block + 512, 4.0F);
    send_bytes(peer.to, "w", 1);
    expect(peer.from, 'm');
    // Here the key means the memory itself.
    CHECK_OK(aclrtIpcMemImportByKey(&memory, key, 0));
    CHECK(memory == block + 512);
    CHECK_OK(aclrtIpcMemClose(key));
    CHECK_REFUSED(aclrtIpcMemImportByKey(&memory, wrong, 0), ACL_ERROR_RT_PARAM_INVALID, "nonsense");
    CHECK_CODE(aclrtIpcMemClose(wrong), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtIpcMemClose(other));
    CHECK_CODE(aclrtIpcMemClose(other), ACL_ERROR_RT_PARAM_INVALID);
    // Freed while the other process has it mapped; then it is private memory for the next.
    CHECK_OK(aclrtFree(block));
    CHECK_CODE(aclrtIpcMemClose(key), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtMalloc((void **)&block, BYTES + 512, ACL_MEM_MALLOC_HUGE_FIRST));
    fill(block + 512, 5.0F);
    send_bytes(peer.to, "f", 1);
    finish(peer);
    CHECK(first_of(block + 512) == 5.0F);
    char bytes[2] = {0, 0};
    CHECK_OK(aclrtMemcpy(&bytes[0], 1, before + 999, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK_OK(aclrtMemcpy(&bytes[1], 1, behind + 999, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(bytes[0] == 1 && bytes[1] == 2);
    CHECK_OK(aclrtFree(before));
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtFree(behind));
    CHECK_OK(aclrtResetDevice(0));
}

// Exporting moves pages; work on them goes on meanwhile and loses nothing.
static void under_work(void)
{
    enum { LARGE = 8 << 20 };
    char key[KEY];
    char *block = NULL;
    aclrtStream stream = NULL;
    struct hold hold;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    for (int round = 0; round < 10; round++) {
        CHECK_OK(aclrtMalloc((void **)&block, LARGE, ACL_MEM_MALLOC_HUGE_FIRST));
        hold_stream(&hold, stream);
        for (int i = 0; i < 20; i++) {
            CHECK_OK(aclrtMemsetAsync(block, LARGE, round + i, LARGE, stream));
        }
        hold_release(&hold);
        CHECK_OK(aclrtIpcMemGetExportKey(block, LARGE, key, KEY, 1));
        CHECK_OK(aclrtSynchronizeStream(stream));
        for (size_t at = 0; at < LARGE; at += LARGE / 7) {
            char value = 0;
            CHECK_OK(aclrtMemcpy(&value, 1, block + at, 1, ACL_MEMCPY_DEVICE_TO_HOST));
            CHECK(value == round + 19);
        }
        CHECK_OK(aclrtIpcMemClose(key));
        CHECK_OK(aclrtFree(block));
    }
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
}

static aclrtPhysicalMemProp on_device(void)
{
    aclrtPhysicalMemProp prop;
    memset(&prop, 0, sizeof(prop));
    prop.memAttr = ACL_HBM_MEM_HUGE;
    prop.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    return prop;
}

static size_t free_bytes(void)
{
    size_t left = 0, total = 0;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total));
    return left;
}

static void handle_importer(void)
{
    uint64_t shareable = 0;
    aclrtMemFabricHandle fabric;
    aclrtDrvMemHandle piece = NULL, other = NULL;
    aclrtPhysicalMemProp prop;
    char *range = NULL;
    CHECK_OK(aclrtSetDevice(0));
    int32_t pid = own_pid();
    send_bytes(1, &pid, sizeof(pid));
    CHECK(get_bytes(0, &shareable, sizeof(shareable)));
    CHECK(get_bytes(0, &fabric, sizeof(fabric)));
    CHECK_REFUSED(aclrtMemImportFromShareableHandle(shareable, 0, &piece), 507899, "may not import");
    CHECK_REFUSED(aclrtMemImportFromShareableHandle(12345, 0, &piece), ACL_ERROR_RT_PARAM_INVALID, "nothing shared");
    CHECK_CODE(aclrtMemImportFromShareableHandle(shareable, 9, &piece), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(piece == NULL);
    CHECK_REFUSED(aclrtMemSetPidToShareableHandle(shareable, &pid, 1), ACL_ERROR_RT_PARAM_INVALID, "this process exported");
    send_bytes(1, "r", 1);
    expect(0, 'g');
    const size_t before = free_bytes();
    CHECK_OK(aclrtMemImportFromShareableHandle(shareable, 0, &piece));
    CHECK_REFUSED(aclrtMemImportFromShareableHandle(shareable, 0, &other), ACL_ERROR_RT_PARAM_INVALID, "has not imported");
    CHECK_OK(aclrtMemGetAllocationPropertiesFromHandle(piece, &prop));
    CHECK(prop.memAttr == ACL_HBM_MEM_HUGE && prop.location.type == ACL_MEM_LOCATION_TYPE_DEVICE);
    // It is the exporter's memory.
    CHECK(free_bytes() == before);
    uint64_t mine = 0;
    CHECK_REFUSED(aclrtMemExportToShareableHandle(piece, ACL_MEM_HANDLE_TYPE_NONE, 1, &mine), ACL_ERROR_RT_PARAM_INVALID,
                  "another process");
    CHECK_OK(aclrtReserveMemAddress((void **)&range, 2 * PAGE, 0, NULL, 1));
    CHECK_OK(aclrtMapMem(range, PAGE, 0, piece, 0));
    CHECK(first_of(range) == 6.0F);
    CHECK_OK(multiply(range, range, range, COUNT, NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK_CODE(aclrtMemImportFromShareableHandleV2(&fabric, ACL_MEM_SHARE_HANDLE_TYPE_FABRIC, 1, &other),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemImportFromShareableHandleV2(&fabric, (aclrtMemSharedHandleType)3, 0, &other),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtMemImportFromShareableHandleV2(&fabric, ACL_MEM_SHARE_HANDLE_TYPE_FABRIC, 0, &other));
    CHECK_OK(aclrtMapMem(range + PAGE, PAGE, 0, other, 0));
    fill(range + PAGE, 8.0F);
    send_bytes(1, "s", 1);
    // The exporter gives both back, one while it is used here.
    expect(0, 'f');
    CHECK(first_of(range) == 36.0F);
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtFreePhysical(piece));
    CHECK_REFUSED(aclrtMemImportFromShareableHandle(shareable, 0, &piece), ACL_ERROR_RT_PARAM_INVALID, "nothing shared");
    send_bytes(1, "u", 1);
    // The exporter ends.
    expect(0, 'e');
    CHECK(first_of(range + PAGE) == 8.0F);
    CHECK_OK(aclrtUnmapMem(range + PAGE));
    CHECK_OK(aclrtFreePhysical(other));
    CHECK_OK(aclrtReleaseMemAddress(range));
    CHECK_OK(aclrtResetDevice(0));
}

static void handle_exporter(void)
{
    aclrtPhysicalMemProp prop = on_device();
    aclrtDrvMemHandle a, b, next;
    uint64_t shareable = 5, again = 5;
    aclrtMemFabricHandle fabric;
    char *range = NULL;
    int32_t pid = 0;
    CHECK_OK(aclrtSetDevice(0));
    const size_t before = free_bytes();
    CHECK_OK(aclrtReserveMemAddress((void **)&range, 2 * PAGE, 0, NULL, 1));
    CHECK_OK(aclrtMallocPhysical(&a, PAGE, &prop, 0));
    CHECK_OK(aclrtMallocPhysical(&b, PAGE, &prop, 0));
    CHECK_OK(aclrtMapMem(range, PAGE, 0, a, 0));
    CHECK_OK(aclrtMapMem(range + PAGE, PAGE, 0, b, 0));
    fill(range, 6.0F);
    CHECK_CODE(aclrtMemExportToShareableHandle(NULL, ACL_MEM_HANDLE_TYPE_NONE, 0, &shareable), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemExportToShareableHandle(a, ACL_MEM_HANDLE_TYPE_NONE, 0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtMemExportToShareableHandle(a, ACL_MEM_HANDLE_TYPE_NONE, 2, &shareable), ACL_ERROR_RT_PARAM_INVALID,
                  "flags");
    CHECK_CODE(aclrtMemExportToShareableHandle(a, (aclrtMemHandleType)1, 0, &shareable), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemExportToShareableHandle(&prop, ACL_MEM_HANDLE_TYPE_NONE, 0, &shareable),
               ACL_ERROR_RT_INVALID_HANDLE);
    CHECK(shareable == 5);
    CHECK_OK(aclrtMemExportToShareableHandle(a, ACL_MEM_HANDLE_TYPE_NONE, 0, &shareable));
    CHECK_REFUSED(aclrtMemExportToShareableHandle(a, ACL_MEM_HANDLE_TYPE_NONE, 0, &again), ACL_ERROR_RT_PARAM_INVALID,
                  "exported before");
    CHECK_CODE(aclrtMemExportToShareableHandleV2(b, 1, (aclrtMemSharedHandleType)3, &fabric), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtMemExportToShareableHandleV2(b, 1, ACL_MEM_SHARE_HANDLE_TYPE_FABRIC, &fabric));
    // Import is for other processes.
    CHECK_REFUSED(aclrtMemImportFromShareableHandleV2(&fabric, ACL_MEM_SHARE_HANDLE_TYPE_FABRIC, 0, &next),
                  ACL_ERROR_RT_PARAM_INVALID, "another process exported");
    Peer peer = start("handle");
    CHECK(get_bytes(peer.from, &pid, sizeof(pid)));
    send_bytes(peer.to, &shareable, sizeof(shareable));
    send_bytes(peer.to, &fabric, sizeof(fabric));
    expect(peer.from, 'r');
    CHECK_CODE(aclrtMemSetPidToShareableHandle(shareable, NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemSetPidToShareableHandle(shareable, &pid, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemSetPidToShareableHandle(shareable + 1, &pid, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtMemSetPidToShareableHandleV2(&shareable, ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT, &pid, 1));
    CHECK_OK(aclrtMemSetPidToShareableHandleV2(&fabric, ACL_MEM_SHARE_HANDLE_TYPE_FABRIC, &pid, 1));
    send_bytes(peer.to, "g", 1);
    expect(peer.from, 's');
    CHECK(first_of(range) == 36.0F && first_of(range + PAGE) == 8.0F);
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtFreePhysical(a));
    // Freed here, used there: not for anybody else yet.
    CHECK(free_bytes() == before - 2 * PAGE);
    CHECK_OK(aclrtMallocPhysical(&next, PAGE, &prop, 0));
    CHECK_OK(aclrtMapMem(range, PAGE, 0, next, 0));
    fill(range, 1.0F);
    send_bytes(peer.to, "f", 1);
    expect(peer.from, 'u');
    CHECK(free_bytes() == before - 2 * PAGE);
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtFreePhysical(next));
    CHECK(free_bytes() == before - PAGE);
    CHECK_OK(aclrtUnmapMem(range + PAGE));
    CHECK_OK(aclrtFreePhysical(b));
    CHECK_OK(aclrtReleaseMemAddress(range));
    CHECK_OK(aclrtResetDevice(0));
    send_bytes(peer.to, "e", 1);
    finish(peer);
}

// A process that ends with memory exported: what others have of it stays, and nobody gets more.
static void ending_exporter(void)
{
    char key[KEY], second[KEY];
    void *block = NULL, *other = NULL;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc(&block, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc(&other, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    fill(block, 2.0F);
    CHECK_OK(aclrtIpcMemGetExportKey(block, BYTES, key, KEY, 1));
    CHECK_OK(aclrtIpcMemGetExportKey(other, BYTES, second, KEY, 1));
    send_bytes(1, key, KEY);
    send_bytes(1, second, KEY);
    expect(0, 'x');
    // No clean-up on the way out.
    _exit(check_failures != 0);
}

static void survivor(void)
{
    char key[KEY], second[KEY];
    void *memory = NULL, *other = NULL;
    CHECK_OK(aclrtSetDevice(0));
    Peer peer = start("end");
    CHECK(get_bytes(peer.from, key, KEY) && get_bytes(peer.from, second, KEY));
    CHECK_OK(aclrtIpcMemImportByKey(&memory, key, 0));
    send_bytes(peer.to, "x", 1);
    finish(peer);
    CHECK(first_of(memory) == 2.0F);
    CHECK_OK(multiply(memory, memory, memory, COUNT, NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(first_of(memory) == 4.0F);
    CHECK_REFUSED(aclrtIpcMemImportByKey(&other, second, 0), 507899, "has ended");
    CHECK_OK(aclrtIpcMemClose(key));
    // A reset ends imports as well.
    CHECK_OK(aclrtResetDevice(0));
}

int main(int count, char **arguments)
{
    program = arguments[0];
    if (count > 1 && strcmp(arguments[1], "key") == 0) {
        key_importer();
        return check_failures != 0;
    }
    if (count > 1 && strcmp(arguments[1], "handle") == 0) {
        handle_importer();
        return check_failures != 0;
    }
    if (count > 1 && strcmp(arguments[1], "end") == 0) {
        ending_exporter();
    }
    CHECK(setenv("ACLSIM_MEMORY", "64MiB", 1) == 0);
    key_exporter();
    under_work();
    handle_exporter();
    survivor();
    return check_done();
}
