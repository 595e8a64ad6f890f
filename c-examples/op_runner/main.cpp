// Two operators through the single-operator API: out = self + alpha * other, and a matrix product.
//
//   op_runner [DATA]     reads DATA/input/*.bin, writes DATA/output/*.bin; DATA is "." by default
//
// The shapes below are the ones that scripts/gen_data.py writes and scripts/verify.py expects.

#include "op_runner.h"

#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_matmul.h>

#include <string>

namespace {

constexpr int64_t kRows = 512;
constexpr int64_t kCols = 2048;
constexpr int64_t kM = 256;
constexpr int64_t kK = 1024;
constexpr int64_t kN = 384;

// cubeMathType 0 computes in the types given; higher values let the hardware trade precision for speed.
constexpr int8_t kKeepDtype = 0;

bool RunAdd(const std::string &data)
{
    const TensorDesc matrix{{kRows, kCols}, ACL_FLOAT};
    // Broadcast: the row is added to each of the 512 rows of the matrix.
    const TensorDesc row{{kCols}, ACL_FLOAT};
    OpRunner runner("aclnnAdd", {matrix, row}, matrix);
    if (!runner.Init() || !runner.LoadInput(0, data + "/input/add_self.bin") ||
        !runner.LoadInput(1, data + "/input/add_other.bin")) {
        return false;
    }

    float value = 1.5F;
    aclScalar *alpha = aclCreateScalar(&value, ACL_FLOAT);
    const bool ran = runner.Run(
        [alpha](const std::vector<aclTensor *> &in, aclTensor *out, uint64_t *size, aclOpExecutor **executor) {
            return aclnnAddGetWorkspaceSize(in[0], in[1], alpha, out, size, executor);
        },
        aclnnAdd);
    (void)aclDestroyScalar(alpha);
    if (!ran) {
        return false;
    }
    runner.Report();
    return runner.SaveOutput(data + "/output/add_out.bin");
}

bool RunMatmul(const std::string &data)
{
    OpRunner runner("aclnnMatmul", {{{kM, kK}, ACL_FLOAT16}, {{kK, kN}, ACL_FLOAT16}}, {{kM, kN}, ACL_FLOAT16});
    if (!runner.Init() || !runner.LoadInput(0, data + "/input/matmul_self.bin") ||
        !runner.LoadInput(1, data + "/input/matmul_mat2.bin")) {
        return false;
    }

    const bool ran = runner.Run(
        [](const std::vector<aclTensor *> &in, aclTensor *out, uint64_t *size, aclOpExecutor **executor) {
            return aclnnMatmulGetWorkspaceSize(in[0], in[1], out, kKeepDtype, size, executor);
        },
        aclnnMatmul);
    if (!ran) {
        return false;
    }
    runner.Report();
    return runner.SaveOutput(data + "/output/matmul_out.bin");
}

bool RunAll(const std::string &data)
{
    CHECK_ACL(aclInit(nullptr));
    CHECK_ACL(aclrtSetDevice(0));
    uint32_t devices = 0;
    CHECK_ACL(aclrtGetDeviceCount(&devices));
    size_t free = 0;
    size_t total = 0;
    CHECK_ACL(aclrtGetMemInfo(ACL_HBM_MEM, &free, &total));
    INFO_LOG("device 0 of %u: %s, %zu of %zu MiB free", devices, aclrtGetSocName(), free >> 20, total >> 20);

    // The runners are gone, and with them every buffer and stream, before the device is reset.
    const bool passed = RunAdd(data) && RunMatmul(data);

    CHECK_ACL(aclrtResetDevice(0));
    CHECK_ACL(aclFinalize());
    return passed;
}

}  // namespace

int main(int argc, char **argv)
{
    const std::string data = argc > 1 ? argv[1] : ".";
    if (!RunAll(data)) {
        ERROR_LOG("FAIL");
        return 1;
    }
    INFO_LOG("both operators ran; scripts/verify.py decides whether the numbers are right");
    return 0;
}
