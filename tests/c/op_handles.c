// Prepared operators, shapes of results, what descriptions say about the unknown, model directories, files of calls.
#include "op_call.h"

#include <stdio.h>
#include <unistd.h>

enum { GE_FAILURE = 500002 };

static void ranges(void)
{
    const int64_t dims[2] = {-1, 4}, none[1] = {-2}, bad[2] = {-2, 4};
    aclTensorDesc *desc = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
    CHECK(desc != NULL && aclGetTensorDescDim(desc, 0) == -1 && aclGetTensorDescNumDims(desc) == 2);
    CHECK(aclGetTensorDescElementCount(desc) == 0 && aclGetTensorDescSize(desc) == 0);
    CHECK(aclCreateTensorDesc(ACL_FLOAT, 2, bad, ACL_FORMAT_ND) == NULL);
    aclTensorDesc *open = aclCreateTensorDesc(ACL_FLOAT, 1, none, ACL_FORMAT_ND);
    CHECK(open != NULL && aclGetTensorDescNumDims(open) == ACL_UNKNOWN_RANK);

    int64_t range[2] = {7, 7};
    CHECK_OK(aclGetTensorDescDimRange(desc, 0, 2, range));
    CHECK(range[0] == 0 && range[1] == -1);
    CHECK_OK(aclGetTensorDescDimRange(desc, 1, 2, range));
    CHECK(range[0] == 4 && range[1] == 4);
    int64_t wanted[2][2] = {{1, 16}, {4, 4}}, apart[2][2] = {{1, 16}, {5, 8}}, empty[2][2] = {{3, 2}, {4, 4}};
    CHECK_OK(aclSetTensorShapeRange(desc, 2, wanted));
    CHECK_REFUSED(aclSetTensorShapeRange(desc, 1, wanted), ACL_ERROR_INVALID_PARAM, "dimsCount", "expected 2");
    CHECK_REFUSED(aclSetTensorShapeRange(desc, 2, apart), ACL_ERROR_INVALID_PARAM, "dimsRange");
    CHECK_REFUSED(aclSetTensorShapeRange(desc, 2, empty), ACL_ERROR_INVALID_PARAM, "[3, 2]");
    CHECK_CODE(aclSetTensorShapeRange(desc, 2, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclGetTensorDescDimRange(desc, 0, 2, range));
    CHECK(range[0] == 1 && range[1] == 16);
    range[0] = 9;
    CHECK_REFUSED(aclGetTensorDescDimRange(desc, 2, 2, range), ACL_ERROR_INVALID_PARAM, "below 2");
    CHECK_REFUSED(aclGetTensorDescDimRange(desc, 0, 1, range), ACL_ERROR_INVALID_PARAM, "dimRangeNum");
    CHECK(range[0] == 9);
    CHECK_REFUSED(aclSetTensorValueRange(desc, 1, empty), ACL_ERROR_INVALID_PARAM, "valueRange");

    // An input's data, a description alone, another format.
    int64_t values[2] = {3, 4};
    CHECK(aclGetTensorDescAddress(desc) == NULL && aclGetRecentErrMsg() != NULL);
    CHECK_OK(aclSetTensorConst(desc, values, sizeof(values)));
    CHECK(aclGetTensorDescAddress(desc) != NULL && ((int64_t *)aclGetTensorDescAddress(desc))[1] == 4);
    CHECK(aclGetTensorDescByIndex(desc, 0) == desc);
    CHECK(aclGetTensorDescByIndex(desc, 1) == NULL && strstr(aclGetRecentErrMsg(), "index") != NULL);
    const int64_t image[4] = {2, 20, 5, 6};
    aclTensorDesc *nchw = aclCreateTensorDesc(ACL_FLOAT16, 4, image, ACL_FORMAT_NCHW), *made = NULL;
    CHECK_OK(aclTransTensorDescFormat(nchw, ACL_FORMAT_NC1HWC0, &made));
    CHECK(aclGetTensorDescFormat(made) == ACL_FORMAT_NC1HWC0 && aclGetTensorDescNumDims(made) == 5);
    CHECK(aclGetTensorDescDim(made, 1) == 2 && aclGetTensorDescDim(made, 4) == 16);
    aclDestroyTensorDesc(made);
    CHECK_OK(aclTransTensorDescFormat(nchw, ACL_FORMAT_NHWC, &made));
    CHECK(aclGetTensorDescDim(made, 3) == 20);
    aclDestroyTensorDesc(made);
    made = NULL;
    CHECK_REFUSED(aclTransTensorDescFormat(desc, ACL_FORMAT_NHWC, &made), ACL_ERROR_INVALID_PARAM, "known dimensions");
    CHECK_REFUSED(aclTransTensorDescFormat(nchw, (aclFormat)99, &made), ACL_ERROR_INVALID_PARAM, "dstFormat");
    CHECK(made == NULL);
    CHECK_CODE(aclSetTensorDynamicInput(desc, NULL), ACL_ERROR_INVALID_PARAM);
    aclDestroyTensorDesc(desc);
    aclDestroyTensorDesc(open);
    aclDestroyTensorDesc(nchw);
    CHECK_REFUSED(aclSetTensorDynamicInput(desc, "x"), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
}

static void handles(void)
{
    const int64_t dims[2] = {2, 3}, short_dims[1] = {4};
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {6, 5, 4, 3, 2, 1};
    float got[6];
    struct operand x = operand(ACL_FLOAT, 2, dims, sizeof(a), a), y = operand(ACL_FLOAT, 2, dims, sizeof(b), b);
    struct operand out = operand(ACL_FLOAT, 2, dims, sizeof(got), NULL);
    const aclTensorDesc *in_desc[2] = {x.desc, y.desc}, *out_desc[1] = {out.desc};
    const aclDataBuffer *in[2] = {x.buffer, y.buffer}, *same[2] = {y.buffer, y.buffer};
    aclDataBuffer *to[1] = {out.buffer}, *into[1] = {y.buffer};
    aclopHandle *handle = NULL;
    CHECK_REFUSED(aclopCreateHandle("Sub", 2, in_desc, 1, out_desc, NULL, NULL), ACL_ERROR_INVALID_PARAM, "handle");
    CHECK_REFUSED(aclopCreateHandle("Sbu", 2, in_desc, 1, out_desc, NULL, &handle), GE_FAILURE, "Sub");
    CHECK_REFUSED(aclopCreateHandle("Sub", 1, in_desc, 1, out_desc, NULL, &handle), ACL_ERROR_INVALID_PARAM, "numInputs");
    CHECK(handle == NULL);
    CHECK_OK(aclopCreateHandle("Sub", 2, in_desc, 1, out_desc, NULL, &handle));
    // The handle keeps what was described.
    aclDestroyTensorDesc(out.desc);
    out.desc = aclCreateTensorDesc(ACL_FLOAT, 1, short_dims, ACL_FORMAT_ND);
    for (int round = 0; round < 2; round++) {
        CHECK_OK(aclopExecWithHandle(handle, 2, in, 1, to, stream));
        fetch(&out, got);
        CHECK(got[0] == -5 && got[5] == 5);
    }
    CHECK_OK(aclopExecWithHandle(handle, 2, same, 1, to, stream));
    fetch(&out, got);
    CHECK(got[0] == 0 && got[5] == 0);
    // In place is fine for this operator; part of an operand is not.
    CHECK_OK(aclopExecWithHandle(handle, 2, in, 1, into, stream));
    fetch(&y, got);
    CHECK(got[0] == -5 && got[5] == 5);
    CHECK_OK(aclUpdateDataBuffer(out.buffer, (char *)x.memory + 4, sizeof(a)));
    CHECK_CODE(aclopExecWithHandle(handle, 2, in, 1, to, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclUpdateDataBuffer(out.buffer, out.memory, 8));
    CHECK_REFUSED(aclopExecWithHandle(handle, 2, in, 1, to, stream), ACL_ERROR_INVALID_PARAM, "at least 24 bytes");
    CHECK_OK(aclUpdateDataBuffer(out.buffer, out.memory, sizeof(got)));
    CHECK_REFUSED(aclopExecWithHandle(handle, 1, in, 1, to, stream), ACL_ERROR_OP_INPUT_NOT_MATCH, "expected 2");
    CHECK_REFUSED(aclopExecWithHandle(handle, 2, in, 0, to, stream), ACL_ERROR_OP_OUTPUT_NOT_MATCH, "expected 1");
    CHECK_REFUSED(aclopExecWithHandle(handle, -2, in, 1, to, stream), ACL_ERROR_INVALID_PARAM, "numInputs");
    // Queued work outlives the handle.
    CHECK_OK(aclopExecWithHandle(handle, 2, in, 1, to, stream));
    aclopDestroyHandle(handle);
    fetch(&out, got);
    CHECK(got[0] == 6 && got[5] == 1);
    CHECK_REFUSED(aclopExecWithHandle(handle, 2, in, 1, to, stream), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    aclopDestroyHandle(handle);
    aclopDestroyHandle(NULL);

    int32_t whole[6];
    aclTensorDesc *integers = aclCreateTensorDesc(ACL_INT32, 2, dims, ACL_FORMAT_ND);
    CHECK_OK(aclopCreateHandleForCast(x.desc, integers, 0, &handle));
    CHECK_OK(aclopExecWithHandle(handle, 1, in, 1, to, stream));
    fetch(&out, whole);
    CHECK(whole[0] == 1 && whole[5] == 6);
    aclopDestroyHandle(handle);
    CHECK_REFUSED(aclopCreateHandleForCast(x.desc, out.desc, 0, &handle), ACL_ERROR_INVALID_PARAM, "[2, 3]");
    aclDestroyTensorDesc(integers);
    drop(&x);
    drop(&y);
    drop(&out);
}

static void shapes(void)
{
    const int64_t dims[3] = {2, 3, 4}, row[1] = {4}, open[1] = {-2}, two[1] = {2}, order[3] = {2, 0, 1};
    aclTensorDesc *x = aclCreateTensorDesc(ACL_FLOAT, 3, dims, ACL_FORMAT_NCHW);
    aclTensorDesc *y = aclCreateTensorDesc(ACL_FLOAT, 1, row, ACL_FORMAT_ND);
    aclTensorDesc *out = aclCreateTensorDesc(ACL_DT_UNDEFINED, 1, open, ACL_FORMAT_UNDEFINED);
    aclTensorDesc *in[2] = {x, y}, *to[1] = {out};
    CHECK_OK(aclopInferShape("Add", 2, in, NULL, 1, to, NULL));
    CHECK(aclGetTensorDescNumDims(out) == 3 && aclGetTensorDescDim(out, 2) == 4);
    CHECK(aclGetTensorDescType(out) == ACL_FLOAT && aclGetTensorDescFormat(out) == ACL_FORMAT_NCHW);
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrListInt(attr, "axes", 1, two));
    CHECK_OK(aclopInferShape("ReduceSumD", 1, in, NULL, 1, to, attr));
    CHECK(aclGetTensorDescNumDims(out) == 2 && aclGetTensorDescDim(out, 1) == 3);
    aclopDestroyAttr(attr);
    // Where values decide, they have to be known: a constant, a range of one value, host memory.
    const int64_t three[1] = {3};
    aclTensorDesc *perm = aclCreateTensorDesc(ACL_INT64, 1, three, ACL_FORMAT_ND);
    in[1] = perm;
    CHECK_REFUSED(aclopInferShape("Transpose", 2, in, NULL, 1, to, NULL), ACL_ERROR_INVALID_PARAM, "aclSetTensorConst");
    CHECK(aclGetTensorDescNumDims(out) == 2);
    int64_t exact[3][2] = {{2, 2}, {0, 0}, {1, 1}};
    CHECK_OK(aclSetTensorValueRange(perm, 3, exact));
    CHECK_OK(aclopInferShape("Transpose", 2, in, NULL, 1, to, NULL));
    CHECK(aclGetTensorDescDim(out, 0) == 4 && aclGetTensorDescDim(out, 1) == 2 && aclGetTensorDescDim(out, 2) == 3);
    int64_t reversed[3] = {2, 1, 0};
    CHECK_OK(aclSetTensorConst(perm, reversed, sizeof(reversed)));
    CHECK_OK(aclopInferShape("Transpose", 2, in, NULL, 1, to, NULL));
    CHECK(aclGetTensorDescDim(out, 1) == 3 && aclGetTensorDescDim(out, 2) == 2);
    aclTensorDesc *placed = aclCreateTensorDesc(ACL_INT64, 1, three, ACL_FORMAT_ND);
    CHECK_OK(aclSetTensorPlaceMent(placed, ACL_MEMTYPE_HOST));
    aclDataBuffer *buffers[2] = {aclCreateDataBuffer(NULL, 0), aclCreateDataBuffer((void *)(uintptr_t)order, sizeof(order))};
    in[1] = placed;
    CHECK_OK(aclopInferShape("Transpose", 2, in, buffers, 1, to, NULL));
    CHECK(aclGetTensorDescDim(out, 0) == 4 && aclGetTensorDescDim(out, 1) == 2);
    CHECK_CODE(aclopInferShape("NoSuch", 2, in, NULL, 1, to, NULL), GE_FAILURE);
    CHECK_REFUSED(aclopInferShape("Relu", 1, in, NULL, 2, (aclTensorDesc *[]){out, out}, NULL), ACL_ERROR_INVALID_PARAM,
                  "numOutputs");
    // A list that one of the inputs does not belong to.
    in[1] = x;
    CHECK_OK(aclSetTensorDynamicInput(x, "x"));
    CHECK_OK(aclopInferShape("ConcatD", 2, in, NULL, 1, to, NULL));
    CHECK(aclGetTensorDescDim(out, 0) == 4 && aclGetTensorDescDim(out, 1) == 3);
    // Compiling for shapes that are not known yet asks only whether the operator is.
    const int64_t unknown[2] = {-1, 4};
    const aclTensorDesc *later[2] = {aclCreateTensorDesc(ACL_FLOAT, 2, unknown, ACL_FORMAT_ND), y}, *result[1] = {later[0]};
    CHECK_OK(aclopCompile("Add", 2, later, 1, result, NULL, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL));
    CHECK_CODE(aclopCompile("Addx", 2, later, 1, result, NULL, ACL_ENGINE_SYS, ACL_COMPILE_SYS, NULL), GE_FAILURE);
    CHECK_OK(aclDestroyDataBuffer(buffers[0]));
    CHECK_OK(aclDestroyDataBuffer(buffers[1]));
    aclDestroyTensorDesc(later[0]);
    aclDestroyTensorDesc(x);
    aclDestroyTensorDesc(y);
    aclDestroyTensorDesc(out);
    aclDestroyTensorDesc(perm);
    aclDestroyTensorDesc(placed);
}

static void executing(void)
{
    const int64_t dims[2] = {2, 3}, unknown[1] = {-2};
    const float a[6] = {1, -2, 3, -4, 5, -6};
    float got[6];
    struct operand x = operand(ACL_FLOAT, 2, dims, sizeof(a), a), out = operand(ACL_FLOAT, 1, unknown, sizeof(got), NULL);
    aclTensorDesc *in_desc[1] = {x.desc}, *out_desc[1] = {out.desc};
    aclDataBuffer *in[1] = {x.buffer}, *to[1] = {out.buffer};
    CHECK_OK(aclopExecuteV2("Relu", 1, in_desc, in, 1, out_desc, to, NULL, stream));
    CHECK(aclGetTensorDescNumDims(out.desc) == 2 && aclGetTensorDescDim(out.desc, 1) == 3);
    fetch(&out, got);
    CHECK(got[0] == 1 && got[1] == 0 && got[4] == 5);
    // Shapes of inputs have to be known when the operator runs.
    aclTensorDesc *open = aclCreateTensorDesc(ACL_FLOAT, 1, unknown, ACL_FORMAT_ND), *open_desc[1] = {open};
    CHECK_REFUSED(aclopExecuteV2("Relu", 1, open_desc, in, 1, out_desc, to, NULL, stream), ACL_ERROR_INVALID_PARAM,
                  "known dimensions");
    aclDestroyTensorDesc(open);
    CHECK_REFUSED(aclopExecuteV2("Rleu", 1, in_desc, in, 1, out_desc, to, NULL, stream), GE_FAILURE, "Relu");

    // Directories of models: none is needed, but a name must be one of a directory.
    CHECK_CODE(aclopSetModelDir(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclopSetModelDir("no/such/directory"), ACL_ERROR_INVALID_FILE, "no/such/directory");
    CHECK_OK(aclopSetModelDir("."));
    CHECK_OK(aclopExecuteV2("Relu", 1, in_desc, in, 1, out_desc, to, NULL, stream));
    CHECK_REFUSED(aclopLoad(a, sizeof(a)), ACL_ERROR_FEATURE_UNSUPPORTED, "aclopExecuteV2");
    CHECK_OK(aclopSetMaxOpQueueNum(100));
    CHECK_REFUSED(aclopSetMaxOpQueueNum(0), ACL_ERROR_INVALID_PARAM, "maxOpNum");
    CHECK_OK(aclopSetCompileFlag(ACL_OP_COMPILE_FUZZ));
    CHECK_REFUSED(aclopSetCompileFlag((aclOpCompileFlag)5), ACL_ERROR_INVALID_PARAM, "flag");
    CHECK_OK(aclopSetCompileFlag(ACL_OP_COMPILE_DEFAULT));

    // A call as a file.
    char path[64], text[1024] = "";
    snprintf(path, sizeof(path), "op_handles_%d.json", (int)getpid());
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrFloat(attr, "negative_slope", 0.5f));
    aclGraphDumpOption *option = aclCreateGraphDumpOpt();
    CHECK(option != NULL);
    const aclTensorDesc *from[1] = {x.desc}, *result[1] = {out.desc};
    CHECK_OK(aclGenGraphAndDumpForOp("LeakyRelu", 1, from, NULL, 1, result, NULL, attr, ACL_ENGINE_SYS, path, option));
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fread(text, 1, sizeof(text) - 1, file) > 0);
    CHECK(strstr(text, "\"op\": \"LeakyRelu\"") != NULL && strstr(text, "\"shape\": [2, 3]") != NULL);
    CHECK(strstr(text, "\"value\": 0.5") != NULL);
    if (file != NULL) {
        fclose(file);
    }
    remove(path);
    CHECK_REFUSED(aclGenGraphAndDumpForOp("LeakyRelu", 1, from, NULL, 1, result, NULL, attr, ACL_ENGINE_SYS,
                                          "no/such/directory/file", option),
                  ACL_ERROR_INVALID_FILE, "no/such/directory/file");
    CHECK_CODE(aclGenGraphAndDumpForOp("NoSuch", 1, from, NULL, 1, result, NULL, NULL, ACL_ENGINE_SYS, path, NULL),
               GE_FAILURE);
    CHECK_OK(aclDestroyGraphDumpOpt(option));
    CHECK_REFUSED(aclDestroyGraphDumpOpt(option), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    aclopDestroyAttr(attr);
    drop(&x);
    drop(&out);
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    ranges();
    handles();
    shapes();
    executing();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
