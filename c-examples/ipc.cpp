// Two processes and one buffer: the first fills it, the second works on the same bytes, the first reads the result. A
// notify that both share tells the first process's stream when that is: its host waits for nothing but the stream.
//
//   g++ -std=c++14 ipc.cpp -o ipc -I$ASCEND_TOOLKIT_HOME/include -L$ASCEND_TOOLKIT_HOME/lib64
//       -lascendcl -lnnopbase -lopapi
//
// The second process is this program again, started with fork and exec: a forked child alone has no device. The keys go
// through a pipe, as they would through any channel of your own. Only the process that was named may import them.

#include <acl/acl.h>
#include <aclnnop/aclnn_mul.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t COUNT = 1 << 20;
constexpr size_t BYTES = COUNT * sizeof(float);
constexpr size_t KEY = 65;

void fail(const char *what)
{
    const char *why = aclGetRecentErrMsg();
    std::fprintf(stderr, "process %d: %s: %s\n", static_cast<int>(getpid()), what, why != nullptr ? why : "failed");
    std::exit(1);
}

#define CHECK(call)                \
    do {                           \
        if ((call) != ACL_SUCCESS) \
            fail(#call);           \
    } while (0)

void send_all(int to, const void *bytes, size_t size)
{
    if (write(to, bytes, size) != static_cast<ssize_t>(size)) {
        fail("write");
    }
}

void receive_all(int from, void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        const ssize_t n = read(from, static_cast<char *>(bytes) + done, size - done);
        if (n <= 0) {
            fail("the other process went away");
        }
        done += static_cast<size_t>(n);
    }
}

// Queues out = a * b on the stream.
void multiply(void *out, void *a, void *b, aclrtStream stream)
{
    const int64_t shape[] = {COUNT};
    void *const addresses[] = {a, b, out};
    aclTensor *tensors[3];
    for (int i = 0; i < 3; i++) {
        tensors[i] = aclCreateTensor(shape, 1, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, shape, 1, addresses[i]);
    }
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK(aclnnMulGetWorkspaceSize(tensors[0], tensors[1], tensors[2], &size, &executor));
    CHECK(aclnnMul(nullptr, size, executor, stream));
    for (aclTensor *tensor : tensors) {
        aclDestroyTensor(tensor);
    }
}

// The second process: squares what it finds, and says so.
int worker()
{
    char key[KEY], notify_key[KEY];
    int32_t pid = 0;
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    // The id that the exporter names, which in a container need not be getpid().
    CHECK(aclrtDeviceGetBareTgid(&pid));
    send_all(STDOUT_FILENO, &pid, sizeof(pid));
    receive_all(STDIN_FILENO, key, KEY);
    receive_all(STDIN_FILENO, notify_key, KEY);
    void *shared = nullptr;
    aclrtNotify squared = nullptr;
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtIpcMemImportByKey(&shared, key, ACL_RT_IPC_MEM_IMPORT_FLAG_DEFAULT));
    CHECK(aclrtNotifyImportByKey(&squared, notify_key, 0));
    multiply(shared, shared, shared, stream);
    CHECK(aclrtRecordNotify(squared, stream));
    CHECK(aclrtSynchronizeStream(stream));
    // Importers close first.
    CHECK(aclrtDestroyNotify(squared));
    CHECK(aclrtIpcMemClose(key));
    CHECK(aclrtDestroyStream(stream));
    send_all(STDOUT_FILENO, "d", 1);
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}

}  // namespace

int main(int count, char **arguments)
{
    if (count > 1 && std::strcmp(arguments[1], "worker") == 0) {
        return worker();
    }
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) {
        return 1;
    }
    const pid_t child = fork();
    if (child == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[1]);
        close(from[0]);
        execl(arguments[0], arguments[0], "worker", static_cast<char *>(nullptr));
        _exit(127);
    }
    close(to[0]);
    close(from[1]);

    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    void *device = nullptr;
    std::vector<float> values(COUNT);
    for (int64_t i = 0; i < COUNT; i++) {
        values[static_cast<size_t>(i)] = static_cast<float>(i % 1000);
    }
    CHECK(aclrtMalloc(&device, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(device, BYTES, values.data(), BYTES, ACL_MEMCPY_HOST_TO_DEVICE));

    char key[KEY], notify_key[KEY];
    aclrtNotify squared = nullptr;
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtCreateNotify(&squared, ACL_NOTIFY_DEFAULT));
    CHECK(aclrtNotifyGetExportKey(squared, notify_key, KEY, 0));
    CHECK(aclrtIpcMemGetExportKey(device, BYTES, key, KEY, ACL_RT_IPC_MEM_EXPORT_FLAG_DEFAULT));
    int32_t pid = 0;
    receive_all(from[0], &pid, sizeof(pid));
    CHECK(aclrtIpcMemSetImportPid(key, &pid, 1));
    CHECK(aclrtNotifySetImportPid(squared, &pid, 1));
    send_all(to[1], key, KEY);
    send_all(to[1], notify_key, KEY);

    // Nothing is sent back: the result is where the numbers were, when the stream has passed the notify.
    std::vector<float> result(COUNT);
    CHECK(aclrtWaitAndResetNotify(squared, stream, 60));
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtMemcpy(result.data(), BYTES, device, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    // The importer has closed.
    char done = 0;
    receive_all(from[0], &done, 1);
    CHECK(aclrtDestroyNotify(squared));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtIpcMemClose(key));
    CHECK(aclrtFree(device));
    bool good = true;
    for (size_t i = 0; i < static_cast<size_t>(COUNT); i++) {
        good = good && result[i] == values[i] * values[i];
    }
    int status = -1;
    good = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && good;
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::printf("%zu MiB squared by process %d, seen by process %d: %s\n", BYTES >> 20, static_cast<int>(child),
                static_cast<int>(getpid()), good ? "correct" : "WRONG");
    return good ? 0 : 1;
}
