// Streams run beside each other; events say where one has to wait for another.
//
//   left:   x = a @ b, eight times ----- event "x ready" --.
//   right:  y = a + b, many times ------ event "y ready" ---+--> join: z = x - y
//
// Without the two waits, `join` would read x and y while they are being written.

#include <acl/acl.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_matmul.h>
#include <aclnnop/aclnn_sub.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

constexpr int64_t kSide = 384;
constexpr size_t kCount = static_cast<size_t>(kSide * kSide);
constexpr size_t kBytes = kCount * sizeof(float);

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check((call), #call)

struct Matrix {
    void *device = nullptr;
    aclTensor *tensor = nullptr;

    explicit Matrix(const std::vector<float> &values)
    {
        CHECK(aclrtMalloc(&device, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
        CHECK(aclrtMemcpy(device, kBytes, values.data(), kBytes, ACL_MEMCPY_HOST_TO_DEVICE));
        const int64_t shape[] = {kSide, kSide};
        tensor = aclCreateTensor(shape, 2, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, shape, 2, device);
        Check(tensor != nullptr ? ACL_SUCCESS : 1, "aclCreateTensor");
    }
    Matrix(const Matrix &) = delete;
    Matrix &operator=(const Matrix &) = delete;
    ~Matrix()
    {
        CHECK(aclDestroyTensor(tensor));
        CHECK(aclrtFree(device));
    }
};

using PhaseOne = std::function<aclnnStatus(uint64_t *, aclOpExecutor **)>;
using PhaseTwo = aclnnStatus (*)(void *, uint64_t, aclOpExecutor *, aclrtStream);

// Queues one operator. Workspaces are kept by the caller: the stream may use them until it is synchronised.
void Enqueue(const PhaseOne &phaseOne, PhaseTwo phaseTwo, aclrtStream stream, std::vector<void *> &workspaces)
{
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK(phaseOne(&size, &executor));
    void *workspace = nullptr;
    if (size > 0) {
        CHECK(aclrtMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
        workspaces.push_back(workspace);
    }
    CHECK(phaseTwo(workspace, size, executor, stream));
}

struct Span {
    const char *name;
    aclrtEvent from;
    aclrtEvent to;
};

// One line of a chart: when the stream worked, on the device's clock, relative to `origin`.
void Draw(const Span &span, aclrtEvent origin, float total)
{
    float from = 0;
    float to = 0;
    CHECK(aclrtEventElapsedTime(&from, origin, span.from));
    CHECK(aclrtEventElapsedTime(&to, origin, span.to));
    constexpr int kWidth = 50;
    std::string bar(kWidth, '.');
    for (int i = 0; i < kWidth; i++) {
        const float begin = static_cast<float>(i) * total / kWidth;
        const float end = static_cast<float>(i + 1) * total / kWidth;
        if (from < end && to >= begin) {
            bar[static_cast<size_t>(i)] = '#';
        }
    }
    std::printf("  %-6s %s %7.3f .. %7.3f ms\n", span.name, bar.c_str(), static_cast<double>(from),
                static_cast<double>(to));
}

}  // namespace

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    int wrong = 0;
    {
        std::vector<float> hostA(kCount);
        std::vector<float> hostB(kCount, 0.0F);
        for (size_t i = 0; i < kCount; i++) {
            hostA[i] = static_cast<float>(i % 1000) / 8.0F;
        }
        // b is twice the identity, so a @ b is exactly 2a and the check needs no tolerance.
        for (int64_t i = 0; i < kSide; i++) {
            hostB[static_cast<size_t>(i * kSide + i)] = 2.0F;
        }
        const std::vector<float> zeros(kCount, 0.0F);
        Matrix a(hostA);
        Matrix b(hostB);
        Matrix x(zeros);
        Matrix y(zeros);
        Matrix z(zeros);
        float one = 1.0F;
        aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);

        aclrtStream left = nullptr;
        aclrtStream right = nullptr;
        aclrtStream join = nullptr;
        for (aclrtStream *stream : {&left, &right, &join}) {
            CHECK(aclrtCreateStream(stream));
        }
        // A wait needs ACL_EVENT_SYNC, a time needs ACL_EVENT_TIME_LINE.
        aclrtEvent event[6] = {};
        for (aclrtEvent &e : event) {
            CHECK(aclrtCreateEventWithFlag(&e, ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE));
        }

        std::vector<void *> workspaces;
        CHECK(aclrtRecordEvent(event[0], left));
        CHECK(aclrtRecordEvent(event[2], right));
        for (int i = 0; i < 8; i++) {
            Enqueue(
                [&](uint64_t *size, aclOpExecutor **executor) {
                    return aclnnMatmulGetWorkspaceSize(a.tensor, b.tensor, x.tensor, 0, size, executor);
                },
                aclnnMatmul, left, workspaces);
        }
        CHECK(aclrtRecordEvent(event[1], left));
        for (int i = 0; i < 64; i++) {
            Enqueue(
                [&](uint64_t *size, aclOpExecutor **executor) {
                    return aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, y.tensor, size, executor);
                },
                aclnnAdd, right, workspaces);
        }
        CHECK(aclrtRecordEvent(event[3], right));

        // A wait refers to the newest record at the time of this call, so the records come first.
        CHECK(aclrtStreamWaitEvent(join, event[1]));
        CHECK(aclrtStreamWaitEvent(join, event[3]));
        CHECK(aclrtRecordEvent(event[4], join));
        Enqueue(
            [&](uint64_t *size, aclOpExecutor **executor) {
                return aclnnSubGetWorkspaceSize(x.tensor, y.tensor, alpha, z.tensor, size, executor);
            },
            aclnnSub, join, workspaces);
        CHECK(aclrtRecordEvent(event[5], join));

        // `join` is last in the diamond: once it is done, all three are.
        CHECK(aclrtSynchronizeStream(join));

        std::vector<float> result(kCount);
        CHECK(aclrtMemcpy(result.data(), kBytes, z.device, kBytes, ACL_MEMCPY_DEVICE_TO_HOST));
        for (size_t i = 0; i < kCount; i++) {
            wrong += result[i] != 2.0F * hostA[i] - (hostA[i] + hostB[i]);
        }

        float total = 0;
        CHECK(aclrtEventElapsedTime(&total, event[0], event[5]));
        for (const Span &span : {Span{"left", event[0], event[1]}, Span{"right", event[2], event[3]},
                                 Span{"join", event[4], event[5]}}) {
            Draw(span, event[0], total);
        }

        CHECK(aclDestroyScalar(alpha));
        for (void *workspace : workspaces) {
            CHECK(aclrtFree(workspace));
        }
        for (aclrtEvent e : event) {
            CHECK(aclrtDestroyEvent(e));
        }
        for (aclrtStream stream : {left, right, join}) {
            CHECK(aclrtDestroyStream(stream));
        }
    }
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::printf("multi_stream: %zu elements, %d wrong: %s\n", kCount, wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
