// Configuration: by environment, by aclInit's file. Each case runs in a child forked before the library has started,
// which is legal and must work.
#include "check.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[] = "/tmp/aclsim-configuration-XXXXXX";

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void refused(void)
{
    uint32_t count = 77;
    CHECK(setenv("ACLSIM_DEVICES", "65", 1) == 0);
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    CHECK_REFUSED(aclrtSetDevice(0), ACL_ERROR_RT_DEV_SETUP_ERROR, "ACLSIM_DEVICES", "1 to 64", "\"65\"");
    // Every call says so again.
    CHECK_REFUSED(aclrtGetDeviceCount(&count), ACL_ERROR_RT_DEV_SETUP_ERROR, "ACLSIM_DEVICES");
    CHECK_CODE(aclInit(NULL), ACL_ERROR_RT_DEV_SETUP_ERROR);
    CHECK_CODE(aclrtSynchronizeStream(NULL), ACL_ERROR_RT_DEV_SETUP_ERROR);
    CHECK(count == 77 && aclrtGetSocName() == NULL);
}

static void toml_file(void)
{
    uint32_t count = 0;
    write_file("devices = 3\nsoc = \"Ascend910B1\"\n");
    CHECK(setenv("ACLSIM_CONFIG", path, 1) == 0);
    CHECK_OK(aclrtGetDeviceCount(&count));
    CHECK(count == 3 && strcmp(aclrtGetSocName(), "Ascend910B1") == 0);
}

static void default_device(void)
{
    int32_t device = 77;
    aclrtStream stream = NULL;
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    write_file("{\"defaultDevice\": {\"default_device\": \"9\"}}");
    CHECK_REFUSED(aclInit(path), ACL_ERROR_RT_INVALID_DEVICEID, "defaultDevice");
    write_file("{\"defaultDevice\": {\"default_device\": \"1\"}}");
    CHECK_OK(aclInit(path));
    CHECK_OK(aclrtGetDevice(&device));
    CHECK(device == 1);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclFinalize());
}

static void *fail_here(void *unused)
{
    (void)unused;
    CHECK(aclrtSetDevice(99) == ACL_ERROR_RT_INVALID_DEVICEID);
    return NULL;
}

static void process_wide_messages(void)
{
    pthread_t thread;
    const char *message;
    write_file("{\"err_msg_mode\": \"2\"}");
    CHECK_REFUSED(aclInit(path), ACL_ERROR_INVALID_PARAM, "err_msg_mode");
    write_file("{\"err_msg_mode\": \"1\"}");
    CHECK_OK(aclInit(path));
    CHECK(pthread_create(&thread, NULL, fail_here, NULL) == 0 && pthread_join(thread, NULL) == 0);
    message = aclGetRecentErrMsg();
    CHECK(message != NULL && strstr(message, "aclrtSetDevice") != NULL);
    CHECK_OK(aclFinalize());
}

static void in_child(void (*body)(void))
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        body();
        exit(check_failures != 0);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    int file = mkstemp(path);
    CHECK(file >= 0 && close(file) == 0);
    in_child(refused);
    in_child(toml_file);
    in_child(default_device);
    in_child(process_wide_messages);
    CHECK(unlink(path) == 0);
    return check_done();
}
