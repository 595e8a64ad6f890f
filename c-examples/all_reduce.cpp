// Data-parallel training in miniature: each device has gradients of its own, HcclAllReduce sums them everywhere.
//
// A thread for each device, as in a real program a process for each. Rank 0 makes the root information and hands it to
// the others; HcclCommInitRootInfo returns when all ranks have come. A collective is work on the stream like any other.

#include <acl/acl.h>
#include <hccl/hccl.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr uint32_t kRanks = 4;
constexpr size_t kCount = 1 << 20;
constexpr size_t kBytes = kCount * sizeof(float);

void Check(int code, const char *what)
{
    if (code != 0) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check(static_cast<int>(call), #call)

float Gradient(uint32_t rank, size_t i)
{
    return static_cast<float>(i % 100) * 0.5f + static_cast<float>(rank);
}

// One rank. Answers how many sums are wrong.
int Train(uint32_t rank, const HcclRootInfo *root)
{
    CHECK(aclrtSetDevice(static_cast<int32_t>(rank)));
    aclrtStream stream = nullptr;
    CHECK(aclrtCreateStream(&stream));
    HcclComm comm = nullptr;
    CHECK(HcclCommInitRootInfo(kRanks, root, rank, &comm));

    std::vector<float> host(kCount);
    for (size_t i = 0; i < kCount; i++) {
        host[i] = Gradient(rank, i);
    }
    void *gradients = nullptr;
    CHECK(aclrtMalloc(&gradients, kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(gradients, kBytes, host.data(), kBytes, ACL_MEMCPY_HOST_TO_DEVICE));

    // In place. The call returns at once; the stream goes on when all ranks have called.
    CHECK(HcclAllReduce(gradients, gradients, kCount, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM, comm, stream));
    CHECK(aclrtSynchronizeStream(stream));

    CHECK(aclrtMemcpy(host.data(), kBytes, gradients, kBytes, ACL_MEMCPY_DEVICE_TO_HOST));
    int wrong = 0;
    for (size_t i = 0; i < kCount; i++) {
        float sum = 0.0f;
        for (uint32_t other = 0; other < kRanks; other++) {
            sum += Gradient(other, i);
        }
        wrong += host[i] != sum;
    }
    CHECK(HcclCommDestroy(comm));
    CHECK(aclrtFree(gradients));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(static_cast<int32_t>(rank)));
    return wrong;
}

}  // namespace

int main()
{
    // On the simulator the number of devices is configuration; hardware does not read this variable.
    (void)setenv("ACLSIM_DEVICES", "4", 0);
    CHECK(aclInit(nullptr));
    uint32_t devices = 0;
    CHECK(aclrtGetDeviceCount(&devices));
    if (devices < kRanks) {
        std::fprintf(stderr, "all_reduce: this machine has %u device(s), %u are needed\n", devices, kRanks);
        return 1;
    }
    CHECK(aclrtSetDevice(0));
    HcclRootInfo root;
    CHECK(HcclGetRootInfo(&root));
    std::atomic<int> wrong{0};
    std::vector<std::thread> ranks;
    for (uint32_t rank = 0; rank < kRanks; rank++) {
        ranks.emplace_back([rank, &root, &wrong] { wrong += Train(rank, &root); });
    }
    for (std::thread &rank : ranks) {
        rank.join();
    }
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::printf("all_reduce: %u ranks, %d wrong: %s\n", kRanks, wrong.load(), wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
