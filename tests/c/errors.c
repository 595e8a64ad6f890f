// Error codes and messages: per thread, fetched once, named after the call; forks; the application log.
#include "hold.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *quiet_thread(void *unused)
{
    (void)unused;
    CHECK(aclGetRecentErrMsg() == NULL);
    CHECK(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL) == 0);
    return NULL;
}

static void messages(void)
{
    pthread_t thread;
    const char *message;
    CHECK(aclrtCreateStream(NULL) == ACL_ERROR_INVALID_PARAM);
    // Another thread knows nothing of it.
    CHECK(pthread_create(&thread, NULL, quiet_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
    message = aclGetRecentErrMsg();
    CHECK(message != NULL && strstr(message, "aclrtCreateStream") != NULL && strstr(message, "stream") != NULL);
    CHECK(message != NULL && strstr(message, "EE1001") != NULL && strstr(message, "100000") != NULL);
    // Fetched once.
    CHECK(aclGetRecentErrMsg() == NULL);
    // A success does not clear the message of an earlier failure.
    CHECK(aclrtSetDevice(99) == ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(aclrtSynchronizeDevice() == 0);
    message = aclGetRecentErrMsg();
    CHECK(message != NULL && strstr(message, "aclrtSetDevice") != NULL && strstr(message, "99") != NULL);
}

static void last_error(void)
{
    (void)aclrtGetLastError(ACL_RT_THREAD_LEVEL);
    CHECK(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL) == 0);
    CHECK(aclrtSetDevice(99) == ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(aclrtSynchronizeDevice() == 0);
    CHECK(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL) == ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL) == ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(aclrtGetLastError(ACL_RT_THREAD_LEVEL) == ACL_ERROR_RT_INVALID_DEVICEID);
    CHECK(aclrtGetLastError(ACL_RT_THREAD_LEVEL) == 0);
    (void)aclGetRecentErrMsg();
    CHECK_REFUSED(aclrtPeekAtLastError((aclrtLastErrLevel)7), ACL_ERROR_RT_PARAM_INVALID, "level");
    CHECK_CODE(aclrtGetLastError((aclrtLastErrLevel)7), ACL_ERROR_RT_PARAM_INVALID);
}

// A forked child has no workers: it gets an error and a message, and it ends.
static void forked(void)
{
    aclrtStream stream;
    int status = -1;
    CHECK_OK(aclrtCreateStream(&stream));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const char *message;
        aclrtStream other = NULL;
        int bad = aclrtSynchronizeStream(stream) == 0;
        message = aclGetRecentErrMsg();
        bad |= message == NULL || strstr(message, "forked child") == NULL;
        bad |= aclrtCreateStream(&other) == 0 || other != NULL;
        bad |= aclrtSetDevice(0) == 0;
        bad |= aclrtResetDevice(0) == 0;
        bad |= aclFinalize() == 0;
        exit(bad);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    // The parent goes on.
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtDestroyStream(stream));
}

// What this program writes to its standard output while `body` runs.
static void captured(void (*body)(void), char *text, size_t size)
{
    int ends[2], saved;
    ssize_t got;
    CHECK(fflush(stdout) == 0 && pipe(ends) == 0);
    saved = dup(STDOUT_FILENO);
    CHECK(saved >= 0 && dup2(ends[1], STDOUT_FILENO) >= 0);
    body();
    CHECK(dup2(saved, STDOUT_FILENO) >= 0 && close(saved) == 0 && close(ends[1]) == 0);
    got = read(ends[0], text, size - 1);
    text[got > 0 ? got : 0] = '\0';
    CHECK(close(ends[0]) == 0);
}

static void log_lines(void)
{
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    aclAppLog(ACL_DEBUG, "function", "file.c", 7, "not this one");
    aclAppLog(ACL_WARNING, "function", "file.c", 7, "%s %d %.2f %lld", "text", -5, 2.5, 1LL << 40);
    aclAppLog(ACL_ERROR, NULL, NULL, 0, "%s|", long_text);
    aclAppLog(ACL_ERROR, "function", "file.c", 7, NULL);
}

static void logging(void)
{
    static char text[4096];
    const char *error;
    captured(log_lines, text, sizeof text);
    CHECK(strstr(text, "not this one") == NULL);
    CHECK(strstr(text, "[WARNING]") != NULL && strstr(text, "text -5 2.50 1099511627776\n") != NULL);
    CHECK(strstr(text, "file.c:7") != NULL || strstr(text, "file.c") != NULL);
    error = strstr(text, "[ERROR]");
    CHECK(error != NULL && strstr(error, "xxx|\n") != NULL && strlen(error) > 1000);
}

int main(void)
{
    CHECK(setenv("ASCEND_GLOBAL_LOG_LEVEL", "1", 1) == 0 && setenv("ASCEND_SLOG_PRINT_TO_STDOUT", "1", 1) == 0);
    CHECK_OK(aclrtSetDevice(0));
    messages();
    last_error();
    forked();
    logging();
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
