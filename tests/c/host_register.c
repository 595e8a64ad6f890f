// Host memory that devices reach: its device addresses, what may use them, and how registrations end.
#include "check.h"
#include "hold.h"
#include "multiply.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096, COUNT = 4096, BYTES = COUNT * (int)sizeof(float), INVALID = 161002 };

static void *const UNTOUCHED = (void *)(uintptr_t)0x5a5a5a50;
static aclrtStream stream;

static float *pages(size_t bytes)
{
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(block != MAP_FAILED);
    return (float *)block;
}

static void refusals(void)
{
    float *host = pages(2 * PAGE);
    void *device = UNTOUCHED;
    CHECK_REFUSED(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_MAPPED, &device), ACL_ERROR_RT_CONTEXT_NULL,
                  "context");
    CHECK_CODE(aclrtHostRegisterV2(host, PAGE, ACL_HOST_REG_MAPPED), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_CODE(aclrtHostRegister(NULL, PAGE, ACL_HOST_REGISTER_MAPPED, &device), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_MAPPED, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtHostRegister(host, 0, ACL_HOST_REGISTER_MAPPED, &device), ACL_ERROR_INVALID_PARAM, "size");
    CHECK_REFUSED(aclrtHostRegister(host, PAGE, (aclrtHostRegisterType)1, &device), ACL_ERROR_RT_PARAM_INVALID, "type");
    CHECK_REFUSED(aclrtHostRegister((char *)host + 64, PAGE, ACL_HOST_REGISTER_MAPPED, &device),
                  ACL_ERROR_RT_PARAM_INVALID, "aligned to 4096");
    CHECK_REFUSED(aclrtHostRegister(host, UINT64_MAX - 5, ACL_HOST_REGISTER_MAPPED, &device),
                  ACL_ERROR_RT_PARAM_INVALID, "bytes that exist");
    CHECK_CODE(aclrtHostRegisterV2(NULL, PAGE, ACL_HOST_REG_MAPPED), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtHostRegisterV2(host, 0, ACL_HOST_REG_MAPPED), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtHostRegisterV2(host, PAGE, 0), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_REFUSED(aclrtHostRegisterV2(host, PAGE, ACL_HOST_REG_MAPPED | 1), ACL_ERROR_RT_PARAM_INVALID, "0x3");
    CHECK_OK(munmap((char *)host + PAGE, PAGE));
    CHECK_REFUSED(aclrtHostRegister(host, 2 * PAGE, ACL_HOST_REGISTER_MAPPED, &device), ACL_ERROR_RT_PARAM_INVALID,
                  "none is mapped");
    // What the device must write, the program must be able to write.
    CHECK_OK(mprotect(host, PAGE, PROT_READ));
    CHECK_REFUSED(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_MAPPED, &device), ACL_ERROR_RT_PARAM_INVALID,
                  "readable and writable", "r--p");
    CHECK(device == UNTOUCHED);
    CHECK_OK(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_READONLY, &device));
    CHECK_OK(aclrtHostUnregister(host));
    CHECK_OK(mprotect(host, PAGE, PROT_NONE));
    device = UNTOUCHED;
    CHECK_CODE(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_READONLY, &device), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(device == UNTOUCHED);
    void *plain = NULL;
    CHECK_OK(aclrtMalloc(&plain, PAGE, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_REFUSED(aclrtHostRegister(plain, 64, ACL_HOST_REGISTER_MAPPED, &device), ACL_ERROR_RT_PARAM_INVALID,
                  "expected host memory");
    CHECK_OK(aclrtFree(plain));
    CHECK_CODE(aclrtHostUnregister(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtHostUnregister(host), ACL_ERROR_HOST_MEMORY_NOT_REGISTERED, "not registered");
    CHECK_CODE(aclrtHostGetDevicePointer(host, &device, 0), ACL_ERROR_HOST_MEMORY_NOT_REGISTERED);
    CHECK(device == UNTOUCHED);
    CHECK_OK(munmap(host, PAGE));
}

// Host and device work on the same bytes; nothing is copied.
static void zero_copy(void)
{
    float *host = pages(3 * BYTES);
    void *device = NULL;
    for (int i = 0; i < 2 * COUNT; i++) {
        host[i] = (float)(i % 100);
    }
    CHECK_OK(aclrtHostRegister(host, 3 * BYTES, ACL_HOST_REGISTER_MAPPED, &device));
    CHECK(device != NULL && device != (void *)host);
    char *at = (char *)device;
    CHECK_OK(multiply(at + 2 * BYTES, at, at + BYTES, COUNT, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    for (int i = 0; i < COUNT; i++) {
        if (host[2 * COUNT + i] != host[i] * host[COUNT + i]) {
            CHECK(host[2 * COUNT + i] == host[i] * host[COUNT + i]);
            break;
        }
    }
    host[0] = 9.0F;
    host[COUNT] = 3.0F;
    CHECK_OK(multiply(at + 2 * BYTES, at, at + BYTES, COUNT, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(host[2 * COUNT] == 27.0F);
    // Bytes inside have addresses as well; registered memory ends where it ends.
    void *inside = NULL;
    CHECK_OK(aclrtHostGetDevicePointer(host + 5, &inside, 0));
    CHECK(inside == at + 5 * sizeof(float));
    CHECK_CODE(aclrtHostGetDevicePointer(NULL, &inside, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtHostGetDevicePointer(host, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtHostGetDevicePointer(host, &inside, 1), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_REFUSED(multiply(at + 2 * BYTES, at, at + BYTES, COUNT + 1, stream), INVALID, "at most");
    // It serves kernels, not copies.
    float value[16] = {0};
    CHECK_REFUSED(aclrtMemcpy(value, sizeof(value), device, sizeof(value), ACL_MEMCPY_DEVICE_TO_HOST),
                  ACL_ERROR_RT_PARAM_INVALID, "serves kernels", "host address");
    CHECK_CODE(aclrtMemcpyAsync(device, sizeof(value), host, sizeof(value), ACL_MEMCPY_HOST_TO_DEVICE, stream),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtMemset(device, PAGE, 0, PAGE), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtFree(device), ACL_ERROR_RT_PARAM_INVALID, "aclrtHostRegister");
    // Copies take the host's address, and operators mix both kinds of memory.
    void *plain = NULL;
    CHECK_OK(aclrtMalloc(&plain, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(plain, BYTES, host, BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(multiply(plain, plain, at + BYTES, COUNT, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(value, sizeof(value), plain, sizeof(value), ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(value[0] == 27.0F && value[7] == host[7] * host[COUNT + 7]);
    CHECK_OK(aclrtFree(plain));
    // Registered once, and any part of it.
    void *again = UNTOUCHED;
    CHECK_REFUSED(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_MAPPED, &again),
                  ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "not registered");
    CHECK_CODE(aclrtHostRegister((char *)host + PAGE, PAGE, ACL_HOST_REGISTER_MAPPED, &again),
               ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    CHECK_CODE(aclrtHostRegisterV2(host, PAGE, ACL_HOST_REG_PINNED), ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    CHECK(again == UNTOUCHED);
    CHECK_REFUSED(aclrtHostUnregister((char *)host + PAGE), ACL_ERROR_HOST_MEMORY_NOT_REGISTERED, "4096 bytes inside");
    CHECK_OK(aclrtHostUnregister(host));
    CHECK_CODE(aclrtHostUnregister(host), ACL_ERROR_HOST_MEMORY_NOT_REGISTERED);
    CHECK_REFUSED(multiply(at + 2 * BYTES, at, at + BYTES, COUNT, stream), INVALID, "aclrtHostUnregister");
    CHECK_OK(munmap(host, 3 * BYTES));
}

static void read_only(void)
{
    float *host = pages(BYTES);
    void *device = NULL, *out = NULL;
    host[1] = 4.0F;
    CHECK_OK(aclrtMalloc(&out, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtHostRegister(host, BYTES, ACL_HOST_REGISTER_READONLY, &device));
    CHECK_OK(multiply(out, device, device, COUNT, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    float value = 0;
    CHECK_OK(aclrtMemcpy(&value, sizeof(value), (float *)out + 1, sizeof(value), ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(value == 16.0F);
    CHECK_REFUSED(multiply(device, out, out, COUNT, stream), INVALID, "read-only");
    CHECK_OK(aclrtHostUnregister(host));
    // Nothing of it is left behind.
    CHECK_OK(aclrtHostRegister(host, BYTES, ACL_HOST_REGISTER_MAPPED, &device));
    CHECK_OK(multiply(device, out, out, COUNT, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(host[1] == 256.0F);
    CHECK_OK(aclrtHostUnregister(host));
    CHECK_OK(aclrtFree(out));
    CHECK_OK(munmap(host, BYTES));
}

// Pinned memory makes asynchronous copies asynchronous.
static void pinned(void)
{
    char *host = (char *)pages(2 * PAGE);
    void *device = NULL, *plain = NULL;
    aclrtPtrAttributes attributes;
    struct hold hold;
    CHECK_OK(aclrtMalloc(&plain, PAGE, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtHostRegisterV2(host, PAGE, ACL_HOST_REG_PINNED));
    CHECK_REFUSED(aclrtHostGetDevicePointer(host, &device, 0), ACL_ERROR_HOST_MEMORY_NOT_REGISTERED,
                  "without a device address");
    CHECK_OK(aclrtPointerGetAttributes(host, &attributes));
    CHECK(attributes.location.type == ACL_MEM_LOCATION_TYPE_HOST);
    memset(host, 7, PAGE);
    hold_stream(&hold, stream);
    // Would wait for the stream, and so forever, if the memory were pageable.
    CHECK_OK(aclrtMemcpyAsync(plain, PAGE, host, PAGE, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_REFUSED(aclrtFreeHost(host), ACL_ERROR_RT_PARAM_INVALID, "aclrtHostRegister");
    CHECK_OK(aclrtHostUnregister(host));
    CHECK_OK(aclrtPointerGetAttributes(host, &attributes));
    CHECK(attributes.location.type == ACL_MEM_LOCATION_TYPE_UNREGISTERED);
    // Both at once.
    CHECK_OK(aclrtHostRegisterV2(host, 2 * PAGE, ACL_HOST_REG_PINNED | ACL_HOST_REG_MAPPED));
    CHECK_OK(aclrtHostGetDevicePointer(host, &device, 0));
    CHECK_OK(aclrtHostUnregister(host));
    CHECK_OK(aclrtFree(plain));
    CHECK_OK(munmap(host, 2 * PAGE));
}

// Memory that goes away while the device may still use it.
static void endings(void)
{
    // Unregistering waits for queued work: after it, the memory may go.
    float *host = pages(3 * BYTES);
    void *device = NULL;
    host[0] = 2.0F;
    host[COUNT] = 5.0F;
    CHECK_OK(aclrtHostRegister(host, 3 * BYTES, ACL_HOST_REGISTER_MAPPED, &device));
    char *at = (char *)device;
    for (int i = 0; i < 50; i++) {
        CHECK_OK(multiply(at + 2 * BYTES, at, at + BYTES, COUNT, stream));
    }
    CHECK_OK(aclrtHostUnregister(host));
    CHECK(host[2 * COUNT] == 10.0F);
    CHECK_OK(munmap(host, 3 * BYTES));
    // Unmapped while registered: work that is queued ends without harm, new work is refused.
    host = pages(3 * BYTES);
    struct hold hold;
    CHECK_OK(aclrtHostRegister(host, 3 * BYTES, ACL_HOST_REGISTER_MAPPED, &device));
    at = (char *)device;
    hold_stream(&hold, stream);
    CHECK_OK(multiply(at + 2 * BYTES, at, at + BYTES, COUNT, stream));
    CHECK_OK(munmap(host, 3 * BYTES));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(munmap(host, 3 * BYTES));
    CHECK_REFUSED(multiply(at + 2 * BYTES, at, at + BYTES, COUNT, stream), INVALID, "freed by the program");
    CHECK_OK(aclrtHostUnregister(host));
    // Unmapped between the two phases of an operator small enough to run at once.
    host = pages(PAGE);
    CHECK_OK(aclrtHostRegister(host, PAGE, ACL_HOST_REGISTER_MAPPED, &device));
    const int64_t dims[] = {16};
    aclTensor *tensor = aclCreateTensor(dims, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 1, device);
    aclOpExecutor *executor = NULL;
    uint64_t size = 0;
    CHECK_OK(aclnnMulGetWorkspaceSize(tensor, tensor, tensor, &size, &executor));
    CHECK_OK(munmap(host, PAGE));
    CHECK_REFUSED(aclnnMul(NULL, size, executor, stream), INVALID, "freed by the program");
    CHECK_OK(aclDestroyTensor(tensor));
    CHECK_OK(aclrtHostUnregister(host));
    // Pinned blocks end their registration with themselves.
    void *block = NULL;
    CHECK_OK(aclrtMallocHost(&block, 8 << 20));
    CHECK_OK(aclrtHostRegister(block, 8 << 20, ACL_HOST_REGISTER_MAPPED, &device));
    CHECK_OK(multiply(device, device, device, COUNT, stream));
    CHECK_OK(aclrtFreeHost(block));
    CHECK_CODE(aclrtHostUnregister(block), ACL_ERROR_HOST_MEMORY_NOT_REGISTERED);
    CHECK_REFUSED(multiply(device, device, device, COUNT, stream), INVALID, "aclrtHostUnregister");
}

static void capabilities(void)
{
    aclrtHostMemMapCapability can = ACL_RT_HOST_MEM_MAP_NOT_SUPPORTED;
    CHECK_OK(aclrtHostMemMapCapabilities(0, ACL_RT_HAC_TYPE_AIV, &can));
    CHECK(can == ACL_RT_HOST_MEM_MAP_SUPPORTED);
    CHECK_OK(aclrtHostMemMapCapabilities(0, ACL_RT_HAC_TYPE_RDMA, &can));
    CHECK(can == ACL_RT_HOST_MEM_MAP_NOT_SUPPORTED);
    CHECK_CODE(aclrtHostMemMapCapabilities(0, (aclrtHacType)10, &can), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtHostMemMapCapabilities(64, ACL_RT_HAC_TYPE_AIV, &can), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtHostMemMapCapabilities(0, ACL_RT_HAC_TYPE_AIV, NULL), ACL_ERROR_INVALID_PARAM);
}

static void free_with_sync(void)
{
    void *block = NULL, *plain = NULL;
    CHECK_OK(aclrtMallocHost(&block, BYTES));
    CHECK_OK(aclrtMalloc(&plain, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    memset(block, 1, BYTES);
    CHECK_OK(aclrtMemcpyAsync(plain, BYTES, block, BYTES, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    // The queued copy is over before its source goes: it cannot fail.
    CHECK_OK(aclrtFreeHostWithDevSync(block));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_CODE(aclrtFreeHostWithDevSync(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtFreeHostWithDevSync(block), ACL_ERROR_RT_PARAM_INVALID, "aclrtFreeHostWithDevSync");
    CHECK_OK(aclrtFree(plain));
}

int main(void)
{
    refusals();
    zero_copy();
    read_only();
    pinned();
    endings();
    capabilities();
    free_with_sync();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
