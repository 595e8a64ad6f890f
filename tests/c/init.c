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
    CHECK_CODE(aclInit(NULL), ACL_ERROR_REPEAT_INITIALIZE);
    CHECK_OK(aclFinalizeReference(NULL));
    CHECK_OK(aclFinalizeReference(&left));
    CHECK(left == 2);
    CHECK_OK(aclFinalize());
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclFinalizeReference(&left));
    CHECK(left == 0);
}

static char called[32];
static aclError init_answer;

static aclError on_init(const char *config, size_t length, void *data)
{
    CHECK(config != NULL && strlen(config) == length);
    called[strlen(called)] = *(const char *)data;
    return init_answer;
}

static aclError on_finalize(void *data)
{
    // The library is finalised by now, and may be called.
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    called[strlen(called)] = *(const char *)data;
    return *(const char *)data == 'z' ? 77 : 0;
}

static void callbacks(void)
{
    static char a[] = "a", b[] = "b", y[] = "y", z[] = "z";
    CHECK_OK(aclInitCallbackRegister(ACL_REG_TYPE_OTHER, on_init, a));
    CHECK_REFUSED(aclInitCallbackRegister(ACL_REG_TYPE_OTHER, on_init, b), ACL_ERROR_INVALID_PARAM, "cbFunc");
    CHECK_CODE(aclInitCallbackRegister((aclRegisterCallbackType)8, on_init, b), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclInitCallbackRegister(ACL_REG_TYPE_OTHER, NULL, b), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclFinalizeCallbackRegister(ACL_REG_TYPE_OTHER, on_finalize, y));
    CHECK_CODE(aclFinalizeCallbackRegister(ACL_REG_TYPE_OTHER, on_finalize, y), ACL_ERROR_INVALID_PARAM);
    CHECK(called[0] == 0);
    CHECK_OK(aclInit(NULL));
    CHECK(strcmp(called, "a") == 0);
    // Only the first initialisation calls them; what comes later is called at once.
    CHECK_CODE(aclInit(NULL), ACL_ERROR_REPEAT_INITIALIZE);
    CHECK_OK(aclInitCallbackRegister(ACL_REG_TYPE_ACL_DVPP, on_init, b));
    CHECK(strcmp(called, "ab") == 0);
    CHECK_OK(aclFinalizeReference(NULL));
    CHECK(strcmp(called, "ab") == 0);
    CHECK_OK(aclFinalizeReference(NULL));
    CHECK(strcmp(called, "aby") == 0);

    // A failing callback fails the call, and the library is not initialised; a failing one at the end does not matter.
    memset(called, 0, sizeof called);
    CHECK_OK(aclInitCallbackUnRegister(ACL_REG_TYPE_OTHER, on_init));
    CHECK_CODE(aclInitCallbackUnRegister(ACL_REG_TYPE_OTHER, on_init), ACL_ERROR_INVALID_PARAM);
    init_answer = 12345;
    CHECK_REFUSED(aclInit(NULL), 12345, "answered 12345");
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    init_answer = 0;
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclFinalizeCallbackUnRegister(ACL_REG_TYPE_OTHER, on_finalize));
    CHECK_CODE(aclFinalizeCallbackUnRegister(ACL_REG_TYPE_OTHER, on_finalize), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclFinalizeCallbackRegister(ACL_REG_TYPE_ACL_MODEL, on_finalize, z));
    CHECK_CODE(aclFinalize(), 77);
    CHECK(strcmp(called, "bbz") == 0);
    CHECK_CODE(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    CHECK_OK(aclInitCallbackUnRegister(ACL_REG_TYPE_ACL_DVPP, on_init));
    CHECK_OK(aclFinalizeCallbackUnRegister(ACL_REG_TYPE_ACL_MODEL, on_finalize));
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
    int32_t number = 77;
    CHECK_OK(aclsysGetVersionNum(runtime, &number));
    CHECK(number == 80100000 - 100 + 1);
    number = 77;
    CHECK_CODE(aclsysGetVersionNum(traversal, &number), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsysGetVersionNum(runtime, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(number == 77);
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
    callbacks();
    configuration();
    versions();
    types();
    CHECK(unlink(path) == 0);
    return check_done();
}
