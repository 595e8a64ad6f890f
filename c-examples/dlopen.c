// Finds everything at run time, as frameworks do: nothing of the toolkit is needed when this program is linked.
//
// Operators live in libopapi.so, tensors and executors in libnnopbase.so, the runtime in libascendcl.so. Whatever
// name a program loads a library by, there is one runtime and one state behind it.

#include <acl/acl.h>
#include <aclnn/acl_meta.h>

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *library(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "dlopen: %s\n", dlerror());
        exit(1);
    }
    return handle;
}

// ISO C has no conversion from void* to a function pointer; copying the bytes is what POSIX guarantees.
static void find(void *handle, const char *name, void *function)
{
    void *symbol = dlsym(handle, name);
    if (symbol == NULL) {
        fprintf(stderr, "dlsym: %s\n", dlerror());
        exit(1);
    }
    memcpy(function, &symbol, sizeof(symbol));
}

static const char *(*recentErrMsg)(void);

static void check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = recentErrMsg();
        fprintf(stderr, "%s answered %d: %s\n", what, code, why ? why : "(no message)");
        exit(1);
    }
}
#define CHECK(call) check((call), #call)

int main(void)
{
    void *ascendcl = library("libascendcl.so");
    void *nnopbase = library("libnnopbase.so");
    void *opapi = library("libopapi.so");

    aclError (*init)(const char *);
    aclError (*finalize)(void);
    aclError (*setDevice)(int32_t);
    aclError (*resetDevice)(int32_t);
    aclError (*deviceMalloc)(void **, size_t, aclrtMemMallocPolicy);
    aclError (*deviceFree)(void *);
    aclError (*copy)(void *, size_t, const void *, size_t, aclrtMemcpyKind);
    aclError (*synchronize)(aclrtStream);
    find(ascendcl, "aclGetRecentErrMsg", &recentErrMsg);
    find(ascendcl, "aclInit", &init);
    find(ascendcl, "aclFinalize", &finalize);
    find(ascendcl, "aclrtSetDevice", &setDevice);
    find(ascendcl, "aclrtResetDevice", &resetDevice);
    find(ascendcl, "aclrtMalloc", &deviceMalloc);
    find(ascendcl, "aclrtFree", &deviceFree);
    find(ascendcl, "aclrtMemcpy", &copy);
    find(ascendcl, "aclrtSynchronizeStream", &synchronize);

    aclTensor *(*createTensor)(const int64_t *, uint64_t, aclDataType, const int64_t *, int64_t, aclFormat,
                               const int64_t *, uint64_t, void *);
    aclnnStatus (*destroyTensor)(const aclTensor *);
    find(nnopbase, "aclCreateTensor", &createTensor);
    find(nnopbase, "aclDestroyTensor", &destroyTensor);

    aclnnStatus (*expPhaseOne)(const aclTensor *, aclTensor *, uint64_t *, aclOpExecutor **);
    aclnnStatus (*expPhaseTwo)(void *, uint64_t, aclOpExecutor *, aclrtStream);
    find(opapi, "aclnnExpGetWorkspaceSize", &expPhaseOne);
    find(opapi, "aclnnExp", &expPhaseTwo);

    // An operator that does not exist is not there: asking is how a framework decides on a fallback.
    if (dlsym(opapi, "aclnnNoSuchOperator") != NULL) {
        fprintf(stderr, "dlopen: found an operator that does not exist\n");
        return 1;
    }

    float host[4] = {0.0F, 1.0F, -1.0F, 2.5F};
    const double expected[4] = {1.0, 2.718281828459045, 0.36787944117144233, 12.182493960703473};
    const int64_t shape[] = {4};
    CHECK(init(NULL));
    CHECK(setDevice(0));
    void *in = NULL;
    void *out = NULL;
    CHECK(deviceMalloc(&in, sizeof(host), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(deviceMalloc(&out, sizeof(host), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(copy(in, sizeof(host), host, sizeof(host), ACL_MEMCPY_HOST_TO_DEVICE));
    aclTensor *inTensor = createTensor(shape, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, shape, 1, in);
    aclTensor *outTensor = createTensor(shape, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, shape, 1, out);

    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    CHECK(expPhaseOne(inTensor, outTensor, &size, &executor));
    void *workspace = NULL;
    if (size > 0) {
        CHECK(deviceMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    // A null stream is the default stream of the current context.
    CHECK(expPhaseTwo(workspace, size, executor, NULL));
    CHECK(synchronize(NULL));
    float result[4];
    CHECK(copy(result, sizeof(result), out, sizeof(result), ACL_MEMCPY_DEVICE_TO_HOST));

    int wrong = 0;
    for (int i = 0; i < 4; i++) {
        const double error = (double)result[i] / expected[i] - 1.0;
        wrong += !(error >= -2e-6 && error <= 2e-6);
        printf("  exp(%g) = %g\n", (double)host[i], (double)result[i]);
    }

    CHECK(destroyTensor(inTensor));
    CHECK(destroyTensor(outTensor));
    if (workspace != NULL) {
        CHECK(deviceFree(workspace));
    }
    CHECK(deviceFree(in));
    CHECK(deviceFree(out));
    CHECK(resetDevice(0));
    CHECK(finalize());
    printf("dlopen: %d wrong: %s\n", wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
