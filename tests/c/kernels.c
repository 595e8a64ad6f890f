// What frameworks are linked with to launch kernels of their own and to report to a profiler.
#include "check.h"

#include <acl/acl_prof_report.h>
#include <acl/acl_rt_internal.h>

#include <stdint.h>

static const char *const unsupported = "device binaries need silicon";

static int32_t on_session(uint32_t type, void *data, uint32_t length)
{
    (void)type;
    (void)data;
    (void)length;
    return 0;
}

// Binaries are refused with a sentence that says what to do, and nothing is written.
static void binaries(void)
{
    static const unsigned char image[64] = {0x7f, 'E', 'L', 'F'};
    int mark = 0;
    void *const untouched = &mark;
    aclrtBinHandle binary = untouched;
    aclrtFuncHandle function = untouched;
    void *cube = untouched, *vector = untouched;
    uint64_t address = 77;
    uint32_t length = 77;

    CHECK_REFUSED(aclrtBinaryLoadFromData(image, sizeof(image), NULL, &binary), ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
                  unsupported, "aclnn");
    CHECK_CODE(aclrtBinaryLoadFromData(NULL, 0, NULL, &binary), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtBinaryGetFunction(untouched, "add", &function), 107017, "binHandle", "device binary");
    CHECK_REFUSED(aclrtGetFunctionAddr(untouched, &cube, &vector), 107017, "funcHandle");
    CHECK_REFUSED(rtDevBinaryRegister(image, &binary), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, unsupported);
    CHECK_REFUSED(rtFunctionRegister(untouched, &mark, "add", "add", 0), 107017, "binHandle");
    CHECK_REFUSED(rtKernelLaunch(&mark, 1, NULL, 0, NULL, NULL), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, unsupported);
    CHECK_REFUSED(rtGetC2cCtrlAddr(&address, &length), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, unsupported);
    CHECK(binary == untouched && function == untouched && cube == untouched && vector == untouched);
    CHECK(address == 77 && length == 77);
}

static void reports(void)
{
    const unsigned char report[64] = {0};
    const uint64_t before = MsprofSysCycleTime();
    const uint64_t add = MsprofGetHashId("aclnnAdd", 8);

    CHECK(before > 0 && MsprofSysCycleTime() >= before);
    CHECK(add != 0 && add != UINT64_MAX);
    CHECK(MsprofGetHashId("aclnnAddmm", 8) == add && MsprofGetHashId("aclnnSub", 8) != add);
    CHECK(MsprofGetHashId(NULL, 8) == UINT64_MAX && MsprofGetHashId("", 0) == UINT64_MAX);
    (void)aclGetRecentErrMsg();
    CHECK_OK(MsprofReportApi(1, report));
    CHECK_OK(MsprofReportCompactInfo(1, report, sizeof(report)));
    CHECK_OK(MsprofReportAdditionalInfo(1, report, sizeof(report)));
    CHECK_OK(MsprofRegisterCallback(8, on_session));
    CHECK_REFUSED(MsprofReportApi(1, NULL), ACL_ERROR_INVALID_PARAM, "api");
    CHECK_REFUSED(MsprofRegisterCallback(8, NULL), ACL_ERROR_INVALID_PARAM, "handle");
}

int main(void)
{
    binaries();
    reports();
    return check_done();
}
