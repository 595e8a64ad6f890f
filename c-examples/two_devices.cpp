// Two devices at work: a thread each, then a copy from one to the other.
//
// The device is a property of the thread: aclrtSetDevice in each thread is not optional.

#include <acl/acl.h>
#include <aclnnop/aclnn_mul.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr int64_t kCount = 1 << 16;
constexpr size_t kBytes = kCount * sizeof(int32_t);

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check((call), #call)

// Squares 0, 1, 2 … plus the device's number, on that device, and leaves the result there.
void *Square(int32_t device)
{
    CHECK(aclrtSetDevice(device));
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));

    std::vector<int32_t> host(kCount);
    for (int64_t i = 0; i < kCount; i++) {
        host[static_cast<size_t>(i)] = static_cast<int32_t>(i % 1000) + device;
    }
    void *in = nullptr;
    void *out = nullptr;
    CHECK(aclrtMalloc(&in, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&out, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(in, kBytes, host.data(), kBytes, ACL_MEMCPY_HOST_TO_DEVICE));

    aclTensor *inTensor = aclCreateTensor(&kCount, 1, ACL_INT32, nullptr, 0, ACL_FORMAT_ND, &kCount, 1, in);
    aclTensor *outTensor = aclCreateTensor(&kCount, 1, ACL_INT32, nullptr, 0, ACL_FORMAT_ND, &kCount, 1, out);
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK(aclnnMulGetWorkspaceSize(inTensor, inTensor, outTensor, &size, &executor));
    void *workspace = nullptr;
    if (size > 0) {
        CHECK(aclrtMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    CHECK(aclnnMul(workspace, size, executor, stream));
    CHECK(aclrtSynchronizeStream(stream));

    CHECK(aclDestroyTensor(inTensor));
    CHECK(aclDestroyTensor(outTensor));
    if (workspace != nullptr) {
        CHECK(aclrtFree(workspace));
    }
    CHECK(aclrtFree(in));
    CHECK(aclrtDestroyStream(stream));
    return out;
}

int CountWrong(const void *device, int32_t which)
{
    std::vector<int32_t> host(kCount);
    CHECK(aclrtMemcpy(host.data(), kBytes, device, kBytes, ACL_MEMCPY_DEVICE_TO_HOST));
    int wrong = 0;
    for (int64_t i = 0; i < kCount; i++) {
        const int32_t x = static_cast<int32_t>(i % 1000) + which;
        wrong += host[static_cast<size_t>(i)] != x * x;
    }
    return wrong;
}

}  // namespace

int main()
{
    // On the simulator the number of devices is configuration; hardware does not read this variable.
    (void)setenv("ACLSIM_DEVICES", "2", 0);
    CHECK(aclInit(nullptr));
    uint32_t devices = 0;
    CHECK(aclrtGetDeviceCount(&devices));
    if (devices < 2) {
        std::fprintf(stderr, "two_devices: this machine has %u device(s)\n", devices);
        return 1;
    }

    void *result[2] = {};
    std::thread first([&] { result[0] = Square(0); });
    std::thread second([&] { result[1] = Square(1); });
    first.join();
    second.join();

    // From one device to the other by way of the host, which needs no agreement between the two.
    CHECK(aclrtSetDevice(0));
    void *bounce = nullptr;
    void *copy = nullptr;
    CHECK(aclrtMallocHost(&bounce, kBytes));
    CHECK(aclrtMalloc(&copy, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(bounce, kBytes, result[1], kBytes, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(aclrtMemcpy(copy, kBytes, bounce, kBytes, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK(aclrtFreeHost(bounce));

    const int wrong = CountWrong(result[0], 0) + CountWrong(copy, 1);
    CHECK(aclrtFree(copy));
    CHECK(aclrtFree(result[0]));
    CHECK(aclrtFree(result[1]));
    // One reset for each aclrtSetDevice: two for device 0 (thread and main), one for device 1.
    CHECK(aclrtResetDevice(0));
    CHECK(aclrtResetDevice(0));
    CHECK(aclrtResetDevice(1));
    CHECK(aclFinalize());
    std::printf("two_devices: %u devices, %d wrong: %s\n", devices, wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
