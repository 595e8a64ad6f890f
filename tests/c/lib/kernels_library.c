// A library of kernels, loaded by kernels.c.
#include <aclsim/aclsim_kernel.h>

typedef struct {
    const float *in;
    float *out;
    uint64_t count;
} ScaleArgs;

static float factor;
static const float initial_factor = 3.0f;

static void scale(const aclsimKernelContext *context, void *args)
{
    const ScaleArgs *const a = (const ScaleArgs *)args;
    size_t bytes = 0;
    const float *const by = (const float *)aclsimKernelGlobal(context, "factor", &bytes);
    if (by == NULL || bytes != sizeof(factor)) {
        return;
    }
    for (uint64_t i = context->blockIndex; i < a->count; i += context->blockCount) {
        a->out[i] = a->in[i] * *by;
    }
}

static void fails_on_cpu(const aclsimKernelContext *context, void *args)
{
    (void)args;
    aclsimKernelFail(context, "as asked");
}

static const aclsimKernelParam scale_params[] = {
    ACLSIM_PARAM(ScaleArgs, in, ACLSIM_READ),
    ACLSIM_PARAM(ScaleArgs, out, ACLSIM_WRITE),
    ACLSIM_PARAM(ScaleArgs, count, ACLSIM_VALUE),
};

static const aclsimKernel kernels[] = {
    {.name = "scale",
     .function = scale,
     .entry = 11,
     .params = scale_params,
     .paramCount = 3,
     .type = ACL_KERNEL_TYPE_VECTOR},
    {.name = "fails_on_cpu", .function = fails_on_cpu, .entry = 12, .type = ACL_KERNEL_TYPE_AICPU},
};

static const aclsimGlobal globals[] = {
    {.name = "factor", .size = sizeof(factor), .initial = &initial_factor, .symbol = &factor},
};

ACLSIM_EXPORT_KERNELS(kernels, 2, globals, 1)
