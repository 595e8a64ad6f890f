// Overflows: searched for where the stream says so, saturated where the device said so when the stream was made.
#include "check.h"

#include <aclnnop/aclnn_mul.h>
#include <math.h>
#include <stdint.h>
#include <float.h>

enum { N = 4, STATUS = 64 };

static char *memory;
static void *status_device;

static aclTensor *vector(size_t offset)
{
    const int64_t length = N;
    return aclCreateTensor(&length, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, &length, 1, memory + offset);
}

// out = a * b on a stream.
static void multiply(aclrtStream stream, const float *a, const float *b, float *out)
{
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *first = vector(0), *second = vector(64), *result = vector(128);
    CHECK_OK(aclrtMemcpy(memory, N * 4, a, N * 4, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(memory + 64, N * 4, b, N * 4, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclnnMulGetWorkspaceSize(first, second, result, &size, &executor));
    CHECK(size == 0);
    CHECK_OK(aclnnMul(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(out, N * 4, memory + 128, N * 4, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK_OK(aclDestroyTensor(first));
    CHECK_OK(aclDestroyTensor(second));
    CHECK_OK(aclDestroyTensor(result));
}

static uint32_t word(const void *device)
{
    uint32_t value = 77;
    CHECK_OK(aclrtMemcpy(&value, 4, device, 4, ACL_MEMCPY_DEVICE_TO_HOST));
    return value;
}

static uint32_t status(aclrtStream stream)
{
    unsigned char bytes[STATUS];
    int other = 0;
    CHECK_OK(aclrtMemset(status_device, STATUS, 0x55, STATUS));
    CHECK_OK(aclrtGetOverflowStatus(status_device, STATUS, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(bytes, STATUS, status_device, STATUS, ACL_MEMCPY_DEVICE_TO_HOST));
    for (int i = 4; i < STATUS; i++) {
        other += bytes[i] != 0;
    }
    CHECK(other == 0);
    return word(status_device);
}

static const float ones[N] = {1, 1, 1, 1}, big[N] = {FLT_MAX, 2, -FLT_MAX, 0}, two[N] = {2, 2, 2, 2},
                   infinite[N] = {1, INFINITY, 1, 1};

static void searched(void)
{
    aclrtStream stream, other;
    float out[N];
    uint32_t flag = 77;
    void *shown = NULL, *again = NULL;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&other));
    CHECK_OK(aclrtGetStreamOverflowSwitch(stream, &flag));
    CHECK(flag == 0);
    CHECK_CODE(aclrtGetStreamOverflowSwitch(stream, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtSetStreamOverflowSwitch(stream, 2), ACL_ERROR_RT_PARAM_INVALID, "flag", "got 2");
    // Off: nobody looks.
    multiply(stream, big, two, out);
    CHECK(isinf(out[0]) && out[1] == 4 && isinf(out[2]) && out[3] == 0);
    CHECK(status(stream) == 0);
    CHECK_OK(aclrtSetStreamOverflowSwitch(stream, 1));
    CHECK_OK(aclrtGetStreamOverflowSwitch(stream, &flag));
    CHECK(flag == 1);
    multiply(stream, ones, two, out);
    CHECK(status(stream) == 0);
    multiply(other, big, two, out);
    CHECK(status(stream) == 0);
    // On: the results are as they were, and the status of the device is set until it is reset.
    multiply(stream, big, two, out);
    CHECK(isinf(out[0]) && out[0] > 0 && isinf(out[2]) && out[2] < 0);
    CHECK(status(stream) == 1);
    multiply(stream, ones, two, out);
    CHECK(status(other) == 1);

    CHECK_CODE(aclrtCtxGetFloatOverflowAddr(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtCtxGetFloatOverflowAddr(&shown));
    CHECK_OK(aclrtCtxGetFloatOverflowAddr(&again));
    CHECK(shown != NULL && shown == again);
    CHECK(word(shown) == 1);
    CHECK_OK(aclrtResetOverflowStatus(other));
    CHECK_OK(aclrtSynchronizeStream(other));
    CHECK(word(shown) == 0);
    CHECK(status(stream) == 0);
    // Zero times infinity is no number.
    multiply(stream, (const float[N]){0, 0, 0, 0}, infinite, out);
    CHECK(isnan(out[1]));
    CHECK(word(shown) == 1);

    // The other names of the same.
    CHECK_OK(aclrtGetFloatOverflowStatus(status_device, STATUS, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(word(status_device) == 1);
    CHECK_OK(aclrtResetFloatOverflowStatus(stream));
    CHECK_OK(aclrtNpuGetFloatOverFlowStatus(status_device, STATUS, 0, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(word(status_device) == 0);
    multiply(stream, big, two, out);
    CHECK_OK(aclrtNpuClearFloatOverFlowStatus(0, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(status(NULL) == 0);

    CHECK_REFUSED(aclrtGetOverflowStatus(status_device, 4, stream), ACL_ERROR_RT_PARAM_INVALID, "outputSize", "got 4");
    CHECK_CODE(aclrtGetOverflowStatus(NULL, STATUS, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetFloatOverflowStatus(NULL, STATUS, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetOverflowStatus(memory + 4096 - 8, STATUS, stream), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtNpuGetFloatOverFlowStatus(status_device, STATUS, 9, stream), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtNpuClearFloatOverFlowStatus(9, stream), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtDestroyStream(other));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_CODE(aclrtSetStreamOverflowSwitch(stream, 1), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtResetOverflowStatus(stream), ACL_ERROR_RT_INVALID_HANDLE);
}

static void saturated(void)
{
    aclrtStream before, stream;
    aclrtFloatOverflowMode mode = ACL_RT_OVERFLOW_MODE_UNDEF;
    float out[N];
    CHECK_OK(aclrtCreateStream(&before));
    CHECK_OK(aclrtSetDeviceSatMode(ACL_RT_OVERFLOW_MODE_SATURATION));
    CHECK_OK(aclrtGetDeviceSatMode(&mode));
    CHECK(mode == ACL_RT_OVERFLOW_MODE_SATURATION);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtSetDeviceSatMode(ACL_RT_OVERFLOW_MODE_INFNAN));
    multiply(stream, big, two, out);
    CHECK(out[0] == FLT_MAX && out[1] == 4 && out[2] == -FLT_MAX && out[3] == 0);
    CHECK(status(stream) == 1);
    multiply(stream, (const float[N]){0, 0, 3, 3}, infinite, out);
    CHECK(out[1] == 0 && out[2] == 3);
    // A stream from before computes as before.
    multiply(before, big, two, out);
    CHECK(isinf(out[0]));
    CHECK_OK(aclrtResetOverflowStatus(stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtDestroyStream(before));
}

int main(void)
{
    void *shown = NULL, *block = NULL;
    CHECK_CODE(aclrtResetOverflowStatus(NULL), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_CODE(aclrtCtxGetFloatOverflowAddr(&shown), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc(&block, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    memory = (char *)block;
    CHECK_OK(aclrtMalloc(&status_device, STATUS, ACL_MEM_MALLOC_HUGE_FIRST));
    searched();
    saturated();
    CHECK_OK(aclrtFree(status_device));
    CHECK_OK(aclrtFree(memory));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
