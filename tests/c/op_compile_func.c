// Operator types of the program: functions that choose kernels, and kernels that run on the host.
#include "op_call.h"

#include <aclsim/aclsim_kernel.h>

enum { GE_FAILURE = 500002, COUNT = 6 };

static const int64_t dims[2] = {2, 3};
static int asked, freed, answer, chooses = 1;
static aclopKernelDesc *kept;

static void deallocate(void *data, size_t size)
{
    freed += data != NULL && size == 4;
}

static aclError choose(int inputs, const aclTensorDesc *const in[], int outputs, const aclTensorDesc *const out[],
                       const aclopAttr *attr, aclopKernelDesc *kernel)
{
    size_t workspace = 64;
    asked++;
    CHECK(inputs == 1 && outputs == 1 && attr != NULL);
    CHECK(aclGetTensorDescDim(in[0], 1) == 3 && aclGetTensorDescType(out[0]) == ACL_FLOAT);
    CHECK_REFUSED(aclopSetKernelArgs(kernel, "other", 1, NULL, 0), ACL_ERROR_KERNEL_NOT_FOUND, "other");
    CHECK_REFUSED(aclopSetKernelArgs(kernel, "first", 0, NULL, 0), ACL_ERROR_INVALID_PARAM, "blockDim");
    CHECK_REFUSED(aclopSetKernelWorkspaceSizes(kernel, -1, &workspace), ACL_ERROR_INVALID_PARAM, "numWorkspaces");
    if (chooses) {
        CHECK_OK(aclopSetKernelArgs(kernel, "first", 2, dims, sizeof(dims)));
        CHECK_OK(aclopSetKernelWorkspaceSizes(kernel, 1, &workspace));
    }
    kept = kernel;
    return answer;
}

// Each block scales every other element by an attribute.
static void scale(const aclsimKernelContext *context, const aclsimOpCall *call)
{
    const float *x = call->inputs[0].data;
    float *out = call->outputs[0].data, factor = 0;
    for (size_t i = 0; i < call->attrCount; i++) {
        if (strcmp(call->attrs[i].name, "factor") == 0 && call->attrs[i].kind == ACLSIM_ATTR_FLOAT) {
            factor = *(const float *)call->attrs[i].values;
        }
    }
    if (factor == 0) {
        aclsimKernelFail(context, "expected a factor");
        return;
    }
    for (size_t i = context->blockIndex; i < call->inputs[0].bytes / sizeof(float); i += context->blockCount) {
        out[i] = x[i] * factor;
    }
}

static struct operand x, out;
static aclopAttr *attr;

static int update(const char *type)
{
    const aclTensorDesc *in[1] = {x.desc}, *to[1] = {out.desc};
    return aclopUpdateParams(type, 1, in, 1, to, attr);
}

static int execute(const char *type, const aclopAttr *attributes)
{
    const aclTensorDesc *in[1] = {x.desc}, *to[1] = {out.desc};
    const aclDataBuffer *from[1] = {x.buffer};
    aclDataBuffer *result[1] = {out.buffer};
    return aclopExecute(type, 1, in, from, 1, to, result, attributes, stream);
}

static void registering(void)
{
    CHECK_CODE(aclopRegisterCompileFunc(NULL, choose), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclopRegisterCompileFunc("Scale", NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(update("ScaleCustom"), ACL_ERROR_BIN_SELECTOR_NOT_REGISTERED, "ScaleCustom");
    CHECK_REFUSED(aclopUnregisterCompileFunc("ScaleCustom"), ACL_ERROR_BIN_SELECTOR_NOT_REGISTERED, "ScaleCustom");
    CHECK_OK(aclopRegisterCompileFunc("ScaleCustom", choose));
    CHECK_REFUSED(aclopRegisterCompileFunc("ScaleCustom", choose), ACL_ERROR_BIN_SELECTOR_ALREADY_REGISTERED, "ScaleCustom");
    static char binary[4] = "bin";
    CHECK_OK(aclopCreateKernel("ScaleCustom", "first", "scale_kernel", binary, 4, ACL_ENGINE_AICORE, deallocate));
    CHECK_REFUSED(aclopCreateKernel("ScaleCustom", "first", "scale_kernel", binary, 4, ACL_ENGINE_AICORE, NULL),
                  ACL_ERROR_KERNEL_ALREADY_REGISTERED, "first");
    CHECK_REFUSED(aclopCreateKernel("ScaleCustom", "second", "k", binary, 0, ACL_ENGINE_AICORE, NULL),
                  ACL_ERROR_INVALID_PARAM, "binSize");
    CHECK_REFUSED(aclopCreateKernel("ScaleCustom", "second", "k", binary, 4, (aclopEngineType)7, NULL),
                  ACL_ERROR_INVALID_PARAM, "enginetype");
}

static void choosing(void)
{
    CHECK_OK(update("ScaleCustom"));
    CHECK(asked == 1);
    // The description lives as long as the function that got it.
    CHECK_CODE(aclopSetKernelArgs(kept, "first", 1, NULL, 0), ACL_ERROR_RT_INVALID_HANDLE);
    answer = 123456;
    CHECK_REFUSED(update("ScaleCustom"), 123456, "ScaleCustom");
    answer = chooses = 0;
    CHECK_REFUSED(update("ScaleCustom"), ACL_ERROR_KERNEL_NOT_FOUND, "chose no kernel");
    chooses = 1;
}

static void running(void)
{
    float got[COUNT];
    // A device binary needs silicon; a kernel for the host does not.
    CHECK_REFUSED(execute("ScaleCustom", attr), ACL_ERROR_FEATURE_UNSUPPORTED, "aclsimRegisterOpKernel");
    CHECK_OK(aclsimRegisterOpKernel("ScaleCustom", scale, 2, NULL));
    const int before = asked;
    CHECK_OK(execute("ScaleCustom", attr));
    fetch(&out, got);
    CHECK(got[0] == 2.5f && got[5] == 15.0f);
    CHECK(asked == before);
    // Other attributes, another choice; the kernel itself reports what it lacks.
    CHECK_OK(execute("ScaleCustom", NULL));
    CHECK(asked == before + 1);
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION, "expected a factor");
    // Types that only have a kernel on the host.
    CHECK_OK(aclsimRegisterOpKernel("ScaleHost", scale, 1, NULL));
    const aclTensorDesc *in[1] = {x.desc}, *to[1] = {out.desc};
    const aclDataBuffer *from[1] = {x.buffer};
    aclDataBuffer *result[1] = {out.buffer};
    CHECK_OK(aclopCompile("ScaleHost", 1, in, 1, to, attr, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL));
    CHECK_OK(aclrtMemset(out.memory, out.bytes, 0, out.bytes));
    aclopHandle *handle = NULL;
    CHECK_OK(aclopCreateHandle("ScaleHost", 1, in, 1, to, attr, &handle));
    CHECK_OK(aclopExecWithHandle(handle, 1, from, 1, result, stream));
    fetch(&out, got);
    CHECK(got[1] == 5.0f && got[4] == 12.5f);
    aclopDestroyHandle(handle);
    CHECK_OK(aclsimUnregisterOpKernel("ScaleHost"));
    CHECK_REFUSED(execute("ScaleHost", attr), GE_FAILURE, "ScaleHost");
    CHECK_OK(aclsimUnregisterOpKernel("ScaleCustom"));
    // Operators of the library keep their meaning under a function of the program.
    CHECK_OK(aclopRegisterCompileFunc("Relu", choose));
    static char binary[4] = "bin";
    CHECK_OK(aclopCreateKernel("Relu", "first", "relu_kernel", binary, 4, ACL_ENGINE_AICORE, NULL));
    CHECK_OK(execute("Relu", NULL));
    fetch(&out, got);
    CHECK(got[0] == 1 && got[5] == 6);
    CHECK_OK(aclopUnregisterCompileFunc("Relu"));
    CHECK(freed == 0);
    CHECK_OK(aclopUnregisterCompileFunc("ScaleCustom"));
    CHECK(freed == 1);
}

int main(void)
{
    const float a[COUNT] = {1, 2, 3, 4, 5, 6};
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    x = operand(ACL_FLOAT, 2, dims, sizeof(a), a);
    out = operand(ACL_FLOAT, 2, dims, sizeof(a), NULL);
    attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrFloat(attr, "factor", 2.5f));
    registering();
    choosing();
    running();
    aclopDestroyAttr(attr);
    drop(&x);
    drop(&out);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
