// Built by every project here: adds two vectors on the device, so that headers, linking and loading all have to work.

#include <acl/acl.h>
#include <aclnnop/aclnn_add.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int64_t kCount = 5;

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *message = aclGetRecentErrMsg();
        std::printf("%s: %d %s\n", what, code, message != nullptr ? message : "");
        std::exit(1);
    }
}

struct Vector {
    void *device = nullptr;
    aclTensor *tensor = nullptr;

    explicit Vector(float value)
    {
        const std::vector<float> host(kCount, value);
        Check(aclrtMalloc(&device, kCount * sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST), "aclrtMalloc");
        Check(aclrtMemcpy(device, kCount * sizeof(float), host.data(), kCount * sizeof(float),
                          ACL_MEMCPY_HOST_TO_DEVICE),
              "aclrtMemcpy");
        tensor = aclCreateTensor(&kCount, 1, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, &kCount, 1, device);
    }

    ~Vector()
    {
        aclDestroyTensor(tensor);
        aclrtFree(device);
    }
};

}  // namespace

int main()
{
    Check(aclInit(nullptr), "aclInit");
    Check(aclrtSetDevice(0), "aclrtSetDevice");
    float result[kCount] = {};
    {
        const Vector a(1.5F);
        const Vector b(2.0F);
        const Vector out(0.0F);
        float one = 1.0F;
        aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
        uint64_t size = 0;
        aclOpExecutor *executor = nullptr;
        Check(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, out.tensor, &size, &executor),
              "aclnnAddGetWorkspaceSize");
        void *workspace = nullptr;
        if (size > 0) {
            Check(aclrtMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST), "aclrtMalloc");
        }
        Check(aclnnAdd(workspace, size, executor, nullptr), "aclnnAdd");
        Check(aclrtSynchronizeStream(nullptr), "aclrtSynchronizeStream");
        Check(aclrtMemcpy(result, sizeof(result), out.device, sizeof(result), ACL_MEMCPY_DEVICE_TO_HOST),
              "aclrtMemcpy");
        aclDestroyScalar(alpha);
        if (workspace != nullptr) {
            Check(aclrtFree(workspace), "aclrtFree");
        }
    }
    for (const float value : result) {
        if (value != 3.5F) {
            std::printf("expected 3.5, got %f\n", static_cast<double>(value));
            return 1;
        }
    }
    std::printf("PASS on %s\n", aclrtGetSocName());
    Check(aclrtResetDevice(0), "aclrtResetDevice");
    Check(aclFinalize(), "aclFinalize");
    return 0;
}
