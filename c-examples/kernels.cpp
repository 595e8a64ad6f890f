// Kernels of your own, from a shared library and from the program itself.
//
// The library (kernels/vector_kernels.c) is loaded and launched as a device binary would be: aclrtBinaryLoadFromFile,
// aclrtBinaryGetFunction, arguments, aclrtLaunchKernel*. Its kernels are functions of the host that run on the device's
// workers, in the order of their stream. docs/kernels.md tells how to write them.

#include <acl/acl.h>
#include <aclsim/aclsim_kernel.h>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr uint32_t kCount = 100000;
constexpr uint32_t kBlocks = 8;

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check((call), #call)

// The library lies beside this program.
std::string LibraryPath(int argc, char **argv)
{
    if (argc > 1) {
        return argv[1];
    }
    char self[4096];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    std::string path(self, length > 0 ? static_cast<size_t>(length) : 0);
    return path.substr(0, path.rfind('/') + 1) + "vector_kernels.so";
}

template <typename T>
T *ToDevice(const std::vector<T> &values)
{
    void *device = nullptr;
    const size_t bytes = values.size() * sizeof(T);
    CHECK(aclrtMalloc(&device, bytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(device, bytes, values.data(), bytes, ACL_MEMCPY_HOST_TO_DEVICE));
    return static_cast<T *>(device);
}

struct Data {
    float *x;
    float *y;
    aclrtStream stream;
};

// y = 2 x + y, arguments one by one; then y = 3 x + y, from an argument list that is changed for a second launch.
int Saxpy(aclrtBinHandle library, const Data &data)
{
    aclrtFuncHandle saxpy = nullptr;
    CHECK(aclrtBinaryGetFunction(library, "saxpy", &saxpy));

    const float *x = data.x;
    float *y = data.y;
    float a = 2.0f;
    uint32_t count = kCount;
    void *args[] = {&x, &y, &a, &count};
    CHECK(aclrtLaunchKernelWithArgsArray(saxpy, kBlocks, data.stream, nullptr, args));

    aclrtArgsHandle list = nullptr;
    aclrtParamHandle param = nullptr, scale = nullptr;
    CHECK(aclrtKernelArgsInit(saxpy, &list));
    CHECK(aclrtKernelArgsAppend(list, &x, sizeof(x), &param));
    CHECK(aclrtKernelArgsAppend(list, &y, sizeof(y), &param));
    CHECK(aclrtKernelArgsAppend(list, &a, sizeof(a), &scale));
    CHECK(aclrtKernelArgsAppend(list, &count, sizeof(count), &param));
    a = 3.0f;
    CHECK(aclrtKernelArgsParaUpdate(list, scale, &a, sizeof(a)));
    CHECK(aclrtKernelArgsFinalize(list));
    CHECK(aclrtLaunchKernelWithConfig(saxpy, kBlocks, data.stream, nullptr, list, nullptr));

    std::vector<float> result(kCount);
    const size_t bytes = kCount * sizeof(float);
    CHECK(aclrtSynchronizeStream(data.stream));
    CHECK(aclrtMemcpy(result.data(), bytes, y, bytes, ACL_MEMCPY_DEVICE_TO_HOST));
    int wrong = 0;
    for (uint32_t i = 0; i < kCount; i++) {
        wrong += result[i] != 1.0f + 5.0f * static_cast<float>(i % 100);
    }
    std::printf("saxpy: two launches of %u blocks, %d of %u elements wrong\n", kBlocks, wrong, kCount);
    return wrong;
}

// How many elements of x are above each limit. The limits travel with the arguments, the counts are a variable.
int CountAbove(aclrtBinHandle library, const Data &data)
{
    aclrtFuncHandle count = nullptr;
    CHECK(aclrtBinaryGetFunction(library, "count_above", &count));
    struct {
        const float *data;
        uint64_t count;
        const float *limits;
        uint64_t limitCount;
        float values[4];
    } args = {data.x, kCount, nullptr, 4, {24.5f, 49.5f, 74.5f, 98.5f}};
    aclrtPlaceHolderInfo place = {offsetof(decltype(args), limits), offsetof(decltype(args), values)};
    CHECK(aclrtLaunchKernelWithHostArgs(count, kBlocks, data.stream, nullptr, &args, sizeof(args), &place, 1));
    CHECK(aclrtSynchronizeStream(data.stream));

    void *counts = nullptr;
    size_t bytes = 0;
    uint32_t result[4] = {0, 0, 0, 0};
    CHECK(aclrtBinaryGetGlobal(library, "counts", &counts, &bytes));
    CHECK(aclrtMemcpy(result, sizeof(result), counts, bytes, ACL_MEMCPY_DEVICE_TO_HOST));
    const uint32_t expected[4] = {kCount / 100 * 75, kCount / 100 * 50, kCount / 100 * 25, kCount / 100};
    const int wrong = std::memcmp(result, expected, sizeof(result)) != 0;
    std::printf("count_above: %u, %u, %u, %u: %s\n", result[0], result[1], result[2], result[3], wrong ? "WRONG" : "right");
    return wrong;
}

// A kernel of the program itself, which reports what is wrong.
void Picky(const aclsimKernelContext *context, void *args)
{
    const auto *value = static_cast<const int32_t *>(args);
    if (context->blockIndex == 2 && *value < 0) {
        aclsimKernelFail(context, "a negative value");
    }
}

int Failure(const Data &data)
{
    aclsimKernel kernel = {};
    kernel.name = "picky";
    kernel.function = Picky;
    kernel.type = ACL_KERNEL_TYPE_VECTOR;
    const aclsimKernelTable table = {ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, &kernel, 1, nullptr, 0};
    aclrtBinHandle binary = nullptr;
    aclrtFuncHandle picky = nullptr;
    CHECK(aclsimBinaryFromKernels(&table, &binary));
    // A kernel can be asked for by the address of its function.
    CHECK(aclrtGetFuncBySymbol(reinterpret_cast<const void *>(Picky), &picky));

    int32_t value = -1;
    CHECK(aclrtLaunchKernelWithHostArgs(picky, kBlocks, data.stream, nullptr, &value, sizeof(value), nullptr, 0));
    const aclError code = aclrtSynchronizeStream(data.stream);
    const char *message = aclGetRecentErrMsg();
    std::printf("picky: %d: %s\n", code, message != nullptr ? message : "(no message)");
    const bool told = message != nullptr && std::strstr(message, "block 2 of 8: a negative value") != nullptr;
    CHECK(aclrtBinaryUnLoad(binary));
    return code == ACL_ERROR_RT_VECTOR_CORE_EXCEPTION && told ? 0 : 1;
}

}  // namespace

int main(int argc, char **argv)
{
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    Data data = {};
    CHECK(aclrtCreateStream(&data.stream));
    std::vector<float> x(kCount), y(kCount, 1.0f);
    for (uint32_t i = 0; i < kCount; i++) {
        x[i] = static_cast<float>(i % 100);
    }
    data.x = ToDevice(x);
    data.y = ToDevice(y);

    aclrtBinHandle library = nullptr;
    CHECK(aclrtBinaryLoadFromFile(LibraryPath(argc, argv).c_str(), nullptr, &library));
    const int wrong = Saxpy(library, data) + CountAbove(library, data) + Failure(data);
    CHECK(aclrtBinaryUnLoad(library));

    CHECK(aclrtFree(data.x));
    CHECK(aclrtFree(data.y));
    CHECK(aclrtDestroyStream(data.stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    std::printf("kernels: %d wrong: %s\n", wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
