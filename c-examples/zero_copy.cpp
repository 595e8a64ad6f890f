// Operators that work on host memory where it is: registered with aclrtHostRegister, without a copy in or out.
//
//   g++ -std=c++14 zero_copy.cpp -o zero_copy -I$ASCEND_TOOLKIT_HOME/include -L$ASCEND_TOOLKIT_HOME/lib64
//       -lascendcl -lnnopbase -lopapi
//
// The same product of two vectors is made twice: with the vectors copied to the device and the result copied back, and
// with the three blocks of host memory registered. Both results are checked; the times are printed side by side.

#include <acl/acl.h>
#include <aclnnop/aclnn_mul.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int64_t COUNT = 4 << 20;
constexpr size_t BYTES = COUNT * sizeof(float);
constexpr int ROUNDS = 5;

void check(int code, const char *call)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", call, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}

#define CHECK(call) check(call, #call)

// Queues out = a * b on the stream. All three are device addresses, of whatever kind.
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

// The best of several rounds, in milliseconds.
template <typename Work>
double best(Work work)
{
    double least = 1e9;
    for (int i = 0; i < ROUNDS; i++) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
        least = std::min(least, took.count());
    }
    return least;
}

bool correct(const float *out, const float *a, const float *b)
{
    for (int64_t i = 0; i < COUNT; i++) {
        if (out[i] != a[i] * b[i]) {
            std::fprintf(stderr, "element %lld: expected %g, got %g\n", static_cast<long long>(i),
                         static_cast<double>(a[i] * b[i]), static_cast<double>(out[i]));
            return false;
        }
    }
    return true;
}

}  // namespace

int main()
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));

    // Plain memory of the program, at the start of a page.
    float *host[3];
    for (float *&block : host) {
        void *memory = nullptr;
        if (posix_memalign(&memory, 4096, BYTES) != 0) {
            return 1;
        }
        block = static_cast<float *>(memory);
        std::fill(block, block + COUNT, 0.0F);
    }
    float *a = host[0], *b = host[1], *out = host[2];
    for (int64_t i = 0; i < COUNT; i++) {
        a[i] = static_cast<float>(i % 1000);
        b[i] = 0.25F * static_cast<float>(i % 17);
    }

    // The usual way: in, work, out.
    void *device[3];
    for (void *&block : device) {
        CHECK(aclrtMalloc(&block, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    const double copying = best([&] {
        CHECK(aclrtMemcpy(device[0], BYTES, a, BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK(aclrtMemcpy(device[1], BYTES, b, BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
        multiply(device[2], device[0], device[1], stream);
        CHECK(aclrtSynchronizeStream(stream));
        CHECK(aclrtMemcpy(out, BYTES, device[2], BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    });
    bool good = correct(out, a, b);
    std::fill(out, out + COUNT, 0.0F);

    // Registered: the device has addresses for the very same bytes.
    void *mapped[3];
    for (int i = 0; i < 3; i++) {
        CHECK(aclrtHostRegister(host[i], BYTES, ACL_HOST_REGISTER_MAPPED, &mapped[i]));
    }
    const double in_place = best([&] {
        multiply(mapped[2], mapped[0], mapped[1], stream);
        CHECK(aclrtSynchronizeStream(stream));
    });
    good = correct(out, a, b) && good;

    // What the host writes the device reads, and the other way round.
    a[7] = 1000.0F;
    b[7] = 3.0F;
    multiply(mapped[2], mapped[0], mapped[1], stream);
    CHECK(aclrtSynchronizeStream(stream));
    good = out[7] == 3000.0F && good;

    // Such an address serves kernels. Copies take the host's.
    const int refused = aclrtMemcpy(device[0], BYTES, mapped[0], BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE);
    good = refused != ACL_SUCCESS && good;

    for (float *block : host) {
        CHECK(aclrtHostUnregister(block));
        std::free(block);
    }
    for (void *block : device) {
        CHECK(aclrtFree(block));
    }
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::printf("%zu MiB a vector: %.2f ms with copies, %.2f ms in place, %s\n", BYTES >> 20, copying, in_place,
                good ? "results correct" : "results WRONG");
    return good ? 0 : 1;
}
