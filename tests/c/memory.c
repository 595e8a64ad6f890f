// Allocation, release and figures of device and pinned host memory.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

static void *const UNTOUCHED = (void *)(uintptr_t)0x5a5a5a50;

static void *device_block(size_t size)
{
    void *block = NULL;
    CHECK_OK(aclrtMalloc(&block, size, ACL_MEM_MALLOC_HUGE_FIRST));
    return block;
}

static size_t free_now(void)
{
    size_t left = 0, total = 0;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total));
    CHECK(left <= total);
    return left;
}

static void needs_a_context(void)
{
    void *block = UNTOUCHED;
    size_t left = 77, total = 78;
    CHECK_REFUSED(aclrtMalloc(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST), 107002, "aclrtMalloc", "context");
    CHECK_CODE(aclrtMallocAlign32(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST), 107002);
    CHECK_CODE(aclrtMallocCached(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST), 107002);
    CHECK_CODE(aclrtMallocWithCfg(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST, NULL), 107002);
    CHECK_CODE(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total), 107002);
    CHECK(block == UNTOUCHED && left == 77 && total == 78);
    // Pinned host memory and releases need none.
    CHECK_OK(aclrtMallocHost(&block, 64));
    CHECK_OK(aclrtFreeHost(block));
}

static void null_and_zero(void)
{
    void *block = UNTOUCHED;
    size_t value = 77;
    aclrtMallocConfig cfg = {NULL, 1};
    aclrtMemUsageInfo usage[2];
    CHECK_REFUSED(aclrtMalloc(NULL, 64, ACL_MEM_MALLOC_HUGE_FIRST), 100000, "aclrtMalloc", "devPtr", "got null");
    CHECK_REFUSED(aclrtMalloc(&block, 0, ACL_MEM_MALLOC_HUGE_FIRST), 100000, "size", "got 0");
    CHECK_CODE(aclrtMallocAlign32(NULL, 64, ACL_MEM_MALLOC_HUGE_FIRST), 100000);
    CHECK_CODE(aclrtMallocAlign32(&block, 0, ACL_MEM_MALLOC_HUGE_FIRST), 100000);
    CHECK_CODE(aclrtMallocCached(NULL, 64, ACL_MEM_MALLOC_HUGE_FIRST), 100000);
    CHECK_CODE(aclrtMallocCached(&block, 0, ACL_MEM_MALLOC_HUGE_FIRST), 100000);
    CHECK_CODE(aclrtMallocWithCfg(NULL, 64, ACL_MEM_MALLOC_HUGE_FIRST, NULL), 100000);
    CHECK_CODE(aclrtMallocWithCfg(&block, 0, ACL_MEM_MALLOC_HUGE_FIRST, NULL), 100000);
    CHECK_REFUSED(aclrtMallocWithCfg(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST, &cfg), 100000, "cfg->attrs", "null");
    CHECK_CODE(aclrtMallocHost(NULL, 64), 100000);
    CHECK_CODE(aclrtMallocHost(&block, 0), 100000);
    CHECK_CODE(aclrtMallocHostWithCfg(NULL, 64, NULL), 100000);
    CHECK_CODE(aclrtMallocHostWithCfg(&block, 0, NULL), 100000);
    CHECK_CODE(aclrtMallocHostWithCfg(&block, 64, &cfg), 100000);
    CHECK_REFUSED(aclrtFree(NULL), 100000, "aclrtFree", "devPtr", "got null");
    CHECK_CODE(aclrtFreeWithDevSync(NULL), 100000);
    CHECK_CODE(aclrtFreeHost(NULL), 100000);
    CHECK_CODE(aclrtGetMemInfo(ACL_HBM_MEM, NULL, &value), 100000);
    CHECK_CODE(aclrtGetMemInfo(ACL_HBM_MEM, &value, NULL), 100000);
    CHECK_CODE(aclrtGetMemUsageInfo(0, NULL, 2, &value), 100000);
    CHECK_CODE(aclrtGetMemUsageInfo(0, usage, 2, NULL), 100000);
    CHECK_CODE(aclrtGetMemUsageInfo(0, usage, 0, &value), 100000);
    CHECK(block == UNTOUCHED && value == 77);
}

static void policies(void)
{
    const aclrtMemMallocPolicy all[] = {
        ACL_MEM_MALLOC_HUGE_FIRST,     ACL_MEM_MALLOC_HUGE_ONLY,     ACL_MEM_MALLOC_NORMAL_ONLY,
        ACL_MEM_MALLOC_HUGE_FIRST_P2P, ACL_MEM_MALLOC_HUGE_ONLY_P2P, ACL_MEM_MALLOC_NORMAL_ONLY_P2P,
        ACL_MEM_MALLOC_HUGE1G_ONLY,    ACL_MEM_MALLOC_HUGE1G_ONLY_P2P, ACL_MEM_TYPE_LOW_BAND_WIDTH,
        ACL_MEM_TYPE_HIGH_BAND_WIDTH,  ACL_MEM_ACCESS_USER_SPACE_READONLY,
    };
    const size_t before = free_now();
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        void *small = NULL, *large = NULL;
        CHECK_OK(aclrtMalloc(&small, 1, all[i]));
        CHECK_OK(aclrtMalloc(&large, 3 * MIB + 1, all[i]));
        CHECK(small != NULL && (uintptr_t)small % 512 == 0);
        CHECK(large != NULL && (uintptr_t)large % 512 == 0 && large != small);
        CHECK_OK(aclrtFree(small));
        CHECK_OK(aclrtFree(large));
    }
    // A policy that is none behaves as the default.
    void *block = NULL;
    CHECK_OK(aclrtMalloc(&block, 64, (aclrtMemMallocPolicy)99));
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtMalloc(&block, 1, ACL_MEM_MALLOC_HUGE_ONLY));
    CHECK((uintptr_t)block % (2 * MIB) == 0);
    CHECK(free_now() == before - 2 * MIB);
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtMallocAlign32(&block, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(free_now() == before - 4096);
    CHECK_OK(aclrtFree(block));
    // The other functions add 32 bytes, here enough for the next 512.
    CHECK_OK(aclrtMallocCached(&block, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(free_now() == before - 4096 - 512);
    CHECK_OK(aclrtFree(block));
    CHECK(free_now() == before);
}

static void attributes(void)
{
    aclrtMallocAttribute attrs[2];
    memset(attrs, 0, sizeof(attrs));
    aclrtMallocConfig cfg = {attrs, 2};
    void *block = UNTOUCHED;
    attrs[0].attr = ACL_RT_MEM_ATTR_MODULE_ID;
    attrs[0].value.moduleId = 33;
    attrs[1].attr = ACL_RT_MEM_ATTR_DEVICE_ID;
    attrs[1].value.deviceId = 0;
    CHECK_OK(aclrtMallocWithCfg(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST, &cfg));
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtMallocHostWithCfg(&block, 64, &cfg));
    CHECK_OK(aclrtFreeHost(block));
    block = UNTOUCHED;
    attrs[1].value.deviceId = 4000000000u;
    CHECK_CODE(aclrtMallocWithCfg(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST, &cfg), 107001);
    CHECK_CODE(aclrtMallocHostWithCfg(&block, 64, &cfg), 107001);
    attrs[1].attr = (aclrtMallocAttrType)77;
    CHECK_REFUSED(aclrtMallocWithCfg(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST, &cfg), 100000, "cfg->attrs", "got 77");
    CHECK_CODE(aclrtMallocHostWithCfg(&block, 64, &cfg), 100000);
    CHECK(block == UNTOUCHED);
    cfg.numAttrs = 0;
    cfg.attrs = NULL;
    CHECK_OK(aclrtMallocWithCfg(&block, 64, ACL_MEM_MALLOC_HUGE_FIRST, &cfg));
    CHECK_OK(aclrtFree(block));
}

static void out_of_memory(void)
{
    enum { MOST = 256 };
    void *blocks[MOST];
    void *block = UNTOUCHED;
    const size_t before = free_now();
    const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 31, SIZE_MAX - 63, SIZE_MAX / 2, before + 1};
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++) {
        CHECK_REFUSED(aclrtMalloc(&block, impossible[i], ACL_MEM_MALLOC_HUGE_FIRST), 207001, "aclrtMalloc",
                      "out of", "free bytes", "got a request for");
        CHECK_CODE(aclrtMallocAlign32(&block, impossible[i], ACL_MEM_MALLOC_NORMAL_ONLY), 207001);
        CHECK_CODE(aclrtMallocCached(&block, impossible[i], ACL_MEM_MALLOC_HUGE_ONLY), 207001);
        CHECK_CODE(aclrtMallocWithCfg(&block, impossible[i], ACL_MEM_MALLOC_HUGE1G_ONLY, NULL), 207001);
    }
    CHECK_CODE(aclrtMallocHost(&block, SIZE_MAX), 207001);
    CHECK_CODE(aclrtMallocHostWithCfg(&block, SIZE_MAX / 2 + 1, NULL), 207001);
    CHECK(block == UNTOUCHED);

    int count = 0;
    int code = 0;
    while (count < MOST && (code = aclrtMallocAlign32(&blocks[count], GIB, ACL_MEM_MALLOC_NORMAL_ONLY)) == 0) {
        count++;
    }
    CHECK_CODE(code, 207001);
    CHECK(free_now() == before - (size_t)count * GIB && free_now() < GIB);
    // The process goes on: what fits still fits, and a full device can be copied to.
    size_t rest = free_now();
    if (rest > 0) {
        CHECK_OK(aclrtMallocAlign32(&block, rest, ACL_MEM_MALLOC_NORMAL_ONLY));
        CHECK_CODE(aclrtMallocAlign32(&blocks[MOST - 1], 1, ACL_MEM_MALLOC_NORMAL_ONLY), 207001);
        CHECK_OK(aclrtFree(block));
    }
    if (count > 0) {
        int sent = 12345, received = 0;
        char *last = (char *)blocks[count - 1] + GIB - sizeof(int);
        CHECK_OK(aclrtMemcpy(last, sizeof(int), &sent, sizeof(int), ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK_OK(aclrtMemcpy(&received, sizeof(int), last, sizeof(int), ACL_MEMCPY_DEVICE_TO_HOST));
        CHECK(received == sent);
    }
    for (int i = 0; i < count; i++) {
        CHECK_OK(aclrtFree(blocks[i]));
    }
    CHECK(free_now() == before);

    // Huge pages run out before the device does: HUGE_ONLY fails, HUGE_FIRST falls back.
    size_t huge = 0, huge_total = 0;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM_HUGE, &huge, &huge_total));
    CHECK(huge > 0 && huge <= huge_total && huge < before);
    CHECK_OK(aclrtMallocAlign32(&blocks[0], huge, ACL_MEM_MALLOC_HUGE_ONLY));
    CHECK_REFUSED(aclrtMalloc(&block, 2 * MIB, ACL_MEM_MALLOC_HUGE_ONLY), 207001, "huge-page");
    CHECK_OK(aclrtMalloc(&blocks[1], 3 * MIB, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtFree(blocks[1]));
    CHECK_OK(aclrtFree(blocks[0]));
    CHECK(free_now() == before);
}

static void wrong_releases(void)
{
    char *block = (char *)device_block(4096);
    char local[64];
    void *pinned = NULL;
    char *pageable = (char *)malloc(256);
    CHECK_OK(aclrtMallocHost(&pinned, 1000));
    CHECK((uintptr_t)pinned % 64 == 0);
    const size_t before = free_now();
    CHECK_REFUSED(aclrtFree(block + 8), 107000, "aclrtFree", "devPtr", "8 bytes inside allocation #", "of 4096 bytes",
                  "aclrtMalloc");
    CHECK_REFUSED(aclrtFree(block + 512), 107000, "512 bytes inside");
    CHECK_REFUSED(aclrtFree(pinned), 107000, "pinned host memory", "1000 bytes", "aclrtMallocHost");
    CHECK_REFUSED(aclrtFree(local), 107000, "did not allocate");
    CHECK_REFUSED(aclrtFree(pageable), 107000, "did not allocate");
    CHECK_CODE(aclrtFree((void *)(uintptr_t)UINTPTR_MAX), 107000);
    CHECK_CODE(aclrtFree((void *)(uintptr_t)1), 107000);
    CHECK_REFUSED(aclrtFreeWithDevSync(block + 8), 107000, "aclrtFreeWithDevSync", "8 bytes inside");
    CHECK_CODE(aclrtFreeWithDevSync(local), 107000);
    CHECK_REFUSED(aclrtFreeHost(block), 107000, "aclrtFreeHost", "hostPtr", "device memory", "of 4096 bytes");
    CHECK_REFUSED(aclrtFreeHost((char *)pinned + 64), 107000, "64 bytes inside pinned host memory");
    CHECK_REFUSED(aclrtFreeHost(pageable), 107000, "did not allocate");
    CHECK(free_now() == before);

    CHECK_OK(aclrtFree(block));
    CHECK_REFUSED(aclrtFree(block), 107000, "freed by aclrtFree: allocation #", "of 4096 bytes");
    CHECK_CODE(aclrtFreeWithDevSync(block), 107000);
    CHECK_OK(aclrtFreeHost(pinned));
    CHECK_REFUSED(aclrtFreeHost(pinned), 107000, "freed by aclrtFreeHost");
    void *synced = device_block(64);
    CHECK_OK(aclrtFreeWithDevSync(synced));
    CHECK_REFUSED(aclrtFree(synced), 107000, "freed by aclrtFreeWithDevSync");
    free(pageable);
}

static void figures(void)
{
    size_t left = 77, total = 78;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total));
    CHECK(total >= GIB && left <= total);
    // This chip has no DDR.
    const aclrtMemAttr absent[] = {ACL_DDR_MEM, ACL_DDR_MEM_HUGE, ACL_DDR_MEM_NORMAL, ACL_DDR_MEM_P2P_HUGE,
                                   ACL_DDR_MEM_P2P_NORMAL};
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        left = total = 77;
        CHECK_OK(aclrtGetMemInfo(absent[i], &left, &total));
        CHECK(left == 0 && total == 0);
    }
    const aclrtMemAttr present[] = {ACL_HBM_MEM_HUGE, ACL_HBM_MEM_NORMAL, ACL_HBM_MEM_P2P_HUGE, ACL_HBM_MEM_P2P_NORMAL,
                                    ACL_HBM_MEM_HUGE1G, ACL_HBM_MEM_P2P_HUGE1G};
    for (size_t i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
        CHECK_OK(aclrtGetMemInfo(present[i], &left, &total));
        CHECK(total > 0 && left <= total);
    }
    left = 77;
    CHECK_REFUSED(aclrtGetMemInfo((aclrtMemAttr)1000, &left, &total), 100000, "attr", "got 1000");
    CHECK(left == 77);

    aclrtMemUsageInfo usage[2];
    size_t count = 77;
    void *block = device_block(5 * MIB);
    CHECK_CODE(aclrtGetMemUsageInfo(64, usage, 2, &count), 107001);
    CHECK_CODE(aclrtGetMemUsageInfo(-1, usage, 2, &count), 107001);
    CHECK(count == 77);
    CHECK_OK(aclrtGetMemUsageInfo(0, usage, 2, &count));
    CHECK(count == 1 && strcmp(usage[0].name, "APP") == 0);
    CHECK(usage[0].curMemSize >= 5 * MIB && usage[0].memPeakSize >= usage[0].curMemSize);
    CHECK_OK(aclrtFree(block));
}

static void pointers(void)
{
    aclrtPtrAttributes seen;
    char local = 0;
    void *block = NULL, *pinned = NULL;
    CHECK_OK(aclrtMalloc(&block, 100, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMallocHost(&pinned, 100));
    memset(&seen, 0x5a, sizeof(seen));
    CHECK_CODE(aclrtPointerGetAttributes(NULL, &seen), 100000);
    CHECK_CODE(aclrtPointerGetAttributes(block, NULL), 100000);
    CHECK(seen.pageSize == 0x5a5a5a5a);
    CHECK_OK(aclrtPointerGetAttributes((char *)block + 99, &seen));
    CHECK(seen.location.type == ACL_MEM_LOCATION_TYPE_DEVICE && seen.location.id == 0 && seen.pageSize == 4096);
    CHECK_OK(aclrtPointerGetAttributes((char *)pinned + 99, &seen));
    CHECK(seen.location.type == ACL_MEM_LOCATION_TYPE_HOST);
    CHECK_OK(aclrtPointerGetAttributes(&local, &seen));
    CHECK(seen.location.type == ACL_MEM_LOCATION_TYPE_UNREGISTERED);
    CHECK_OK(aclrtFree(block));
    CHECK_REFUSED(aclrtPointerGetAttributes(block, &seen), 107000, "ptr", "freed by aclrtFree");
    CHECK_OK(aclrtMalloc(&block, 3 * MIB, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtPointerGetAttributes(block, &seen));
    CHECK(seen.pageSize == 2 * MIB);
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtFreeHost(pinned));
}

/* The last reset frees what the program did not, unless another context still lives on the device. */
static void reset_frees(void)
{
    void *leaked = NULL;
    aclrtContext other;
    size_t before = 0, after = 0, total = 0;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &before, &total));
    CHECK_OK(aclrtMalloc(&leaked, 8 << 20, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtCreateContext(&other, 0));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtMemset(leaked, 8 << 20, 1, 8 << 20));
    CHECK_OK(aclrtDestroyContext(other));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_REFUSED(aclrtFree(leaked), ACL_ERROR_RT_PARAM_INVALID, "freed by");
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &after, &total));
    CHECK(after >= before);
    CHECK_OK(aclrtResetDevice(0));
}

int main(void)
{
    needs_a_context();
    CHECK_OK(aclrtSetDevice(0));
    null_and_zero();
    policies();
    attributes();
    out_of_memory();
    wrong_releases();
    figures();
    pointers();
    reset_frees();
    return check_done();
}
