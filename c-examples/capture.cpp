// A step of many small operators, captured once and replayed: the same results for a fraction of the calls.
//
//   g++ -std=c++14 capture.cpp -o capture -I$ASCEND_TOOLKIT_HOME/include -L$ASCEND_TOOLKIT_HOME/lib64
//       -lascendcl -lnnopbase -lopapi
//
// The step adds a vector to an accumulator, on two streams that fork and join by events. It is issued operator by
// operator, then captured into a graph and replayed; both results are checked, and the times are printed side by side.

#include <acl/acl.h>
#include <aclnnop/aclnn_add.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int64_t COUNT = 256;
constexpr size_t BYTES = COUNT * sizeof(float);
constexpr int ADDS = 200;
constexpr int STEPS = 50;

void check(int code, const char *call)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", call, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}

#define CHECK(call) check(call, #call)

// What a step works on.
struct Step {
    aclrtStream main;
    aclrtStream side;
    aclrtEvent forked;
    aclrtEvent joined;
    void *sums[2];
    void *addend;
};

// sum += addend
void add(void *sum, void *addend, aclrtStream stream)
{
    const int64_t shape[] = {COUNT};
    float one = 1.0F;
    aclTensor *left = aclCreateTensor(shape, 1, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, shape, 1, sum);
    aclTensor *right = aclCreateTensor(shape, 1, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, shape, 1, addend);
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK(aclnnInplaceAddGetWorkspaceSize(left, right, alpha, &size, &executor));
    CHECK(aclnnInplaceAdd(nullptr, size, executor, stream));
    aclDestroyTensor(left);
    aclDestroyTensor(right);
    aclDestroyScalar(alpha);
}

// Everything that a step does, captured or not: half of the work on a second stream, which comes back.
void issue(const Step &step)
{
    CHECK(aclrtRecordEvent(step.forked, step.main));
    CHECK(aclrtStreamWaitEvent(step.side, step.forked));
    for (int i = 0; i < ADDS / 2; i++) {
        add(step.sums[0], step.addend, step.main);
        add(step.sums[1], step.addend, step.side);
    }
    CHECK(aclrtRecordEvent(step.joined, step.side));
    CHECK(aclrtStreamWaitEvent(step.main, step.joined));
}

// Milliseconds of so many steps, from zero to their sums, which are checked.
template <typename Work>
double timed(const Step &step, Work work)
{
    for (void *sum : step.sums) {
        CHECK(aclrtMemset(sum, BYTES, 0, BYTES));
    }
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < STEPS; i++) {
        work();
    }
    CHECK(aclrtSynchronizeStream(step.main));
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    std::vector<float> host(COUNT);
    for (void *sum : step.sums) {
        CHECK(aclrtMemcpy(host.data(), BYTES, sum, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
        for (float value : host) {
            if (value != 1.0F * STEPS * ADDS / 2) {
                std::fprintf(stderr, "expected %d, got %g\n", STEPS * ADDS / 2, static_cast<double>(value));
                std::exit(1);
            }
        }
    }
    return time.count();
}

}  // namespace

int main()
{
    Step step{};
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&step.main));
    CHECK(aclrtCreateStream(&step.side));
    CHECK(aclrtCreateEventExWithFlag(&step.forked, ACL_EVENT_SYNC));
    CHECK(aclrtCreateEventExWithFlag(&step.joined, ACL_EVENT_SYNC));
    for (void **memory : {&step.sums[0], &step.sums[1], &step.addend}) {
        CHECK(aclrtMalloc(memory, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    const std::vector<float> ones(COUNT, 1.0F);
    CHECK(aclrtMemcpy(step.addend, BYTES, ones.data(), BYTES, ACL_MEMCPY_HOST_TO_DEVICE));

    const double issued = timed(step, [&] { issue(step); });

    // Nothing runs while the streams are captured: the calls become the nodes and edges of a graph.
    aclmdlRI graph = nullptr;
    CHECK(aclmdlRICaptureBegin(step.main, ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL));
    issue(step);
    CHECK(aclmdlRICaptureEnd(step.main, &graph));
    const double replayed = timed(step, [&] { CHECK(aclmdlRIExecuteAsync(graph, step.main)); });

    std::printf("%d steps of %d additions: %.2f ms issued, %.2f ms replayed (%.1fx)\n", STEPS, ADDS, issued, replayed,
                issued / replayed);

    CHECK(aclmdlRIDestroy(graph));
    for (void *memory : {step.sums[0], step.sums[1], step.addend}) {
        CHECK(aclrtFree(memory));
    }
    CHECK(aclrtDestroyEvent(step.forked));
    CHECK(aclrtDestroyEvent(step.joined));
    CHECK(aclrtDestroyStream(step.main));
    CHECK(aclrtDestroyStream(step.side));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::puts("PASS");
    return 0;
}
