// A graph of 1,000 small operators: replayed, against issuing them one by one.

#include "bench.h"

#include <aclnnop/aclnn_add.h>

enum { OPERATORS = 1000, COUNT = 16 };

static aclrtStream stream;
static aclTensor *tensors[3];
static aclScalar *alpha;
static aclmdlRI graph;

static void issue_all(void)
{
    for (int i = 0; i < OPERATORS; i++) {
        uint64_t size = 0;
        aclOpExecutor *executor = NULL;
        CHECK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &size, &executor));
        CHECK(aclnnAdd(NULL, size, executor, stream));
    }
}

static double issued(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        issue_all();
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

static double replayed(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclmdlRIExecuteAsync(graph, stream));
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

int main(void)
{
    const int64_t shape[] = {COUNT};
    float one = 1.0f;
    void *memory[3];
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    for (int i = 0; i < 3; i++) {
        CHECK(aclrtMalloc(&memory[i], COUNT * sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST));
        CHECK(aclrtMemset(memory[i], COUNT * sizeof(float), 0, COUNT * sizeof(float)));
        tensors[i] = aclCreateTensor(shape, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, shape, 1, memory[i]);
    }
    alpha = aclCreateScalar(&one, ACL_FLOAT);
    CHECK(aclmdlRICaptureBegin(stream, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    issue_all();
    CHECK(aclmdlRICaptureEnd(stream, &graph));
    row("graph of 1,000 adds", 20, replayed, issued);
    CHECK(aclmdlRIDestroy(graph));
    for (int i = 0; i < 3; i++) {
        aclDestroyTensor(tensors[i]);
        CHECK(aclrtFree(memory[i]));
    }
    aclDestroyScalar(alpha);
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
