// Virtual memory: reservations, physical memory, mappings. Runs with two devices of 64 MiB.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

enum { MIB = 1 << 20, PAGE = 2 * MIB };

static aclrtPhysicalMemProp on_device(uint32_t device)
{
    aclrtPhysicalMemProp prop;
    memset(&prop, 0, sizeof(prop));
    prop.memAttr = ACL_HBM_MEM_HUGE;
    prop.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    prop.location.id = device;
    return prop;
}

static size_t free_bytes(void)
{
    size_t left = 0, total = 0;
    CHECK_OK(aclrtGetMemInfo(ACL_HBM_MEM, &left, &total));
    return left;
}

static void put(char *address, int value)
{
    CHECK_OK(aclrtMemset(address, PAGE, value, PAGE));
}

static int get(const char *address)
{
    char value = 0;
    CHECK_OK(aclrtMemcpy(&value, 1, address, 1, ACL_MEMCPY_DEVICE_TO_HOST));
    return value;
}

static void content(void)
{
    aclrtPhysicalMemProp prop = on_device(0);
    aclrtDrvMemHandle a, b;
    char *range = NULL;
    const size_t before = free_bytes();
    CHECK_OK(aclrtReserveMemAddress((void **)&range, 8 * PAGE, 0, NULL, 1));
    CHECK(((uintptr_t)range & (PAGE - 1)) == 0);
    // Addresses cost no memory, and nothing can be accessed there.
    CHECK(free_bytes() == before);
    CHECK_REFUSED(aclrtMemset(range, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK_OK(aclrtMallocPhysical(&a, PAGE, &prop, 0));
    CHECK_OK(aclrtMallocPhysical(&b, PAGE, &prop, 0));
    CHECK(free_bytes() == before - 2 * PAGE);
    CHECK_OK(aclrtMapMem(range + PAGE, PAGE, 0, a, 0));
    CHECK_OK(aclrtMapMem(range + 2 * PAGE, PAGE, 0, b, 0));
    put(range + PAGE, 7);
    put(range + 2 * PAGE, 9);
    // Neighbours are one range for copies and operators.
    CHECK_OK(aclrtMemcpy(range + PAGE, 2 * PAGE, range + PAGE, 2 * PAGE, ACL_MEMCPY_DEVICE_TO_DEVICE));
    char *block = malloc(2 * PAGE);
    CHECK_OK(aclrtMemcpy(block, 2 * PAGE, range + PAGE, 2 * PAGE, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(block[PAGE - 1] == 7 && block[PAGE] == 9);
    free(block);
    CHECK_REFUSED(aclrtMemset(range + PAGE, 3 * PAGE, 1, 3 * PAGE), ACL_ERROR_RT_PARAM_INVALID, "at most");
    // The memory keeps its content between mappings, and shows it at two places.
    CHECK_OK(aclrtUnmapMem(range + PAGE));
    CHECK_REFUSED(aclrtMemset(range + PAGE, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK(get(range + 2 * PAGE) == 9);
    CHECK_OK(aclrtMapMem(range + 5 * PAGE, PAGE, 0, a, 0));
    CHECK(get(range + 5 * PAGE) == 7);
    CHECK_OK(aclrtMapMem(range + 7 * PAGE, PAGE, 0, a, 0));
    CHECK(get(range + 7 * PAGE) == 7);
    put(range + 7 * PAGE, 3);
    CHECK(get(range + 5 * PAGE) == 3);
    // What is freed while mapped goes with its last mapping.
    CHECK_OK(aclrtFreePhysical(a));
    CHECK_REFUSED(aclrtFreePhysical(a), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK(get(range + 5 * PAGE) == 3);
    CHECK_OK(aclrtUnmapMem(range + 5 * PAGE));
    CHECK(free_bytes() == before - 2 * PAGE);
    CHECK_OK(aclrtUnmapMem(range + 7 * PAGE));
    CHECK(free_bytes() == before - PAGE);
    CHECK_REFUSED(aclrtReleaseMemAddress(range), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    CHECK_OK(aclrtUnmapMem(range + 2 * PAGE));
    CHECK_OK(aclrtFreePhysical(b));
    CHECK(free_bytes() == before);
    CHECK_REFUSED(aclrtReleaseMemAddress(range + PAGE), ACL_ERROR_RT_PARAM_INVALID, "bytes inside one");
    CHECK_OK(aclrtReleaseMemAddress(range));
    CHECK_REFUSED(aclrtReleaseMemAddress(range), ACL_ERROR_RT_PARAM_INVALID, "in none");
}

static void refusals(void)
{
    aclrtPhysicalMemProp prop = on_device(0), other = on_device(1), none = on_device(2);
    aclrtDrvMemHandle a, b = NULL;
    char *range = NULL;
    void *plain = NULL;
    size_t granularity = 0;
    CHECK_CODE(aclrtReserveMemAddress((void **)&range, 0, 0, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtReserveMemAddress((void **)&range, PAGE, 64, NULL, 0), ACL_ERROR_RT_PARAM_INVALID, "alignment");
    CHECK_REFUSED(aclrtReserveMemAddress((void **)&range, PAGE, 0, NULL, 2), ACL_ERROR_RT_PARAM_INVALID, "flags");
    CHECK_CODE(aclrtReserveMemAddress((void **)&range, PAGE, 0, &prop, 0), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_CODE(aclrtReserveMemAddress((void **)&range, (size_t)1 << 62, 0, NULL, 0),
               ACL_ERROR_RT_MEMORY_ALLOCATION);
    CHECK(range == NULL);
    CHECK_OK(aclrtMemGetAllocationGranularity(&prop, ACL_RT_MEM_ALLOC_GRANULARITY_MINIMUM, &granularity));
    CHECK(granularity == PAGE);
    CHECK_REFUSED(aclrtMallocPhysical(&b, PAGE + 1, &prop, 0), ACL_ERROR_INVALID_PARAM, "multiple");
    CHECK_CODE(aclrtMallocPhysical(&b, PAGE, &prop, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMallocPhysical(&b, PAGE, &none, 0), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_REFUSED(aclrtMallocPhysical(&b, 128 * MIB, &prop, 0), ACL_ERROR_RT_MEMORY_ALLOCATION, "out of");
    CHECK(b == NULL);
    CHECK_OK(aclrtReserveMemAddress((void **)&range, 4 * PAGE, 0, NULL, 0));
    CHECK_OK(aclrtMallocPhysical(&a, 2 * PAGE, &prop, 0));
    CHECK_REFUSED(aclrtMapMem(range, PAGE, 0, a, 0), ACL_ERROR_RT_PARAM_INVALID, "all 4194304 bytes");
    CHECK_REFUSED(aclrtMapMem(range, 2 * PAGE, PAGE, a, 0), ACL_ERROR_RT_PARAM_INVALID, "offset");
    CHECK_REFUSED(aclrtMapMem(range + 3 * PAGE, 2 * PAGE, 0, a, 0), ACL_ERROR_RT_PARAM_INVALID, "pages from");
    CHECK_REFUSED(aclrtMapMem(range + 512, 2 * PAGE, 0, a, 0), ACL_ERROR_RT_PARAM_INVALID, "pages from");
    CHECK_OK(aclrtMalloc(&plain, PAGE, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_REFUSED(aclrtMapMem(plain, 2 * PAGE, 0, a, 0), ACL_ERROR_RT_PARAM_INVALID, "in none");
    CHECK_OK(aclrtFree(plain));
    CHECK_OK(aclrtMapMem(range + PAGE, 2 * PAGE, 0, a, 0));
    CHECK_REFUSED(aclrtMapMem(range, 2 * PAGE, 0, a, 0), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    CHECK_REFUSED(aclrtMapMem(range + 2 * PAGE, 2 * PAGE, 0, a, 0), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    CHECK_OK(aclrtMallocPhysical(&b, PAGE, &other, 0));
    CHECK_REFUSED(aclrtMapMem(range, PAGE, 0, b, 0), ACL_ERROR_RT_PARAM_INVALID, "reserved on device 1");
    CHECK_REFUSED(aclrtUnmapMem(range + 2 * PAGE), ACL_ERROR_RT_PARAM_INVALID, "bytes inside one");
    CHECK_REFUSED(aclrtUnmapMem(range), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    // Mapped memory is not aclrtMalloc's to free.
    CHECK_REFUSED(aclrtFree(range + PAGE), ACL_ERROR_RT_PARAM_INVALID, "aclrtMapMem");
    // The last reset ends everything.
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_REFUSED(aclrtMemset(range + PAGE, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK_REFUSED(aclrtUnmapMem(range + PAGE), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    CHECK_REFUSED(aclrtFreePhysical(a), ACL_ERROR_RT_PARAM_INVALID, "was reset");
    CHECK_OK(aclrtFreePhysical(b));
}

// What a growing segment does: maps piece after piece behind each other, and gives some back.
static void growing(void)
{
    aclrtPhysicalMemProp prop = on_device(0);
    enum { PIECES = 24 };
    aclrtDrvMemHandle pieces[PIECES];
    char *range = NULL;
    const size_t before = free_bytes();
    CHECK_OK(aclrtReserveMemAddress((void **)&range, (size_t)72 * MIB, 0, NULL, 1));
    for (int i = 0; i < PIECES; i++) {
        CHECK_OK(aclrtMallocPhysical(&pieces[i], PAGE, &prop, 0));
        CHECK_OK(aclrtMapMem(range + (size_t)i * PAGE, PAGE, 0, pieces[i], 0));
    }
    CHECK_OK(aclrtMemset(range, (size_t)PIECES * PAGE, 5, (size_t)PIECES * PAGE));
    for (int i = 1; i < PIECES; i += 2) {
        CHECK_OK(aclrtUnmapMem(range + (size_t)i * PAGE));
        CHECK_OK(aclrtFreePhysical(pieces[i]));
    }
    CHECK(free_bytes() == before - PIECES / 2 * (size_t)PAGE);
    for (int i = 0; i < PIECES; i += 2) {
        CHECK(get(range + (size_t)i * PAGE) == 5);
        CHECK_OK(aclrtUnmapMem(range + (size_t)i * PAGE));
        CHECK_OK(aclrtFreePhysical(pieces[i]));
    }
    CHECK_OK(aclrtReleaseMemAddress(range));
    CHECK(free_bytes() == before);
}

// Rights of device and host, apart from mapping.
static void rights(void)
{
    aclrtPhysicalMemProp prop = on_device(0);
    aclrtMemLocation device = {0, ACL_MEM_LOCATION_TYPE_DEVICE}, host = {0, ACL_MEM_LOCATION_TYPE_HOST};
    aclrtMemLocation peer = {1, ACL_MEM_LOCATION_TYPE_DEVICE}, none = {2, ACL_MEM_LOCATION_TYPE_DEVICE};
    aclrtMemAccessDesc desc[2];
    aclrtDrvMemHandle a;
    char *range = NULL;
    uint64_t flag = 77;
    memset(desc, 0, sizeof(desc));
    CHECK_OK(aclrtReserveMemAddressNoUCMemory((void **)&range, 3 * PAGE, 0, NULL, 0));
    CHECK_OK(aclrtMallocPhysical(&a, PAGE, &prop, 0));
    CHECK_OK(aclrtMapMem(range, PAGE, 0, a, 0));
    put(range, 4);
    CHECK_OK(aclrtMemMapNoAccess(range + PAGE, PAGE, 0, a, 0));
    CHECK_REFUSED(aclrtMemset(range + PAGE, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK_OK(aclrtMemGetAccess(range + PAGE, &device, &flag));
    CHECK(flag == ACL_RT_MEM_ACCESS_FLAGS_NONE);
    CHECK_OK(aclrtMemGetAccess(range, &device, &flag));
    CHECK(flag == ACL_RT_MEM_ACCESS_FLAGS_READWRITE);
    CHECK_OK(aclrtMemGetAccess(range, &host, &flag));
    CHECK(flag == ACL_RT_MEM_ACCESS_FLAGS_NONE);
    // Reading.
    desc[0].location = device;
    desc[0].flags = ACL_RT_MEM_ACCESS_FLAGS_READ;
    CHECK_OK(aclrtMemSetAccess(range + PAGE, PAGE, desc, 1));
    CHECK(get(range + PAGE) == 4);
    CHECK_REFUSED(aclrtMemset(range + PAGE, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "read-only");
    CHECK_REFUSED(aclrtMemset(range, 2 * PAGE, 1, 2 * PAGE), ACL_ERROR_RT_PARAM_INVALID, "read-only");
    CHECK_OK(aclrtMemset(range, PAGE, 4, PAGE));
    // Writing, and the host beside the device, at the same address.
    desc[0].flags = ACL_RT_MEM_ACCESS_FLAGS_READWRITE;
    desc[1].location = host;
    desc[1].flags = ACL_RT_MEM_ACCESS_FLAGS_READWRITE;
    CHECK_OK(aclrtMemSetAccess(range + PAGE, PAGE, desc, 2));
    put(range + PAGE, 6);
    CHECK(range[PAGE] == 6);
    range[PAGE + 1] = 9;
    CHECK(get(range + 1) == 9);
    desc[1].flags = ACL_RT_MEM_ACCESS_FLAGS_READ;
    CHECK_OK(aclrtMemSetAccess(range + PAGE, PAGE, desc + 1, 1));
    CHECK(range[PAGE + 1] == 9);
    CHECK_OK(aclrtMemGetAccess(range + PAGE, &host, &flag));
    CHECK(flag == ACL_RT_MEM_ACCESS_FLAGS_READ);
    // Taken back.
    desc[0].flags = ACL_RT_MEM_ACCESS_FLAGS_NONE;
    CHECK_OK(aclrtMemSetAccess(range + PAGE, PAGE, desc, 1));
    CHECK_REFUSED(aclrtMemset(range + PAGE, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK(get(range) == 6);
    // Of a peer it is remembered.
    desc[0].location = peer;
    desc[0].flags = ACL_RT_MEM_ACCESS_FLAGS_READ;
    CHECK_OK(aclrtMemSetAccess(range, PAGE, desc, 1));
    CHECK_OK(aclrtMemGetAccess(range, &peer, &flag));
    CHECK(flag == ACL_RT_MEM_ACCESS_FLAGS_READ);
    put(range, 5);
    CHECK_REFUSED(aclrtMemSetAccess(range, 2 * PAGE, desc, 1), ACL_ERROR_RT_PARAM_INVALID, "all 2097152 bytes");
    CHECK_REFUSED(aclrtMemSetAccess(range + 2 * PAGE, PAGE, desc, 1), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    CHECK_REFUSED(aclrtMemSetAccess(range + 512, PAGE, desc, 1), ACL_ERROR_RT_PARAM_INVALID, "bytes inside");
    CHECK_CODE(aclrtMemSetAccess(range, PAGE, desc, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemSetAccess(range, PAGE, NULL, 0), ACL_ERROR_INVALID_PARAM);
    desc[0].flags = (aclrtMemAccessFlags)2;
    CHECK_REFUSED(aclrtMemSetAccess(range, PAGE, desc, 1), ACL_ERROR_RT_PARAM_INVALID, "flags");
    desc[0].flags = ACL_RT_MEM_ACCESS_FLAGS_READ;
    desc[0].location = none;
    CHECK_CODE(aclrtMemSetAccess(range, PAGE, desc, 1), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtMemGetAccess(range, &none, &flag), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtUnmapMem(range + PAGE));
    CHECK_OK(aclrtFreePhysical(a));
    CHECK_OK(aclrtReleaseMemAddress(range));
}

// Memory of the host lies under one address for host and device, and costs the device nothing.
static void of_the_host(void)
{
    aclrtPhysicalMemProp prop = on_device(0);
    prop.location.type = ACL_MEM_LOCATION_TYPE_HOST;
    aclrtDrvMemHandle a;
    char *range = NULL;
    const size_t before = free_bytes();
    CHECK_OK(aclrtReserveMemAddress((void **)&range, PAGE, 0, NULL, 0));
    CHECK_OK(aclrtMallocPhysical(&a, PAGE, &prop, 0));
    CHECK(free_bytes() == before);
    CHECK_OK(aclrtMapMem(range, PAGE, 0, a, 0));
    range[7] = 3;
    CHECK(get(range + 7) == 3);
    put(range, 8);
    CHECK(range[PAGE - 1] == 8);
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtFreePhysical(a));
    CHECK_OK(aclrtReleaseMemAddress(range));
    prop.location.type = ACL_MEM_LOCATION_TYPE_MANAGED;
    CHECK_CODE(aclrtMallocPhysical(&a, PAGE, &prop, 0), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
}

// Handles found again by address, what they say, and the same memory at a second range.
static void handles(void)
{
    aclrtPhysicalMemProp prop = on_device(1), told;
    aclrtDrvMemHandle a, b, again = NULL;
    char *range = NULL, *second = NULL;
    void *base = NULL;
    size_t size = 0;
    prop.memAttr = ACL_HBM_MEM_P2P_HUGE;
    CHECK_OK(aclrtSetDevice(1));
    const size_t before = free_bytes();
    CHECK_OK(aclrtReserveMemAddress((void **)&range, 4 * PAGE, 0, NULL, 0));
    CHECK_OK(aclrtReserveMemAddress((void **)&second, 4 * PAGE, 0, NULL, 0));
    CHECK_OK(aclrtMallocPhysical(&a, PAGE, &prop, 0));
    CHECK_OK(aclrtMallocPhysical(&b, 2 * PAGE, &prop, 0));
    CHECK_OK(aclrtMemGetAllocationPropertiesFromHandle(a, &told));
    CHECK(memcmp(&told, &prop, sizeof(prop)) == 0);
    CHECK_CODE(aclrtMemGetAllocationPropertiesFromHandle(NULL, &told), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtMapMem(range, PAGE, 0, a, 0));
    CHECK_OK(aclrtMapMem(range + 2 * PAGE, 2 * PAGE, 0, b, 0));
    CHECK_OK(aclrtMemGetAddressRange(range + 3 * PAGE, &base, &size));
    CHECK(base == range + 2 * PAGE && size == 2 * PAGE);
    CHECK_REFUSED(aclrtMemGetAddressRange(range + PAGE, &base, &size), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    // Held twice, freed twice.
    CHECK_OK(aclrtMemRetainAllocationHandle(range, &again));
    CHECK(again == a);
    CHECK_OK(aclrtFreePhysical(a));
    CHECK_OK(aclrtMemGetAllocationPropertiesFromHandle(a, &told));
    CHECK_OK(aclrtFreePhysical(a));
    CHECK_CODE(aclrtFreePhysical(a), ACL_ERROR_RT_INVALID_HANDLE);
    // Mapped memory can be had back although nobody holds it.
    CHECK_OK(aclrtMemRetainAllocationHandle(range, &again));
    CHECK(again != a);
    CHECK_OK(aclrtMemGetAllocationPropertiesFromHandle(again, &told));
    CHECK(told.location.id == 1 && told.location.type == ACL_MEM_LOCATION_TYPE_DEVICE);
    CHECK_REFUSED(aclrtMemRetainAllocationHandle(range + 512, &again), ACL_ERROR_RT_PARAM_INVALID, "inside one");
    CHECK_REFUSED(aclrtMemRetainAllocationHandle(range + PAGE, &again), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    // The second range shows what the first does, gap included.
    CHECK_OK(aclrtMemMapSelectedLink(second, 4 * PAGE, range, ACL_RT_MEM_LINK_IDX_1));
    put(range, 2);
    put(range + 3 * PAGE, 3);
    CHECK(get(second) == 2 && get(second + 3 * PAGE) == 3);
    CHECK_REFUSED(aclrtMemset(second + PAGE, PAGE, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "in no allocation");
    CHECK_REFUSED(aclrtMemMapSelectedLink(second, 4 * PAGE, range, 0), ACL_ERROR_RT_PARAM_INVALID, "nothing is mapped");
    CHECK_OK(aclrtUnmapMem(second));
    CHECK_OK(aclrtUnmapMem(second + 2 * PAGE));
    CHECK_CODE(aclrtMemMapSelectedLink(second, 4 * PAGE, range, 2), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtMemMapSelectedLink(second, 2 * PAGE, range, 0), ACL_ERROR_RT_PARAM_INVALID, "in one of");
    CHECK_REFUSED(aclrtMemMapSelectedLink(second + PAGE, 3 * PAGE, range, 0), ACL_ERROR_RT_PARAM_INVALID, "in one of");
    CHECK_OK(aclrtMemMapSetLink(b, ACL_RT_MEM_ACCESS_LINK_HCCS));
    CHECK_CODE(aclrtMemMapSetLink(b, (aclrtMemLinkType)4), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemMapSetLink(a, ACL_RT_MEM_ACCESS_LINK_HCCS), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtUnmapMem(range + 2 * PAGE));
    CHECK_OK(aclrtFreePhysical(again));
    CHECK_OK(aclrtFreePhysical(b));
    CHECK(free_bytes() == before);
    CHECK_OK(aclrtReleaseMemAddress(range));
    CHECK_OK(aclrtReleaseMemAddress(second));
    CHECK_OK(aclrtResetDevice(1));
    CHECK_OK(aclrtSetDevice(0));
}

// What an address is part of.
static void places(void)
{
    void *range = NULL, *plain = NULL, *host = NULL, *base = NULL;
    size_t size = 0;
    uint32_t all = 77;
    CHECK_OK(aclrtReserveMemAddress(&range, PAGE, 0, NULL, 0));
    CHECK_OK(aclrtMallocForTaskScheduler(&plain, 1000, ACL_MEM_MALLOC_HUGE_FIRST, NULL));
    CHECK_CODE(aclrtMallocForTaskScheduler(&base, 0, ACL_MEM_MALLOC_HUGE_FIRST, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMallocForTaskScheduler(NULL, 64, ACL_MEM_MALLOC_HUGE_FIRST, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtMallocHost(&host, 500));
    CHECK_OK(aclrtMemGetAddressRange((char *)plain + 999, &base, &size));
    CHECK(base == plain && size == 1000);
    CHECK_OK(aclrtMemGetAddressRange((char *)host + 1, &base, &size));
    CHECK(base == host && size == 500);
    CHECK_REFUSED(aclrtMemGetAddressRange(&size, &base, &size), ACL_ERROR_RT_PARAM_INVALID, "did not allocate");
    void *both[2] = {plain, range};
    CHECK_OK(aclrtCheckMemType(both, 1, ACL_RT_MEM_TYPE_DEV, &all, 0));
    CHECK(all == 1);
    CHECK_OK(aclrtCheckMemType(both, 2, ACL_RT_MEM_TYPE_DEV, &all, 0));
    CHECK(all == 0);
    CHECK_OK(aclrtCheckMemType(both, 2, ACL_RT_MEM_TYPE_DEV | ACL_RT_MEM_TYPE_RSVD, &all, 0));
    CHECK(all == 1);
    CHECK_OK(aclrtCheckMemType(&host, 1, ACL_RT_MEM_TYPE_DEV, &all, 0));
    CHECK(all == 0);
    CHECK_CODE(aclrtCheckMemType(both, 0, ACL_RT_MEM_TYPE_DEV, &all, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtCheckMemType(both, 1, 1, &all, 0), ACL_ERROR_RT_PARAM_INVALID, "memType");
    CHECK_CODE(aclrtCheckMemType(both, 1, ACL_RT_MEM_TYPE_DEV, &all, 1), ACL_ERROR_RT_PARAM_INVALID);
    // A peer reaches memory after this.
    int32_t may = 0;
    CHECK_OK(aclrtMemP2PMap(plain, 1000, 1, 0));
    CHECK_OK(aclrtDevicePeerAccessStatus(1, 0, &may));
    CHECK(may == 1);
    CHECK_CODE(aclrtMemP2PMap(plain, 1000, 0, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemP2PMap(plain, 1000, 2, 0), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtMemP2PMap(plain, 1000, 1, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtMemP2PMap(plain, 1001, 1, 0), ACL_ERROR_RT_PARAM_INVALID, "at most 1000");
    CHECK_CODE(aclrtMemP2PMap(plain, 0, 1, 0), ACL_ERROR_INVALID_PARAM);
    // Simulated memory does not fail.
    aclrtMemUceInfo found[2];
    memset(found, 0, sizeof(found));
    size_t count = 77;
    CHECK_OK(aclrtGetMemUceInfo(0, found, 2, &count));
    CHECK(count == 0);
    CHECK_CODE(aclrtGetMemUceInfo(0, found, 0, &count), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetMemUceInfo(7, found, 2, &count), ACL_ERROR_RT_INVALID_DEVICEID);
    found[0].addr = plain;
    CHECK_REFUSED(aclrtMemUceRepair(0, found, 1), ACL_ERROR_RT_PARAM_INVALID, "there is none");
    CHECK_CODE(aclrtMemUceRepair(0, found, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtFree(plain));
    CHECK_OK(aclrtFreeHost(host));
    CHECK_OK(aclrtReleaseMemAddress(range));
}

// A framework asks whether there are such ranges before it chooses a device.
static void without_context(void)
{
    void *range = NULL;
    int32_t device = -1;
    CHECK_OK(aclrtReserveMemAddress(&range, 512, 0, NULL, 1));
    CHECK(range != NULL);
    CHECK_OK(aclrtReleaseMemAddress(range));
    CHECK_CODE(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL);
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK(setenv("ACLSIM_MEMORY", "64MiB", 1) == 0);
    without_context();
    CHECK_OK(aclrtSetDevice(0));
    content();
    refusals();
    growing();
    rights();
    of_the_host();
    handles();
    places();
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
