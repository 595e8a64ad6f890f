// Memory pools in stream order: who may use freed memory when, figures, limits, endings.
#include "check.h"
#include "hold.h"
#include "multiply.h"

#include <acl/acl_rt_memory_soma.h>

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

static void *const UNTOUCHED = (void *)(uintptr_t)0x5a5a5a50;
static aclrtStream a, b;

static aclrtMemPoolProps props(size_t max)
{
    aclrtMemPoolProps it;
    memset(&it, 0, sizeof(it));
    it.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    it.maxSize = max;
    return it;
}

static aclrtMemPool pool_of(size_t max)
{
    const aclrtMemPoolProps it = props(max);
    aclrtMemPool pool = NULL;
    CHECK_OK(aclrtMemPoolCreate(&pool, &it));
    return pool;
}

static uint64_t figure(aclrtMemPool pool, aclrtMemPoolAttr attr)
{
    uint64_t value = 77;
    CHECK_OK(aclrtMemPoolGetAttr(pool, attr, &value));
    return value;
}

static void set(aclrtMemPool pool, aclrtMemPoolAttr attr, uint32_t value)
{
    CHECK_OK(aclrtMemPoolSetAttr(pool, attr, &value));
}

static void keep(aclrtMemPool pool, uint64_t bytes)
{
    CHECK_OK(aclrtMemPoolSetAttr(pool, ACL_RT_MEM_POOL_ATTR_RELEASE_THRESHOLD, &bytes));
}

static char *take(aclrtMemPool pool, size_t size, aclrtStream stream)
{
    void *ptr = NULL;
    CHECK_OK(aclrtMemPoolMallocAsync(&ptr, size, pool, stream));
    return (char *)ptr;
}

static size_t free_bytes(void)
{
    size_t left = 0, total = 0;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total));
    return left;
}

static void refusals(void)
{
    aclrtMemPoolProps wrong = props(0);
    aclrtMemPool pool = UNTOUCHED;
    void *ptr = UNTOUCHED;
    uint64_t value = 0;
    CHECK_CODE(aclrtMemPoolCreate(NULL, &wrong), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemPoolCreate(&pool, NULL), ACL_ERROR_INVALID_PARAM);
    wrong.allocType = (aclrtMemAllocationType)1;
    CHECK_REFUSED(aclrtMemPoolCreate(&pool, &wrong), ACL_ERROR_INVALID_PARAM, "allocType");
    wrong = props(0);
    wrong.handleType = (aclrtMemHandleType)1;
    CHECK_REFUSED(aclrtMemPoolCreate(&pool, &wrong), ACL_ERROR_INVALID_PARAM, "handleType");
    wrong = props(0);
    wrong.location.type = ACL_MEM_LOCATION_TYPE_HOST;
    CHECK_CODE(aclrtMemPoolCreate(&pool, &wrong), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    wrong = props(0);
    wrong.location.id = 9;
    CHECK_CODE(aclrtMemPoolCreate(&pool, &wrong), ACL_ERROR_RT_INVALID_DEVICEID);
    wrong = props(0);
    wrong.reserved[31] = 1;
    CHECK_REFUSED(aclrtMemPoolCreate(&pool, &wrong), ACL_ERROR_INVALID_PARAM, "reserved");
    CHECK(pool == UNTOUCHED);
    pool = pool_of(4 * MIB);
    CHECK_CODE(aclrtMemPoolMallocAsync(NULL, 64, pool, a), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, 64, NULL, a), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtMemPoolMallocAsync(&ptr, 0, pool, a), ACL_ERROR_INVALID_PARAM, "size");
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, 64, a, a), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, 64, pool, pool), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_REFUSED(aclrtMemPoolMallocAsync(&ptr, 5 * MIB, pool, a), ACL_ERROR_RT_MEMORY_ALLOCATION, "4194304");
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, SIZE_MAX, pool, a), ACL_ERROR_RT_MEMORY_ALLOCATION);
    CHECK(ptr == UNTOUCHED);
    CHECK_CODE(aclrtMemPoolFreeAsync(NULL, a), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtMemPoolFreeAsync(&ptr, a), ACL_ERROR_RT_PARAM_INVALID, "did not allocate");
    void *plain = NULL;
    CHECK_OK(aclrtMalloc(&plain, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_REFUSED(aclrtMemPoolFreeAsync(plain, a), ACL_ERROR_RT_PARAM_INVALID, "aclrtMalloc");
    CHECK_OK(aclrtFree(plain));
    CHECK_REFUSED(aclrtMemPoolGetAttr(pool, (aclrtMemPoolAttr)9, &value), ACL_ERROR_RT_PARAM_INVALID, "attr");
    CHECK_CODE(aclrtMemPoolGetAttr(pool, ACL_RT_MEM_POOL_ATTR_RELEASE_THRESHOLD, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtMemPoolSetAttr(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_CURRENT, &value), ACL_ERROR_RT_PARAM_INVALID,
                  "can be set");
    value = 2;
    CHECK_CODE(aclrtMemPoolSetAttr(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemPoolSetAttr(pool, ACL_RT_MEM_POOL_REUSE_ALLOW_OPPORTUNISTIC, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemPoolTrimTo(NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtMemPoolDestroy(pool));
    CHECK_CODE(aclrtMemPoolDestroy(pool), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtMemPoolDestroy(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, 64, pool, a), ACL_ERROR_RT_INVALID_HANDLE);
}

// On one stream memory is used again at once, before the work that used it has run.
static void one_stream(void)
{
    aclrtMemPool pool = pool_of(64 * MIB);
    struct hold hold;
    void *host = NULL;
    CHECK_OK(aclrtMallocHost(&host, 2 * MIB));
    memset(host, 3, MIB);
    memset((char *)host + MIB, 5, MIB);
    hold_stream(&hold, a);
    char *first = take(pool, MIB, a);
    CHECK_OK(aclrtMemcpyAsync(first, MIB, host, MIB, ACL_MEMCPY_HOST_TO_DEVICE, a));
    char *result = take(pool, MIB, a);
    CHECK_OK(aclrtMemcpyAsync(result, MIB, first, MIB, ACL_MEMCPY_DEVICE_TO_DEVICE, a));
    CHECK_OK(aclrtMemPoolFreeAsync(first, a));
    // The program has no part in it any more, queued work has.
    CHECK_REFUSED(aclrtMemset(first, MIB, 0, MIB), ACL_ERROR_RT_PARAM_INVALID, "freed by aclrtMemPoolFreeAsync");
    CHECK_REFUSED(aclrtMemPoolFreeAsync(first, a), ACL_ERROR_RT_PARAM_INVALID, "freed by aclrtMemPoolFreeAsync");
    char *second = take(pool, MIB - 100, a);
    CHECK(second == first);
    CHECK_OK(aclrtMemcpyAsync(second, MIB - 100, (char *)host + MIB, MIB - 100, ACL_MEMCPY_HOST_TO_DEVICE, a));
    CHECK_REFUSED(aclrtMemset(second, MIB, 0, MIB), ACL_ERROR_RT_PARAM_INVALID, "at most");
    CHECK_REFUSED(aclrtFree(second), ACL_ERROR_RT_PARAM_INVALID, "aclrtMemPoolMallocAsync");
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == 2 * MIB);
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(a));
    char value[2] = {0, 0};
    CHECK_OK(aclrtMemcpy(&value[0], 1, result + 77, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK_OK(aclrtMemcpy(&value[1], 1, second + 77, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(value[0] == 3 && value[1] == 5);
    // The closest fit of several.
    keep(pool, 64 * MIB);
    char *large = take(pool, 8 * MIB, a), *small = take(pool, 4 * MIB, a);
    CHECK_OK(aclrtMemPoolFreeAsync(large, a));
    CHECK_OK(aclrtMemPoolFreeAsync(small, a));
    CHECK(take(pool, 4 * MIB - 512, a) == small);
    CHECK(take(pool, 8 * MIB, a) == large);
    CHECK_OK(aclrtMemPoolFreeAsync(large, a));
    CHECK_OK(aclrtMemPoolFreeAsync(small, a));
    CHECK_OK(aclrtMemPoolFreeAsync(second, a));
    CHECK_OK(aclrtMemPoolFreeAsync(result, a));
    CHECK_OK(aclrtMemPoolDestroy(pool));
    CHECK_OK(aclrtFreeHost(host));
}

// Across streams: by events, by time, by waiting, or not at all.
static void two_streams(void)
{
    aclrtMemPool pool = pool_of(2 * MIB);
    struct hold hold;
    aclrtEvent event = NULL;
    keep(pool, 64 * MIB);
    set(pool, ACL_RT_MEM_POOL_REUSE_ALLOW_INTERNAL_DEPENDENCIES, 0);
    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
    void *ptr = UNTOUCHED;
    // The first stream has not come to the point: its memory is not for the second.
    hold_stream(&hold, a);
    char *block = take(pool, MIB, a);
    CHECK_OK(aclrtMemPoolFreeAsync(block, a));
    char *other = take(pool, MIB, b);
    CHECK(other != block);
    CHECK_REFUSED(aclrtMemPoolMallocAsync(&ptr, MIB, pool, b), ACL_ERROR_RT_MEMORY_ALLOCATION, "2097152");
    CHECK(ptr == UNTOUCHED);
    // An event orders them.
    CHECK_OK(aclrtRecordEvent(event, a));
    CHECK_OK(aclrtStreamWaitEvent(b, event));
    set(pool, ACL_RT_MEM_POOL_REUSE_FOLLOW_EVENT_DEPENDENCIES, 0);
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, MIB, pool, b), ACL_ERROR_RT_MEMORY_ALLOCATION);
    set(pool, ACL_RT_MEM_POOL_REUSE_FOLLOW_EVENT_DEPENDENCIES, 1);
    CHECK(take(pool, MIB, b) == block);
    CHECK_OK(aclrtMemPoolFreeAsync(block, b));
    // What the second freed after it waited is not for the first.
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, MIB, pool, a), ACL_ERROR_RT_MEMORY_ALLOCATION);
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(b));
    // Passed: for everybody, unless that is switched off.
    set(pool, ACL_RT_MEM_POOL_REUSE_ALLOW_OPPORTUNISTIC, 0);
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, 2 * MIB, pool, a), ACL_ERROR_RT_MEMORY_ALLOCATION);
    set(pool, ACL_RT_MEM_POOL_REUSE_ALLOW_OPPORTUNISTIC, 1);
    block = take(pool, MIB, a);
    CHECK_OK(aclrtMemPoolFreeAsync(other, b));
    CHECK_OK(aclrtSynchronizeStream(b));
    other = take(pool, MIB, a);
    // A record that came before the point orders nothing.
    hold_stream(&hold, a);
    CHECK_OK(aclrtRecordEvent(event, a));
    CHECK_OK(aclrtMemPoolFreeAsync(other, a));
    CHECK_OK(aclrtStreamWaitEvent(b, event));
    CHECK_CODE(aclrtMemPoolMallocAsync(&ptr, MIB, pool, b), ACL_ERROR_RT_MEMORY_ALLOCATION);
    // The last resort: the second stream waits for the first.
    set(pool, ACL_RT_MEM_POOL_REUSE_ALLOW_INTERNAL_DEPENDENCIES, 1);
    CHECK(take(pool, MIB, b) == other);
    aclrtStreamStatus status = ACL_STREAM_STATUS_COMPLETE;
    CHECK_OK(aclrtStreamQuery(b, &status));
    CHECK(status == ACL_STREAM_STATUS_NOT_READY);
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(b));
    CHECK_OK(aclrtMemPoolFreeAsync(other, b));
    CHECK_OK(aclrtMemPoolFreeAsync(block, a));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtMemPoolDestroy(pool));
}

static void figures(void)
{
    // Nothing is left of pools before.
    CHECK_OK(aclrtSynchronizeDevice());
    const size_t before = free_bytes();
    aclrtMemPool pool = pool_of(0);
    uint64_t zero = 0;
    uint32_t allowed = 77;
    CHECK_OK(aclrtMemPoolGetAttr(pool, ACL_RT_MEM_POOL_REUSE_FOLLOW_EVENT_DEPENDENCIES, &allowed));
    CHECK(allowed == 1);
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RELEASE_THRESHOLD) == 0);
    char *one = take(pool, MIB, a), *two = take(pool, 3 * MIB, a);
    CHECK(free_bytes() == before - 4 * MIB);
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == 4 * MIB);
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_CURRENT) == 4 * MIB);
    CHECK_OK(aclrtMemPoolFreeAsync(two, a));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_CURRENT) == MIB);
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH) == 4 * MIB);
    CHECK_OK(aclrtMemPoolSetAttr(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH, &zero));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH) == MIB);
    // Waiting for the stream gives back what is above the threshold, which is nothing here.
    CHECK_OK(aclrtSynchronizeStream(a));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == MIB);
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH) == 4 * MIB);
    CHECK_OK(aclrtMemPoolSetAttr(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH, &zero));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH) == MIB);
    CHECK(free_bytes() == before - MIB);
    // With a threshold it stays, until it is trimmed.
    keep(pool, 8 * MIB);
    two = take(pool, 3 * MIB, a);
    CHECK_OK(aclrtMemPoolFreeAsync(two, a));
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == 4 * MIB);
    CHECK_OK(aclrtMemPoolTrimTo(pool, 4 * MIB));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == 4 * MIB);
    CHECK_OK(aclrtMemPoolTrimTo(pool, 0));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == MIB);
    // A destroyed pool's memory lives on with its users.
    CHECK_OK(aclrtMemPoolDestroy(pool));
    CHECK_OK(aclrtMemset(one, MIB, 1, MIB));
    CHECK(free_bytes() == before - MIB);
    CHECK_OK(aclrtMemPoolFreeAsync(one, a));
    CHECK_OK(aclrtSynchronizeStream(a));
    CHECK(free_bytes() == before);
}

// An operator on memory of a pool, through many rounds.
static void rounds(void)
{
    enum { COUNT = 1 << 16 };
    const size_t bytes = COUNT * sizeof(float);
    aclrtMemPool pool = pool_of(16 * MIB);
    float *host = NULL;
    keep(pool, 16 * MIB);
    CHECK_OK(aclrtMallocHost((void **)&host, 2 * bytes));
    for (int i = 0; i < COUNT; i++) {
        host[i] = (float)(i % 7);
    }
    void *seen = NULL;
    for (int i = 0; i < 20; i++) {
        char *x = take(pool, bytes, a), *y = take(pool, bytes, a);
        CHECK_OK(aclrtMemcpyAsync(x, bytes, host, bytes, ACL_MEMCPY_HOST_TO_DEVICE, a));
        CHECK_OK(multiply(y, x, x, COUNT, a));
        CHECK_OK(aclrtMemPoolFreeAsync(x, a));
        CHECK_OK(aclrtMemcpyAsync(host + COUNT, bytes, y, bytes, ACL_MEMCPY_DEVICE_TO_HOST, a));
        CHECK_OK(aclrtMemPoolFreeAsync(y, a));
        CHECK(i == 0 || seen == x || seen == y);
        seen = x;
    }
    CHECK_OK(aclrtSynchronizeStream(a));
    CHECK(host[COUNT + 6] == 36.0F && host[2 * COUNT - 1] == host[COUNT - 1] * host[COUNT - 1]);
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH) == 2 * bytes);
    CHECK_OK(aclrtFreeHost(host));
    // A stream that is destroyed leaves its memory behind for others, and a reset ends it all.
    aclrtStream gone = NULL;
    CHECK_OK(aclrtCreateStream(&gone));
    char *block = take(pool, 8 * MIB, gone);
    CHECK_OK(aclrtMemPoolFreeAsync(block, gone));
    CHECK_OK(aclrtDestroyStreamForce(gone));
    for (int i = 0; i < 2000 && figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) > 0; i++) {
        usleep(1000);
        CHECK_OK(aclrtMemPoolTrimTo(pool, 0));
    }
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == 0);
    block = take(pool, 8 * MIB, b);
    CHECK_OK(aclrtDestroyStream(a));
    CHECK_OK(aclrtDestroyStream(b));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtSetDevice(0));
    CHECK(figure(pool, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT) == 0);
    CHECK_CODE(aclrtMemPoolFreeAsync(block, NULL), ACL_ERROR_RT_PARAM_INVALID);
    block = take(pool, MIB, NULL);
    CHECK_OK(aclrtMemPoolFreeAsync(block, NULL));
    CHECK_OK(aclrtMemPoolDestroy(pool));
}

int main(void)
{
    CHECK(setenv("ACLSIM_MEMORY", "256MiB", 1) == 0);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&a));
    CHECK_OK(aclrtCreateStream(&b));
    refusals();
    one_stream();
    two_streams();
    figures();
    rounds();
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
