// A one-element Add: what the two phases cost, with and without making the objects they take.

#include "bench.h"

#include <aclnn/aclnn_exec_cache.h>
#include <aclnnop/aclnn_add.h>

enum { BATCH = 256 };

static aclrtStream stream;
static void *memory[3];
static aclTensor *tensors[3];
static aclScalar *alpha;

static aclTensor *scalar_tensor(void *address)
{
    return aclCreateTensor(NULL, 0, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, NULL, 0, address);
}

static aclOpExecutor *phase_one(void)
{
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    CHECK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &size, &executor));
    if (size != 0) {
        fprintf(stderr, "two_phase: a one-element Add wants a workspace\n");
        exit(1);
    }
    return executor;
}

// Phase one alone; the executors are run and the stream drained outside the measured time.
static double first(int repeats)
{
    static aclOpExecutor *executors[BATCH];
    double total = 0;
    for (int done = 0; done < repeats; done += BATCH) {
        const double start = now();
        for (int i = 0; i < BATCH; i++) {
            executors[i] = phase_one();
        }
        total += now() - start;
        for (int i = 0; i < BATCH; i++) {
            CHECK(aclnnAdd(NULL, 0, executors[i], stream));
        }
        CHECK(aclrtSynchronizeStream(stream));
    }
    return total / repeats;
}

// Phase two alone.
static double second(int repeats)
{
    static aclOpExecutor *executors[BATCH];
    double total = 0;
    for (int done = 0; done < repeats; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            executors[i] = phase_one();
        }
        const double start = now();
        for (int i = 0; i < BATCH; i++) {
            CHECK(aclnnAdd(NULL, 0, executors[i], stream));
        }
        total += now() - start;
        CHECK(aclrtSynchronizeStream(stream));
    }
    return total / repeats;
}

// Both phases, the addition itself included: the wait at the end of each batch counts.
static double both(int repeats)
{
    const double start = now();
    for (int done = 0; done < repeats; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            CHECK(aclnnAdd(NULL, 0, phase_one(), stream));
        }
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

// Both phases and everything around them that a framework makes anew for each call.
static double whole(int repeats)
{
    const double start = now();
    float one = 1.0F;
    for (int done = 0; done < repeats; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            for (int t = 0; t < 3; t++) {
                tensors[t] = scalar_tensor(memory[t]);
            }
            alpha = aclCreateScalar(&one, ACL_FLOAT);
            CHECK(aclnnAdd(NULL, 0, phase_one(), stream));
            for (int t = 0; t < 3; t++) {
                CHECK(aclDestroyTensor(tensors[t]));
            }
            CHECK(aclDestroyScalar(alpha));
        }
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

// The same through the executor cache, which makes neither tensors nor scalars.
static double cached(int repeats)
{
    const double start = now();
    for (int done = 0; done < repeats; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            uint64_t size = 0;
            InitPTACacheThreadLocal();
            for (int t = 0; t < 3; t++) {
                AddTensorAddrToCachedList(memory[t]);
            }
            SetPTAHashKey(1);
            aclOpExecutor *executor = PTAGetExecCache(1, &size);
            if (executor == NULL) {
                executor = phase_one();
            }
            UnInitPTACacheThreadLocal();
            CHECK(aclnnAdd(NULL, 0, executor, stream));
        }
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

// Both phases, waiting each time.
static double waiting(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclnnAdd(NULL, 0, phase_one(), stream));
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

int main(void)
{
    float one = 1.0F;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    for (int i = 0; i < 3; i++) {
        CHECK(aclrtMalloc(&memory[i], 64, ACL_MEM_MALLOC_HUGE_FIRST));
        CHECK(aclrtMemset(memory[i], 64, 0, 64));
        tensors[i] = scalar_tensor(memory[i]);
    }
    alpha = aclCreateScalar(&one, ACL_FLOAT);

    row("Add of 1: phase one", 16 * BATCH, first, NULL);
    row("Add of 1: phase two", 16 * BATCH, second, NULL);
    row("Add of 1: both, run", 16 * BATCH, both, NULL);
    row("Add of 1: both, waiting", 16 * BATCH, waiting, NULL);
    row("Add of 1: from the cache", 16 * BATCH, cached, NULL);

    for (int i = 0; i < 3; i++) {
        CHECK(aclDestroyTensor(tensors[i]));
    }
    CHECK(aclDestroyScalar(alpha));
    row("Add of 1: with objects", 16 * BATCH, whole, NULL);

    for (int i = 0; i < 3; i++) {
        CHECK(aclrtFree(memory[i]));
    }
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
