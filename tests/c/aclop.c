// Operators by type: descriptions, buffers, attributes, and what calls compute.
#include "op_call.h"

#include <acl/acl_op.h>
#include <acl/acl_op_compiler.h>
#include <stdint.h>
#include <stdlib.h>

enum { GE_FAILURE = 500002 };

static void descriptions(void)
{
    const int64_t dims[3] = {2, 3, 4}, blocks[4] = {1, 1, 16, 16};
    int64_t dim = 77;
    aclTensorDesc *desc = aclCreateTensorDesc(ACL_FLOAT16, 3, dims, ACL_FORMAT_NCHW);
    CHECK(desc != NULL);
    CHECK(aclGetTensorDescType(desc) == ACL_FLOAT16);
    CHECK(aclGetTensorDescFormat(desc) == ACL_FORMAT_NCHW);
    CHECK(aclGetTensorDescNumDims(desc) == 3);
    CHECK(aclGetTensorDescElementCount(desc) == 24);
    CHECK(aclGetTensorDescSize(desc) == 48);
    CHECK(aclGetTensorDescDim(desc, 1) == 3);
    CHECK(aclGetTensorDescDim(desc, 3) == -1);
    CHECK_OK(aclGetTensorDescDimV2(desc, 2, &dim));
    CHECK(dim == 4);
    CHECK_REFUSED(aclGetTensorDescDimV2(desc, 3, &dim), ACL_ERROR_INVALID_PARAM, "below 3");
    CHECK(dim == 4);
    CHECK(strcmp(aclGetTensorDescName(desc), "") == 0);
    aclSetTensorDescName(desc, "x");
    CHECK(strcmp(aclGetTensorDescName(desc), "x") == 0);
    // How it is stored does not change what it is.
    CHECK_OK(aclSetTensorFormat(desc, ACL_FORMAT_FRACTAL_NZ));
    CHECK_OK(aclSetTensorShape(desc, 4, blocks));
    CHECK(aclGetTensorDescFormat(desc) == ACL_FORMAT_NCHW && aclGetTensorDescNumDims(desc) == 3);
    CHECK_OK(aclSetTensorPlaceMent(desc, ACL_MEMTYPE_HOST));
    CHECK_REFUSED(aclSetTensorPlaceMent(desc, (aclMemType)9), ACL_ERROR_INVALID_PARAM, "memType");
    CHECK_REFUSED(aclSetTensorConst(desc, &dim, 0), ACL_ERROR_INVALID_PARAM, "length");
    CHECK_REFUSED(aclSetTensorShape(desc, 9, blocks), ACL_ERROR_INVALID_PARAM, "numDims");
    aclDestroyTensorDesc(desc);
    CHECK(aclGetTensorDescNumDims(desc) == 0);
    CHECK_REFUSED(aclSetTensorFormat(desc, ACL_FORMAT_ND), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    const int64_t negative[1] = {-3};
    CHECK(aclCreateTensorDesc(ACL_FLOAT, 1, negative, ACL_FORMAT_ND) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "dims") != NULL);

    aclDataBuffer *buffer = aclCreateDataBuffer(&dim, sizeof(dim));
    CHECK(aclGetDataBufferAddr(buffer) == &dim && aclGetDataBufferSizeV2(buffer) == sizeof(dim));
    CHECK(aclGetDataBufferSize(buffer) == sizeof(dim));
    CHECK_OK(aclUpdateDataBuffer(buffer, NULL, 0));
    CHECK(aclGetDataBufferAddr(buffer) == NULL && aclGetDataBufferSizeV2(buffer) == 0);
    CHECK_OK(aclDestroyDataBuffer(buffer));
    CHECK_REFUSED(aclDestroyDataBuffer(buffer), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
}

static void arithmetic(void)
{
    const int64_t dims[2] = {2, 3}, row[1] = {3};
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[3] = {10, 20, 30};
    float sum[6], product[4];
    struct operand x = operand(ACL_FLOAT, 2, dims, sizeof(a), a), y = operand(ACL_FLOAT, 1, row, sizeof(b), b);
    struct operand out = operand(ACL_FLOAT, 2, dims, sizeof(sum), NULL);
    struct operand *both[2] = {&x, &y};
    CHECK_OK(call("Add", 2, both, &out, NULL));
    fetch(&out, sum);
    for (int i = 0; i < 6; i++) {
        CHECK(sum[i] == a[i] + b[i % 3]);
    }
    // Attributes: a product with its second operand transposed.
    const int64_t square[2] = {2, 2};
    struct operand c = operand(ACL_FLOAT, 2, square, sizeof(product), NULL);
    struct operand *same[2] = {&x, &x};
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrBool(attr, "transpose_x1", 0));
    CHECK_OK(aclopSetAttrBool(attr, "transpose_x2", 1));
    CHECK_OK(call("MatMul", 2, same, &c, attr));
    fetch(&c, product);
    CHECK(product[0] == 14 && product[1] == 32 && product[2] == 32 && product[3] == 77);
    CHECK_OK(aclopSetAttrInt(attr, "transpose_x2", 1));
    CHECK_REFUSED(call("MatMul", 2, same, &c, attr), ACL_ERROR_INVALID_PARAM, "transpose_x2", "a bool");
    aclopDestroyAttr(attr);
    CHECK_REFUSED(call("MatMul", 2, same, &c, attr), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    // Refusals name what is wrong and compute nothing.
    CHECK_REFUSED(call("Add", 2, both, &c, NULL), ACL_ERROR_INVALID_PARAM, "[2, 3]");
    CHECK_REFUSED(call("Add", 1, both, &out, NULL), ACL_ERROR_INVALID_PARAM, "numInputs");
    CHECK_REFUSED(call("NoSuchOperator", 2, both, &out, NULL), GE_FAILURE, "NoSuchOperator");
    CHECK_OK(aclUpdateDataBuffer(y.buffer, y.memory, 8));
    CHECK_REFUSED(call("Add", 2, both, &out, NULL), ACL_ERROR_INVALID_PARAM, "at least 12 bytes");
    CHECK_OK(aclUpdateDataBuffer(y.buffer, (char *)y.memory + (1 << 20), sizeof(b)));
    CHECK_REFUSED(call("Add", 2, both, &out, NULL), ACL_ERROR_RT_PARAM_INVALID, "inputs");
    drop(&x);
    drop(&y);
    drop(&out);
    drop(&c);
}

static void constants(void)
{
    const int64_t dims[2] = {2, 3}, turned[2] = {3, 2}, two[1] = {2}, none[1] = {1};
    const int32_t order[2] = {1, 0};
    const float a[6] = {1, 2, 3, 4, 5, 6};
    float got[6];
    struct operand x = operand(ACL_FLOAT, 2, dims, sizeof(a), a);
    struct operand out = operand(ACL_FLOAT, 2, turned, sizeof(got), NULL);
    struct operand perm = operand(ACL_INT32, 1, two, sizeof(order), order);
    struct operand *in[2] = {&x, &perm};
    // The shape of the result depends on the permutation, so the host has to know it.
    CHECK_REFUSED(call("Transpose", 2, in, &out, NULL), ACL_ERROR_INVALID_PARAM, "aclSetTensorConst");
    CHECK_OK(aclSetTensorConst(perm.desc, (void *)(uintptr_t)order, sizeof(order)));
    CHECK_OK(call("Transpose", 2, in, &out, NULL));
    fetch(&out, got);
    CHECK(got[0] == 1 && got[1] == 4 && got[2] == 2 && got[5] == 6);
    // A scalar in host memory is read before the call returns.
    float ten = 10;
    aclDataBuffer *host = aclCreateDataBuffer(&ten, sizeof(ten));
    struct operand scalar = {aclCreateTensorDesc(ACL_FLOAT, 1, none, ACL_FORMAT_ND), host, NULL, sizeof(ten)};
    CHECK_OK(aclSetTensorPlaceMent(scalar.desc, ACL_MEMTYPE_HOST));
    struct operand same = operand(ACL_FLOAT, 2, dims, sizeof(got), NULL);
    struct operand *scaled[2] = {&x, &scalar};
    CHECK_OK(call("Mul", 2, scaled, &same, NULL));
    ten = 0;
    fetch(&same, got);
    CHECK(got[0] == 10 && got[5] == 60);
    CHECK_OK(aclDestroyDataBuffer(host));
    aclDestroyTensorDesc(scalar.desc);
    drop(&x);
    drop(&out);
    drop(&perm);
    drop(&same);
}

static void formats(void)
{
    enum { ROWS = 17, COLUMNS = 33, BLOCKED = 3 * 2 * 16 * 16 };
    const int64_t dims[2] = {ROWS, COLUMNS}, blocks[4] = {3, 2, 16, 16};
    static float a[ROWS * COLUMNS], stored[BLOCKED], back[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        a[i] = (float)(i + 1);
    }
    struct operand x = operand(ACL_FLOAT, 2, dims, sizeof(a), a);
    struct operand nz = operand(ACL_FLOAT, 2, dims, sizeof(stored), NULL);
    struct operand y = operand(ACL_FLOAT, 2, dims, sizeof(back), NULL);
    CHECK_OK(aclSetTensorFormat(nz.desc, ACL_FORMAT_FRACTAL_NZ));
    CHECK_OK(aclSetTensorShape(nz.desc, 4, blocks));
    struct operand *plain[1] = {&x}, *blocked[1] = {&nz}, *mixed[2] = {&nz, &x};
    CHECK_OK(call("Identity", 1, plain, &nz, NULL));
    fetch(&nz, stored);
    int wrong = 0, padding = 0;
    for (int n1 = 0; n1 < 3; n1++) {
        for (int m = 0; m < 32; m++) {
            for (int n0 = 0; n0 < 16; n0++) {
                const int column = n1 * 16 + n0;
                const int inside = m < ROWS && column < COLUMNS;
                const float value = stored[(n1 * 32 + m) * 16 + n0];
                wrong += value != (inside ? a[m * COLUMNS + column] : 0.0f);
                padding += !inside;
            }
        }
    }
    CHECK(wrong == 0 && padding == BLOCKED - ROWS * COLUMNS);
    CHECK_OK(call("Identity", 1, blocked, &y, NULL));
    fetch(&y, back);
    CHECK(memcmp(a, back, sizeof(a)) == 0);
    // Operators take blocked operands and give blocked results.
    CHECK_OK(call("Add", 2, mixed, &nz, NULL));
    CHECK_OK(call("TransData", 1, blocked, &y, NULL));
    fetch(&y, back);
    CHECK(back[0] == 2 && back[ROWS * COLUMNS - 1] == 2.0f * ROWS * COLUMNS);
    const int64_t few[4] = {2, 2, 16, 16};
    CHECK_OK(aclSetTensorShape(nz.desc, 4, few));
    CHECK_REFUSED(call("Identity", 1, plain, &nz, NULL), ACL_ERROR_INVALID_PARAM, "blocks of 16");
    drop(&x);
    drop(&nz);
    drop(&y);
}

static void compiling(void)
{
    const int64_t dims[1] = {4}, other[1] = {5};
    const aclTensorDesc *in[2] = {aclCreateTensorDesc(ACL_FLOAT, 1, dims, ACL_FORMAT_ND),
                                  aclCreateTensorDesc(ACL_FLOAT, 1, dims, ACL_FORMAT_ND)};
    const aclTensorDesc *out[1] = {in[0]}, *bad[1] = {aclCreateTensorDesc(ACL_FLOAT, 1, other, ACL_FORMAT_ND)};
    CHECK_OK(aclopCompile("Sub", 2, in, 1, out, NULL, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL));
    CHECK_REFUSED(aclopCompile("Sub", 2, in, 1, bad, NULL, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL),
                  ACL_ERROR_INVALID_PARAM, "[4]");
    CHECK_CODE(aclopCompile("NoSuch", 2, in, 1, out, NULL, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL), GE_FAILURE);
    CHECK_REFUSED(aclopCompile("Sub", -1, in, 1, out, NULL, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL),
                  ACL_ERROR_INVALID_PARAM, "numInputs");
    aclDestroyTensorDesc(in[0]);
    aclDestroyTensorDesc(in[1]);
    aclDestroyTensorDesc(bad[0]);

    char value[16] = "untouched";
    CHECK(aclGetCompileoptSize(ACL_OP_JIT_COMPILE) == 8);
    CHECK_OK(aclGetCompileopt(ACL_OP_JIT_COMPILE, value, 8));
    CHECK(strcmp(value, "disable") == 0);
    CHECK_REFUSED(aclSetCompileopt(ACL_OP_JIT_COMPILE, "perhaps"), ACL_ERROR_INVALID_PARAM, "enable");
    CHECK_OK(aclSetCompileopt(ACL_PRECISION_MODE, "allow_fp32_to_fp16"));
    CHECK(aclGetCompileoptSize(ACL_PRECISION_MODE) == 19);
    CHECK_REFUSED(aclGetCompileopt(ACL_PRECISION_MODE, value, 16), ACL_ERROR_INVALID_PARAM, "19");
    CHECK(strcmp(value, "disable") == 0);
    CHECK_OK(aclGetCompileopt(ACL_DEBUG_DIR, value, 1));
    CHECK(value[0] == '\0');
    CHECK(aclGetCompileoptSize((aclCompileOpt)99) == 0);
    CHECK_CODE(aclSetCompileopt((aclCompileOpt)99, ""), ACL_ERROR_INVALID_PARAM);
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    descriptions();
    arithmetic();
    constants();
    formats();
    compiling();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
