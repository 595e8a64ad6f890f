// Products of matrices and vectors (acl_cblas.h), against sums in double precision.
#include "op_call.h"

#include <acl/ops/acl_cblas.h>
#include <math.h>

enum { M = 5, N = 6, K = 35 };

static aclFloat16 a16[M * K], b16[K * N];
static int8_t a8[M * K], b8[K * N];
static double product[M * N];

static void *upload(const void *content, size_t bytes)
{
    void *memory = NULL;
    CHECK_OK(aclrtMalloc(&memory, bytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(memory, bytes, content, bytes, ACL_MEMCPY_HOST_TO_DEVICE));
    return memory;
}

static void download(void *to, const void *from, size_t bytes)
{
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(to, bytes, from, bytes, ACL_MEMCPY_DEVICE_TO_HOST));
}

// Small integers, which every type holds exactly.
static void fill(void)
{
    for (int i = 0; i < M * K; i++) {
        a8[i] = (int8_t)(i % 7 - 3);
        a16[i] = aclFloatToFloat16((float)a8[i]);
    }
    for (int i = 0; i < K * N; i++) {
        b8[i] = (int8_t)(i % 5 - 2);
        b16[i] = aclFloatToFloat16((float)b8[i]);
    }
    for (int i = 0; i < M * N; i++) {
        product[i] = 0;
        for (int k = 0; k < K; k++) {
            product[i] += (double)a8[i / N * K + k] * (double)b8[k * N + i % N];
        }
    }
}

static void matrices(void)
{
    int32_t c[M * N], got[M * N], two = 2, minus = -1;
    for (int i = 0; i < M * N; i++) {
        c[i] = i;
    }
    void *a = upload(a8, sizeof(a8)), *b = upload(b8, sizeof(b8)), *out = upload(c, sizeof(c));
    int32_t *alpha = upload(&two, sizeof(two)), *beta = upload(&minus, sizeof(minus));
    // Factors in device memory, as the interface asks, and in host memory.
    CHECK_OK(aclblasS8gemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, alpha, a, -1, b, -1, beta, out, -1,
                           ACL_COMPUTE_HIGH_PRECISION, stream));
    download(got, out, sizeof(got));
    int wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += got[i] != 2 * (int32_t)product[i] - i;
    }
    CHECK(wrong == 0);
    int32_t one = 1, none = 0;
    CHECK_OK(aclblasS8gemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &one, a, -1, b, -1, &none, out, -1,
                           ACL_COMPUTE_HIGH_PRECISION, stream));
    download(got, out, sizeof(got));
    wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += got[i] != (int32_t)product[i];
    }
    CHECK(wrong == 0);
    // Operands that are stored column by column: A is then K rows of M.
    int8_t turned[M * K];
    for (int i = 0; i < M * K; i++) {
        turned[i % K * M + i / K] = a8[i];
    }
    void *at = upload(turned, sizeof(turned));
    CHECK_OK(aclrtMemset(out, sizeof(c), 0x55, sizeof(c)));
    CHECK_OK(aclblasS8gemm(ACL_TRANS_T, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &one, at, -1, b, -1, &none, out, -1,
                           ACL_COMPUTE_LOW_PRECISION, stream));
    download(got, out, sizeof(got));
    wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += got[i] != (int32_t)product[i];
    }
    CHECK(wrong == 0);
    // Every refusal, by its argument.
    const struct {
        int trans_a, trans_c, m, k, lda, ldc;
        aclDataType type_c;
        int type;
        const char *argument;
    } bad[] = {
        {9, 0, M, K, -1, -1, ACL_INT32, 0, "transA"}, {0, 1, M, K, -1, -1, ACL_INT32, 0, "transC"},
        {0, 0, 0, K, -1, -1, ACL_INT32, 0, "m"},      {0, 0, M, -3, -1, -1, ACL_INT32, 0, "k"},
        {0, 0, M, K, K, -1, ACL_INT32, 0, "lda"},     {0, 0, M, K, -1, N, ACL_INT32, 0, "ldc"},
        {0, 0, M, K, -1, -1, ACL_INT8, 0, "dataTypeC"}, {0, 0, M, K, -1, -1, ACL_INT32, 7, "type"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const int code = aclblasGemmEx((aclTransType)bad[i].trans_a, ACL_TRANS_N, (aclTransType)bad[i].trans_c, bad[i].m,
                                       N, bad[i].k, &one, a, bad[i].lda, ACL_INT8, b, -1, ACL_INT8, &none, out,
                                       bad[i].ldc, bad[i].type_c, (aclComputeType)bad[i].type, stream);
        CHECK_REFUSED(code, ACL_ERROR_INVALID_PARAM, bad[i].argument);
    }
    CHECK_REFUSED(aclblasS8gemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, NULL, a, -1, b, -1, &none, out, -1,
                                ACL_COMPUTE_HIGH_PRECISION, stream),
                  ACL_ERROR_INVALID_PARAM, "alpha");
    CHECK_REFUSED(aclblasS8gemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &one, a8, -1, b, -1, &none, out, -1,
                                ACL_COMPUTE_HIGH_PRECISION, stream),
                  ACL_ERROR_RT_PARAM_INVALID, "matrixA");
    // The handle takes five inputs.
    aclopHandle *handle = NULL;
    CHECK_OK(aclblasCreateHandleForS8gemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, ACL_COMPUTE_HIGH_PRECISION,
                                          &handle));
    const aclDataBuffer *in[5] = {aclCreateDataBuffer(a, sizeof(a8)), aclCreateDataBuffer(b, sizeof(b8)),
                                  aclCreateDataBuffer(out, sizeof(c)), aclCreateDataBuffer(alpha, sizeof(two)),
                                  aclCreateDataBuffer(beta, sizeof(minus))};
    aclDataBuffer *to[1] = {aclCreateDataBuffer(out, sizeof(c))};
    CHECK_OK(aclopExecWithHandle(handle, 5, in, 1, to, stream));
    download(got, out, sizeof(got));
    wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += got[i] != (int32_t)product[i];
    }
    CHECK(wrong == 0);
    CHECK_REFUSED(aclopExecWithHandle(handle, 4, in, 1, to, stream), ACL_ERROR_OP_INPUT_NOT_MATCH, "expected 5");
    aclopDestroyHandle(handle);
    CHECK_REFUSED(aclopExecWithHandle(handle, 5, in, 1, to, stream), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    for (int i = 0; i < 5; i++) {
        CHECK_OK(aclDestroyDataBuffer(in[i]));
    }
    CHECK_OK(aclDestroyDataBuffer(to[0]));
    void *all[] = {a, b, out, alpha, beta, at};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_OK(aclrtFree(all[i]));
    }
}

static void halves(void)
{
    aclFloat16 c[M * N], got[M * N];
    float wide[M * N];
    const aclFloat16 half = aclFloatToFloat16(0.5f), zero = aclFloatToFloat16(0.0f), nan = aclFloatToFloat16(NAN);
    for (int i = 0; i < M * N; i++) {
        c[i] = nan;
    }
    void *a = upload(a16, sizeof(a16)), *b = upload(b16, sizeof(b16)), *out = upload(c, sizeof(c));
    // What a factor of zero is multiplied by has no influence.
    CHECK_OK(aclblasHgemm(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &half, a, -1, b, -1, &zero, out, -1,
                          ACL_COMPUTE_HIGH_PRECISION, stream));
    download(got, out, sizeof(got));
    int wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += (double)aclFloat16ToFloat(got[i]) != 0.5 * product[i];
    }
    CHECK(wrong == 0);
    // Two types of result, also of bytes.
    const float three = 3, one = 1;
    for (int i = 0; i < M * N; i++) {
        wide[i] = (float)i;
    }
    void *sum = upload(wide, sizeof(wide)), *a_bytes = upload(a8, sizeof(a8)), *b_bytes = upload(b8, sizeof(b8));
    CHECK_OK(aclblasGemmEx(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &three, a, -1, ACL_FLOAT16, b, -1,
                           ACL_FLOAT16, &one, sum, -1, ACL_FLOAT, ACL_COMPUTE_HIGH_PRECISION, stream));
    CHECK_OK(aclblasGemmEx(ACL_TRANS_N, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &one, a_bytes, -1, ACL_INT8, b_bytes, -1,
                           ACL_INT8, &one, sum, -1, ACL_FLOAT, ACL_COMPUTE_HIGH_PRECISION, stream));
    download(wide, sum, sizeof(wide));
    wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += (double)wide[i] != 4 * product[i] + i;
    }
    CHECK(wrong == 0);
    // Blocks of 16 by 16: A is 5 by 35, so three columns of blocks in one row.
    static aclFloat16 blocks[3 * 16 * 16];
    for (int i = 0; i < 3 * 16 * 16; i++) {
        const int column = i / 256 * 16 + i % 16, row = i / 16 % 16;
        blocks[i] = row < M && column < K ? a16[row * K + column] : zero;
    }
    void *nz = upload(blocks, sizeof(blocks));
    CHECK_OK(aclblasHgemm(ACL_TRANS_NZ, ACL_TRANS_N, ACL_TRANS_N, M, N, K, &half, nz, -1, b, -1, &zero, out, -1,
                          ACL_COMPUTE_HIGH_PRECISION, stream));
    download(got, out, sizeof(got));
    wrong = 0;
    for (int i = 0; i < M * N; i++) {
        wrong += (double)aclFloat16ToFloat(got[i]) != 0.5 * product[i];
    }
    CHECK(wrong == 0);
    void *all[] = {a, b, out, sum, a_bytes, b_bytes, nz};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_OK(aclrtFree(all[i]));
    }
}

static void vectors(void)
{
    // The first column of B as a vector.
    int8_t x8[K];
    aclFloat16 x16[K], y16[M];
    int32_t y32[M] = {1, 2, 3, 4, 5}, one = 1;
    const aclFloat16 half = aclFloatToFloat16(1.0f), zero = aclFloatToFloat16(0.0f);
    for (int i = 0; i < K; i++) {
        x8[i] = b8[i * N];
        x16[i] = b16[i * N];
    }
    void *a = upload(a8, sizeof(a8)), *x = upload(x8, sizeof(x8)), *y = upload(y32, sizeof(y32));
    CHECK_OK(aclblasS8gemv(ACL_TRANS_N, M, K, &one, a, -1, x, -1, &one, y, -1, ACL_COMPUTE_HIGH_PRECISION, stream));
    download(y32, y, sizeof(y32));
    int wrong = 0;
    for (int i = 0; i < M; i++) {
        wrong += y32[i] != (int32_t)product[i * N] + i + 1;
    }
    CHECK(wrong == 0);
    void *ah = upload(a16, sizeof(a16)), *xh = upload(x16, sizeof(x16)), *yh = upload(y16, sizeof(y16));
    CHECK_OK(aclblasHgemv(ACL_TRANS_N, M, K, &half, ah, -1, xh, -1, &zero, yh, -1, ACL_COMPUTE_HIGH_PRECISION, stream));
    download(y16, yh, sizeof(y16));
    wrong = 0;
    for (int i = 0; i < M; i++) {
        wrong += (double)aclFloat16ToFloat(y16[i]) != product[i * N];
    }
    CHECK(wrong == 0);
    CHECK_OK(aclblasGemvEx(ACL_TRANS_N, M, K, &one, a, -1, ACL_INT8, x, -1, ACL_INT8, &one, y, -1, ACL_INT32,
                           ACL_COMPUTE_HIGH_PRECISION, stream));
    download(y32, y, sizeof(y32));
    CHECK(y32[1] == 2 * (int32_t)product[N] + 2);
    CHECK_REFUSED(aclblasS8gemv(ACL_TRANS_N, M, K, &one, a, -1, x, 2, &one, y, -1, ACL_COMPUTE_HIGH_PRECISION, stream),
                  ACL_ERROR_INVALID_PARAM, "incx");
    CHECK_REFUSED(aclblasS8gemv(ACL_TRANS_N, M, 0, &one, a, -1, x, -1, &one, y, -1, ACL_COMPUTE_HIGH_PRECISION, stream),
                  ACL_ERROR_INVALID_PARAM, "argument n");
    aclopHandle *handles[6] = {NULL};
    CHECK_OK(aclblasCreateHandleForGemvEx(ACL_TRANS_N, M, K, ACL_INT8, ACL_INT8, ACL_INT32, ACL_COMPUTE_HIGH_PRECISION,
                                          &handles[0]));
    CHECK_OK(aclblasCreateHandleForHgemv(ACL_TRANS_T, M, K, ACL_COMPUTE_HIGH_PRECISION, &handles[1]));
    CHECK_OK(aclblasCreateHandleForS8gemv(ACL_TRANS_N, M, K, ACL_COMPUTE_HIGH_PRECISION, &handles[2]));
    CHECK_OK(aclblasCreateHandleForHgemm(ACL_TRANS_N, ACL_TRANS_T, ACL_TRANS_N, M, N, K, ACL_COMPUTE_HIGH_PRECISION,
                                         &handles[3]));
    CHECK_OK(aclblasCreateHandleForGemmEx(ACL_TRANS_N, ACL_TRANS_T, ACL_TRANS_N, M, N, K, ACL_FLOAT16, ACL_FLOAT16,
                                          ACL_FLOAT, ACL_COMPUTE_HIGH_PRECISION, &handles[4]));
    CHECK_REFUSED(aclblasCreateHandleForGemvEx(ACL_TRANS_N, M, K, ACL_INT8, ACL_FLOAT16, ACL_INT32,
                                               ACL_COMPUTE_HIGH_PRECISION, &handles[5]),
                  ACL_ERROR_INVALID_PARAM, "dataTypeY");
    CHECK(handles[5] == NULL);
    int32_t *factor = upload(&one, sizeof(one));
    const aclDataBuffer *in[5] = {aclCreateDataBuffer(a, sizeof(a8)), aclCreateDataBuffer(x, sizeof(x8)),
                                  aclCreateDataBuffer(y, sizeof(y32)), aclCreateDataBuffer(factor, sizeof(one)),
                                  aclCreateDataBuffer(factor, sizeof(one))};
    aclDataBuffer *to[1] = {aclCreateDataBuffer(y, sizeof(y32))};
    CHECK_OK(aclopExecWithHandle(handles[0], 5, in, 1, to, stream));
    CHECK_OK(aclopExecWithHandle(handles[2], 5, in, 1, to, stream));
    download(y32, y, sizeof(y32));
    CHECK(y32[1] == 4 * (int32_t)product[N] + 2);
    for (int i = 0; i < 5; i++) {
        aclopDestroyHandle(handles[i]);
        CHECK_OK(aclDestroyDataBuffer(in[i]));
    }
    CHECK_OK(aclDestroyDataBuffer(to[0]));
    void *all[] = {a, x, y, ah, xh, yh, factor};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_OK(aclrtFree(all[i]));
    }
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    fill();
    matrices();
    halves();
    vectors();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
