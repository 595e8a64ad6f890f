/* Kernels that kernels.cpp loads: functions of the host that run on the device's workers, block by block. */
#include <aclsim/aclsim_kernel.h>

typedef struct {
    const float *x;
    float *y;
    float a;
    uint32_t count;
} SaxpyArgs;

/* y = a x + y. Each block takes a slice. */
static void saxpy(const aclsimKernelContext *context, void *args)
{
    const SaxpyArgs *const p = (const SaxpyArgs *)args;
    const uint64_t begin = (uint64_t)p->count * context->blockIndex / context->blockCount;
    const uint64_t end = (uint64_t)p->count * (context->blockIndex + 1) / context->blockCount;
    for (uint64_t i = begin; i < end; i++) {
        p->y[i] += p->a * p->x[i];
    }
}

/* The pointers are declared: the library translates them, and refuses what is no device memory, before the call. */
static const aclsimKernelParam saxpy_params[] = {
    ACLSIM_PARAM(SaxpyArgs, x, ACLSIM_READ),
    ACLSIM_PARAM(SaxpyArgs, y, ACLSIM_READ_WRITE),
    ACLSIM_PARAM(SaxpyArgs, a, ACLSIM_VALUE),
    ACLSIM_PARAM(SaxpyArgs, count, ACLSIM_VALUE),
};

/* A table of what to count behind the arguments, and the counts in a variable of the device. */
typedef struct {
    const void *data;
    uint64_t count;
    const float *limits;
    uint64_t limitCount;
} CountArgs;

static void count_above(const aclsimKernelContext *context, void *args)
{
    const CountArgs *const p = (const CountArgs *)args;
    /* Not declared: the kernel asks where its memory is. `limits` came along with the arguments. */
    const float *const data = (const float *)aclsimDeviceToHost(context, p->data, p->count * sizeof(float));
    const float *const limits = (const float *)aclsimDeviceToHost(context, p->limits, p->limitCount * sizeof(float));
    size_t size = 0;
    uint32_t *const counts = (uint32_t *)aclsimKernelGlobal(context, "counts", &size);
    if (data == NULL || limits == NULL || counts == NULL) {
        return;
    }
    if (p->limitCount * sizeof(uint32_t) > size) {
        aclsimKernelFail(context, "more limits than there are counts");
        return;
    }
    for (uint64_t i = context->blockIndex; i < p->count; i += context->blockCount) {
        for (uint64_t j = 0; j < p->limitCount; j++) {
            if (data[i] > limits[j]) {
                __atomic_add_fetch(&counts[j], 1, __ATOMIC_RELAXED);
            }
        }
    }
}

static const aclsimKernel kernels[] = {
    {.name = "saxpy",
     .function = saxpy,
     .params = saxpy_params,
     .paramCount = sizeof(saxpy_params) / sizeof(saxpy_params[0]),
     .type = ACL_KERNEL_TYPE_VECTOR},
    {.name = "count_above", .function = count_above, .type = ACL_KERNEL_TYPE_VECTOR},
};
static const aclsimGlobal globals[] = {
    {.name = "counts", .size = 4 * sizeof(uint32_t)},
};

ACLSIM_EXPORT_KERNELS(kernels, sizeof(kernels) / sizeof(kernels[0]), globals, 1)
