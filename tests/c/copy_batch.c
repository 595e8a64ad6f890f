// Batches of copies, copies whose addresses lie in memory, fills of words, copies that combine, cache maintenance.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

enum { BYTES = 1024, PARTS = 4 };

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
        host[i] = (char)(i * 5 + i / 256);
        pinned[i] = (char)(i * 3 + 1);
    }
}

static aclrtMemcpyBatchAttr attribute(aclrtMemLocationType to, aclrtMemLocationType from)
{
    aclrtMemcpyBatchAttr attr;
    memset(&attr, 0, sizeof(attr));
    attr.dstLoc.type = to;
    attr.srcLoc.type = from;
    return attr;
}

static void batches(void)
{
    void *dsts[PARTS];
    void *srcs[PARTS];
    size_t sizes[PARTS];
    size_t maxs[PARTS];
    for (int i = 0; i < PARTS; i++) {
        // The parts change places.
        dsts[i] = device + (PARTS - 1 - i) * (BYTES / PARTS);
        srcs[i] = host + i * (BYTES / PARTS);
        sizes[i] = maxs[i] = BYTES / PARTS;
    }
    aclrtMemcpyBatchAttr attrs[2] = {attribute(ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST),
                                     attribute(ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST)};
    size_t firsts[2] = {0, 2};
    size_t failed = 77;
    CHECK_OK(aclrtMemset(device, BYTES, 0, BYTES));
    CHECK_OK(aclrtMemcpyBatch(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2, &failed));
    CHECK(failed == 77);
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    for (int i = 0; i < PARTS; i++) {
        CHECK(memcmp(back + (PARTS - 1 - i) * (BYTES / PARTS), host + i * (BYTES / PARTS), BYTES / PARTS) == 0);
    }
    // Back again, on a stream, into pinned memory.
    for (int i = 0; i < PARTS; i++) {
        dsts[i] = pinned + i * (BYTES / PARTS);
        srcs[i] = device + (PARTS - 1 - i) * (BYTES / PARTS);
    }
    attrs[0] = attrs[1] = attribute(ACL_MEM_LOCATION_TYPE_HOST, ACL_MEM_LOCATION_TYPE_DEVICE);
    CHECK_OK(aclrtMemcpyBatchAsyncV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 1, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(memcmp(pinned, host, BYTES) == 0);
    // Into pageable memory it is over when the call returns.
    memset(back, 0, BYTES);
    for (int i = 0; i < PARTS; i++) {
        dsts[i] = back + i * (BYTES / PARTS);
    }
    CHECK_OK(aclrtMemcpyBatchAsync(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2, &failed, stream));
    CHECK(memcmp(back, host, BYTES) == 0);
    // A size of 0 copies nothing.
    sizes[1] = 0;
    memset(back, 0, BYTES);
    CHECK_OK(aclrtMemcpyBatchV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2));
    CHECK(back[BYTES / PARTS] == 0 && memcmp(back, host, BYTES / PARTS) == 0);
    sizes[1] = BYTES / PARTS;

    // Refusals: nothing is copied, and the copy that is to blame is named.
    memset(back, 9, BYTES);
    maxs[2] = 1;
    CHECK_CODE(aclrtMemcpyBatch(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2, &failed), 107000);
    CHECK(failed == 2 && back[0] == 9);
    maxs[2] = BYTES / PARTS;
    srcs[3] = device + BYTES;
    CHECK_CODE(aclrtMemcpyBatch(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2, &failed), 107000);
    CHECK(failed == 3 && back[0] == 9);
    srcs[3] = host;
    CHECK_CODE(aclrtMemcpyBatch(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2, &failed), 100000);
    CHECK(failed == 3);
    srcs[3] = device;
    CHECK_CODE(aclrtMemcpyBatch(dsts, maxs, srcs, sizes, 0, attrs, firsts, 2, &failed), 100000);
    CHECK(failed == SIZE_MAX);
    CHECK_CODE(aclrtMemcpyBatchV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 0), 100000);
    CHECK_CODE(aclrtMemcpyBatchV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, PARTS + 1), 100000);
    firsts[1] = PARTS;
    CHECK_CODE(aclrtMemcpyBatchV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2), 100000);
    firsts[1] = 2;
    attrs[1] = attribute(ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST);
    CHECK_CODE(aclrtMemcpyBatchV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2), 100000);
    attrs[1] = attribute(ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_DEVICE);
    CHECK_CODE(aclrtMemcpyBatchV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 2), 207000);
    CHECK_CODE(aclrtMemcpyBatchAsyncV2(dsts, maxs, srcs, sizes, PARTS, attrs, firsts, 1, (aclrtStream)1), 107017);
    CHECK(back[0] == 9);
}

static void words(void)
{
    uint32_t *out = (uint32_t *)back;
    CHECK_OK(aclrtMemset(device, BYTES, 0, BYTES));
    CHECK_OK(aclrtMemsetD32(device + 4, BYTES - 4, 0x12345678, 3));
    CHECK_OK(aclrtMemsetD32Async(device + 64, 8, 0xcafe0001, 2, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(out[0] == 0 && out[1] == 0x12345678 && out[3] == 0x12345678 && out[4] == 0);
    CHECK(out[16] == 0xcafe0001 && out[17] == 0xcafe0001 && out[18] == 0);
    CHECK_OK(aclrtMemsetD32(pinned, BYTES, 7, 2));
    CHECK(((uint32_t *)pinned)[1] == 7);
    CHECK_OK(aclrtMemsetD32(NULL, 0, 1, 0));
    CHECK_CODE(aclrtMemsetD32(NULL, 4, 1, 1), 100000);
    CHECK_CODE(aclrtMemsetD32(device + 2, 8, 1, 1), 107000);
    CHECK_CODE(aclrtMemsetD32(device, 7, 1, 2), 107000);
    CHECK_CODE(aclrtMemsetD32(device, SIZE_MAX, 1, SIZE_MAX / 4), 107000);
    CHECK_CODE(aclrtMemsetD32(device, 2 * BYTES, 1, BYTES), 107000);
    CHECK_CODE(aclrtMemsetD32(host, BYTES, 1, 1), 107000);
    CHECK_CODE(aclrtMemsetD32Async(device, 4, 1, 2, stream), 107000);
    CHECK_CODE(aclrtMemsetD32Async(device, 8, 1, 2, (aclrtStream)1), 107017);
}

static void indirect(void)
{
    void **table = NULL;
    CHECK_OK(aclrtMalloc((void **)&table, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    void *to = device;
    const void *from = other;
    CHECK_OK(aclrtMemcpy(other, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtMemset(device, BYTES, 0, BYTES));
    // The target's address lies on the device, the source's on the host.
    CHECK_OK(aclrtMemcpyAsync(table, 8, &to, 8, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    CHECK_OK(aclrtMemcpyAsyncWithOffset(table, BYTES, 16, &from, 32, 8, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(memcmp(back + 16, host + 8, 32) == 0 && back[15] == 0 && back[48] == 0);
    CHECK_CODE(aclrtMemcpyAsyncWithOffset(table, 40, 16, &from, 32, 0, ACL_MEMCPY_DEVICE_TO_DEVICE, stream), 107000);
    CHECK_CODE(aclrtMemcpyAsyncWithOffset(NULL, 40, 0, &from, 32, 0, ACL_MEMCPY_DEVICE_TO_DEVICE, stream), 100000);
    CHECK_OK(aclrtMemset(table, 64, 0, 64));
    CHECK_OK(aclrtMemcpyAsyncWithOffset(table, BYTES, 0, &from, 32, 0, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_CODE(aclrtSynchronizeStream(stream), 507053);

    size_t size = 0;
    CHECK_OK(aclrtGetMemcpyDescSize(ACL_MEMCPY_DEVICE_TO_DEVICE, &size));
    CHECK(size > 0 && size <= 64);
    CHECK_CODE(aclrtGetMemcpyDescSize(ACL_MEMCPY_HOST_TO_DEVICE, &size), 207000);
    CHECK_OK(aclrtSetMemcpyDesc(table, ACL_MEMCPY_DEVICE_TO_DEVICE, other, device, BYTES, NULL));
    CHECK_OK(aclrtMemset(device, BYTES, 0, BYTES));
    CHECK_OK(aclrtMemcpyAsyncWithDesc(table, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(memcmp(back, host, BYTES) == 0);
    CHECK_CODE(aclrtSetMemcpyDesc(table, ACL_MEMCPY_DEVICE_TO_DEVICE, other, device, 0, NULL), 100000);
    CHECK_CODE(aclrtSetMemcpyDesc(host, ACL_MEMCPY_DEVICE_TO_DEVICE, other, device, 8, NULL), 107000);
    CHECK_CODE(aclrtMemcpyAsyncWithDesc(device + BYTES - 8, ACL_MEMCPY_DEVICE_TO_DEVICE, stream), 107000);
    // A descriptor that reaches too far, and none at all.
    CHECK_OK(aclrtSetMemcpyDesc(table, ACL_MEMCPY_DEVICE_TO_DEVICE, other, device, BYTES + 1, NULL));
    CHECK_OK(aclrtMemcpyAsyncWithDesc(table, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_CODE(aclrtSynchronizeStream(stream), 507053);
    CHECK_OK(aclrtMemset(table, 64, 1, 64));
    CHECK_OK(aclrtMemcpyAsyncWithDesc(table, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_CODE(aclrtSynchronizeStream(stream), 507053);
    CHECK_OK(aclrtFree(table));

    memset(back, 0, BYTES);
    CHECK_OK(aclrtMemcpyAsyncWithCondition(back, BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK(memcmp(back, host, BYTES) == 0);
    CHECK_CODE(aclrtMemcpyAsyncWithCondition(back, 1, device, 2, ACL_MEMCPY_DEVICE_TO_HOST, stream), 107000);
}

static void combining(void)
{
    float a[4] = {1.0f, -2.0f, 3.5f, 0.0f};
    float b[4] = {0.5f, 4.0f, -1.0f, 7.0f};
    const float sums[4] = {1.5f, 2.0f, 2.5f, 7.0f};
    float out[4];
    const aclrtReduceKind kinds[] = {ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM, ACL_RT_MEMCPY_SDMA_AUTOMATIC_MAX,
                                     ACL_RT_MEMCPY_SDMA_AUTOMATIC_MIN};
    for (int k = 0; k < 3; k++) {
        CHECK_OK(aclrtMemcpy(device, BYTES, a, sizeof(a), ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK_OK(aclrtMemcpy(other, BYTES, b, sizeof(b), ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK_OK(aclrtReduceAsync(device, other, sizeof(a), kinds[k], ACL_FLOAT, stream, NULL));
        CHECK_OK(aclrtSynchronizeStream(stream));
        CHECK_OK(aclrtMemcpy(out, sizeof(out), device, sizeof(out), ACL_MEMCPY_DEVICE_TO_HOST));
        for (int i = 0; i < 4; i++) {
            const float larger = a[i] > b[i] ? a[i] : b[i];
            const float expected = k == 0 ? sums[i] : (k == 1 ? larger : a[i] + b[i] - larger);
            CHECK(out[i] == expected);
        }
    }
    const aclrtReduceKind sum = ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM;
    CHECK_CODE(aclrtReduceAsync(device, other, 6, sum, ACL_FLOAT, stream, NULL), 100000);
    CHECK_CODE(aclrtReduceAsync(device, other, 0, sum, ACL_FLOAT, stream, NULL), 100000);
    CHECK_CODE(aclrtReduceAsync(device + 2, other, 8, sum, ACL_FLOAT, stream, NULL), 107000);
    CHECK_CODE(aclrtReduceAsync(device, host, 8, sum, ACL_FLOAT, stream, NULL), 107000);
    CHECK_CODE(aclrtReduceAsync(device, other, BYTES + 4, sum, ACL_FLOAT, stream, NULL), 107000);
    CHECK_CODE(aclrtReduceAsync(device, other, 8, sum, ACL_DOUBLE, stream, NULL), 207000);
    CHECK_CODE(aclrtReduceAsync(device, other, 8, ACL_RT_MEMCPY_SDMA_AUTOMATIC_EQUAL, ACL_FLOAT, stream, NULL), 207000);
    CHECK_CODE(aclrtReduceAsync(device, other, 8, (aclrtReduceKind)9, ACL_FLOAT, stream, NULL), 100000);
}

static void caches(void)
{
    void *desc = NULL;
    size_t size = 0;
    CHECK_OK(aclrtMemFlush(device, BYTES));
    CHECK_OK(aclrtMemInvalidate(device, BYTES));
    CHECK_CODE(aclrtMemFlush(device, 0), 100000);
    CHECK_CODE(aclrtMemFlush(device, BYTES + 1), 107000);
    CHECK_CODE(aclrtMemInvalidate(host, 1), 107000);
    for (int type = ACL_RT_CMO_TYPE_PREFETCH; type <= ACL_RT_CMO_TYPE_FLUSH; type++) {
        CHECK_OK(aclrtCmoAsync(device, BYTES, (aclrtCmoType)type, stream));
    }
    CHECK_CODE(aclrtCmoAsync(device, BYTES, (aclrtCmoType)4, stream), 100000);
    CHECK_CODE(aclrtCmoAsync(device, BYTES + 1, ACL_RT_CMO_TYPE_FLUSH, stream), 107000);
    CHECK_OK(aclrtCmoAsyncWithBarrier(device, BYTES, ACL_RT_CMO_TYPE_WRITEBACK, 5, stream));
    aclrtBarrierTaskInfo info;
    memset(&info, 0, sizeof(info));
    info.barrierNum = 2;
    info.cmoInfo[0].barrierId = 5;
    info.cmoInfo[1].barrierId = 6;
    CHECK_OK(aclrtCmoWaitBarrier(&info, stream, 0));
    CHECK_OK(aclrtCmoWaitBarrier(&info, NULL, 0));
    info.barrierNum = 7;
    CHECK_CODE(aclrtCmoWaitBarrier(&info, stream, 0), 107000);
    CHECK_OK(aclrtCmoGetDescSize(&size));
    CHECK_OK(aclrtMalloc(&desc, size, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemset(desc, size, 0, size));
    CHECK_OK(aclrtCmoAsyncWithDesc(desc, ACL_RT_CMO_TYPE_PREFETCH, stream, NULL));
    CHECK_CODE(aclrtSynchronizeStream(stream), 507053);
    CHECK_OK(aclrtCmoSetDesc(desc, device, BYTES));
    CHECK_OK(aclrtCmoAsyncWithDesc(desc, ACL_RT_CMO_TYPE_PREFETCH, stream, NULL));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK_CODE(aclrtCmoSetDesc(desc, host, BYTES), 107000);
    CHECK_OK(aclrtFree(desc));
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    set_up();
    batches();
    words();
    indirect();
    combining();
    caches();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtFree(other));
    CHECK_OK(aclrtFreeHost(pinned));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
