// Managed memory: one address for host and devices, advice about pages, prefetching. Runs with two devices.
#include "check.h"
#include "multiply.h"

#include <stdint.h>
#include <stdlib.h>

enum { MIB = 1 << 20, PAGE = 2 * MIB, COUNT = 1000 };

static aclrtStream stream;

static aclrtMemManagedLocation location(aclrtMemManagedLocationType type, int32_t id)
{
    const aclrtMemManagedLocation it = {type, id};
    return it;
}

static void one_address(void)
{
    float *numbers = NULL;
    CHECK_CODE(aclrtMemAllocManaged((void **)&numbers, PAGE, ACL_RT_MEM_ATTACH_GLOBAL), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_CODE(aclrtMemAllocManaged(NULL, PAGE, ACL_RT_MEM_ATTACH_GLOBAL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemAllocManaged((void **)&numbers, 0, ACL_RT_MEM_ATTACH_GLOBAL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtMemAllocManaged((void **)&numbers, PAGE, 2), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_CODE(aclrtMemAllocManaged((void **)&numbers, ((uint64_t)3 << 40) + 1, ACL_RT_MEM_ATTACH_GLOBAL),
               ACL_ERROR_RT_MEMORY_ALLOCATION);
    CHECK(numbers == NULL);
    CHECK_OK(aclrtMemAllocManaged((void **)&numbers, 3 * COUNT * sizeof(float), ACL_RT_MEM_ATTACH_GLOBAL));
    CHECK(((uintptr_t)numbers & (PAGE - 1)) == 0);
    for (int i = 0; i < 2 * COUNT; i++) {
        numbers[i] = (float)i;
    }
    CHECK_OK(multiply(numbers + 2 * COUNT, numbers, numbers + COUNT, COUNT, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(numbers[2 * COUNT + 3] == 3.0F * (COUNT + 3));
    // Copies and fills take it as well, also beyond the size asked for: the block is whole pages.
    char bytes[16];
    CHECK_OK(aclrtMemset((char *)numbers + PAGE - 16, 16, 6, 16));
    CHECK_OK(aclrtMemcpy(bytes, 16, (char *)numbers + PAGE - 16, 16, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(bytes[15] == 6 && ((char *)numbers)[PAGE - 1] == 6);
    CHECK_REFUSED(aclrtMemset((char *)numbers + PAGE - 16, 32, 6, 32), ACL_ERROR_RT_PARAM_INVALID, "at most 16");
    // All devices use it.
    CHECK_OK(aclrtSetDevice(1));
    void *other = NULL;
    CHECK_OK(aclrtMalloc(&other, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(other, 64, numbers, 64, ACL_MEMCPY_DEVICE_TO_DEVICE));
    CHECK_OK(multiply(numbers + 2 * COUNT, other, other, 16, NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(numbers[2 * COUNT + 3] == 9.0F);
    CHECK_OK(aclrtFree(other));
    CHECK_OK(aclrtResetDevice(1));
    CHECK_OK(aclrtSetDevice(0));
    aclrtPtrAttributes attributes;
    CHECK_OK(aclrtPointerGetAttributes(numbers + 1, &attributes));
    CHECK(attributes.location.type == ACL_MEM_LOCATION_TYPE_MANAGED);
    void *base = NULL;
    size_t size = 0;
    CHECK_OK(aclrtMemGetAddressRange(numbers + 5, &base, &size));
    CHECK(base == numbers && size == PAGE);
    CHECK_REFUSED(aclrtFree(numbers + 1), ACL_ERROR_RT_PARAM_INVALID, "aclrtMemAllocManaged");
    CHECK_OK(aclrtFree(numbers));
    CHECK_REFUSED(aclrtFree(numbers), ACL_ERROR_RT_PARAM_INVALID, "freed by aclrtFree");
    CHECK_REFUSED(multiply(numbers, numbers, numbers, COUNT, stream), 161002, "freed by aclrtFree");
}

static int32_t attribute(aclrtMemManagedRangeAttribute which, const void *ptr, size_t size)
{
    int32_t value = 77;
    CHECK_OK(aclrtMemManagedGetAttr(which, ptr, size, &value, sizeof(value)));
    return value;
}

static void advice(void)
{
    char *block = NULL;
    CHECK_OK(aclrtMemAllocManaged((void **)&block, 4 * PAGE, ACL_RT_MEM_ATTACH_GLOBAL));
    const aclrtMemManagedLocation none = location(ACL_MEM_LOCATIONTYPE_INVALID, 0);
    const aclrtMemManagedLocation host = location(ACL_MEM_LOCATIONTYPE_HOST, 0);
    const aclrtMemManagedLocation first = location(ACL_MEM_LOCATIONTYPE_DEVICE, 1);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, block, 4 * PAGE) == 0);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, block, 4 * PAGE) == -2);
    CHECK_OK(aclrtMemManagedAdvise(block, 2 * PAGE, ACL_MEM_ADVISE_SET_READ_MOSTLY, none));
    CHECK_OK(aclrtMemManagedAdvise(block + PAGE, 3 * PAGE, ACL_MEM_ADVISE_SET_PREFERRED_LOCATION, first));
    CHECK_OK(aclrtMemManagedAdvise(block, 4 * PAGE, ACL_MEM_ADVISE_SET_ACCESSED_BY, first));
    CHECK_OK(aclrtMemManagedAdvise(block, PAGE, ACL_MEM_ADVISE_SET_ACCESSED_BY, host));
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, block, 2 * PAGE) == 1);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, block, 2 * PAGE + 1) == 0);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, block + PAGE, 3 * PAGE) == 1);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE, block + PAGE, 1) == ACL_MEM_LOCATIONTYPE_DEVICE);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID, block + PAGE, 1) == 1);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION, block, 2 * PAGE) == -2);
    int32_t who[3] = {0, 0, 0};
    CHECK_OK(aclrtMemManagedGetAttr(ACL_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, block, PAGE, who, sizeof(who)));
    CHECK(who[0] == 1 && who[1] == -1 && who[2] == -2);
    CHECK_OK(aclrtMemManagedAdvise(block, 4 * PAGE, ACL_MEM_ADVISE_UNSET_ACCESSED_BY, first));
    CHECK_OK(aclrtMemManagedAdvise(block, 4 * PAGE, ACL_MEM_ADVISE_UNSET_READ_MOSTLY, none));
    CHECK_OK(aclrtMemManagedAdvise(block + PAGE, PAGE, ACL_MEM_ADVISE_UNSET_PREFERRED_LOCATION, none));
    // Several at once.
    aclrtMemManagedRangeAttribute which[2] = {ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY,
                                              ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION};
    int32_t values[2] = {77, 77};
    void *data[2] = {&values[0], &values[1]};
    size_t sizes[2] = {4, 8};
    CHECK_REFUSED(aclrtMemManagedGetAttrs(which, 2, block, PAGE, data, sizes), ACL_ERROR_RT_PARAM_INVALID, "dataSize");
    CHECK(values[0] == 77);
    sizes[1] = 4;
    CHECK_OK(aclrtMemManagedGetAttrs(which, 2, block + 2 * PAGE, PAGE, data, sizes));
    CHECK(values[0] == 0 && values[1] == 1);
    CHECK_CODE(aclrtMemManagedGetAttrs(which, 0, block, PAGE, data, sizes), ACL_ERROR_INVALID_PARAM);
    // What is refused.
    CHECK_REFUSED(aclrtMemManagedAdvise(block, PAGE + 1, ACL_MEM_ADVISE_SET_READ_MOSTLY, none),
                  ACL_ERROR_RT_PARAM_INVALID, "2 MiB");
    CHECK_CODE(aclrtMemManagedAdvise(block, 5 * PAGE, ACL_MEM_ADVISE_SET_READ_MOSTLY, none), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemManagedAdvise(block, PAGE, (aclrtMemManagedAdviseType)6, none), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemManagedAdvise(block, PAGE, ACL_MEM_ADVISE_SET_ACCESSED_BY, none), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemManagedAdvise(block, PAGE, ACL_MEM_ADVISE_SET_ACCESSED_BY,
                                     location(ACL_MEM_LOCATIONTYPE_DEVICE, 9)),
               ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtMemManagedAdvise(block, 0, ACL_MEM_ADVISE_SET_READ_MOSTLY, none), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtMemManagedAdvise(&values, PAGE, ACL_MEM_ADVISE_SET_READ_MOSTLY, none),
                  ACL_ERROR_RT_PARAM_INVALID, "aclrtMemAllocManaged");
    CHECK_CODE(aclrtMemManagedGetAttr((aclrtMemManagedRangeAttribute)9, block, PAGE, &values, 4),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtFree(block));
}

static void prefetch(void)
{
    char *block = NULL;
    CHECK_OK(aclrtMemAllocManaged((void **)&block, 4 * PAGE, ACL_RT_MEM_ATTACH_GLOBAL));
    const aclrtMemManagedLocation host = location(ACL_MEM_LOCATIONTYPE_HOST, 0);
    const aclrtMemManagedLocation first = location(ACL_MEM_LOCATIONTYPE_DEVICE, 0);
    CHECK_OK(aclrtMemManagedPrefetchAsync(block, PAGE, first, 0, stream));
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, block, PAGE) == 0);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, block, 2 * PAGE) == -2);
    const void *ranges[3] = {block, block + PAGE, block + 2 * PAGE};
    size_t sizes[3] = {PAGE, PAGE, PAGE};
    aclrtMemManagedLocation places[2] = {host, location(ACL_MEM_LOCATIONTYPE_HOST_NUMA_CURRENT, 0)};
    size_t firsts[2] = {0, 2};
    CHECK_OK(aclrtMemManagedPrefetchBatchAsync(ranges, sizes, 3, places, firsts, 2, 0, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, block, 2 * PAGE) == -1);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE, block + 2 * PAGE, PAGE) ==
          ACL_MEM_LOCATIONTYPE_HOST_NUMA);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID, block + 3 * PAGE, PAGE) == -2);
    CHECK_CODE(aclrtMemManagedPrefetchAsync(block, PAGE, first, 1, stream), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemManagedPrefetchAsync(block, 0, first, 0, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemManagedPrefetchAsync(block, 5 * PAGE, first, 0, stream), ACL_ERROR_RT_PARAM_INVALID);
    firsts[1] = 3;
    CHECK_REFUSED(aclrtMemManagedPrefetchBatchAsync(ranges, sizes, 3, places, firsts, 2, 0, stream),
                  ACL_ERROR_RT_PARAM_INVALID, "prefetchLocIdxs");
    firsts[1] = 1;
    sizes[2] = 3 * PAGE;
    CHECK_CODE(aclrtMemManagedPrefetchBatchAsync(ranges, sizes, 3, places, firsts, 2, 0, stream),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK(attribute(ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION, block + PAGE, PAGE) == -1);
    // Freed with a prefetch still queued, and everything with the device.
    CHECK_OK(aclrtMemManagedPrefetchAsync(block, 4 * PAGE, first, 0, stream));
    CHECK_OK(aclrtFree(block));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemAllocManaged((void **)&block, PAGE, ACL_RT_MEM_ATTACH_GLOBAL));
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    one_address();
    advice();
    prefetch();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
