// The overloads of acl_rt_api.h: each reaches the function it stands for.
#include "check.h"

#include <acl/acl_rt_api.h>

#include <cstdint>

int main()
{
    aclrtStream stream = nullptr;
    aclrtEvent event = nullptr;
    uint64_t actual = 0;
    uint32_t refused = 8;
    CHECK_OK(aclrtSetDevice(0));
    // Refusals name the function that was reached.
    CHECK_REFUSED(aclrtCreateStream(&stream, refused, 0u), ACL_ERROR_RT_PARAM_INVALID, "aclrtCreateStreamWithConfig");
    CHECK_OK(aclrtCreateStream(&stream, 1u, 0u));
    CHECK_REFUSED(aclrtCreateEvent(&event, 1u << 30), ACL_ERROR_RT_PARAM_INVALID, "aclrtCreateEventWithFlag");
    CHECK_OK(aclrtCreateEvent(&event, static_cast<uint32_t>(ACL_EVENT_SYNC)));
    CHECK_OK(aclrtRecordEvent(event, stream));
    CHECK_OK(aclrtStreamWaitEvent(stream, event, 1000));
    CHECK_REFUSED(aclrtSynchronizeEvent(event, -2), ACL_ERROR_RT_PARAM_INVALID, "aclrtSynchronizeEventWithTimeout");
    CHECK_OK(aclrtSynchronizeEvent(event, -1));
    CHECK_REFUSED(aclrtSynchronizeStream(stream, -2), ACL_ERROR_RT_PARAM_INVALID, "aclrtSynchronizeStreamWithTimeout");
    CHECK_OK(aclrtSynchronizeStream(stream, -1));
    CHECK_REFUSED(aclrtSynchronizeDevice(-2), ACL_ERROR_RT_PARAM_INVALID, "aclrtSynchronizeDeviceWithTimeout");
    CHECK_OK(aclrtSynchronizeDevice(-1));
    CHECK_OK(aclrtSetOpExecuteTimeOut(1000000, &actual));
    CHECK(actual > 0);
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
