// What each mistake looks like: the code that the call answers and the sentence behind it.
//
// Nothing here crashes: a refused call changes nothing, and the program goes on. The exit status says whether every
// mistake was answered as documented.

#include <acl/acl.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_exp.h>
#include <aclnnop/aclnn_index_select.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check((call), #call)

constexpr int kAnyError = -1;
constexpr int64_t kCount = 16;
constexpr size_t kBytes = kCount * sizeof(float);

int wrong = 0;

// Makes one mistake and prints a row of the table. kAnyError: the documentation promises an error, not which.
void Mistake(const char *what, int expected, const std::function<int()> &call)
{
    (void)aclGetRecentErrMsg();  // fetching clears, so the message below belongs to this mistake
    const int code = call();
    const char *why = aclGetRecentErrMsg();
    std::string message = why != nullptr ? why : "";
    while (!message.empty() && message.back() == '\n') {
        message.pop_back();
    }
    const bool good = code != ACL_SUCCESS && (expected == kAnyError || code == expected) && !message.empty();
    wrong += !good;
    std::printf("%-52s %6d  %s\n", what, code, message.empty() ? "(no message)" : message.c_str());
    if (!good) {
        std::printf("%-52s ^ WRONG: expected %s and a message\n", "",
                    expected == kAnyError ? "an error" : std::to_string(expected).c_str());
    }
}

aclTensor *Vector(int64_t count, void *device, aclDataType type = ACL_FLOAT)
{
    return aclCreateTensor(&count, 1, type, nullptr, 0, ACL_FORMAT_ND, &count, 1, device);
}

void DeviceMistakes()
{
    Mistake("a device that does not exist", 107001, [] { return aclrtSetDevice(1000); });
    Mistake("a thread that never called aclrtSetDevice", 107002, [] {
        int code = 0;
        std::string message;
        // Messages are kept for each thread, so this one has to be carried over by hand.
        std::thread thread([&] {
            void *pointer = nullptr;
            code = aclrtMalloc(&pointer, 64, ACL_MEM_MALLOC_HUGE_FIRST);
            const char *why = aclGetRecentErrMsg();
            message = why != nullptr ? why : "";
        });
        thread.join();
        std::printf("  on the other thread: %s", message.c_str());
        // Fails on this thread too, in the same way, once it has no context.
        aclrtContext context = nullptr;
        CHECK(aclrtGetCurrentContext(&context));
        CHECK(aclrtSetCurrentContext(nullptr));
        void *pointer = nullptr;
        const int here = aclrtMalloc(&pointer, 64, ACL_MEM_MALLOC_HUGE_FIRST);
        CHECK(aclrtSetCurrentContext(context));
        return here == code ? code : 0;
    });
    Mistake("aclInit twice (harmless, most programs ignore it)", 100002, [] { return aclInit(nullptr); });
}

void MemoryMistakes()
{
    void *pointer = nullptr;
    Mistake("an allocation of 0 bytes", 100000, [&] { return aclrtMalloc(&pointer, 0, ACL_MEM_MALLOC_HUGE_FIRST); });
    Mistake("more memory than the device has", 207001,
            [&] { return aclrtMalloc(&pointer, size_t{1} << 50, ACL_MEM_MALLOC_HUGE_FIRST); });

    CHECK(aclrtMalloc(&pointer, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    std::vector<char> host(4096);
    Mistake("a copy larger than its own destMax", 107000,
            [&] { return aclrtMemcpy(pointer, 8, host.data(), 9, ACL_MEMCPY_HOST_TO_DEVICE); });
    Mistake("a copy past the end of the allocation", kAnyError,
            [&] { return aclrtMemcpy(pointer, 4096, host.data(), 4096, ACL_MEMCPY_HOST_TO_DEVICE); });
    Mistake("a null source", 100000, [&] { return aclrtMemcpy(pointer, 8, nullptr, 8, ACL_MEMCPY_HOST_TO_DEVICE); });
    Mistake("freeing the middle of an allocation", kAnyError,
            [&] { return aclrtFree(static_cast<char *>(pointer) + 32); });
    Mistake("freeing host memory as device memory", kAnyError, [&] { return aclrtFree(host.data()); });
    CHECK(aclrtFree(pointer));
    Mistake("freeing twice", kAnyError, [&] { return aclrtFree(pointer); });
    Mistake("freeing null", 100000, [] { return aclrtFree(nullptr); });
}

void StreamMistakes()
{
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    aclrtContext first = nullptr;
    CHECK(aclrtGetCurrentContext(&first));
    aclrtContext second = nullptr;
    CHECK(aclrtCreateContext(&second, 0));  // becomes current
    Mistake("a stream destroyed under another context", 107003, [&] { return aclrtDestroyStream(stream); });
    CHECK(aclrtDestroyContext(second));
    CHECK(aclrtSetCurrentContext(first));
    Mistake("a callback on a stream nobody subscribed to", 107015, [&] {
        return aclrtLaunchCallback([](void *) {}, nullptr, ACL_CALLBACK_BLOCK, stream);
    });
    CHECK(aclrtDestroyStream(stream));
    Mistake("a stream used after its end", kAnyError, [&] { return aclrtSynchronizeStream(stream); });

    aclrtEvent event = nullptr;
    CHECK(aclrtCreateEventWithFlag(&event, ACL_EVENT_SYNC));
    float ms = 0;
    Mistake("the time between events that keep no time", kAnyError,
            [&] { return aclrtEventElapsedTime(&ms, event, event); });
    CHECK(aclrtDestroyEvent(event));
}

void OperatorMistakes()
{
    void *device = nullptr;
    void *out = nullptr;
    CHECK(aclrtMalloc(&device, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&out, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemset(device, kBytes, 0, kBytes));
    CHECK(aclrtMemset(out, kBytes, 0, kBytes));
    aclTensor *self = Vector(kCount, device);
    aclTensor *result = Vector(kCount, out);
    float one = 1.0F;
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;

    Mistake("a null tensor", 161001,
            [&] { return aclnnAddGetWorkspaceSize(nullptr, self, alpha, result, &size, &executor); });
    aclTensor *odd = Vector(7, device);
    Mistake("shapes that do not broadcast: 16 and 7", 161002,
            [&] { return aclnnAddGetWorkspaceSize(self, odd, alpha, result, &size, &executor); });
    CHECK(aclDestroyTensor(odd));
    aclTensor *integers = Vector(kCount, out, ACL_INT32);
    Mistake("float numbers into an int32 output", 161002,
            [&] { return aclnnExpGetWorkspaceSize(self, integers, &size, &executor); });
    CHECK(aclDestroyTensor(integers));
    aclTensor *tooLong = Vector(1 << 20, device);
    aclTensor *longOut = Vector(1 << 20, out);
    Mistake("tensors longer than the memory behind them", 161002,
            [&] { return aclnnExpGetWorkspaceSize(tooLong, longOut, &size, &executor); });
    CHECK(aclDestroyTensor(tooLong));
    CHECK(aclDestroyTensor(longOut));
    float host[kCount] = {};
    aclTensor *onHost = Vector(kCount, host);
    Mistake("a tensor over host memory", 161002,
            [&] { return aclnnExpGetWorkspaceSize(onHost, result, &size, &executor); });
    CHECK(aclDestroyTensor(onHost));
    Mistake("phase two without an executor", 161001, [] { return aclnnExp(nullptr, 0, nullptr, nullptr); });

    CHECK(aclnnExpGetWorkspaceSize(self, result, &size, &executor));
    void *workspace = nullptr;
    if (size > 0) {
        CHECK(aclrtMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    CHECK(aclnnExp(workspace, size, executor, nullptr));
    CHECK(aclrtSynchronizeStream(nullptr));
    Mistake("an executor used twice", kAnyError, [&] { return aclnnExp(workspace, size, executor, nullptr); });
    if (workspace != nullptr) {
        CHECK(aclrtFree(workspace));
    }

    CHECK(aclDestroyScalar(alpha));
    CHECK(aclDestroyTensor(self));
    CHECK(aclDestroyTensor(result));
    CHECK(aclrtFree(device));
    CHECK(aclrtFree(out));
}

// A mistake that only shows when the data is read: both phases succeed, the wait does not.
void AsynchronousMistake()
{
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    const int64_t index = 99;
    void *table = nullptr;
    void *indices = nullptr;
    void *out = nullptr;
    CHECK(aclrtMalloc(&table, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&indices, sizeof(index), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&out, sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemset(table, kBytes, 0, kBytes));
    CHECK(aclrtMemcpy(indices, sizeof(index), &index, sizeof(index), ACL_MEMCPY_HOST_TO_DEVICE));
    aclTensor *self = Vector(kCount, table);
    aclTensor *which = Vector(1, indices, ACL_INT64);
    aclTensor *result = Vector(1, out);
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK(aclnnIndexSelectGetWorkspaceSize(self, 0, which, result, &size, &executor));
    void *workspace = nullptr;
    if (size > 0) {
        CHECK(aclrtMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    CHECK(aclnnIndexSelect(workspace, size, executor, stream));
    Mistake("index 99 of 16, found while the operator ran", kAnyError,
            [&] { return aclrtSynchronizeStream(stream); });
    CHECK(aclDestroyTensor(self));
    CHECK(aclDestroyTensor(which));
    CHECK(aclDestroyTensor(result));
    (void)aclrtDestroyStream(stream);
    for (void *pointer : {table, indices, out, workspace}) {
        if (pointer != nullptr) {
            CHECK(aclrtFree(pointer));
        }
    }
}

}  // namespace

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    std::printf("%-52s %6s  %s\n", "mistake", "code", "message");
    DeviceMistakes();
    MemoryMistakes();
    StreamMistakes();
    OperatorMistakes();
    AsynchronousMistake();
    (void)aclrtResetDevice(0);
    Mistake("aclFinalize once more than aclInit", 100037, [] {
        CHECK(aclFinalize());
        return aclFinalize();
    });
    std::printf("error_handling: %d wrong: %s\n", wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
