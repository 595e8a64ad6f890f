// The contract between the two phases of an operator (semantics: what phase one answers, who owns the executor, what
// each misuse is answered with), shown on Add, Mul, Cat and IndexSelect.

#include "check.h"

#include <acl/acl.h>
#include <aclnn/acl_meta.h>
#include <aclnn/aclnn_base.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_cat.h>
#include <aclnnop/aclnn_index_select.h>
#include <aclnnop/aclnn_mul.h>

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { NULLPTR = 161001, INVALID = 161002, INNER_NULLPTR = 561103, COUNT = 8 };

static aclrtStream stream;

typedef struct {
    float *device;
    aclTensor *tensor;
} Vector;

static void fill(void *device, float value)
{
    float host[COUNT];
    for (int i = 0; i < COUNT; i++) {
        host[i] = value + (float)i;
    }
    CHECK_OK(aclrtMemcpy(device, sizeof(host), host, sizeof(host), ACL_MEMCPY_HOST_TO_DEVICE));
}

static Vector vector(float value)
{
    Vector v = {NULL, NULL};
    const int64_t dims[] = {COUNT};
    CHECK_OK(aclrtMalloc((void **)&v.device, COUNT * sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST));
    fill(v.device, value);
    v.tensor = aclCreateTensor(dims, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 1, v.device);
    CHECK(v.tensor != NULL);
    return v;
}

static void destroy(Vector v)
{
    CHECK_OK(aclDestroyTensor(v.tensor));
    CHECK_OK(aclrtFree(v.device));
}

// The first element; the others follow in steps of `step`.
static int holds(const float *device, float first, float step)
{
    float host[COUNT] = {0};
    CHECK_OK(aclrtMemcpy(host, sizeof(host), device, sizeof(host), ACL_MEMCPY_DEVICE_TO_HOST));
    for (int i = 0; i < COUNT; i++) {
        if (host[i] != first + step * (float)i) {
            return 0;
        }
    }
    return 1;
}

static aclOpExecutor *mul(Vector a, Vector b, Vector out)
{
    uint64_t size = UINT64_MAX;
    aclOpExecutor *executor = NULL;
    CHECK_OK(aclnnMulGetWorkspaceSize(a.tensor, b.tensor, out.tensor, &size, &executor));
    CHECK(size == 0);
    CHECK(executor != NULL);
    return executor;
}

static aclOpExecutor *add(Vector a, Vector b, aclScalar *alpha, Vector out)
{
    uint64_t size = UINT64_MAX;
    aclOpExecutor *executor = NULL;
    CHECK_OK(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, out.tensor, &size, &executor));
    CHECK(size == 0);
    CHECK(executor != NULL);
    return executor;
}

static void phase_one(Vector a, Vector b, aclScalar *alpha, Vector out)
{
    uint64_t size = 77;
    aclOpExecutor *executor = (aclOpExecutor *)(uintptr_t)78;
    CHECK_CODE(aclnnAddGetWorkspaceSize(NULL, b.tensor, alpha, out.tensor, &size, &executor), NULLPTR);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, NULL, alpha, out.tensor, &size, &executor), NULLPTR);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, NULL, out.tensor, &size, &executor), NULLPTR);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, NULL, &size, &executor), NULLPTR);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, out.tensor, NULL, &executor), NULLPTR);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, out.tensor, &size, NULL), NULLPTR);

    // Objects of another kind, and objects that are no more.
    CHECK_CODE(aclnnAddGetWorkspaceSize((aclTensor *)alpha, b.tensor, alpha, out.tensor, &size, &executor), INVALID);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, (aclScalar *)a.tensor, out.tensor, &size, &executor),
               INVALID);
    Vector gone = vector(0);
    destroy(gone);
    CHECK_CODE(aclnnAddGetWorkspaceSize(gone.tensor, b.tensor, alpha, out.tensor, &size, &executor), INVALID);

    // Shapes and types that do not fit.
    const int64_t dims[] = {COUNT - 1};
    aclTensor *shorter = aclCreateTensor(dims, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 1, b.device);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, shorter, alpha, out.tensor, &size, &executor), INVALID);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, shorter, &size, &executor), INVALID);
    CHECK_OK(aclDestroyTensor(shorter));
    const int64_t full[] = {COUNT};
    aclTensor *integers = aclCreateTensor(full, 1, ACL_INT32, NULL, 0, ACL_FORMAT_ND, full, 1, out.device);
    CHECK_CODE(aclnnAddGetWorkspaceSize(a.tensor, b.tensor, alpha, integers, &size, &executor), INVALID);
    CHECK_OK(aclDestroyTensor(integers));

    // A call that fails leaves its outputs alone.
    CHECK(size == 77);
    CHECK(executor == (aclOpExecutor *)(uintptr_t)78);
}

static void phase_two(Vector a, Vector b, aclScalar *alpha, Vector out)
{
    CHECK_CODE(aclnnAdd(NULL, 0, NULL, stream), NULLPTR);

    // Twice: the first run used the executor up.
    aclOpExecutor *executor = add(a, b, alpha, out);
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 1 + 10, 2));

    // The stream may be null: the default stream of the context.
    CHECK_OK(aclnnAdd(NULL, 0, add(a, out, alpha, out), NULL));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(holds(out.device, 12, 3));

    // No workspace though a size is given: refused, and the executor is destroyed.
    executor = add(a, b, alpha, out);
    CHECK_CODE(aclnnAdd(NULL, 64, executor, stream), NULLPTR);
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);

    // Of another operator: refused before anything is queued.
    fill(out.device, -1);
    executor = mul(a, b, out);
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, -1, 1));

    // Never an executor at all.
    CHECK_CODE(aclnnAdd(NULL, 0, (aclOpExecutor *)alpha, stream), INVALID);
    CHECK_CODE(aclnnAdd(NULL, 0, (aclOpExecutor *)a.tensor, stream), INVALID);
    CHECK_CODE(aclnnAdd(NULL, 0, (aclOpExecutor *)&executor, stream), INVALID);
    CHECK_CODE(aclnnAdd(NULL, 0, (aclOpExecutor *)(uintptr_t)0x1234, stream), INVALID);
    CHECK_CODE(aclnnAdd(NULL, 0, (aclOpExecutor *)UINTPTR_MAX, stream), INVALID);

    // A stream that is none.
    executor = add(a, b, alpha, out);
    CHECK(aclnnAdd(NULL, 0, executor, (aclrtStream)&executor) != 0);
    CHECK(aclGetRecentErrMsg() != NULL);
}

static void repeatable(Vector a, Vector b, aclScalar *alpha, Vector out)
{
    CHECK_CODE(aclSetAclOpExecutorRepeatable(NULL), INNER_NULLPTR);

    aclOpExecutor *executor = add(a, b, alpha, out);
    CHECK_OK(aclSetAclOpExecutorRepeatable(executor));
    fill(b.device, 10);
    for (int i = 0; i < 3; i++) {
        // The data is read when the operator runs, not when it was prepared.
        fill(a.device, (float)i);
        CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
        CHECK_OK(aclrtSynchronizeStream(stream));
        CHECK(holds(out.device, (float)(10 + i), 2));
    }
    CHECK_OK(aclDestroyAclOpExecutor(executor));
    CHECK(aclnnAdd(NULL, 0, executor, stream) != 0);
    CHECK(aclDestroyAclOpExecutor(executor) != 0);

    // Set after the run it would have had to come before.
    executor = mul(a, b, out);
    CHECK_OK(aclnnMul(NULL, 0, executor, stream));
    CHECK(aclSetAclOpExecutorRepeatable(executor) != 0);
    CHECK_OK(aclrtSynchronizeStream(stream));

    // Prepared and never run.
    CHECK_OK(aclDestroyAclOpExecutor(mul(a, b, out)));
}

// A repeatable executor can be pointed at other memory: by index over all tensors, over inputs, over outputs.
static void addresses(Vector a, Vector b, aclScalar *alpha, Vector out)
{
    Vector c = vector(100);
    Vector d = vector(0);
    fill(a.device, 1);
    fill(b.device, 10);
    aclOpExecutor *executor = add(a, b, alpha, out);
    CHECK_OK(aclSetAclOpExecutorRepeatable(executor));
    CHECK_OK(aclSetTensorAddr(executor, 0, a.tensor, c.device));
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 110, 2));
    CHECK_OK(aclSetInputTensorAddr(executor, 1, b.tensor, c.device));
    CHECK_OK(aclSetOutputTensorAddr(executor, 0, out.tensor, d.device));
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(d.device, 200, 2));
    CHECK(holds(out.device, 110, 2));
    CHECK_OK(AclSetInputTensorAddr(executor, 1, b.tensor, b.device));
    CHECK_OK(AclSetOutputTensorAddr(executor, 0, out.tensor, out.device));
    CHECK_OK(AclSetTensorAddr(executor, 0, a.tensor, a.device));
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 11, 2));

    CHECK_CODE(aclSetTensorAddr(NULL, 0, a.tensor, c.device), INNER_NULLPTR);
    CHECK_CODE(aclSetTensorAddr(executor, 0, NULL, c.device), INNER_NULLPTR);
    CHECK_CODE(aclSetTensorAddr(executor, 9, a.tensor, c.device), INVALID);
    CHECK_CODE(aclSetInputTensorAddr(executor, 2, a.tensor, c.device), INVALID);
    CHECK_CODE(aclSetOutputTensorAddr(executor, 1, out.tensor, c.device), INVALID);

    // An address set later is checked as the first one was: alignment, live memory, and no new overlap of output and input.
    fill(out.device, -1);
    CHECK_OK(aclSetOutputTensorAddr(executor, 0, out.tensor, (char *)d.device + 2));
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);
    CHECK_OK(aclSetOutputTensorAddr(executor, 0, out.tensor, a.device));
    CHECK(aclnnAdd(NULL, 0, executor, stream) == INVALID);
    const char *message = aclGetRecentErrMsg();
    CHECK(message != NULL && strstr(message, "apart from self") != NULL);
    CHECK_OK(aclSetOutputTensorAddr(executor, 0, out.tensor, &executor));
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);
    CHECK_OK(aclSetOutputTensorAddr(executor, 0, out.tensor, out.device));
    Vector gone = vector(5);
    CHECK_OK(aclSetInputTensorAddr(executor, 0, a.tensor, gone.device));
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 15, 2));
    destroy(gone);
    // Checked again because something was freed since.
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 15, 2));

    CHECK_OK(aclDestroyAclOpExecutor(executor));
    CHECK(aclSetTensorAddr(executor, 0, a.tensor, c.device) != 0);
    destroy(c);
    destroy(d);
}

static void dynamic_addresses(Vector a, Vector b)
{
    Vector c = vector(50);
    const int64_t dims[] = {2 * COUNT};
    float *joined = NULL;
    CHECK_OK(aclrtMalloc((void **)&joined, 2 * COUNT * sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST));
    aclTensor *out = aclCreateTensor(dims, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 1, joined);
    const int64_t part[] = {COUNT};
    const aclTensor *parts[] = {aclCreateTensor(part, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, part, 1, a.device),
                                aclCreateTensor(part, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, part, 1, b.device)};
    aclTensorList *list = aclCreateTensorList(parts, 2);
    fill(a.device, 1);
    fill(b.device, 20);
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    CHECK_OK(aclnnCatGetWorkspaceSize(list, 0, out, &size, &executor));
    CHECK_OK(aclSetAclOpExecutorRepeatable(executor));
    CHECK_OK(aclnnCat(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(joined, 1, 1));
    CHECK(holds(joined + COUNT, 20, 1));

    CHECK_OK(aclSetDynamicInputTensorAddr(executor, 0, 1, list, c.device));
    CHECK_OK(aclnnCat(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(joined, 1, 1));
    CHECK(holds(joined + COUNT, 50, 1));

    CHECK_CODE(aclSetDynamicInputTensorAddr(executor, 0, 2, list, c.device), INVALID);
    CHECK_CODE(aclSetDynamicInputTensorAddr(executor, 5, 0, list, c.device), INVALID);
    CHECK_CODE(aclSetDynamicInputTensorAddr(NULL, 0, 0, list, c.device), INNER_NULLPTR);
    CHECK_CODE(aclSetDynamicInputTensorAddr(executor, 0, 0, NULL, c.device), INNER_NULLPTR);
    CHECK_OK(aclDestroyAclOpExecutor(executor));
    CHECK_OK(aclDestroyTensorList(list));
    CHECK_OK(aclDestroyTensor(out));
    CHECK_OK(aclrtFree(joined));
    destroy(c);
}

static void *run_elsewhere(void *executor)
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclnnAdd(NULL, 0, (aclOpExecutor *)executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return NULL;
}

// An executor belongs to nobody's thread, and a tensor need not outlive phase two.
static void lifetimes(Vector a, Vector b, aclScalar *alpha, Vector out)
{
    fill(a.device, 2);
    fill(b.device, 30);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run_elsewhere, add(a, b, alpha, out)) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(holds(out.device, 32, 2));

    const int64_t dims[] = {COUNT};
    Vector view = {a.device, aclCreateTensor(dims, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 1, a.device)};
    fill(a.device, 4);
    aclOpExecutor *executor = add(view, b, alpha, out);
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclDestroyTensor(view.tensor));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 34, 2));
}

// Data is looked at only when the operator runs: the wait fails, names the operator, and the process goes on.
static void asynchronous_failure(Vector a, aclScalar *alpha, Vector out)
{
    aclrtStream failing = NULL;
    CHECK_OK(aclrtCreateStream(&failing));
    const int64_t dims[] = {COUNT};
    int64_t indices[COUNT] = {0, 1, 2, 3, 4, 5, 6, COUNT};
    void *device = NULL;
    CHECK_OK(aclrtMalloc(&device, sizeof(indices), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device, sizeof(indices), indices, sizeof(indices), ACL_MEMCPY_HOST_TO_DEVICE));
    aclTensor *index = aclCreateTensor(dims, 1, ACL_INT64, NULL, 0, ACL_FORMAT_ND, dims, 1, device);
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    CHECK_OK(aclnnIndexSelectGetWorkspaceSize(a.tensor, 0, index, out.tensor, &size, &executor));
    CHECK_OK(aclnnIndexSelect(NULL, 0, executor, failing));
    CHECK(aclrtSynchronizeStream(failing) >= 500000);
    const char *message = aclGetRecentErrMsg();
    CHECK(message != NULL && strstr(message, "aclnnIndexSelect") != NULL);
    (void)aclrtDestroyStream(failing);
    CHECK_OK(aclDestroyTensor(index));
    CHECK_OK(aclrtFree(device));

    // Another stream is not concerned.
    CHECK_OK(aclrtMemset(out.device, COUNT * sizeof(float), 0, COUNT * sizeof(float)));
    fill(a.device, 1);
    CHECK_OK(aclnnAdd(NULL, 0, add(a, out, alpha, out), stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(holds(out.device, 1, 1));
}

int main(void)
{
    // aclnnInit is lighter than aclInit and independent of it; either order works.
    CHECK_OK(aclnnInit(NULL));
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    Vector a = vector(1);
    Vector b = vector(10);
    Vector out = vector(0);
    float one = 1.0F;
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);

    phase_one(a, b, alpha, out);
    phase_two(a, b, alpha, out);
    repeatable(a, b, alpha, out);
    addresses(a, b, alpha, out);
    dynamic_addresses(a, b);
    lifetimes(a, b, alpha, out);
    asynchronous_failure(a, alpha, out);

    CHECK_OK(aclDestroyScalar(alpha));
    destroy(a);
    destroy(b);
    destroy(out);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclnnFinalize());
    CHECK_OK(aclFinalize());
    return check_done();
}
