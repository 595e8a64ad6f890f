// Copies and fills, on the calling thread and on streams.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

#define MIB ((size_t)1 << 20)

enum { BYTES = 4096 };

static char *device;
static char *other;
static char *pinned;
static char host[BYTES];
static char back[BYTES];
static aclrtStream stream;

static void set_up(void)
{
    CHECK_OK(aclrtMalloc((void **)&device, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&other, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMallocHost((void **)&pinned, BYTES));
    CHECK_OK(aclrtCreateStream(&stream));
    for (int i = 0; i < BYTES; i++) {
        host[i] = (char)(i * 7 + i / 256);
    }
}

static void clean_up(void)
{
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtFree(other));
    CHECK_OK(aclrtFreeHost(pinned));
}

static int same(const char *a, const char *b)
{
    return memcmp(a, b, BYTES) == 0;
}

static void every_direction(void)
{
    CHECK_OK(aclrtMemcpy(device, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(other, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(back, BYTES, other, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(same(back, host));
    memset(back, 0, BYTES);
    CHECK_OK(aclrtMemcpy(back, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_HOST));
    CHECK(same(back, host));
    // The kind is advice: whatever it says, the addresses decide.
    for (int kind = ACL_MEMCPY_HOST_TO_HOST; kind <= ACL_MEMCPY_INTER_DEVICE_TO_DEVICE; kind++) {
        memset(back, 0, BYTES);
        CHECK_OK(aclrtMemset(device, BYTES, kind, BYTES));
        CHECK_OK(aclrtMemcpy(device, BYTES, host, BYTES, (aclrtMemcpyKind)kind));
        CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, (aclrtMemcpyKind)kind));
        CHECK(same(back, host));
    }
    // Inside an allocation, at any offset, and with overlap.
    CHECK_OK(aclrtMemcpy(device + 1, BYTES - 1, device, BYTES - 1, ACL_MEMCPY_DEVICE_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(back[0] == host[0] && memcmp(back + 1, host, BYTES - 1) == 0);
    CHECK_OK(aclrtMemcpy(device, 0, device, 0, ACL_MEMCPY_DEVICE_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(device, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE));
}

static void nothing_to_copy(void)
{
    // A count of zero succeeds before anything else is looked at.
    CHECK_OK(aclrtMemcpy(NULL, 0, NULL, 0, (aclrtMemcpyKind)99));
    CHECK_OK(aclrtMemcpyAsync(NULL, 0, NULL, 0, (aclrtMemcpyKind)99, NULL));
    CHECK_OK(aclrtMemset(NULL, 0, 1, 0));
    CHECK_OK(aclrtMemsetAsync(NULL, 0, 1, 0, NULL));
}

static void refusals(void)
{
    memcpy(back, host, BYTES);
    const aclrtMemcpyKind to_device = ACL_MEMCPY_HOST_TO_DEVICE;
    CHECK_REFUSED(aclrtMemcpy(NULL, BYTES, host, BYTES, to_device), 100000, "aclrtMemcpy", "dst", "got null");
    CHECK_REFUSED(aclrtMemcpy(device, BYTES, NULL, BYTES, to_device), 100000, "src", "got null");
    CHECK_REFUSED(aclrtMemcpy(device, BYTES, host, BYTES, (aclrtMemcpyKind)8), 100000, "kind", "got 8");
    CHECK_REFUSED(aclrtMemcpy(device, BYTES, host, BYTES, (aclrtMemcpyKind)-1), 100000, "kind");
    CHECK_REFUSED(aclrtMemcpy(device, 10, host, 11, to_device), 107000, "count", "destMax = 10", "got 11");
    CHECK_REFUSED(aclrtMemcpy(device, SIZE_MAX, host, BYTES + 1, to_device), 107000, "dst",
                  "at most 4096 bytes from offset 0 of allocation #", "got 4097 bytes");
    CHECK_REFUSED(aclrtMemcpy(device + 96, SIZE_MAX, host, 4001, to_device), 107000, "at most 4000 bytes from offset 96");
    CHECK_REFUSED(aclrtMemcpy(device, SIZE_MAX, host, SIZE_MAX, to_device), 107000, "dst");
    CHECK_REFUSED(aclrtMemcpy(back, SIZE_MAX, device + 1, BYTES, ACL_MEMCPY_DEVICE_TO_HOST), 107000, "src",
                  "at most 4095 bytes from offset 1");
    CHECK_REFUSED(aclrtMemcpy(device, BYTES, pinned + 1, BYTES, to_device), 107000, "src", "pinned host block of 4096");
    CHECK_CODE(aclrtMemcpyAsync(NULL, BYTES, host, BYTES, to_device, stream), 100000);
    CHECK_CODE(aclrtMemcpyAsync(device, BYTES, NULL, BYTES, to_device, stream), 100000);
    CHECK_CODE(aclrtMemcpyAsync(device, BYTES, host, BYTES, (aclrtMemcpyKind)8, stream), 100000);
    CHECK_CODE(aclrtMemcpyAsync(device, 10, pinned, 11, to_device, stream), 107000);
    CHECK_CODE(aclrtMemcpyAsync(device, SIZE_MAX, pinned, BYTES + 1, to_device, stream), 107000);
    CHECK_REFUSED(aclrtMemcpyAsync(back, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_HOST, stream), 207000,
                  "aclrtMemcpyAsync", "host to host");
    CHECK_CODE(aclrtMemcpyAsync(pinned, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, stream), 207000);
    CHECK_REFUSED(aclrtMemset(NULL, BYTES, 1, BYTES), 100000, "devPtr", "got null");
    CHECK_REFUSED(aclrtMemset(device, 10, 1, 11), 107000, "count", "maxCount = 10", "got 11");
    CHECK_REFUSED(aclrtMemset(device, SIZE_MAX, 1, BYTES + 1), 107000, "devPtr", "got 4097 bytes");
    CHECK_REFUSED(aclrtMemset(back, BYTES, 1, BYTES), 107000, "devPtr", "aclrtMallocHost");
    CHECK_CODE(aclrtMemsetAsync(NULL, BYTES, 1, BYTES, stream), 100000);
    CHECK_CODE(aclrtMemsetAsync(device, 10, 1, 11, stream), 107000);
    CHECK_CODE(aclrtMemsetAsync(device, SIZE_MAX, 1, BYTES + 1, stream), 107000);
    CHECK_CODE(aclrtMemsetAsync(back, BYTES, 1, BYTES, stream), 107000);
    CHECK(same(back, host));

    void *freed = NULL;
    CHECK_OK(aclrtMalloc(&freed, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtFree(freed));
    CHECK_REFUSED(aclrtMemcpy(freed, 64, host, 64, to_device), 107000, "dst", "freed by aclrtFree", "of 64 bytes");
    CHECK_REFUSED(aclrtMemcpy(back, 64, freed, 64, ACL_MEMCPY_DEVICE_TO_HOST), 107000, "src", "freed by aclrtFree");
    CHECK_CODE(aclrtMemcpyAsync(freed, 64, pinned, 64, to_device, stream), 107000);
    CHECK_CODE(aclrtMemset(freed, 64, 0, 64), 107000);
    CHECK_CODE(aclrtMemsetAsync(freed, 64, 0, 64, stream), 107000);
}

static void on_a_stream(void)
{
    memcpy(pinned, host, BYTES);
    CHECK_OK(aclrtMemcpyAsync(device, BYTES, pinned, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    CHECK_OK(aclrtMemcpyAsync(other, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_OK(aclrtMemsetAsync(device, BYTES, 0x1ff, BYTES / 2, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(back, BYTES, other, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(same(back, host));
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(back[0] == (char)0xff && back[BYTES / 2 - 1] == (char)0xff);
    CHECK(memcmp(back + BYTES / 2, host + BYTES / 2, BYTES / 2) == 0);
    // Pageable memory: the stream is drained and the data there when the call returns.
    CHECK_OK(aclrtMemsetAsync(device, BYTES, 3, BYTES, stream));
    CHECK_OK(aclrtMemcpyAsync(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK(back[0] == 3 && back[BYTES - 1] == 3);
    CHECK_OK(aclrtMemcpyAsync(device, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, NULL));
    CHECK_OK(aclrtMemcpyAsync(pinned, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST, NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(same(pinned, host));
    CHECK_OK(aclrtMemsetAsync(pinned, BYTES, 9, BYTES, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(pinned[0] == 9 && pinned[BYTES - 1] == 9);
    CHECK_OK(aclrtMemset(pinned, BYTES, 8, BYTES));
    CHECK(pinned[0] == 8 && pinned[BYTES - 1] == 8);
}

static void foreign_streams(void)
{
    aclrtContext primary = NULL, context = NULL;
    aclrtStream foreign = NULL;
    CHECK_OK(aclrtGetCurrentContext(&primary));
    CHECK_OK(aclrtCreateContext(&context, 0));
    CHECK_OK(aclrtCreateStream(&foreign));
    CHECK_OK(aclrtSetCurrentContext(primary));
    CHECK_CODE(aclrtMemcpyAsync(device, BYTES, pinned, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, foreign), 107003);
    CHECK_CODE(aclrtMemsetAsync(device, BYTES, 0, BYTES, foreign), 107003);
    CHECK_CODE(aclrtMemcpy2dAsync(device, 8, pinned, 8, 8, 8, ACL_MEMCPY_HOST_TO_DEVICE, foreign), 107003);
    CHECK_CODE(aclrtMemcpyAsync(device, BYTES, pinned, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, (aclrtStream)host), 107017);
    CHECK_OK(aclrtSetCurrentContext(context));
    CHECK_OK(aclrtDestroyStream(foreign));
    CHECK_OK(aclrtDestroyContext(context));
    CHECK_OK(aclrtSetCurrentContext(NULL));
    CHECK_CODE(aclrtMemcpy(device, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE), 107002);
    CHECK_CODE(aclrtMemset(device, BYTES, 0, BYTES), 107002);
    CHECK_CODE(aclrtMemcpy2d(device, 8, host, 8, 8, 8, ACL_MEMCPY_HOST_TO_DEVICE), 107002);
    CHECK_CODE(aclrtMemcpyAsync(device, BYTES, pinned, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, NULL), 107002);
    CHECK_OK(aclrtSetCurrentContext(primary));
}

static void rows(void)
{
    const aclrtMemcpyKind to_device = ACL_MEMCPY_HOST_TO_DEVICE, to_host = ACL_MEMCPY_DEVICE_TO_HOST;
    CHECK_OK(aclrtMemset(device, BYTES, 0, BYTES));
    // 16 rows of 100 bytes, 128 apart on the host, 200 apart on the device.
    CHECK_OK(aclrtMemcpy2d(device, 200, host, 128, 100, 16, to_device));
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, to_host));
    for (int row = 0; row < 16; row++) {
        CHECK(memcmp(back + 200 * row, host + 128 * row, 100) == 0);
        CHECK(back[200 * row + 100] == 0 && back[200 * row + 199] == 0);
    }
    memset(pinned, 0, BYTES);
    CHECK_OK(aclrtMemcpy2dAsync(pinned, 100, device, 200, 100, 16, to_host, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    memset(back, 0, BYTES);
    CHECK_OK(aclrtMemcpy2dAsync(back, 100, device, 200, 100, 16, to_host, stream));
    for (int row = 0; row < 16; row++) {
        CHECK(memcmp(pinned + 100 * row, host + 128 * row, 100) == 0);
        CHECK(memcmp(back + 100 * row, host + 128 * row, 100) == 0);
    }
    // The last row may end with the allocation, whatever the pitch.
    CHECK_OK(aclrtMemcpy2d(device, 1000, host, 96, 96, 5, to_device));
    CHECK_REFUSED(aclrtMemcpy2d(device, 1000, host, 97, 97, 5, to_device), 107000, "dst", "got 4097 bytes");
    CHECK_CODE(aclrtMemcpy2d(device, SIZE_MAX, host, 96, 96, 5, to_device), 107000);
    CHECK_CODE(aclrtMemcpy2d(device, 96, host, SIZE_MAX, 96, 5, to_device), 100000);

    CHECK_CODE(aclrtMemcpy2d(NULL, 8, host, 8, 8, 8, to_device), 100000);
    CHECK_CODE(aclrtMemcpy2d(device, 8, NULL, 8, 8, 8, to_device), 100000);
    CHECK_REFUSED(aclrtMemcpy2d(device, 7, host, 8, 8, 8, to_device), 100000, "width", "dpitch = 7", "got 8");
    CHECK_REFUSED(aclrtMemcpy2d(device, 8, host, 7, 8, 8, to_device), 100000, "width", "spitch = 7", "got 8");
    CHECK_CODE(aclrtMemcpy2d(device, 8, host, 8, 0, 8, to_device), 100000);
    CHECK_CODE(aclrtMemcpy2d(device, 8, host, 8, 8, 0, to_device), 100000);
    CHECK_CODE(aclrtMemcpy2d(device, 8, host, 8, 8, 8, (aclrtMemcpyKind)8), 100000);
    CHECK_CODE(aclrtMemcpy2dAsync(NULL, 8, host, 8, 8, 8, to_device, stream), 100000);
    CHECK_CODE(aclrtMemcpy2dAsync(device, 8, NULL, 8, 8, 8, to_device, stream), 100000);
    CHECK_CODE(aclrtMemcpy2dAsync(device, 7, pinned, 8, 8, 8, to_device, stream), 100000);
    CHECK_CODE(aclrtMemcpy2dAsync(device, 8, pinned, 8, 8, 8, (aclrtMemcpyKind)8, stream), 100000);
    CHECK_CODE(aclrtMemcpy2dAsync(device, 8, pinned, 8, 8, 1024, to_device, stream), 107000);
    CHECK_REFUSED(aclrtMemcpy2dAsync(device, 5000001, pinned, 5000001, 5000001, 1, to_device, stream), 100000, "width",
                  "at most 5000000");
    CHECK_REFUSED(aclrtMemcpy2dAsync(device, 1, pinned, 1, 1, 5242881, to_device, stream), 100000, "height",
                  "at most 5242880");
    CHECK_CODE(aclrtMemcpy2dAsync(pinned, 8, host, 8, 8, 8, ACL_MEMCPY_HOST_TO_HOST, stream), 207000);
}

// Sizes at which the copy engine changes its ways.
static void large(void)
{
    const size_t bytes = 80 * MIB + 4099;
    void *block = NULL, *twin = NULL;
    unsigned char *sent = (unsigned char *)malloc(bytes), *received = (unsigned char *)malloc(bytes);
    CHECK_OK(aclrtMalloc(&block, bytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc(&twin, bytes, ACL_MEM_MALLOC_HUGE_ONLY));
    for (size_t i = 0; i < bytes; i++) {
        sent[i] = (unsigned char)(i ^ (i >> 8) ^ (i >> 16));
    }
    memset(received, 0, bytes);
    CHECK_OK(aclrtMemcpy(block, bytes, sent, bytes, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtMemcpyAsync(twin, bytes, block, bytes, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(received, bytes, twin, bytes, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(memcmp(sent, received, bytes) == 0);
    CHECK_OK(aclrtMemset(twin, bytes, 5, bytes));
    CHECK_OK(aclrtMemcpy(received, bytes, twin, bytes, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(received[0] == 5 && received[bytes / 2] == 5 && received[bytes - 1] == 5);
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtFree(twin));
    free(sent);
    free(received);
}

static void hold(void *flag)
{
    while (!__atomic_load_n((int *)flag, __ATOMIC_ACQUIRE)) {
    }
}

// Memory released under a queued copy: the copy fails on its stream, and nobody's memory is overwritten.
static void released_too_early(void)
{
    int go = 0;
    void *target = NULL;
    CHECK_OK(aclrtMalloc(&target, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtLaunchHostFunc(stream, hold, &go));
    CHECK_OK(aclrtMemcpyAsync(target, BYTES, pinned, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    CHECK_OK(aclrtFree(target));
    __atomic_store_n(&go, 1, __ATOMIC_RELEASE);
    CHECK_REFUSED(aclrtSynchronizeStream(stream), 507053, "aclrtMemcpyAsync", "dst", "freed by aclrtFree");
    CHECK_OK(aclrtSynchronizeStream(stream));
    // Freed after the stream was done, as it should be.
    go = 0;
    CHECK_OK(aclrtMalloc(&target, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpyAsync(target, BYTES, pinned, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    CHECK_OK(aclrtFreeWithDevSync(target));
    CHECK_OK(aclrtSynchronizeStream(stream));
}

int main(void)
{
    nothing_to_copy();
    CHECK_OK(aclrtSetDevice(0));
    set_up();
    every_direction();
    nothing_to_copy();
    refusals();
    on_a_stream();
    foreign_streams();
    rows();
    large();
    released_too_early();
    clean_up();
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
