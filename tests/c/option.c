// Figures of the chip, options of the runtime, access between devices. Runs with three devices.
#include "check.h"

#include <acl/acl_mdl.h>
#include <stdlib.h>

static void figures(void)
{
    int64_t value = 77;
    int32_t yes = 77;
    const aclCannAttr *list = NULL;
    size_t count = 0;
    CHECK_OK(aclGetDeviceCapability(0, ACL_DEVICE_INFO_AI_CORE_NUM, &value));
    CHECK(value == 20);
    CHECK_OK(aclGetDeviceCapability(2, ACL_DEVICE_INFO_VECTOR_CORE_NUM, &value));
    CHECK(value == 40);
    CHECK_OK(aclGetDeviceCapability(0, ACL_DEVICE_INFO_L2_SIZE, &value));
    CHECK(value == 96 << 20);
    CHECK_CODE(aclGetDeviceCapability(3, ACL_DEVICE_INFO_L2_SIZE, &value), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_REFUSED(aclGetDeviceCapability(0, (aclDeviceInfo)9, &value), ACL_ERROR_INVALID_PARAM, "deviceInfo");
    CHECK(value == 96 << 20);
    CHECK_OK(aclGetCannAttributeList(&list, &count));
    CHECK(count == 3);
    for (size_t i = 0; i < count; i++) {
        CHECK_OK(aclGetCannAttribute(list[i], &yes));
        CHECK(yes == (list[i] != ACL_CANN_ATTR_JIT_COMPILE));
    }
    CHECK_REFUSED(aclGetCannAttribute((aclCannAttr)7, &yes), ACL_ERROR_INVALID_PARAM, "cannAttr");
}

static void options(void)
{
    int64_t value = 77;
    uint64_t limit = 0, interval = 0;
    uint32_t milliseconds = 0;
    aclrtContext other;
    aclrtFloatOverflowMode mode = ACL_RT_OVERFLOW_MODE_UNDEF;
    CHECK_CODE(aclrtCtxSetSysParamOpt(ACL_OPT_DETERMINISTIC, 1), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_CODE(aclrtCtxGetSysParamOpt(ACL_OPT_DETERMINISTIC, &value), ACL_ERROR_RT_SYSPARAMOPT_NOT_SET);
    CHECK(value == 77);
    CHECK_OK(aclrtCtxSetSysParamOpt(ACL_OPT_DETERMINISTIC, 1));
    CHECK_OK(aclrtCtxGetSysParamOpt(ACL_OPT_DETERMINISTIC, &value));
    CHECK(value == 1);
    CHECK_REFUSED(aclrtCtxSetSysParamOpt(ACL_OPT_ENABLE_DEBUG_KERNEL, 2), ACL_ERROR_INVALID_PARAM, "value");
    CHECK_REFUSED(aclrtCtxSetSysParamOpt((aclSysParamOpt)44, 1), ACL_ERROR_INVALID_PARAM, "opt");
    // Each context has its own, and so has the process.
    CHECK_OK(aclrtCreateContext(&other, 0));
    CHECK_CODE(aclrtCtxGetSysParamOpt(ACL_OPT_DETERMINISTIC, &value), ACL_ERROR_RT_SYSPARAMOPT_NOT_SET);
    CHECK_OK(aclrtDestroyContext(other));
    value = 77;
    CHECK_OK(aclrtGetSysParamOpt(ACL_OPT_DETERMINISTIC, &value));
    CHECK(value == 0);
    CHECK_OK(aclrtSetSysParamOpt(ACL_OPT_DETERMINISTIC, 1));
    CHECK_OK(aclrtGetSysParamOpt(ACL_OPT_DETERMINISTIC, &value));
    CHECK(value == 1);
    CHECK_OK(aclrtSetSysParamOpt(ACL_OPT_DETERMINISTIC, 0));

    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtSetDeviceSatMode(ACL_RT_OVERFLOW_MODE_INFNAN));
    CHECK_OK(aclrtGetDeviceSatMode(&mode));
    CHECK(mode == ACL_RT_OVERFLOW_MODE_INFNAN);
    CHECK_OK(aclrtSetDeviceSatMode(ACL_RT_OVERFLOW_MODE_SATURATION));
    CHECK_OK(aclrtGetDeviceSatMode(&mode));
    CHECK(mode == ACL_RT_OVERFLOW_MODE_SATURATION);
    CHECK_OK(aclrtSetDeviceSatMode(ACL_RT_OVERFLOW_MODE_UNDEF));
    CHECK_OK(aclrtGetDeviceSatMode(&mode));
    CHECK(mode == ACL_RT_OVERFLOW_MODE_INFNAN);
    CHECK_CODE(aclrtSetDeviceSatMode((aclrtFloatOverflowMode)5), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtGetOpExecuteTimeout(&milliseconds));
    CHECK_OK(aclrtGetOpTimeOutInterval(&interval));
    CHECK(interval > 0 && milliseconds == (interval * 254 + 999) / 1000);
    CHECK_OK(aclrtSetOpExecuteTimeOut(547));
    CHECK_OK(aclrtGetOpExecuteTimeout(&milliseconds));
    CHECK(milliseconds >= 547000 && milliseconds <= 547000 + interval / 1000 + 1);
    // The next multiple, at most 254 of them.
    CHECK_OK(aclrtSetOpExecuteTimeOutV2(1, &limit));
    CHECK(limit == interval);
    CHECK_OK(aclrtSetOpExecuteTimeOutV2(interval + 1, &limit));
    CHECK(limit == 2 * interval);
    CHECK_OK(aclrtSetOpExecuteTimeOutV2(UINT64_MAX, &limit));
    CHECK(limit == 254 * interval);
    CHECK_OK(aclrtSetOpExecuteTimeOutWithMs(1));
    CHECK_OK(aclrtGetOpExecuteTimeout(&milliseconds));
    CHECK(milliseconds == (interval + 999) / 1000);
    CHECK_OK(aclrtSetOpExecuteTimeOutV2(0, &limit));
    CHECK(limit == 254 * interval);
    CHECK_CODE(aclrtSetOpExecuteTimeOutV2(5, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetOpExecuteTimeout(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetOpTimeOutInterval(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtResetDevice(0));
}

enum { BYTES = 4096 };

static void peers(void)
{
    void *first = NULL, *second = NULL;
    int32_t can = 0, status = 77;
    aclrtStream stream;
    char host[BYTES];
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtMalloc(&second, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemset(second, BYTES, 9, BYTES));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc(&first, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtDeviceCanAccessPeer(&can, 0, 1));
    CHECK(can == 1);
    CHECK_REFUSED(aclrtDeviceCanAccessPeer(&can, 1, 1), ACL_ERROR_RT_PARAM_INVALID, "another device");
    CHECK_CODE(aclrtDeviceCanAccessPeer(&can, 0, 3), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtDeviceEnablePeerAccess(0, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtDeviceEnablePeerAccess(1, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtDevicePeerAccessStatus(0, 1, &status));
    CHECK(status == 0);
    // Without access no copy is made.
    CHECK_REFUSED(aclrtMemcpy(first, BYTES, second, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID,
                  "argument src", "aclrtDeviceEnablePeerAccess");
    CHECK_REFUSED(aclrtMemcpyAsync(second, BYTES, first, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE, stream),
                  ACL_ERROR_RT_PARAM_INVALID, "argument dst");
    CHECK_OK(aclrtDeviceEnablePeerAccess(1, 0));
    CHECK_OK(aclrtMemcpy(first, BYTES, second, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(host, BYTES, first, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(host[0] == 9 && host[BYTES - 1] == 9);
    CHECK_OK(aclrtMemset(first, BYTES, 4, BYTES));
    CHECK_OK(aclrtMemcpyAsync(second, BYTES, first, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    // The other direction is a call of its own.
    CHECK_OK(aclrtDevicePeerAccessStatus(0, 1, &status));
    CHECK(status == 1);
    CHECK_OK(aclrtDevicePeerAccessStatus(1, 0, &status));
    CHECK(status == 0);
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtMemcpy(host, BYTES, second, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(host[0] == 4 && host[BYTES - 1] == 4);
    CHECK_CODE(aclrtMemcpy(first, BYTES, second, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtSetDevice(2));
    CHECK_CODE(aclrtMemcpy(first, BYTES, second, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtDeviceDisablePeerAccess(1));
    CHECK_CODE(aclrtMemcpy(first, BYTES, second, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtDeviceEnablePeerAccess(1, 0));
    CHECK_OK(aclrtFree(first));
    CHECK_OK(aclrtFree(second));
    for (int device = 0; device < 3; device++) {
        CHECK_OK(aclrtResetDeviceForce(device));
    }
    // Access ends with the primary context.
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtDevicePeerAccessStatus(0, 1, &status));
    CHECK(status == 0);
    CHECK_OK(aclrtResetDevice(0));
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "3", 1) == 0);
    CHECK(unsetenv("ACLSIM_SOC") == 0);
    figures();
    options();
    peers();
    return check_done();
}
