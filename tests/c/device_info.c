// What devices are, can do and are doing: figures, limits, groups, callbacks. Runs with three devices of two to a chip.
#include "check.h"

#include <acl/acl_platform.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static void figures(void)
{
    const struct {
        aclrtDevAttr attr;
        int64_t value;
    } known[] = {
        {ACL_DEV_ATTR_AICPU_CORE_NUM, 3},
        {ACL_DEV_ATTR_AICORE_CORE_NUM, 24},
        {ACL_DEV_ATTR_CUBE_CORE_NUM, 24},
        {ACL_DEV_ATTR_VECTOR_CORE_NUM, 48},
        {ACL_DEV_ATTR_UBUF_PER_VECTOR_CORE, 192 << 10},
        {ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE, 2LL << 30},
        {ACL_DEV_ATTR_L2_CACHE_SIZE, 192 << 20},
        {ACL_DEV_ATTR_PHY_CHIP_ID, 1},
        {ACL_DEV_ATTR_NPU_ARCH, 2201},
        {ACL_DEV_ATTR_IS_VIRTUAL, 0},
        {ACL_DEV_ATTR_CUST_OP_PRIVILEGE, 0},
    };
    int64_t value = 77;
    int32_t feature = 77, compatible = 77;
    uint64_t topology = 77;
    aclrtDeviceStatus status = ACL_RT_DEVICE_STATUS_ABNORMAL;

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK_OK(aclrtGetDeviceInfo(2, known[i].attr, &value));
        CHECK(value == known[i].value);
    }
    value = 77;
    CHECK_REFUSED(aclrtGetDeviceInfo(0, ACL_DEV_ATTR_SUPER_POD_ID, &value), ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                  "super pod");
    CHECK_CODE(aclrtGetDeviceInfo(0, ACL_DEV_ATTR_WARP_SIZE, &value), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_CODE(aclrtGetDeviceInfo(0, ACL_DEV_ATTR_MAINBOARD_ID, &value), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_REFUSED(aclrtGetDeviceInfo(0, (aclrtDevAttr)999, &value), ACL_ERROR_RT_PARAM_INVALID, "attr", "999");
    CHECK_CODE(aclrtGetDeviceInfo(3, ACL_DEV_ATTR_L2_CACHE_SIZE, &value), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetDeviceInfo(UINT32_MAX, ACL_DEV_ATTR_L2_CACHE_SIZE, &value), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(value == 77);

    CHECK_OK(aclrtGetDeviceCapability(0, ACL_FEATURE_TSCPU_TASK_UPDATE_SUPPORT_AIC_AIV, &feature));
    CHECK(feature == ACL_DEV_FEATURE_SUPPORT);
    CHECK_OK(aclrtGetDeviceCapability(0, ACL_FEATURE_SYSTEM_MEMQ_EVENT_CROSS_DEV, &feature));
    CHECK(feature == ACL_DEV_FEATURE_NOT_SUPPORT);
    CHECK_CODE(aclrtGetDeviceCapability(0, (aclrtDevFeatureType)5, &feature), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtGetDeviceCapability(-1, ACL_FEATURE_SYSTEM_MEMQ_EVENT_CROSS_DEV, &feature),
               ACL_ERROR_RT_INVALID_DEVICEID);

    // Devices 0 and 1 are the dies of one chip.
    CHECK_OK(aclrtGetDevicesTopo(0, 1, &topology));
    CHECK(topology == ACL_RT_DEVS_TOPOLOGY_SIO);
    CHECK_OK(aclrtGetDevicesTopo(1, 2, &topology));
    CHECK(topology == ACL_RT_DEVS_TOPOLOGY_HCCS);
    CHECK_REFUSED(aclrtGetDevicesTopo(1, 1, &topology), ACL_ERROR_RT_PARAM_INVALID, "otherDeviceId");
    CHECK_CODE(aclrtGetDevicesTopo(0, 3, &topology), ACL_ERROR_RT_INVALID_DEVICEID);

    CHECK_OK(aclrtQueryDeviceStatus(0, &status));
    CHECK(status == ACL_RT_DEVICE_STATUS_NORMAL);
    CHECK_CODE(aclrtQueryDeviceStatus(3, &status), ACL_ERROR_RT_INVALID_DEVICEID);

    CHECK_OK(aclrtCheckArchCompatibility("Ascend910B4", &compatible));
    CHECK(compatible == 1);
    CHECK_OK(aclrtCheckArchCompatibility("Ascend310P3", &compatible));
    CHECK(compatible == 0);
    CHECK_REFUSED(aclrtCheckArchCompatibility("Ascend9", &compatible), ACL_ERROR_RT_PARAM_INVALID, "Ascend9");

    CHECK_OK(aclrtSetTsDevice(ACL_TS_ID_AICORE));
    CHECK_OK(aclrtSetTsDevice(ACL_TS_ID_AIVECTOR));
    CHECK_CODE(aclrtSetTsDevice(ACL_TS_ID_RESERVED), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtDeviceL2CacheFlush(NULL), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtDeviceL2CacheFlush(NULL));
    CHECK_CODE(aclrtDeviceL2CacheFlush(&value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtResetDevice(0));
}

static void atomics(void)
{
    const aclrtAtomicOperation asked[] = {ACL_RT_ATOMIC_OPERATION_INTEGER_ADD, ACL_RT_ATOMIC_OPERATION_CAS,
                                          ACL_RT_ATOMIC_OPERATION_FLOAT_ADD, ACL_RT_ATOMIC_OPERATION_DMA_MAX};
    const aclrtAtomicOperation bad[] = {ACL_RT_ATOMIC_OPERATION_INTEGER_ADD, (aclrtAtomicOperation)20};
    uint32_t can[4] = {0};
    CHECK_OK(aclrtDeviceGetHostAtomicCapabilities(can, asked, 4, 0));
    CHECK((can[0] & ACL_RT_ATOMIC_CAPABILITY_SCALAR64) != 0 && (can[1] & ACL_RT_ATOMIC_CAPABILITY_SCALAR32) != 0);
    CHECK((can[2] & ACL_RT_ATOMIC_CAPABILITY_UNSIGNED) == 0 && (can[3] & ACL_RT_ATOMIC_CAPABILITY_REDUCTION) != 0);
    can[0] = 77;
    CHECK_REFUSED(aclrtDeviceGetHostAtomicCapabilities(can, bad, 2, 0), ACL_ERROR_RT_PARAM_INVALID, "operations", "20");
    CHECK_CODE(aclrtDeviceGetHostAtomicCapabilities(can, asked, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtDeviceGetHostAtomicCapabilities(can, asked, 1, 3), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtDeviceGetP2PAtomicCapabilities(can, asked, 1, 0, 3), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(can[0] == 77);
    CHECK_OK(aclrtDeviceGetP2PAtomicCapabilities(can, asked, 1, 0, 1));
    CHECK(can[0] != 77);
}

static void limits(void)
{
    size_t value = 77;
    CHECK_OK(aclrtDeviceGetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, &value));
    CHECK(value == 32768);
    // Not more than there is already: no effect. More comes in steps.
    CHECK_OK(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, 1));
    CHECK_OK(aclrtDeviceGetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, &value));
    CHECK(value == 32768);
    CHECK_OK(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, 32769));
    CHECK_OK(aclrtDeviceGetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, &value));
    CHECK(value == 49152);
    CHECK_REFUSED(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, 200000), ACL_ERROR_RT_PARAM_INVALID, "192 KiB");
    CHECK_OK(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE, 1025));
    CHECK_OK(aclrtDeviceGetLimit(ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE, &value));
    CHECK(value == 1032);
    CHECK_CODE(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE, 1023), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE, SIZE_MAX),
               ACL_ERROR_RT_PARAM_INVALID);
    value = 77;
    CHECK_CODE(aclrtDeviceGetLimit(ACL_RT_DEV_LIMIT_SIMT_STACK_SIZE, &value), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_CODE(aclrtDeviceSetLimit(ACL_RT_DEV_LIMIT_SIMT_PRINTF_FIFO_SIZE, 1 << 20), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
    CHECK_CODE(aclrtDeviceGetLimit((aclrtDeviceLimit)5, &value), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtDeviceGetLimit(ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(value == 77);
}

static void groups(void)
{
    uint32_t count = 77;
    int32_t figure = 77;
    size_t size = 77;
    aclrtGroupInfo *info = aclrtCreateGroupInfo();
    CHECK(info != NULL);
    CHECK_CODE(aclrtGetGroupCount(&count), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtGetGroupCount(&count));
    CHECK(count == 1);
    CHECK_REFUSED(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_AICORE_INT, &figure, sizeof(figure), &size),
                  ACL_ERROR_RT_GROUP_NOT_CREATE, "aclrtGetAllGroupInfo");
    CHECK_OK(aclrtGetAllGroupInfo(info));
    CHECK_REFUSED(aclrtGetGroupInfoDetail(info, 1, ACL_GROUP_AICORE_INT, &figure, sizeof(figure), &size),
                  ACL_ERROR_RT_PARAM_INVALID, "groupIndex");
    CHECK_CODE(aclrtGetGroupInfoDetail(info, 0, (aclrtGroupAttr)6, &figure, sizeof(figure), &size),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_AICORE_INT, &figure, 3, &size), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_AICORE_INT, NULL, 4, &size), ACL_ERROR_INVALID_PARAM);
    CHECK(figure == 77 && size == 77);
    CHECK_OK(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_AICORE_INT, &figure, sizeof(figure), &size));
    CHECK(figure == 24 && size == 4);
    CHECK_OK(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_AIV_INT, &figure, sizeof(figure), &size));
    CHECK(figure == 48);
    CHECK_OK(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_ASQNUM_INT, &figure, sizeof(figure), &size));
    CHECK(figure == 1984);
    CHECK_OK(aclrtGetGroupInfoDetail(info, 0, ACL_GROUP_GROUPID_INT, &figure, sizeof(figure), &size));
    CHECK(figure == 0);
    CHECK_OK(aclrtSetGroup(0));
    CHECK_CODE(aclrtSetGroup(1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclrtDestroyGroupInfo(info));
    CHECK_REFUSED(aclrtDestroyGroupInfo(info), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_CODE(aclrtGetAllGroupInfo(info), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtDestroyGroupInfo(NULL), ACL_ERROR_INVALID_PARAM);
}

struct seen {
    char states[32];
    int32_t device;
};

static void note_state(int32_t device, aclrtDeviceState state, void *args)
{
    struct seen *seen = (struct seen *)args;
    seen->states[strlen(seen->states)] = (char)('0' + state);
    seen->device = device;
}

static void states(void)
{
    struct seen seen = {{0}, -1}, other = {{0}, -1};
    uint32_t flags = 77;
    int32_t active = 77;

    CHECK_OK(aclrtGetPrimaryCtxState(1, &flags, &active));
    CHECK(flags == 0 && active == 0);
    CHECK_OK(aclrtRegDeviceStateCallback("one", note_state, &seen));
    CHECK_OK(aclrtRegDeviceStateCallback("two", note_state, &other));
    CHECK_REFUSED(aclrtRegDeviceStateCallback("one", note_state, &other), ACL_ERROR_RT_PARAM_INVALID, "regName", "one");
    CHECK_CODE(aclrtRegDeviceStateCallback("", note_state, &other), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtRegDeviceStateCallback(NULL, note_state, &other), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtSetDevice(1));
    CHECK(strcmp(seen.states, "01") == 0 && seen.device == 1);
    CHECK_OK(aclrtGetPrimaryCtxState(1, NULL, &active));
    CHECK(active == 1);
    CHECK_OK(aclrtResetDevice(1));
    CHECK(strcmp(seen.states, "0123") == 0);
    CHECK_OK(aclrtGetPrimaryCtxState(1, &flags, &active));
    CHECK(active == 0);
    // A reset that is refused changes no state.
    CHECK_CODE(aclrtResetDevice(1), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtSetDevice(3), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(strcmp(seen.states, "0123") == 0);
    CHECK_OK(aclrtRegDeviceStateCallback("one", NULL, NULL));
    CHECK_OK(aclrtRegDeviceStateCallback("one", NULL, NULL));
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtResetDeviceForce(1));
    CHECK(strcmp(seen.states, "0123") == 0 && strcmp(other.states, "01230123") == 0);
    CHECK_OK(aclrtRegDeviceStateCallback("two", NULL, NULL));
    CHECK_CODE(aclrtGetPrimaryCtxState(3, &flags, &active), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetPrimaryCtxState(0, &flags, NULL), ACL_ERROR_INVALID_PARAM);
}

static int release;

static void spin(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&release, __ATOMIC_ACQUIRE)) {
    }
}

static void utilisation(void)
{
    aclrtUtilizationInfo busy;
    aclrtStream stream;
    memset(&busy, 0x55, sizeof(busy));
    CHECK_CODE(aclrtGetDeviceUtilizationRate(7, &busy), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(busy.cubeUtilization == 0x55555555);
    CHECK_OK(aclrtGetDeviceUtilizationRate(0, &busy));
    CHECK(busy.cubeUtilization == 0 && busy.vectorUtilization == 0 && busy.aicpuUtilization == 0);
    CHECK(busy.memoryUtilization == -1 && busy.utilizationExtend == NULL);
    // A stream that waits for the host keeps no worker busy.
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtLaunchHostFunc(stream, spin, NULL));
    CHECK_OK(aclrtGetDeviceUtilizationRate(0, &busy));
    CHECK(busy.cubeUtilization >= 0 && busy.cubeUtilization <= 100);
    __atomic_store_n(&release, 1, __ATOMIC_RELEASE);
    CHECK_OK(aclrtResetDevice(0));
}

static void platform(void)
{
    const struct {
        aclplatformDevInfo what;
        const char *value;
    } known[] = {
        {ACL_PLATFORM_AICORE_CNT, "24"},         {ACL_PLATFORM_VECTOR_CORE_CNT, "48"},
        {ACL_PLATFORM_AICORE_UB_SIZE, "196608"}, {ACL_PLATFORM_L2_SIZE, "201326592"},
        {ACL_PLATFORM_MEMORY_SIZE, "2147483648"}, {ACL_PLATFORM_L0_C_SIZE, "131072"},
        {ACL_PLATFORM_SOC_VERSION, "Ascend910_9391"}, {ACL_PLATFORM_AIC_VERSION, "AIC-C-220"},
        {ACL_PLATFORM_NPU_ARCH, "2201"},         {ACL_PLATFORM_MEMORY_TYPE, "HBM"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        CHECK_OK(aclplatformGetDeviceInfo(known[i].what, text, sizeof(text)));
        CHECK(strcmp(text, known[i].value) == 0);
    }
    // Exactly enough room, and one too little.
    CHECK_OK(aclplatformGetDeviceInfo(ACL_PLATFORM_NPU_ARCH, text, 5));
    text[0] = 'x';
    CHECK_REFUSED(aclplatformGetDeviceInfo(ACL_PLATFORM_NPU_ARCH, text, 4), ACL_ERROR_INVALID_PARAM, "maxLen");
    CHECK_CODE(aclplatformGetDeviceInfo(ACL_PLATFORM_NPU_ARCH, NULL, 4), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclplatformGetDeviceInfo((aclplatformDevInfo)17, text, 32), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclplatformGetDeviceInfo(ACL_PLATFORM_CUBE_FREQ, text, 32), ACL_ERROR_FEATURE_UNSUPPORTED, "clock");
    CHECK_REFUSED(aclplatformGetInstructionInfo(ACL_PLATFORM_CORE_TYPE_AI_CORE, "vadd", text, 32),
                  ACL_ERROR_FEATURE_UNSUPPORTED, "aclplatformGetInstructionInfo is unsupported by design",
                  "instruction set");
    CHECK(text[0] == 'x');
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "3", 1) == 0);
    CHECK(setenv("ACLSIM_SOC", "Ascend910_9391", 1) == 0);
    CHECK(setenv("ACLSIM_MEMORY", "2GiB", 1) == 0);
    CHECK(setenv("ACLSIM_WORKERS", "3", 1) == 0);
    CHECK(unsetenv("ASCEND_RT_VISIBLE_DEVICES") == 0);
    figures();
    atomics();
    limits();
    groups();
    states();
    utilisation();
    platform();
    return check_done();
}
