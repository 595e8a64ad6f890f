// Host code in the order of a stream, two ways.
//
// 1. aclrtLaunchCallback: the function runs on a thread of yours, inside aclrtProcessReport. That thread has to
//    subscribe to the stream first.
// 2. aclrtLaunchHostFunc: the function runs on a thread of the runtime, and the stream waits for it.
//
// A stream uses one way or the other, never both, and neither kind of function may call the ACL.

#include <acl/acl.h>

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr int kSteps = 5;

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check((call), #call)

// What a callback finds out about the copy queued just before it.
struct Step {
    int index;
    const unsigned char *host;
    unsigned char expected;
    bool sawCopy;
    std::thread::id ranOn;
};

void Inspect(void *argument)
{
    auto *step = static_cast<Step *>(argument);
    step->sawCopy = *step->host == step->expected;
    step->ranOn = std::this_thread::get_id();
}

// Serves callbacks until told to stop. A time-out is not a failure, just a chance to look at `stop`.
void Serve(aclrtContext context, const std::atomic<bool> &stop)
{
    CHECK(aclrtSetCurrentContext(context));
    while (!stop.load()) {
        (void)aclrtProcessReport(20);
    }
}

struct Buffers {
    void *device = nullptr;
    void *host = nullptr;

    Buffers()
    {
        CHECK(aclrtMalloc(&device, 64, ACL_MEM_MALLOC_NORMAL_ONLY));
        CHECK(aclrtMallocHost(&host, 64));
    }
    Buffers(const Buffers &) = delete;
    Buffers &operator=(const Buffers &) = delete;
    ~Buffers()
    {
        CHECK(aclrtFree(device));
        CHECK(aclrtFreeHost(host));
    }
};

std::vector<Step> MakeSteps(const Buffers &buffers)
{
    std::vector<Step> steps;
    for (int i = 0; i < kSteps; i++) {
        steps.push_back({i, static_cast<const unsigned char *>(buffers.host), static_cast<unsigned char>(10 + i),
                         false, std::thread::id()});
    }
    return steps;
}

// Writes the step's value on the device and fetches it: what the callback behind it must see.
void EnqueueCopy(const Buffers &buffers, const Step &step, aclrtStream stream)
{
    CHECK(aclrtMemsetAsync(buffers.device, 64, step.expected, 64, stream));
    CHECK(aclrtMemcpyAsync(buffers.host, 64, buffers.device, 64, ACL_MEMCPY_DEVICE_TO_HOST, stream));
}

int Verdict(const char *name, const std::vector<Step> &steps, std::thread::id notOn)
{
    int wrong = 0;
    for (const Step &step : steps) {
        const bool good = step.sawCopy && step.ranOn != std::thread::id() && step.ranOn != notOn;
        wrong += !good;
        std::printf("  %s %d: %s\n", name, step.index, good ? "ran after its copy, on another thread" : "WRONG");
    }
    return wrong;
}

int Callbacks()
{
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    Buffers buffers;
    std::vector<Step> steps = MakeSteps(buffers);

    // The serving thread needs a context like every thread that talks to the device.
    aclrtContext context = nullptr;
    CHECK(aclrtGetCurrentContext(&context));
    std::atomic<bool> stop(false);
    std::thread server(Serve, context, std::cref(stop));
    const auto serverId = static_cast<uint64_t>(server.native_handle());
    CHECK(aclrtSubscribeReport(serverId, stream));

    for (Step &step : steps) {
        EnqueueCopy(buffers, step, stream);
        // BLOCK: the stream goes on only after the callback, so the next copy cannot overtake it.
        CHECK(aclrtLaunchCallback(Inspect, &step, ACL_CALLBACK_BLOCK, stream));
    }
    CHECK(aclrtSynchronizeStream(stream));

    CHECK(aclrtUnSubscribeReport(serverId, stream));
    stop.store(true);
    const std::thread::id ranOn = server.get_id();
    server.join();
    CHECK(aclrtDestroyStream(stream));

    int wrong = Verdict("callback", steps, std::this_thread::get_id());
    for (const Step &step : steps) {
        wrong += step.ranOn != ranOn;
    }
    return wrong;
}

int HostFunctions()
{
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    Buffers buffers;
    std::vector<Step> steps = MakeSteps(buffers);
    for (Step &step : steps) {
        EnqueueCopy(buffers, step, stream);
        CHECK(aclrtLaunchHostFunc(stream, Inspect, &step));
    }
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtDestroyStream(stream));
    // Never on the thread that waits: it might hold a lock that the function wants.
    return Verdict("host function", steps, std::this_thread::get_id());
}

}  // namespace

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    const int wrong = Callbacks() + HostFunctions();
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::printf("callbacks: %d wrong: %s\n", wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
