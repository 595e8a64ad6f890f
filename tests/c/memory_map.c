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
    uint64_t shared = 5;
    CHECK_CODE(aclrtMemExportToShareableHandle(a, ACL_MEM_HANDLE_TYPE_NONE, 0, &shared),
               ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK(shared == 5);
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
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
