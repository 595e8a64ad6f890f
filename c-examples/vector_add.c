// The smallest complete program: out = a + b on the device, in C11.
//
//   gcc vector_add.c -o vector_add -I$ASCEND_TOOLKIT_HOME/include -L$ASCEND_TOOLKIT_HOME/lib64
//       -lascendcl -lnnopbase -lopapi
//
// Every operator call has the same seven steps; they are numbered below.

#include <acl/acl.h>
#include <aclnnop/aclnn_add.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call)                                                                                  \
    do {                                                                                             \
        int code_ = (call);                                                                          \
        if (code_ != ACL_SUCCESS) {                                                                  \
            const char *why_ = aclGetRecentErrMsg();                                                 \
            fprintf(stderr, "%s answered %d: %s\n", #call, code_, why_ ? why_ : "(no message)");     \
            exit(1);                                                                                 \
        }                                                                                            \
    } while (0)

enum { COUNT = 10000 };

// 2. Device memory for one vector, filled from the host.
static void *upload(const float *values)
{
    void *device = NULL;
    CHECK(aclrtMalloc(&device, COUNT * sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(device, COUNT * sizeof(float), values, COUNT * sizeof(float), ACL_MEMCPY_HOST_TO_DEVICE));
    return device;
}

// 3. A tensor describes memory: shape, type, strides. It does not own the memory.
static aclTensor *describe(void *device)
{
    const int64_t shape[] = {COUNT};
    aclTensor *tensor = aclCreateTensor(shape, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, shape, 1, device);
    if (tensor == NULL) {
        fprintf(stderr, "aclCreateTensor failed: %s\n", aclGetRecentErrMsg());
        exit(1);
    }
    return tensor;
}

int main(void)
{
    static float a[COUNT], b[COUNT], out[COUNT];
    for (int i = 0; i < COUNT; i++) {
        a[i] = (float)i;
        b[i] = 0.5F * (float)(COUNT - i);
    }

    // 1. The library, a device for this thread, a stream to queue work on.
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    aclrtStream stream = NULL;
    CHECK(aclrtCreateStream(&stream));

    void *devA = upload(a);
    void *devB = upload(b);
    void *devOut = upload(out);
    aclTensor *tensorA = describe(devA);
    aclTensor *tensorB = describe(devB);
    aclTensor *tensorOut = describe(devOut);
    float one = 1.0F;
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);

    // 4. Phase one checks the arguments and says how much scratch memory the operator needs.
    uint64_t workspaceSize = 0;  // 64 bits: truncating it is a classic bug
    aclOpExecutor *executor = NULL;
    CHECK(aclnnAddGetWorkspaceSize(tensorA, tensorB, alpha, tensorOut, &workspaceSize, &executor));
    void *workspace = NULL;
    if (workspaceSize > 0) {
        CHECK(aclrtMalloc(&workspace, workspaceSize, ACL_MEM_MALLOC_HUGE_FIRST));
    }

    // 5. Phase two queues the operator and uses the executor up.
    CHECK(aclnnAdd(workspace, workspaceSize, executor, stream));

    // 6. Wait, then fetch. Without the wait, `out` could still hold the old values.
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtMemcpy(out, sizeof(out), devOut, sizeof(out), ACL_MEMCPY_DEVICE_TO_HOST));

    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        wrong += out[i] != a[i] + b[i];
    }

    // 7. Everything created is destroyed, device last.
    CHECK(aclDestroyTensor(tensorA));
    CHECK(aclDestroyTensor(tensorB));
    CHECK(aclDestroyTensor(tensorOut));
    CHECK(aclDestroyScalar(alpha));
    CHECK(aclrtFree(devA));
    CHECK(aclrtFree(devB));
    CHECK(aclrtFree(devOut));
    if (workspace != NULL) {
        CHECK(aclrtFree(workspace));
    }
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());

    printf("vector_add: %d elements, %d wrong: %s\n", COUNT, wrong, wrong == 0 ? "PASS" : "FAIL");
    return wrong == 0 ? 0 : 1;
}
