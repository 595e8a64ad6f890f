// Notifies and events between processes: the program starts itself again as the other process.
#include "hold.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// What the two say to each other: a pipe each way.
static int from_other, to_other;

static void say(const void *data, size_t size)
{
    CHECK(write(to_other, data, size) == (ssize_t)size);
}

static void hear(void *data, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(from_other, (char *)data + done, size - done);
        if (got <= 0) {
            CHECK(!"the other process speaks");
            exit(check_done());
        }
        done += (size_t)got;
    }
}

static void say_word(char word)
{
    say(&word, 1);
}

static void hear_word(char expected)
{
    char word = 0;
    hear(&word, 1);
    CHECK(word == expected);
}

static pid_t start(const char *role)
{
    int down[2], up[2];
    CHECK(pipe(down) == 0 && pipe(up) == 0);
    // Arguments are made before the fork: the child only executes.
    char in[16], out[16];
    snprintf(in, sizeof in, "%d", down[0]);
    snprintf(out, sizeof out, "%d", up[1]);
    char *arguments[] = {(char *)"ipc_sync", (char *)role, in, out, NULL};
    pid_t child = fork();
    if (child == 0) {
        close(down[1]);
        close(up[0]);
        execv("/proc/self/exe", arguments);
        _exit(127);
    }
    CHECK(child > 0);
    close(down[0]);
    close(up[1]);
    to_other = down[1];
    from_other = up[0];
    return child;
}

static void finish(pid_t child)
{
    int status = -1;
    close(to_other);
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(from_other);
}

// Between two processes

static void export_arguments(aclrtNotify notify)
{
    char key[65] = "untouched", again[65];
    int32_t bad = 0, pid = 1;
    CHECK_REFUSED(aclrtNotifySetImportPid(notify, &pid, 1), ACL_ERROR_RT_PARAM_INVALID, "aclrtNotifyGetExportKey");
    CHECK_REFUSED(aclrtNotifyGetExportKey(notify, key, 64, 0), ACL_ERROR_RT_PARAM_INVALID, "65", "64");
    CHECK_REFUSED(aclrtNotifyGetExportKey(notify, key, 65, 1), ACL_ERROR_RT_PARAM_INVALID, "flags");
    CHECK_CODE(aclrtNotifyGetExportKey(notify, NULL, 65, 0), ACL_ERROR_INVALID_PARAM);
    CHECK(strcmp(key, "untouched") == 0);
    CHECK_OK(aclrtNotifyGetExportKey(notify, key, 65, ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT));
    CHECK_OK(aclrtNotifyGetExportKey(notify, again, 65, ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT));
    CHECK(strlen(key) > 0 && strcmp(key, again) == 0);
    CHECK_REFUSED(aclrtNotifyGetExportKey(notify, again, 65, ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION),
                  ACL_ERROR_RT_PARAM_INVALID, "flags");
    CHECK_CODE(aclrtNotifySetImportPid(notify, NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtNotifySetImportPid(notify, &pid, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtNotifySetImportPid(notify, &bad, 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtNotifySetImportPidInterServer(notify, NULL, 1), ACL_ERROR_INVALID_PARAM);
    aclrtServerPid server = {0, NULL, 1};
    CHECK_CODE(aclrtNotifySetImportPidInterServer(notify, &server, 1), ACL_ERROR_INVALID_PARAM);
}

static void parent(void)
{
    aclrtNotify there, back, open, unused = NULL;
    aclrtEvent event, plain;
    aclrtStream stream;
    aclrtIpcEventHandle handle, other_handle;
    char key[65];
    struct hold hold;

    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateNotify(&there, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtCreateNotify(&back, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtCreateNotify(&open, ACL_NOTIFY_DEFAULT));
    export_arguments(there);
    // What was waited for before it was shared is noticed as well.
    CHECK_OK(aclrtWaitAndResetNotify(back, stream, 0));

    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_IPC));
    CHECK_OK(aclrtCreateEventExWithFlag(&plain, ACL_EVENT_SYNC));
    CHECK_REFUSED(aclrtIpcGetEventHandle(plain, &handle), ACL_ERROR_RT_PARAM_INVALID, "ACL_EVENT_IPC");
    CHECK_CODE(aclrtIpcGetEventHandle(event, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtIpcGetEventHandle(NULL, &handle), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtIpcGetEventHandle(event, &handle));
    CHECK_OK(aclrtIpcGetEventHandle(event, &other_handle));
    CHECK(memcmp(&handle, &other_handle, sizeof handle) == 0);

    pid_t child = start("child");
    CHECK_OK(aclrtNotifyGetExportKey(there, key, sizeof key, ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT));
    say(key, sizeof key);
    CHECK_OK(aclrtNotifyGetExportKey(back, key, sizeof key, ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT));
    say(key, sizeof key);
    CHECK_OK(aclrtNotifyGetExportKey(open, key, sizeof key, ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION));
    say(key, sizeof key);
    say(&handle, sizeof handle);

    // The child has found that it may not import, and now may.
    hear_word('r');
    int32_t pid = child;
    CHECK_OK(aclrtNotifySetImportPid(there, &pid, 1));
    aclrtServerPid server = {0, &pid, 1};
    CHECK_OK(aclrtNotifySetImportPidInterServer(back, &server, 1));
    say_word('a');

    // A record here wakes a stream there, and the other way round.
    hear_word('w');
    CHECK_OK(aclrtRecordNotify(there, NULL));
    CHECK_OK(aclrtSynchronizeStream(stream));
    // The child took the record: there is none left.
    CHECK_OK(aclrtWaitAndResetNotify(there, stream, 0));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_OK(aclrtRecordNotify(there, NULL));
    CHECK_OK(aclrtSynchronizeStream(stream));

    // The event: recorded here behind something that is held, waited for there.
    hold_stream(&hold, stream);
    CHECK_OK(aclrtRecordEvent(event, stream));
    say_word('e');
    hear_word('q');
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(stream));
    // Recorded there, waited for here: by a stream, and by this thread.
    hear_word('f');
    aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_COMPLETE;
    CHECK_OK(aclrtQueryEventStatus(event, &status));
    CHECK(status == ACL_EVENT_RECORDED_STATUS_NOT_READY);
    CHECK_CODE(aclrtSynchronizeEventWithTimeout(event, 20), ACL_ERROR_RT_EVENT_SYNC_TIMEOUT);
    CHECK_OK(aclrtStreamWaitEvent(stream, event));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    say_word('g');
    CHECK_OK(aclrtSynchronizeEvent(event));
    CHECK_OK(aclrtSynchronizeStream(stream));

    // What is destroyed here can no longer be imported there.
    CHECK_OK(aclrtDestroyNotify(open));
    CHECK_OK(aclrtDestroyEvent(event));
    say_word('d');
    finish(child);
    // The child has let go of both; here they live.
    CHECK_OK(aclrtRecordNotify(back, stream));
    CHECK_OK(aclrtWaitAndResetNotify(back, stream, 0));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_CODE(aclrtNotifyImportByKey(&unused, "no key", 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(unused == NULL);
    CHECK_OK(aclrtDestroyNotify(there));
    CHECK_OK(aclrtDestroyNotify(back));
    CHECK_OK(aclrtDestroyEvent(plain));
    CHECK_OK(aclrtDestroyStream(stream));
}

static void child(void)
{
    char there_key[65], back_key[65], open_key[65];
    aclrtNotify there = NULL, back = NULL, open = NULL, more = NULL;
    aclrtEvent event = NULL, other = NULL;
    aclrtIpcEventHandle handle;
    aclrtStream stream;
    struct hold hold;
    uint32_t id = 0;
    CHECK_OK(aclrtCreateStream(&stream));
    hear(there_key, sizeof there_key);
    hear(back_key, sizeof back_key);
    hear(open_key, sizeof open_key);
    hear(&handle, sizeof handle);

    // Keys of other things, and a whitelist without this process.
    CHECK_REFUSED(aclrtNotifyImportByKey(&there, there_key, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR, "may not import");
    CHECK_CODE(aclrtNotifyImportByKey(NULL, there_key, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtNotifyImportByKey(&there, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtNotifyImportByKey(&there, open_key, 1), ACL_ERROR_RT_PARAM_INVALID, "flags");
    CHECK_REFUSED(aclrtNotifyImportByKey(&there, handle.reserved, 0), ACL_ERROR_RT_PARAM_INVALID, "a notify", "an event");
    aclrtIpcEventHandle mistaken;
    memset(&mistaken, 'x', sizeof mistaken);
    CHECK_REFUSED(aclrtIpcOpenEventHandle(mistaken, &event), ACL_ERROR_RT_PARAM_INVALID, "key");
    memset(&mistaken, 0, sizeof mistaken);
    memcpy(&mistaken, open_key, strlen(open_key));
    CHECK_REFUSED(aclrtIpcOpenEventHandle(mistaken, &event), ACL_ERROR_RT_PARAM_INVALID, "an event", "a notify");
    CHECK_CODE(aclrtIpcOpenEventHandle(handle, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(there == NULL && event == NULL);
    say_word('r');
    hear_word('a');
    CHECK_OK(aclrtNotifyImportByKey(&there, there_key, ACL_RT_NOTIFY_IMPORT_FLAG_ENABLE_PEER_ACCESS));
    CHECK_OK(aclrtNotifyImportByKey(&back, back_key, ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT));
    CHECK_OK(aclrtNotifyImportByKey(&open, open_key, ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT));
    CHECK_OK(aclrtGetNotifyId(there, &id));
    CHECK_REFUSED(aclrtNotifyGetExportKey(there, there_key, 65, 0), ACL_ERROR_RT_PARAM_INVALID, "imported");

    CHECK_OK(aclrtWaitAndResetNotify(there, stream, 0));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    say_word('w');
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtRecordNotify(back, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));

    CHECK_OK(aclrtIpcOpenEventHandle(handle, &event));
    CHECK_REFUSED(aclrtIpcGetEventHandle(event, &mistaken), ACL_ERROR_RT_PARAM_INVALID, "another process");
    // Before any record it counts as complete.
    hear_word('e');
    CHECK_OK(aclrtStreamWaitEvent(stream, event));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    say_word('q');
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtSynchronizeEvent(event));
    hold_stream(&hold, stream);
    CHECK_OK(aclrtRecordEvent(event, stream));
    say_word('f');
    hear_word('g');
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(stream));

    hear_word('d');
    CHECK_REFUSED(aclrtNotifyImportByKey(&more, open_key, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR, "no longer");
    CHECK_REFUSED(aclrtIpcOpenEventHandle(handle, &other), ACL_ERROR_RT_DRV_INTERNAL_ERROR, "no longer");
    CHECK(more == NULL && other == NULL);
    // What was imported before lives on.
    CHECK_OK(aclrtRecordNotify(open, stream));
    CHECK_OK(aclrtWaitAndResetNotify(open, stream, 0));
    CHECK_OK(aclrtRecordEvent(event, stream));
    CHECK_OK(aclrtSynchronizeEvent(event));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyNotify(there));
    CHECK_OK(aclrtDestroyNotify(back));
    CHECK_OK(aclrtDestroyNotify(open));
    CHECK_OK(aclrtDestroyStream(stream));
}

// The exporting process ends

static void survivor(void)
{
    aclrtNotify notify = NULL, late = NULL;
    aclrtEvent event = NULL;
    aclrtStream first, second;
    aclrtIpcEventHandle handle;
    char key[65], path[128];
    pid_t mortal = start("mortal");
    hear(key, sizeof key);
    hear(&handle, sizeof handle);
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtNotifyImportByKey(&notify, key, 0));
    CHECK_OK(aclrtIpcOpenEventHandle(handle, &event));
    CHECK_OK(aclrtWaitAndResetNotify(notify, first, 0));
    CHECK_OK(aclrtStreamWaitEvent(second, event));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(first, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    // It kills itself without any clean-up.
    say_word('k');
    int status = 0;
    CHECK(waitpid(mortal, &status, 0) == mortal);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    CHECK_REFUSED(aclrtSynchronizeStream(first), ACL_ERROR_RT_WAIT_TIMEOUT, "ended");
    CHECK_REFUSED(aclrtSynchronizeStream(second), ACL_ERROR_RT_WAIT_TIMEOUT, "ended");
    CHECK_CODE(aclrtSynchronizeEvent(event), ACL_ERROR_RT_WAIT_TIMEOUT);
    CHECK_REFUSED(aclrtNotifyImportByKey(&late, key, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR, "ended");
    CHECK(late == NULL);
    // Its record is swept up.
    snprintf(path, sizeof path, "/dev/shm/%s", key);
    CHECK(access(path, F_OK) != 0);
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
    close(to_other);
    close(from_other);
}

static void mortal(void)
{
    aclrtNotify notify;
    aclrtEvent event;
    aclrtStream stream;
    aclrtIpcEventHandle handle;
    char key[65];
    static struct hold hold;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtNotifyGetExportKey(notify, key, sizeof key, ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION));
    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_IPC));
    CHECK_OK(aclrtIpcGetEventHandle(event, &handle));
    hold_stream(&hold, stream);
    CHECK_OK(aclrtRecordEvent(event, stream));
    say(key, sizeof key);
    say(&handle, sizeof handle);
    hear_word('k');
    fflush(NULL);
    kill(getpid(), SIGKILL);
}

// A process that ends in order leaves nothing behind.
static void orderly(void)
{
    char key[65], path[128];
    aclrtNotify notify = NULL;
    pid_t other = start("tidy");
    hear(key, sizeof key);
    snprintf(path, sizeof path, "/dev/shm/%s", key);
    CHECK(access(path, F_OK) == 0);
    say_word('x');
    finish(other);
    CHECK(access(path, F_OK) != 0);
    CHECK_REFUSED(aclrtNotifyImportByKey(&notify, key, 0), ACL_ERROR_RT_DRV_INTERNAL_ERROR, "ended");
}

static void tidy(void)
{
    aclrtNotify notify;
    char key[65];
    CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
    CHECK_OK(aclrtNotifyGetExportKey(notify, key, sizeof key, ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION));
    say(key, sizeof key);
    hear_word('x');
}

int main(int count, char **arguments)
{
    alarm(120);
    signal(SIGPIPE, SIG_IGN);
    if (count == 4) {
        from_other = atoi(arguments[2]);
        to_other = atoi(arguments[3]);
    }
    CHECK_OK(aclrtSetDevice(0));
    if (count == 4 && strcmp(arguments[1], "child") == 0) {
        child();
    } else if (count == 4 && strcmp(arguments[1], "mortal") == 0) {
        mortal();
    } else if (count == 4 && strcmp(arguments[1], "tidy") == 0) {
        tidy();
        return check_done();
    } else {
        parent();
        survivor();
        orderly();
    }
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
