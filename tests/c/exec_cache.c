// The executor cache as a framework drives it: it names addresses, sets a key that covers everything else, and asks. What
// comes back must compute with the new addresses, or not come back at all.

#include "check.h"

#include <acl/acl.h>
#include <aclnn/acl_meta.h>
#include <aclnn/aclnn_exec_cache.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_mul.h>

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum { INVALID = 161002, COUNT = 8, VIEW = 4 };

static aclrtStream stream;

static float *buffer(float first)
{
    float host[COUNT];
    float *device = NULL;
    for (int i = 0; i < COUNT; i++) {
        host[i] = first + (float)i;
    }
    CHECK_OK(aclrtMalloc((void **)&device, sizeof(host), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device, sizeof(host), host, sizeof(host), ACL_MEMCPY_HOST_TO_DEVICE));
    return device;
}

static int holds(const float *device, int from, float first, float step)
{
    float host[COUNT] = {0};
    CHECK_OK(aclrtMemcpy(host, sizeof(host), device, sizeof(host), ACL_MEMCPY_DEVICE_TO_HOST));
    for (int i = 0; i < VIEW; i++) {
        if (host[from + i] != first + step * (float)i) {
            return 0;
        }
    }
    return 1;
}

// A view of four elements, from `offset` on.
static aclTensor *view(float *storage, int64_t offset)
{
    const int64_t dims[] = {VIEW};
    const int64_t all[] = {COUNT};
    return aclCreateTensor(dims, 1, ACL_FLOAT, NULL, offset, ACL_FORMAT_ND, all, 1, storage);
}

// One call of a framework: the addresses, the key, then either what the cache has or a first phase.
typedef struct {
    float *self;
    float *other;
    float *out;
    int64_t offset;
    float alpha;
} Call;

static uint64_t hash_of(const Call *call)
{
    return ((uint64_t)call->offset << 32) + (uint64_t)(call->alpha * 16);
}

static aclOpExecutor *ask(const Call *call, uint64_t *size)
{
    InitPTACacheThreadLocal();
    AddTensorAddrToCachedList(call->self);
    AddTensorAddrToCachedList(call->other);
    AddTensorAddrToCachedList(call->out);
    SetPTAHashKey(hash_of(call));
    return PTAGetExecCache(hash_of(call), size);
}

// Returns whether the cache had it.
static int run(const Call *call)
{
    uint64_t size = 77;
    aclOpExecutor *executor = ask(call, &size);
    const int hit = executor != NULL;
    CHECK(size == (hit ? 0 : 77));
    if (!hit) {
        aclTensor *tensors[] = {view(call->self, call->offset), view(call->other, 0), view(call->out, 0)};
        float value = call->alpha;
        aclScalar *alpha = aclCreateScalar(&value, ACL_FLOAT);
        CHECK_OK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &size, &executor));
        CHECK_OK(aclDestroyScalar(alpha));
        for (int i = 0; i < 3; i++) {
            CHECK_OK(aclDestroyTensor(tensors[i]));
        }
    }
    UnInitPTACacheThreadLocal();
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    return hit;
}

static void hits_use_the_new_addresses(float *a, float *b, float *c, float *out, float *other_out)
{
    Call call = {a, b, out, 0, 1};
    CHECK(!run(&call));
    CHECK(holds(out, 0, 110, 2));
    CHECK(run(&call));
    Call moved = {c, b, other_out, 0, 1};
    CHECK(run(&moved));
    CHECK(holds(other_out, 0, 1100, 2));
    CHECK(holds(out, 0, 110, 2));

    // Other scalars and other views come with other keys.
    Call scaled = {a, b, out, 0, 2};
    CHECK(!run(&scaled));
    CHECK(holds(out, 0, 210, 3));
    Call shifted = {a, b, out, 3, 1};
    CHECK(!run(&shifted));
    CHECK(holds(out, 0, 113, 2));
    Call shifted_and_moved = {c, b, other_out, 3, 1};
    CHECK(run(&shifted_and_moved));
    CHECK(holds(other_out, 0, 1103, 2));
    CHECK(run(&call));
    CHECK(holds(out, 0, 110, 2));
}

// A key that was seen, with addresses for which the call would be refused or is another one.
static void wrong_hits_are_misses(float *a, float *b, float *out)
{
    uint64_t size = 77;
    float *gone = buffer(0);
    CHECK_OK(aclrtFree(gone));
    float host[COUNT];
    float *const unusable[] = {gone, host, NULL, (float *)(uintptr_t)0x10, (float *)((char *)a + 2), a + COUNT - 1};
    for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        Call call = {unusable[i], b, out, 0, 1};
        CHECK(ask(&call, &size) == NULL);
        UnInitPTACacheThreadLocal();
    }
    // The output on the second element of an input.
    Call overlapping = {a, b, a + 1, 0, 1};
    CHECK(ask(&overlapping, &size) == NULL);
    UnInitPTACacheThreadLocal();

    // Too few and too many addresses, and none of the key.
    Call call = {a, b, out, 0, 1};
    InitPTACacheThreadLocal();
    AddTensorAddrToCachedList(a);
    CHECK(PTAGetExecCache(hash_of(&call), &size) == NULL);
    for (int i = 0; i < 3; i++) {
        AddTensorAddrToCachedList(out);
    }
    CHECK(PTAGetExecCache(hash_of(&call), &size) == NULL);
    UnInitPTACacheThreadLocal();
    CHECK(PTAGetExecCache(hash_of(&call), &size) == NULL);
    CHECK(PTAGetExecCache(12345, &size) == NULL);
    CHECK(size == 77);

    // What the cache gives is an executor of its operator and of no other; and without workspaceSize there is none.
    CHECK(ask(&call, NULL) == NULL);
    aclOpExecutor *executor = ask(&call, &size);
    CHECK(executor != NULL);
    CHECK_CODE(aclnnMul(NULL, 0, executor, stream), INVALID);
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_CODE(aclnnAdd(NULL, 0, executor, stream), INVALID);
    UnInitPTACacheThreadLocal();
    CHECK_OK(aclrtSynchronizeStream(stream));
}

// A call is kept only under addresses that really are its operands', in their order.
static void only_what_was_named_is_kept(float *a, float *b, float *out)
{
    uint64_t size = 0;
    Call call = {a, b, out, 0, 5};
    Call swapped = {b, a, out, 0, 5};
    aclTensor *tensors[] = {view(a, 0), view(b, 0), view(out, 0)};
    float value = 5;
    aclScalar *alpha = aclCreateScalar(&value, ACL_FLOAT);
    aclOpExecutor *executor = NULL;
    CHECK(ask(&swapped, &size) == NULL);
    CHECK_OK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &size, &executor));
    UnInitPTACacheThreadLocal();
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK(ask(&call, &size) == NULL);
    CHECK(ask(&swapped, &size) == NULL);
    UnInitPTACacheThreadLocal();
    CHECK_OK(aclrtSynchronizeStream(stream));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(aclDestroyTensor(tensors[i]));
    }
    CHECK_OK(aclDestroyScalar(alpha));
}

// Keys of bytes are compared in full, whatever their length.
static void keys_of_bytes(float *a, float *b, float *out)
{
    uint8_t long_key[600];
    memset(long_key, 7, sizeof(long_key));
    uint64_t size = 0;
    const size_t lengths[] = {1, 8, 599, 600};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        aclTensor *tensors[] = {view(a, 0), view(b, 0), view(out, 0)};
        float value = (float)(i + 1);
        aclScalar *alpha = aclCreateScalar(&value, ACL_FLOAT);
        for (int again = 0; again < 2; again++) {
            InitPTACacheThreadLocal();
            AddTensorAddrToCachedList(a);
            AddTensorAddrToCachedList(b);
            AddTensorAddrToCachedList(out);
            SetPTACacheHashKey(long_key, lengths[i]);
            aclOpExecutor *executor = PTAFindExecCache(long_key, lengths[i], &size);
            CHECK((executor != NULL) == (again == 1));
            if (executor == NULL) {
                CHECK_OK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &size, &executor));
            }
            UnInitPTACacheThreadLocal();
            CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
            CHECK_OK(aclrtSynchronizeStream(stream));
            CHECK(holds(out, 0, 10 + 100 * value, 1 + value));
        }
        for (int t = 0; t < 3; t++) {
            CHECK_OK(aclDestroyTensor(tensors[t]));
        }
        CHECK_OK(aclDestroyScalar(alpha));
    }
    SetPTACacheHashKey(NULL, 8);
    CHECK(PTAFindExecCache(NULL, 8, &size) == NULL);
}

static void *of_another_thread(void *call)
{
    CHECK_OK(aclrtSetDevice(0));
    uint64_t size = 0;
    CHECK(ask((const Call *)call, &size) == NULL);
    UnInitPTACacheThreadLocal();
    CHECK(!run((const Call *)call));
    CHECK(run((const Call *)call));
    CHECK_OK(aclrtResetDevice(0));
    return NULL;
}

int main(void)
{
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    float *a = buffer(10);
    float *b = buffer(100);
    float *c = buffer(1000);
    float *out = buffer(-1);
    float *other_out = buffer(-1);

    CHECK(CanUsePTACache("aclnnAdd"));
    CHECK(!CanUsePTACache("aclnnNoSuchOperator"));
    CHECK(!CanUsePTACache(NULL));

    hits_use_the_new_addresses(a, b, c, out, other_out);
    wrong_hits_are_misses(a, b, out);
    only_what_was_named_is_kept(a, b, out);
    keys_of_bytes(a, b, out);
    Call call = {a, b, out, 0, 1};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, of_another_thread, &call) == 0);
    CHECK(pthread_join(thread, NULL) == 0);

    float *const all[] = {a, b, c, out, other_out};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        CHECK_OK(aclrtFree(all[i]));
    }
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
