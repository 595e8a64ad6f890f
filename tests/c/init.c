// Initialisation, finalisation, configuration files and versions.
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/aclsim-init-XXXXXX";

// The path of a file with this content.
static const char *with(const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
    return path;
}

static void counting(void)
{
    uint64_t left = 77;
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    CHECK_CODE(aclFinalizeReference(&left), ACL_ERROR_REPEAT_FINALIZE);
    CHECK(left == 77);
    CHECK_OK(aclInit(NULL));
    CHECK_REFUSED(aclInit(NULL), ACL_ERROR_REPEAT_INITIALIZE, "call 2");
    CHECK_CODE(aclInit(NULL), ACL_ERROR_REPEAT_INITIALIZE);
    CHECK_CODE(aclFinalizeReference(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclFinalizeReference(&left));
    CHECK(left == 2);
    CHECK_OK(aclFinalize());
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclFinalizeReference(&left));
    CHECK(left == 0);
}

static void configuration(void)
{
    CHECK_REFUSED(aclInit("/nonexistent/acl.json"), ACL_ERROR_INVALID_FILE, "/nonexistent/acl.json");
    CHECK_REFUSED(aclInit(with("{\"dump\": ")), ACL_ERROR_PARSE_FILE, "configPath");
    CHECK_CODE(aclInit(with("[1]")), ACL_ERROR_PARSE_FILE);
    // The first initialisation had none, and so must the next ones.
    CHECK_REFUSED(aclInit(with("{\"err_msg_mode\": \"1\"}")), ACL_ERROR_INVALID_PARAM, "another");
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    CHECK_OK(aclInit(with("")));
    CHECK_OK(aclFinalize());
    CHECK_OK(aclInit(with("{}")));
    CHECK_OK(aclFinalize());
}

static void versions(void)
{
    int32_t major = -1, minor = -1, patch = -1;
    aclCANNPackageVersion version;
    char runtime[] = "runtime", traversal[] = "../etc", text[ACL_PKG_VERSION_MAX_SIZE];
    CHECK_OK(aclrtGetVersion(&major, &minor, &patch));
    CHECK(major == ACL_MAJOR_VERSION && minor == ACL_MINOR_VERSION && patch == ACL_PATCH_VERSION);
    CHECK_CODE(aclrtGetVersion(NULL, &minor, &patch), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsysGetCANNVersion(ACL_PKG_NAME_CANN, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsysGetCANNVersion((aclCANNPackageName)99, &version), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsysGetVersionStr(traversal, text), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsysGetVersionStr(NULL, text), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsysGetVersionStr(runtime, NULL), ACL_ERROR_INVALID_PARAM);

    char home[] = "/tmp/aclsim-home-XXXXXX", file[256], command[512];
    CHECK(mkdtemp(home) != NULL);
    snprintf(command, sizeof command,
             "mkdir -p %s/share/info/runtime && printf 'Version=7.7.0.1.238\\nversion_dir=8.1.RC1\\n' > "
             "%s/share/info/runtime/version.info", home, home);
    CHECK(system(command) == 0);
    setenv("ASCEND_HOME_PATH", home, 1);
    CHECK_OK(aclsysGetCANNVersion(ACL_PKG_NAME_RUNTIME, &version));
    CHECK(strcmp(version.version, "8.1.RC1") == 0 && strcmp(version.majorVersion, "8") == 0);
    CHECK(strcmp(version.minorVersion, "1") == 0 && strcmp(version.releaseVersion, "RC1") == 0);
    CHECK_OK(aclsysGetVersionStr(runtime, text));
    CHECK(strcmp(text, "8.1.RC1") == 0);
    CHECK_REFUSED(aclsysGetCANNVersion(ACL_PKG_NAME_HCCL, &version), ACL_ERROR_INVALID_FILE, "hccl");
    unsetenv("ASCEND_HOME_PATH");
    CHECK_REFUSED(aclsysGetCANNVersion(ACL_PKG_NAME_RUNTIME, &version), ACL_ERROR_INVALID_FILE, "ASCEND_HOME_PATH");
    snprintf(file, sizeof file, "rm -r %s", home);
    CHECK(system(file) == 0);
}

static void types(void)
{
    const struct {
        float value;
        uint16_t bits;
    } halves[] = {{0.0f, 0},           {-0.0f, 0x8000}, {1.0f, 0x3c00},           {65504.0f, 0x7bff},
                  {65520.0f, 0x7c00},  {-2.0f, 0xc000}, {5.9604645e-8f, 0x0001},  {0.1f, 0x2e66}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        CHECK(aclFloatToFloat16(halves[i].value) == halves[i].bits);
    }
    CHECK(aclFloat16ToFloat(0x3555) == 0.333251953125f);
    CHECK(isinf(aclFloat16ToFloat(0x7c00)) && isnan(aclFloat16ToFloat(0x7e01)));
    CHECK(isnan(aclFloat16ToFloat(aclFloatToFloat16(NAN))));
    CHECK(aclDataTypeSize(ACL_FLOAT) == 4 && aclDataTypeSize(ACL_BF16) == 2 && aclDataTypeSize(ACL_COMPLEX128) == 16);
    CHECK(aclDataTypeSize(ACL_BOOL) == 1 && aclDataTypeSize(ACL_INT64) == 8 && aclDataTypeSize(ACL_COMPLEX32) == 4);
    CHECK(aclDataTypeSize(ACL_DT_UNDEFINED) == 0 && aclDataTypeSize((aclDataType)12345) == 0);
}

int main(void)
{
    int file = mkstemp(path);
    CHECK(file >= 0 && close(file) == 0);
    counting();
    configuration();
    versions();
    types();
    CHECK(unlink(path) == 0);
    return check_done();
}
