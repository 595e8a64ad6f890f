// ASCEND_RT_VISIBLE_DEVICES: which of the machine's devices a process has, and by which numbers.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

static void numbers(void)
{
    const int32_t machine[] = {3, 1};
    uint32_t count = 0;
    int32_t id = 77;

    CHECK_OK(aclrtGetDeviceCount(&count));
    CHECK(count == 2);
    for (int32_t user = 0; user < 2; user++) {
        CHECK_OK(aclrtGetLogicDevIdByUserDevId(user, &id));
        CHECK(id == machine[user]);
        CHECK_OK(aclrtGetPhyDevIdByUserDevId(user, &id));
        CHECK(id == machine[user]);
        CHECK_OK(aclrtGetPhyDevIdByLogicDevId(user, &id));
        CHECK(id == machine[user]);
        CHECK_OK(aclrtGetUserDevIdByLogicDevId(machine[user], &id));
        CHECK(id == user);
        CHECK_OK(aclrtGetUserDevIdByPhyDevId(machine[user], &id));
        CHECK(id == user);
        CHECK_OK(aclrtGetLogicDevIdByPhyDevId(machine[user], &id));
        CHECK(id == user);
    }
    id = 77;
    CHECK_REFUSED(aclrtGetPhyDevIdByUserDevId(2, &id), ACL_ERROR_RT_INVALID_DEVICEID, "userDevId", "got 2");
    CHECK_CODE(aclrtGetLogicDevIdByUserDevId(-1, &id), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtGetPhyDevIdByLogicDevId(INT32_MAX, &id), ACL_ERROR_RT_INVALID_DEVICEID);
    // Device 0 of the machine is hidden, device 8 is none.
    CHECK_REFUSED(aclrtGetUserDevIdByPhyDevId(0, &id), ACL_ERROR_RT_INVALID_DEVICEID, "VISIBLE_DEVICES");
    CHECK_REFUSED(aclrtGetUserDevIdByLogicDevId(8, &id), ACL_ERROR_RT_INVALID_DEVICEID, "0..8");
    CHECK_CODE(aclrtGetLogicDevIdByPhyDevId(-1, &id), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(id == 77);
    CHECK_CODE(aclrtGetUserDevIdByPhyDevId(3, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSetDevice(2), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtSetDevice(3), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_OK(aclrtSetDevice(1));
    CHECK_OK(aclrtResetDevice(1));
}

static void addresses(void)
{
    char address[13], again[16];
    int32_t id = 77;

    CHECK_OK(aclrtDeviceGetPCIBusId(0, address, sizeof(address)));
    CHECK(strcmp(address, "0000:04:00.0") == 0);
    CHECK_OK(aclrtDeviceGetByPCIBusId(address, &id));
    CHECK(id == 0);
    CHECK_OK(aclrtDeviceGetByPCIBusId("02:00.0", &id));
    CHECK(id == 1);
    id = 77;
    CHECK_REFUSED(aclrtDeviceGetByPCIBusId("0000:01:00.0", &id), ACL_ERROR_RT_PARAM_INVALID, "pciBusId");
    CHECK_CODE(aclrtDeviceGetByPCIBusId("", &id), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtDeviceGetByPCIBusId(NULL, &id), ACL_ERROR_INVALID_PARAM);
    CHECK(id == 77);
    memset(again, 'x', sizeof(again));
    CHECK_REFUSED(aclrtDeviceGetPCIBusId(0, again, 12), ACL_ERROR_RT_PARAM_INVALID, "len");
    CHECK_CODE(aclrtDeviceGetPCIBusId(0, again, -1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtDeviceGetPCIBusId(2, again, 16), ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK_CODE(aclrtDeviceGetPCIBusId(0, NULL, 16), ACL_ERROR_INVALID_PARAM);
    CHECK(again[0] == 'x');
}

static void identity(void)
{
    aclrtUuid uuid;
    int64_t chip = -1;
    // By the number on the machine, so that all processes agree.
    CHECK_OK(aclrtDeviceGetUuid(0, &uuid));
    CHECK(uuid.bytes[15] == 3);
    CHECK_OK(aclrtGetDeviceInfo(1, ACL_DEV_ATTR_PHY_CHIP_ID, &chip));
    CHECK(chip == 1);
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "8", 1) == 0);
    // The list ends before the first entry that is no device.
    CHECK(setenv("ASCEND_RT_VISIBLE_DEVICES", "3,1,9,2", 1) == 0);
    CHECK(unsetenv("ACLSIM_SOC") == 0);
    numbers();
    addresses();
    identity();
    return check_done();
}
