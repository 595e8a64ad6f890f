// Kernels of the program: tables and libraries of them, argument lists, launches, variables, failures.
#include "hold.h"

#include <acl/acl_prof_report.h>
#include <acl/acl_rt_internal.h>
#include <aclsim/aclsim_kernel.h>

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { COUNT = 1000 };

// Every block takes the elements that are its own.
typedef struct {
    const int32_t *a;
    const int32_t *b;
    int32_t *out;
    int32_t scale;
    uint32_t count;
} AddArgs;

static void add(const aclsimKernelContext *context, void *args)
{
    const AddArgs *const all = (const AddArgs *)args;
    for (uint32_t i = context->blockIndex; i < all->count; i += context->blockCount) {
        all->out[i] = all->a[i] + (all->b != NULL ? all->b[i] : 0) * all->scale;
    }
}

static const aclsimKernelParam add_params[] = {
    ACLSIM_PARAM(AddArgs, a, ACLSIM_READ),
    ACLSIM_PARAM(AddArgs, b, ACLSIM_READ | ACLSIM_OPTIONAL),
    ACLSIM_PARAM(AddArgs, out, ACLSIM_WRITE),
    ACLSIM_PARAM(AddArgs, scale, ACLSIM_VALUE),
    ACLSIM_PARAM(AddArgs, count, ACLSIM_VALUE),
};

// Parameters that are not declared: the kernel finds its memory itself. Words of 8 bytes each.
typedef struct {
    void *out;
    uint64_t count;
    const char *text;
} WhoArgs;

// Writes who each part of each block is.
static void who(const aclsimKernelContext *context, void *args)
{
    const WhoArgs *const all = (const WhoArgs *)args;
    const uint32_t parts = context->subBlockCount;
    const uint32_t first = context->blockIndex - context->blockId.x;
    const uint32_t at = (context->blockIndex - first) * parts + context->subBlockIndex;
    uint32_t *const out = (uint32_t *)aclsimDeviceToHost(context, all->out, all->count * sizeof(uint32_t));
    if (out == NULL || at >= all->count) {
        return;
    }
    out[at] = context->blockIndex * 100 + context->subBlockIndex * 10 + (uint32_t)(all->text != NULL ? all->text[0] - '0' : 0);
    if (context->scratchSize > 0) {
        unsigned char *const own = (unsigned char *)context->scratch;
        out[at] += own[0] == 0 && own[context->scratchSize - 1] == 0 ? 100000 : 0;
        memset(own, 0xff, context->scratchSize);
    }
}

static void thread(const aclsimKernelContext *context, void *args)
{
    const AddArgs *const all = (const AddArgs *)args;
    const dim3 grid = context->gridDim, block = context->blockDim, b = context->blockId, t = context->threadId;
    const uint32_t index = ((b.z * grid.y + b.y) * grid.x + b.x) * (block.x * block.y * block.z) +
                           (t.z * block.y + t.y) * block.x + t.x;
    // The threads of a block share its memory, and run in turn.
    int32_t *const shared = (int32_t *)context->scratch;
    if (shared != NULL) {
        shared[0]++;
    }
    if (index < all->count) {
        all->out[index] = shared != NULL ? shared[0] : all->a[index] * 2;
    }
}

static void meets(const aclsimKernelContext *context, void *args)
{
    int32_t *const arrived = *(int32_t **)args;
    __atomic_add_fetch(arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(arrived, __ATOMIC_ACQUIRE) < (int32_t)context->blockCount) {
        usleep(100);
    }
}

static void fails(const aclsimKernelContext *context, void *args)
{
    const uint32_t block = *(const uint32_t *)args;
    if (context->blockIndex == block) {
        aclsimKernelFail(context, (const char *)context->userData);
    }
}

static void reaches_too_far(const aclsimKernelContext *context, void *args)
{
    CHECK(aclsimDeviceToHost(context, *(void **)args, 1 << 20) == NULL);
}

static void wants_a_variable(const aclsimKernelContext *context, void *args)
{
    size_t size = 77;
    (void)args;
    CHECK(aclsimKernelGlobal(context, "no such", &size) == NULL && size == 77);
}

static void is_slow(const aclsimKernelContext *context, void *args)
{
    (void)context;
    (void)args;
    usleep(20000);
}

static void counts(const aclsimKernelContext *context, void *args)
{
    size_t size = 0;
    int64_t *const value = (int64_t *)aclsimKernelGlobal(context, "counter", &size);
    CHECK(value != NULL && size == 2 * sizeof(int64_t));
    if (value != NULL) {
        value[1] += *(const int64_t *)args;
    }
}

static const aclsimKernelParam pointer_param[] = {{0, 8, ACLSIM_READ_WRITE, 0}};
static int symbol_of_add, symbol_of_counter, symbol_of_zeros, stub;
static const int64_t counter_initial[2] = {5, 6};

static const aclsimKernel kernels[] = {
    {.name = "add", .function = add, .entry = 1, .params = add_params, .paramCount = 5, .symbol = &symbol_of_add,
     .type = ACL_KERNEL_TYPE_VECTOR},
    {.name = "who", .function = who, .entry = 2},
    {.name = "parts", .function = who, .entry = 3, .type = ACL_KERNEL_TYPE_MIX, .subBlocks = 2},
    {.name = "thread", .function = thread, .entry = 4, .params = add_params, .paramCount = 5,
     .flags = ACLSIM_KERNEL_SIMT},
    {.name = "meets", .function = meets, .entry = 5, .params = pointer_param, .paramCount = 1},
    {.name = "together", .function = meets, .params = pointer_param, .paramCount = 1, .schedMode = 1},
    {.name = "fails", .function = fails, .userData = (void *)"what it said", .type = ACL_KERNEL_TYPE_VECTOR},
    {.name = "fails on a cube", .function = fails, .type = ACL_KERNEL_TYPE_CUBE},
    {.name = "fails on a cpu", .function = fails, .type = ACL_KERNEL_TYPE_AICPU},
    {.name = "reaches too far", .function = reaches_too_far},
    {.name = "wants a variable", .function = wants_a_variable},
    {.name = "is slow", .function = is_slow},
    {.name = "counts", .function = counts},
};
static const aclsimGlobal variables[] = {
    {.name = "counter", .size = sizeof(counter_initial), .initial = counter_initial, .symbol = &symbol_of_counter},
    {.name = "zeros", .size = 100, .symbol = &symbol_of_zeros},
};
static const aclsimKernelTable table = {
    ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, kernels, sizeof(kernels) / sizeof(kernels[0]), variables, 2,
};

static aclrtBinHandle binary;
static aclrtStream stream;
static int32_t *device_a, *device_b, *device_out, *host;

static aclrtFuncHandle function(const char *name)
{
    aclrtFuncHandle handle = NULL;
    CHECK_OK(aclrtBinaryGetFunction(binary, name, &handle));
    return handle;
}

// The first `count` results, which the call that made them has queued on the stream.
static const int32_t *results(size_t count)
{
    memset(host, 0xee, COUNT * sizeof(int32_t));
    CHECK_OK(aclrtMemcpyAsync(host, count * 4, device_out, count * 4, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    return host;
}

static AddArgs add_args(int32_t scale)
{
    const AddArgs args = {device_a, device_b, device_out, scale, COUNT};
    return args;
}

static int sums(int32_t scale)
{
    const int32_t *const got = results(COUNT);
    for (int32_t i = 0; i < COUNT; i++) {
        if (got[i] != i + 2 * i * scale) {
            return 0;
        }
    }
    return 1;
}

static void tables(void)
{
    int mark = 0;
    void *const untouched = &mark;
    aclrtBinHandle handle = untouched;
    aclsimKernelTable bad = table;
    aclsimKernel one[2] = {kernels[0], kernels[0]};
    aclsimGlobal variable[2] = {variables[0], variables[0]};
    aclsimKernelParam params[2] = {{0, 8, 0, 0}, {4, 8, 0, 0}};

    CHECK_CODE(aclsimBinaryFromKernels(NULL, &handle), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsimBinaryFromKernels(&table, NULL), ACL_ERROR_INVALID_PARAM);
    bad.magic = 1;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), ACL_ERROR_INVALID_PARAM, "magic");
    bad = table;
    bad.version = 2;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), ACL_ERROR_INVALID_PARAM, "version 1", "and 2");
    bad = table;
    bad.kernels = NULL;
    CHECK_CODE(aclsimBinaryFromKernels(&bad, &handle), ACL_ERROR_INVALID_PARAM);
    bad.kernels = one;
    bad.kernelCount = 2;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "add", "twice");
    one[1].name = "";
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "kernel 1");
    one[1].name = "second";
    one[1].function = NULL;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "second", "function");
    one[1] = kernels[1];
    one[1].type = 4;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "aclrtKernelType");
    one[1] = kernels[1];
    one[1].subBlocks = 65;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "64");
    one[1] = kernels[1];
    one[1].flags = 2;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "flags");
    one[1] = kernels[1];
    one[1].schedMode = 3;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "schedMode");
    one[1] = kernels[1];
    one[1].params = params;
    one[1].paramCount = 2;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "parameter 1", "at least 8");
    bad = table;
    bad.globals = variable;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "counter", "twice");
    variable[1].name = "second";
    variable[1].size = 0;
    CHECK_REFUSED(aclsimBinaryFromKernels(&bad, &handle), 107000, "second", "size");
    CHECK(handle == untouched);
    CHECK_OK(aclsimBinaryFromKernels(&table, &binary));
}

static void functions(void)
{
    int mark = 0;
    void *const untouched = &mark;
    aclrtFuncHandle add_handle = function("add"), again = untouched;
    aclrtBinHandle owner = untouched;
    void *cube = untouched, *vector = untouched;
    int64_t attribute = 77;
    size_t count = 77, offset = 77, size = 77;
    char name[8];

    CHECK_OK(aclrtBinaryGetFunction(binary, "add", &again));
    CHECK(again == add_handle);
    CHECK_OK(aclrtBinaryGetFunctionByEntry(binary, 1, &again));
    CHECK(again == add_handle);
    CHECK_OK(aclrtGetFuncBySymbol(&symbol_of_add, &again));
    CHECK(again == add_handle);
    // A kernel whose table names no symbol is found by its own address.
    CHECK_OK(aclrtGetFuncBySymbol((const void *)thread, &again));
    CHECK(again == function("thread"));
    again = untouched;
    CHECK_REFUSED(aclrtBinaryGetFunction(binary, "sub", &again), 107000, "kernelName", "sub", "add");
    CHECK_REFUSED(aclrtBinaryGetFunctionByEntry(binary, 99, &again), 107000, "funcEntry", "99");
    CHECK_REFUSED(aclrtGetFuncBySymbol(&mark, &again), 107000, "symbol");
    CHECK_CODE(aclrtBinaryGetFunction(NULL, "add", &again), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinaryGetFunction(binary, NULL, &again), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinaryGetFunction(binary, "add", NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtBinaryGetFunction(add_handle, "add", &again), 107017, "aclrtFuncHandle");
    CHECK_CODE(aclrtBinaryGetFunctionByEntry(binary, 1, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetFuncBySymbol(NULL, &again), ACL_ERROR_INVALID_PARAM);
    CHECK(again == untouched);

    CHECK_OK(aclrtFunctionGetBinary(add_handle, &owner));
    CHECK(owner == binary);
    CHECK_REFUSED(aclrtFunctionGetBinary(binary, &owner), 107017, "funcHandle");
    CHECK_OK(aclrtGetFunctionName(add_handle, 4, name));
    CHECK(strcmp(name, "add") == 0);
    CHECK_REFUSED(aclrtGetFunctionName(add_handle, 3, name), 107000, "maxLen", "4");
    CHECK_CODE(aclrtGetFunctionName(add_handle, 8, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtGetFunctionAddr(add_handle, &cube, &vector));
    CHECK(cube == NULL && vector == (void *)add);
    CHECK_OK(aclrtGetFunctionAddr(function("parts"), &cube, &vector));
    CHECK(cube == (void *)who && vector == (void *)who);
    CHECK_CODE(aclrtGetFunctionAddr(add_handle, NULL, &vector), ACL_ERROR_INVALID_PARAM);

    CHECK_OK(aclrtGetFunctionAttribute(add_handle, ACL_FUNC_ATTR_KERNEL_TYPE, &attribute));
    CHECK(attribute == ACL_KERNEL_TYPE_VECTOR);
    CHECK_OK(aclrtGetFunctionAttribute(function("parts"), ACL_FUNC_ATTR_KERNEL_RATIO, &attribute));
    CHECK(attribute == 0x10002);
    CHECK_OK(aclrtGetFunctionAttribute(function("together"), ACL_FUNC_ATTR_KERNEL_SCHED_MODE, &attribute));
    CHECK(attribute == 1);
    CHECK_REFUSED(aclrtGetFunctionAttribute(add_handle, (aclrtFuncAttribute)9, &attribute), 107000, "attrType");
    CHECK(attribute == 1);

    CHECK_OK(aclrtFunctionGetParamCount(add_handle, &count));
    CHECK_OK(aclrtFunctionGetParamInfo(add_handle, 3, &offset, &size));
    CHECK(count == 5 && offset == 24 && size == 4);
    CHECK_REFUSED(aclrtFunctionGetParamInfo(add_handle, 5, &offset, &size), 107000, "paramIndex");
    CHECK_REFUSED(aclrtFunctionGetParamCount(function("who"), &count), 107000, "who", "declares");
    CHECK(count == 5 && offset == 24 && size == 4);
    CHECK_OK(aclrtFunctionGetAvailDynUbufPerBlock(add_handle, 0, &size));
    CHECK(size == 0);
    CHECK_OK(aclrtFunctionGetAvailDynUbufPerBlock(function("thread"), 0, &size));
    CHECK(size >= 1024);
    CHECK_REFUSED(aclrtFunctionGetAvailDynUbufPerBlock(add_handle, 1, &size), 107000, "flags");
}

// The same sum by each way to hand arguments over.
static void launches(void)
{
    aclrtFuncHandle handle = function("add");
    AddArgs args = add_args(1);
    void *device_args = NULL;
    aclrtLaunchKernelAttr attr = {ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE, {0}};
    aclrtLaunchKernelCfg cfg = {&attr, 1};

    CHECK_OK(aclrtMalloc(&device_args, sizeof(args), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device_args, sizeof(args), &args, sizeof(args), ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtLaunchKernel(handle, 4, device_args, sizeof(args), stream));
    CHECK(sums(1));
    // Arguments in device memory are read when it is the launch's turn.
    CHECK_OK(aclrtMemsetAsync((char *)device_args + 24, 1, 2, 1, stream));
    CHECK_OK(aclrtLaunchKernelV2(handle, 7, device_args, sizeof(args), &cfg, stream));
    CHECK(sums(2));
    CHECK_OK(aclrtLaunchKernelV2(handle, 1, device_args, sizeof(args), NULL, stream));
    CHECK(sums(2));

    args.scale = 3;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(handle, 3, stream, &cfg, &args, sizeof(args), NULL, 0));
    // Those in host memory were copied.
    args.scale = 4;
    CHECK(sums(3));
    void *list[] = {&args.a, &args.b, &args.out, &args.scale, &args.count};
    CHECK_OK(aclrtLaunchKernelWithArgsArray(handle, 3, stream, NULL, list));
    CHECK(sums(4));
    args.scale = 5;
    CHECK_OK(aclrtLaunchKernelWithArgsArray(&symbol_of_add, 300, stream, NULL, list));
    CHECK(sums(5));
    // A pointer that may be null.
    args.b = NULL;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(handle, 3, NULL, NULL, &args, sizeof(args), NULL, 0));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(sums(0));

    CHECK_REFUSED(aclrtLaunchKernel(handle, 0, device_args, sizeof(args), stream), 107000, "numBlocks");
    CHECK_CODE(aclrtLaunchKernel(NULL, 1, device_args, sizeof(args), stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtLaunchKernel(handle, 1, NULL, sizeof(args), stream), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtLaunchKernel(handle, 1, &args, sizeof(args), stream), 107000, "argsData",
                  "aclrtLaunchKernelWithHostArgs");
    CHECK_REFUSED(aclrtLaunchKernel(handle, 1, device_args, 1 << 20, stream), 107000, "argsData");
    CHECK_CODE(aclrtLaunchKernel(handle, 1, device_args, sizeof(args), handle), 107017);
    CHECK_CODE(aclrtLaunchKernelWithHostArgs(handle, 1, stream, NULL, NULL, 8, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtLaunchKernelWithHostArgs(handle, 1, stream, NULL, &args, sizeof(args), NULL, 1), 100000);
    CHECK_CODE(aclrtLaunchKernelWithArgsArray(handle, 1, stream, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    list[2] = NULL;
    CHECK_CODE(aclrtLaunchKernelWithArgsArray(handle, 1, stream, NULL, list), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtLaunchKernelWithArgsArray(&args, 1, stream, NULL, list), 107017, "func");
    CHECK_REFUSED(aclrtLaunchKernelWithArgsArray(function("who"), 1, stream, NULL, list), 107000, "declares");
    CHECK_REFUSED(aclrtLaunchKernelWithHostArgs(function("thread"), 1, stream, NULL, &args, sizeof(args), NULL, 0),
                  107000, "SIMT");
    attr.id = (aclrtLaunchKernelAttrId)77;
    CHECK_REFUSED(aclrtLaunchKernelV2(handle, 1, device_args, sizeof(args), &cfg, stream), 107000, "cfg", "77");
    attr.id = ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE;
    attr.value.schemMode = 3;
    CHECK_REFUSED(aclrtLaunchKernelV2(handle, 1, device_args, sizeof(args), &cfg, stream), 107000, "schemMode");
    attr.value.schemMode = 1;
    CHECK_REFUSED(aclrtLaunchKernelV2(handle, 4096, device_args, sizeof(args), &cfg, stream), 107000, "1024");
    CHECK_OK(aclrtFree(device_args));
}

static void blocks(void)
{
    aclrtLaunchKernelAttr attrs[2] = {{ACL_RT_LAUNCH_KERNEL_ATTR_BLOCKDIM_OFFSET, {0}},
                                      {ACL_RT_LAUNCH_KERNEL_ATTR_DYN_UBUF_SIZE, {0}}};
    aclrtLaunchKernelCfg cfg = {attrs, 2};
    WhoArgs args = {device_out, 6, NULL};
    const int32_t *got;

    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("parts"), 3, stream, NULL, &args, sizeof(args), NULL, 0));
    got = results(6);
    CHECK(got[0] == 0 && got[1] == 10 && got[2] == 100 && got[3] == 110 && got[4] == 200 && got[5] == 210);

    attrs[0].value.blockDimOffset = 7;
    attrs[1].value.dynUBufSize = 4096;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("who"), 6, stream, &cfg, &args, sizeof(args), NULL, 0));
    got = results(6);
    for (int i = 0; i < 6; i++) {
        CHECK(got[i] == 100000 + (7 + i) * 100);
    }
    attrs[1].value.dynUBufSize = 1 << 20;
    CHECK_REFUSED(aclrtLaunchKernelWithHostArgs(function("who"), 6, stream, &cfg, &args, sizeof(args), NULL, 0), 107000,
                  "dynUBufSize");
    cfg.numAttrs = 1;
    attrs[0].value.blockDimOffset = UINT32_MAX;
    CHECK_REFUSED(aclrtLaunchKernelWithHostArgs(function("who"), 6, stream, &cfg, &args, sizeof(args), NULL, 0), 107000,
                  "numBlocks");

    // Blocks that wait for each other, more than there are workers.
    CHECK_OK(aclrtMemset(device_out, COUNT * 4, 0, COUNT * 4));
    void *list[] = {&device_out};
    CHECK_OK(aclrtLaunchKernelWithArgsArray(function("together"), 40, stream, NULL, list));
    CHECK(results(1)[0] == 40);
    CHECK_OK(aclrtMemset(device_out, COUNT * 4, 0, COUNT * 4));
    attrs[0].id = ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE;
    attrs[0].value.schemMode = 1;
    CHECK_OK(aclrtLaunchKernelWithArgsArray(function("meets"), 30, stream, &cfg, list));
    CHECK(results(1)[0] == 30);
}

static void threads(void)
{
    aclrtFuncHandle handle = function("thread");
    AddArgs args = add_args(0);
    void *list[] = {&args.a, &args.b, &args.out, &args.scale, &args.count};
    const dim3 grid = {5, 2, 1}, block = {10, 5, 2}, none = {0, 1, 1}, many = {2048, 2, 1};
    const int32_t *got;
    int wrong = 0;

    CHECK_OK(aclrtLaunchSIMTKernelWithArgsArray(handle, grid, block, 0, stream, NULL, list));
    got = results(COUNT);
    for (int i = 0; i < COUNT; i++) {
        wrong += got[i] != 2 * i;
    }
    CHECK(wrong == 0);
    CHECK_OK(aclrtLaunchSIMTKernelWithHostArgs(handle, grid, block, 64, stream, NULL, &args, sizeof(args), NULL, 0));
    got = results(COUNT);
    for (int i = 0; i < COUNT; i++) {
        wrong += got[i] != i % 100 + 1;
    }
    CHECK(wrong == 0);
    CHECK_REFUSED(aclrtLaunchSIMTKernelWithArgsArray(handle, none, block, 0, stream, NULL, list), 107000, "gridDim");
    CHECK_REFUSED(aclrtLaunchSIMTKernelWithArgsArray(handle, grid, many, 0, stream, NULL, list), 107000, "blockDim");
    CHECK_REFUSED(aclrtLaunchSIMTKernelWithArgsArray(handle, grid, block, 1 << 20, stream, NULL, list), 107000,
                  "dynUbufSize");
    CHECK_REFUSED(aclrtLaunchSIMTKernelWithArgsArray(function("add"), grid, block, 0, stream, NULL, list), 107000,
                  "SIMT");
    CHECK_CODE(aclrtLaunchSIMTKernelWithHostArgs(NULL, grid, block, 0, stream, NULL, &args, 8, NULL, 0), 100000);
}

static void lists(void)
{
    aclrtFuncHandle add_handle = function("add"), who_handle = function("who");
    AddArgs args = add_args(6);
    aclrtArgsHandle list = NULL, other = NULL;
    aclrtParamHandle params[5], param = NULL;
    void *buffer = NULL;
    uint64_t count = 3;
    void *values[] = {&args.a, &args.b, &args.out, &args.scale, &args.count};
    const size_t sizes[] = {8, 8, 8, 4, 4};
    int32_t scale = 7;

    CHECK_CODE(aclrtKernelArgsInit(NULL, &list), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtKernelArgsInit(add_handle, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtKernelArgsInit(add_handle, &list));
    CHECK_REFUSED(aclrtKernelArgsAppend(list, &scale, 4, &param), 107000, "paramSize", "8 bytes", "parameter 0");
    CHECK_CODE(aclrtKernelArgsAppend(list, NULL, 8, &param), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtKernelArgsAppend(list, values[0], 0, &param), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtKernelArgsAppend(list, values[0], 8, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtKernelArgsAppend(add_handle, values[0], 8, &param), 107017);
    CHECK_REFUSED(aclrtKernelArgsFinalize(list), 107000, "5 parameters", "got 0");
    for (int i = 0; i < 5; i++) {
        CHECK_OK(aclrtKernelArgsAppend(list, values[i], sizes[i], &params[i]));
    }
    CHECK_REFUSED(aclrtKernelArgsAppend(list, &scale, 4, &param), 107000, "5 parameters");
    CHECK_REFUSED(aclrtLaunchKernelWithConfig(add_handle, 4, stream, NULL, list, NULL), 107000, "Finalize");
    CHECK_OK(aclrtKernelArgsFinalize(list));
    CHECK_OK(aclrtLaunchKernelWithConfig(add_handle, 4, stream, NULL, list, NULL));
    CHECK(sums(6));
    CHECK_REFUSED(aclrtKernelArgsParaUpdate(list, params[3], &scale, 8), 107000, "paramSize", "4 bytes");
    CHECK_REFUSED(aclrtKernelArgsParaUpdate(list, NULL, &scale, 4), 107017, "paramHandle");
    CHECK_OK(aclrtKernelArgsParaUpdate(list, params[3], &scale, 4));
    CHECK_REFUSED(aclrtLaunchKernelWithConfig(add_handle, 4, stream, NULL, list, NULL), 107000, "changed");
    CHECK_OK(aclrtKernelArgsFinalize(list));
    CHECK_OK(aclrtLaunchKernelWithConfig(add_handle, 4, stream, NULL, list, NULL));
    CHECK(sums(7));
    CHECK_REFUSED(aclrtLaunchKernelWithConfig(who_handle, 4, stream, NULL, list, NULL), 107000, "who", "add");
    CHECK_REFUSED(aclrtLaunchKernelWithConfig(add_handle, 4, stream, NULL, list, &scale), 107000, "reserve");
    CHECK_CODE(aclrtLaunchKernelWithConfig(add_handle, 4, stream, NULL, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtKernelArgsGetPlaceHolderBuffer(list, params[0], 8, &buffer), 107000, "placeholder");

    // Data that travel with the arguments.
    CHECK_OK(aclrtKernelArgsInit(who_handle, &other));
    CHECK_OK(aclrtKernelArgsAppend(other, &args.out, 8, &params[0]));
    CHECK_OK(aclrtKernelArgsAppend(other, &count, 8, &params[1]));
    CHECK_OK(aclrtKernelArgsAppendPlaceHolder(other, &params[2]));
    CHECK_REFUSED(aclrtKernelArgsFinalize(other), 107000, "parameter 2", "aclrtKernelArgsGetPlaceHolderBuffer");
    CHECK_REFUSED(aclrtKernelArgsParaUpdate(other, params[2], &count, 8), 107000, "placeholder");
    CHECK_REFUSED(aclrtKernelArgsGetPlaceHolderBuffer(other, params[2], 0, &buffer), 107000, "dataSize");
    CHECK_CODE(aclrtKernelArgsGetPlaceHolderBuffer(other, params[2], 8, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtKernelArgsGetPlaceHolderBuffer(other, params[2], 20, &buffer));
    CHECK_REFUSED(aclrtKernelArgsGetPlaceHolderBuffer(other, params[2], 20, &buffer), 107000, "has its buffer");
    CHECK_REFUSED(aclrtKernelArgsAppend(other, &count, 8, &param), 107000, "before");
    CHECK_OK(aclrtKernelArgsFinalize(other));
    strcpy((char *)buffer, "5");
    CHECK_OK(aclrtLaunchKernelWithConfig(who_handle, 3, stream, NULL, other, NULL));
    // The launch has its own copy.
    strcpy((char *)buffer, "6");
    CHECK(results(3)[2] == 205);
    CHECK_OK(aclrtLaunchKernelWithConfig(who_handle, 3, stream, NULL, other, NULL));
    CHECK(results(3)[1] == 106);

    // The same in one array.
    struct {
        WhoArgs args;
        char text[8];
    } all = {{device_out, 3, NULL}, "4"};
    aclrtPlaceHolderInfo place = {16, sizeof(WhoArgs)};
    CHECK_OK(aclrtLaunchKernelWithHostArgs(who_handle, 3, stream, NULL, &all, sizeof(all), &place, 1));
    CHECK(results(3)[0] == 4);
    place.addrOffset = 17;
    CHECK_REFUSED(aclrtLaunchKernelWithHostArgs(who_handle, 3, stream, NULL, &all, sizeof(all), &place, 1), 107000,
                  "placeHolderArray");
    place.addrOffset = 16;
    place.dataOffset = 1000;
    CHECK_REFUSED(aclrtLaunchKernelWithHostArgs(who_handle, 3, stream, NULL, &all, sizeof(all), &place, 1), 107000,
                  "placeHolderArray", "1000");
}

static void lists_in_memory_of_the_program(void)
{
    aclrtFuncHandle handle = function("who");
    size_t handle_size = 0, size = 0;
    aclrtParamHandle params[3], param = NULL;
    uint64_t count = 2;
    void *buffer = NULL;

    CHECK_OK(aclrtKernelArgsGetHandleMemSize(handle, &handle_size));
    CHECK_OK(aclrtKernelArgsGetMemSize(handle, 3 * 8 + 8, &size));
    CHECK(handle_size > 0 && size >= 32);
    CHECK_CODE(aclrtKernelArgsGetHandleMemSize(NULL, &handle_size), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtKernelArgsGetMemSize(handle, SIZE_MAX, &size), 107000, "userArgsSize");
    aclrtArgsHandle list = malloc(handle_size);
    char *const memory = (char *)malloc(size);
    CHECK_CODE(aclrtKernelArgsAppend(list, &count, 8, &param), 107017);
    CHECK_CODE(aclrtKernelArgsInitByUserMem(handle, NULL, memory, size), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtKernelArgsInitByUserMem(handle, list, NULL, size), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtKernelArgsInitByUserMem(handle, list, memory, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtKernelArgsInitByUserMem(handle, list, memory + 1, size - 1), 107000, "userHostMem");
    CHECK_OK(aclrtKernelArgsInitByUserMem(handle, list, memory, size));
    CHECK_OK(aclrtKernelArgsAppend(list, &device_out, 8, &params[0]));
    CHECK_OK(aclrtKernelArgsAppend(list, &count, 8, &params[1]));
    CHECK_OK(aclrtKernelArgsAppendPlaceHolder(list, &params[2]));
    CHECK_REFUSED(aclrtKernelArgsAppend(list, memory, size, &param), 107000, "at most");
    CHECK_REFUSED(aclrtKernelArgsGetPlaceHolderBuffer(list, params[2], size, &buffer), 107000, "dataSize");
    CHECK_OK(aclrtKernelArgsGetPlaceHolderBuffer(list, params[2], 8, &buffer));
    CHECK(memcmp(memory + 8, &count, 8) == 0 && buffer == memory + 24);
    strcpy((char *)buffer, "8");
    CHECK_OK(aclrtKernelArgsFinalize(list));
    for (int round = 0; round < 2; round++) {
        CHECK_OK(aclrtLaunchKernelWithConfig(handle, 2, stream, NULL, list, NULL));
        CHECK(results(2)[1] == 108);
    }
    count = 1;
    CHECK_OK(aclrtKernelArgsParaUpdate(list, params[1], &count, 8));
    CHECK_OK(aclrtKernelArgsFinalize(list));
    CHECK_OK(aclrtMemset(device_out, 8, 0, 8));
    CHECK_OK(aclrtLaunchKernelWithConfig(handle, 2, stream, NULL, list, NULL));
    CHECK(results(2)[0] == 8 && host[1] == 0);
    // Begun again at the same place.
    CHECK_OK(aclrtKernelArgsInitByUserMem(handle, list, memory, size));
    CHECK_CODE(aclrtKernelArgsParaUpdate(list, params[1], &count, 8), 107017);
    free(memory);
    free(list);
}

// A launch is a task of its stream like any other.
static void order(void)
{
    aclrtStream second = NULL;
    aclrtEvent event = NULL;
    struct hold hold;
    AddArgs args = add_args(1);

    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtCreateEventWithFlag(&event, ACL_EVENT_SYNC));
    hold_stream(&hold, second);
    CHECK_OK(aclrtMemsetAsync(device_out, COUNT * 4, 0, COUNT * 4, second));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, second, NULL, &args, sizeof(args), NULL, 0));
    CHECK_OK(aclrtRecordEvent(event, second));
    CHECK_OK(aclrtStreamWaitEvent(stream, event));
    // out = out + 3 out, behind the event.
    args.a = args.b = device_out;
    args.scale = 3;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, stream, NULL, &args, sizeof(args), NULL, 0));
    hold_release(&hold);
    const int32_t *const got = results(COUNT);
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        wrong += got[i] != 4 * 3 * i;
    }
    CHECK(wrong == 0);
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_CODE(aclrtLaunchKernelWithHostArgs(function("add"), 4, second, NULL, &args, sizeof(args), NULL, 0), 107017);
}

static void failures(void)
{
    uint32_t block = 2;
    int32_t id = 0;
    char stream_text[32];
    AddArgs args = add_args(1);
    void *freed = NULL;

    CHECK_OK(aclrtStreamGetId(stream, &id));
    snprintf(stream_text, sizeof(stream_text), "stream %d", (int)id);
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("fails"), 4, stream, NULL, &block, 4, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, "kernel fails", "block 2 of 4",
                  "what it said", "aclrtLaunchKernelWithHostArgs", stream_text);
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("fails on a cube"), 3, stream, NULL, &block, 4, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION, "fails on a cube", "block 2 of 3");
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("fails on a cpu"), 3, stream, NULL, &block, 4, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICPU_EXCEPTION, "fails on a cpu");
    block = 9;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("fails"), 4, stream, NULL, &block, 4, NULL, 0));
    CHECK_OK(aclrtSynchronizeStream(stream));

    args.out = NULL;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, stream, NULL, &args, sizeof(args), NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, "kernel add", "parameter 2");
    args.out = host;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, stream, NULL, &args, sizeof(args), NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, "parameter 2", "aclrtMallocHost");
    CHECK_OK(aclrtMalloc(&freed, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtFree(freed));
    args.out = (int32_t *)freed;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, stream, NULL, &args, sizeof(args), NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, "parameter 2", "freed");
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, stream, NULL, &args, 16, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, "parameter 2", "16 bytes");
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("reaches too far"), 2, stream, NULL, &device_a, 8, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION, "reaches too far", "aclsimDeviceToHost",
                  "block");
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("wants a variable"), 1, stream, NULL, NULL, 0, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION, "no such");
    // The stream goes on.
    args = add_args(2);
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("add"), 4, stream, NULL, &args, sizeof(args), NULL, 0));
    CHECK(sums(2));

    aclrtLaunchKernelAttr attr = {ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US, {0}};
    aclrtLaunchKernelCfg cfg = {&attr, 1};
    attr.value.timeoutUs.timeoutLow = 1000;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("is slow"), 1, stream, &cfg, NULL, 0, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_TIMEOUT, "is slow", "1000 us");
    attr.value.timeoutUs.timeoutHigh = 1;
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("is slow"), 1, stream, &cfg, NULL, 0, NULL, 0));
    CHECK_OK(aclrtSynchronizeStream(stream));

    // Without a running kernel.
    aclsimKernelContext forged = {0};
    CHECK(aclsimDeviceToHost(NULL, device_a, 4) == NULL && aclsimDeviceToHost(&forged, device_a, 4) == NULL);
    CHECK(aclsimKernelGlobal(&forged, "counter", NULL) == NULL);
    aclsimKernelFail(&forged, "nothing");
    (void)aclGetRecentErrMsg();
}

static int told;
static aclrtFuncHandle told_function;
static uint32_t told_code, told_block;

static void on_exception(aclrtExceptionInfo *info, void *data)
{
    void *args = NULL;
    uint32_t length = 0;

    told += *(int *)data;
    told_code = aclrtGetErrorCodeFromExceptionInfo(info);
    CHECK_OK(aclrtGetFuncHandleFromExceptionInfo(info, &told_function));
    CHECK_OK(aclrtGetArgsFromExceptionInfo(info, &args, &length));
    CHECK(length == sizeof(told_block));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMemcpy(&told_block, sizeof(told_block), args, length, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK_OK(aclrtResetDevice(0));
}

// Whoever asked is told which kernel of a binary failed, and with what arguments.
static void exceptions(void)
{
    uint32_t block = 1;
    int step = 5;

    CHECK_OK(aclrtBinarySetExceptionCallback(binary, on_exception, &step));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("fails"), 4, stream, NULL, &block, 4, NULL, 0));
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION);
    CHECK(told == 5 && told_function == function("fails") && told_block == 1);
    CHECK(told_code == (uint32_t)ACL_ERROR_RT_VECTOR_CORE_EXCEPTION);
    CHECK_OK(aclrtBinarySetExceptionCallback(binary, NULL, NULL));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("fails"), 4, stream, NULL, &block, 4, NULL, 0));
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_VECTOR_CORE_EXCEPTION);
    CHECK(told == 5);
    CHECK_CODE(aclrtBinarySetExceptionCallback(NULL, on_exception, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinarySetExceptionCallback(stream, on_exception, NULL), 107017);
}

static void globals(void)
{
    int64_t values[2] = {0, 0}, step = 10;
    void *address = NULL, *by_name = NULL;
    size_t size = 0;
    char zeros[100];
    int mark = 0;

    CHECK_OK(aclrtGetSymbolAddress(&symbol_of_counter, &address));
    CHECK_OK(aclrtGetSymbolSize(&symbol_of_counter, &size));
    CHECK(size == 16);
    CHECK_OK(aclrtBinaryGetGlobal(binary, "counter", &by_name, &size));
    CHECK(by_name == address && size == 16);
    CHECK_OK(aclrtBinaryGetGlobal(binary, "zeros", NULL, &size));
    CHECK(size == 100);
    CHECK_OK(aclrtBinaryGetGlobal(binary, "counter", &by_name, NULL));
    CHECK_CODE(aclrtBinaryGetGlobal(binary, "counter", NULL, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinaryGetGlobal(binary, NULL, &by_name, &size), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtBinaryGetGlobal(binary, "other", &by_name, &size), 107000, "other");
    CHECK_REFUSED(aclrtGetSymbolAddress(&mark, &address), 107000, "symbol");
    CHECK_REFUSED(aclrtGetSymbolSize(&symbol_of_add, &size), 107000, "symbol");
    CHECK_CODE(aclrtGetSymbolAddress(NULL, &address), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtGetSymbolSize(&symbol_of_counter, NULL), ACL_ERROR_INVALID_PARAM);

    CHECK_OK(aclrtMemcpyFromSymbol(values, 16, &symbol_of_counter, 16, 0, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(values[0] == 5 && values[1] == 6);
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("counts"), 1, stream, NULL, &step, 8, NULL, 0));
    CHECK_OK(aclrtMemcpyFromSymbolAsync(&values[1], 8, &symbol_of_counter, 8, 8, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(values[1] == 16);
    values[0] = 50;
    CHECK_OK(aclrtMemcpyToSymbol(&symbol_of_counter, &values[0], 8, 8, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function("counts"), 1, stream, NULL, &step, 8, NULL, 0));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(values, 16, address, 16, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(values[0] == 5 && values[1] == 60);
    CHECK_OK(aclrtMemcpyToSymbolAsync(&symbol_of_counter, device_a, 16, 0, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpyFromSymbol(values, 16, &symbol_of_counter, 16, 0, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK((int32_t)values[1] == 2 && values[1] >> 32 == 3);
    memset(zeros, 1, sizeof(zeros));
    CHECK_OK(aclrtMemcpyFromSymbol(zeros, 100, &symbol_of_zeros, 100, 0, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(zeros[0] == 0 && zeros[99] == 0);

    CHECK_REFUSED(aclrtMemcpyToSymbol(&symbol_of_counter, values, 16, 8, ACL_MEMCPY_HOST_TO_DEVICE), 107000, "16 bytes");
    CHECK_REFUSED(aclrtMemcpyFromSymbol(values, 8, &symbol_of_counter, 16, 0, ACL_MEMCPY_DEVICE_TO_HOST), 107000,
                  "count");
    CHECK_REFUSED(aclrtMemcpyFromSymbol(values, 16, &mark, 16, 0, ACL_MEMCPY_DEVICE_TO_HOST), 107000, "symbol");
    CHECK_CODE(aclrtMemcpyToSymbol(NULL, values, 16, 0, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtMemcpyToSymbol(&symbol_of_counter, NULL, 16, 0, ACL_MEMCPY_HOST_TO_DEVICE), 100000);
    CHECK_CODE(aclrtMemcpyToSymbol(&symbol_of_counter, values, 16, 0, (aclrtMemcpyKind)77), 100000);
    CHECK_CODE(aclrtMemcpyToSymbolAsync(&symbol_of_counter, values, 16, 0, ACL_MEMCPY_HOST_TO_DEVICE, binary), 107017);
    CHECK_CODE(aclrtMemcpyFromSymbolAsync(NULL, 16, &symbol_of_counter, 16, 0, ACL_MEMCPY_DEVICE_TO_HOST, stream),
               ACL_ERROR_INVALID_PARAM);
}

static void *file(const char *path, size_t *size)
{
    FILE *const f = fopen(path, "rb");
    CHECK(f != NULL);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    void *const bytes = malloc(*size);
    CHECK(fread(bytes, 1, *size, f) == *size);
    fclose(f);
    return bytes;
}

// Runs the library's kernel: out = 3 a.
static void scales(aclrtBinHandle library, float by)
{
    aclrtFuncHandle scale = NULL;
    struct {
        const void *in;
        void *out;
        uint64_t count;
    } args = {device_a, device_out, 100};
    float values[100];
    int wrong = 0;

    for (int i = 0; i < 100; i++) {
        values[i] = (float)i;
    }
    CHECK_OK(aclrtMemcpy(device_a, sizeof(values), values, sizeof(values), ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtBinaryGetFunctionByEntry(library, 11, &scale));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(scale, 4, stream, NULL, &args, sizeof(args), NULL, 0));
    const float *const got = (const float *)(const void *)results(100);
    for (int i = 0; i < 100; i++) {
        wrong += got[i] != (float)i * by;
    }
    CHECK(wrong == 0);
}

static void libraries(void)
{
    const char *const directory = getenv("ACLSIM_TEST_LIBRARIES");
    char path[4096], without[4096];
    int mark = 0;
    void *const untouched = &mark;
    aclrtBinHandle library = untouched, second = untouched, third = untouched;
    aclrtBinary image = NULL;
    aclrtFuncHandle handle = untouched;
    void *address = untouched;
    size_t size = 77, length = 0;
    const float two = 2.0f;

    CHECK(directory != NULL);
    if (directory == NULL) {
        return;
    }
    snprintf(path, sizeof(path), "%s/kernels_library.so", directory);
    snprintf(without, sizeof(without), "%s/no_kernels.so", directory);
    unsigned char *const bytes = (unsigned char *)file(path, &length);

    aclrtBinaryLoadOption option = {ACL_RT_BINARY_LOAD_OPT_LAZY_LOAD, {1}};
    aclrtBinaryLoadOptions options = {&option, 1};
    CHECK_OK(aclrtBinaryLoadFromFile(path, &options, &library));
    CHECK_OK(aclrtBinaryLoadFromData(bytes, length, NULL, &second));
    CHECK(aclrtCreateBinary(NULL, 5) == NULL && aclrtCreateBinary(bytes, 0) == NULL);
    image = aclrtCreateBinary(bytes, length);
    CHECK(image != NULL);
    CHECK_OK(aclrtBinaryLoad(image, &third));
    CHECK_OK(aclrtDestroyBinary(image));
    CHECK_REFUSED(aclrtDestroyBinary(image), 107017, "already destroyed");
    CHECK_CODE(aclrtBinaryLoad(image, &third), 107017);
    CHECK_CODE(aclrtDestroyBinary(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(library != second && second != third);

    // Each has a variable of its own.
    scales(library, 3.0f);
    scales(second, 3.0f);
    CHECK_OK(aclrtBinaryGetGlobal(second, "factor", &address, &size));
    CHECK(size == sizeof(float));
    CHECK_OK(aclrtMemcpy(address, sizeof(two), &two, sizeof(two), ACL_MEMCPY_HOST_TO_DEVICE));
    scales(second, 2.0f);
    scales(third, 3.0f);
    scales(library, 3.0f);

    CHECK_OK(aclrtBinaryGetDevAddress(library, &address, &size));
    CHECK(address == NULL && size == length);
    CHECK_OK(aclrtBinaryGetDevAddress(second, &address, &size));
    char start[4] = {0};
    CHECK_OK(aclrtMemcpy(start, 4, address, 4, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(memcmp(start, bytes, 4) == 0);
    CHECK_REFUSED(aclrtBinaryGetDevAddress(binary, &address, &size), 207000, "aclsimBinaryFromKernels");
    CHECK_CODE(aclrtBinaryGetDevAddress(second, NULL, &size), ACL_ERROR_INVALID_PARAM);

    // Kernels for AI CPUs under the name of an operator type.
    CHECK_OK(aclrtRegisterCpuFunc(second, "fails_on_cpu", "MyOp", &handle));
    char name[16];
    CHECK_OK(aclrtGetFunctionName(handle, sizeof(name), name));
    CHECK(strcmp(name, "MyOp") == 0);
    CHECK_OK(aclrtLaunchKernelWithHostArgs(handle, 1, stream, NULL, NULL, 0, NULL, 0));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICPU_EXCEPTION, "kernel MyOp", "as asked");
    aclrtFuncHandle again = NULL;
    CHECK_OK(aclrtRegisterCpuFunc(second, "fails_on_cpu", "MyOp", &again));
    CHECK(again == handle);
    CHECK_REFUSED(aclrtRegisterCpuFunc(second, "scale", "MyOp", &again), 107000, "AICPU");
    CHECK_REFUSED(aclrtRegisterCpuFunc(second, "none", "MyOp", &again), 107000, "funcName");
    CHECK_CODE(aclrtRegisterCpuFunc(second, NULL, "MyOp", &again), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtRegisterCpuFunc(second, "scale", NULL, &again), ACL_ERROR_INVALID_PARAM);

    // What is no library of kernels is refused with what to do instead.
    aclrtBinHandle refused = untouched;
    CHECK_REFUSED(aclrtBinaryLoadFromFile(without, NULL, &refused), 207000, "ACLSIM_EXPORT_KERNELS", "docs/kernels.md");
    CHECK_REFUSED(aclrtBinaryLoadFromFile("/nowhere/kernels.o", NULL, &refused), 100003, "/nowhere/kernels.o");
    CHECK_REFUSED(aclrtBinaryLoadFromFile("/", NULL, &refused), 100003, "binPath");
    CHECK_REFUSED(aclrtBinaryLoadFromData("{\"op\": 1}", 9, NULL, &refused), 207000, "no ELF", "aclsim_kernel.h");
    bytes[18] ^= 0xff;
    CHECK_REFUSED(aclrtBinaryLoadFromData(bytes, length, NULL, &refused), 207000, "silicon", "machine");
    bytes[18] ^= 0xff;
    memset(bytes + 64, 0xff, length - 64);
    CHECK_REFUSED(aclrtBinaryLoadFromData(bytes, length, NULL, &refused), 107000, "can be loaded");
    CHECK_CODE(aclrtBinaryLoadFromData(NULL, 0, NULL, &refused), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinaryLoadFromData(bytes, 0, NULL, &refused), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinaryLoadFromFile(NULL, NULL, &refused), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtBinaryLoadFromFile(path, NULL, NULL), ACL_ERROR_INVALID_PARAM);
    option.type = (aclrtBinaryLoadOptionType)9;
    CHECK_REFUSED(aclrtBinaryLoadFromFile(path, &options, &refused), 107000, "options");
    option.type = ACL_RT_BINARY_LOAD_OPT_MAGIC;
    option.value.magic = 5;
    CHECK_REFUSED(aclrtBinaryLoadFromFile(path, &options, &refused), 107000, "options");
    CHECK(refused == untouched);

    // A launch that is queued outlives its binary.
    struct hold hold;
    struct {
        const void *in;
        void *out;
        uint64_t count;
    } args = {device_a, device_out, 100};
    aclrtFuncHandle scale = NULL;
    aclrtArgsHandle list = NULL;
    CHECK_OK(aclrtBinaryGetFunction(third, "scale", &scale));
    CHECK_OK(aclrtKernelArgsInit(scale, &list));
    hold_stream(&hold, stream);
    CHECK_OK(aclrtLaunchKernelWithHostArgs(scale, 4, stream, NULL, &args, sizeof(args), NULL, 0));
    CHECK_OK(aclrtBinaryUnLoad(third));
    CHECK_OK(aclrtBinaryUnLoad(second));
    CHECK_OK(aclrtBinaryUnLoad(library));
    hold_release(&hold);
    const float *const got = (const float *)(const void *)results(100);
    CHECK(got[99] == 297.0f);
    CHECK_REFUSED(aclrtBinaryUnLoad(third), 107017, "binHandle", "already destroyed");
    CHECK_CODE(aclrtLaunchKernelWithHostArgs(scale, 4, stream, NULL, &args, sizeof(args), NULL, 0), 107017);
    CHECK_CODE(aclrtKernelArgsFinalize(list), 107017);
    CHECK_CODE(aclrtBinaryGetFunction(third, "scale", &scale), 107017);
    CHECK_CODE(aclrtBinaryUnLoad(NULL), ACL_ERROR_INVALID_PARAM);
    free(bytes);
}

// The names that frameworks are linked with.
static void below_the_runtime(void)
{
    _Alignas(8) static const unsigned char image[64] = {0x7f, 'E', 'L', 'F'};
    const struct {
        uint32_t magic, version;
        const void *data;
        uint64_t length;
    } described = {0x43554245, 0, image, sizeof(image)};
    int mark = 0;
    void *const untouched = &mark;
    void *handle = untouched;
    AddArgs args = add_args(9);
    uint64_t address = 77;
    uint32_t length = 77;

    for (int32_t i = 0; i < COUNT; i++) {
        host[i] = i;
    }
    CHECK_OK(aclrtMemcpy(device_a, COUNT * 4, host, COUNT * 4, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_REFUSED(rtDevBinaryRegister(image, &handle), 207000, "silicon", "magic");
    CHECK_REFUSED(rtDevBinaryRegister(&described, &handle), 207000, "silicon", "docs/kernels.md");
    CHECK_CODE(rtDevBinaryRegister(NULL, &handle), ACL_ERROR_INVALID_PARAM);
    CHECK(handle == untouched);
    CHECK_OK(rtDevBinaryRegister(&table, &handle));
    CHECK_REFUSED(rtKernelLaunch(&stub, 1, &args, sizeof(args), NULL, stream), 107017, "stubFunc");
    CHECK_REFUSED(rtFunctionRegister(untouched, &stub, "add", "add", 0), 107017, "binHandle");
    CHECK_REFUSED(rtFunctionRegister(handle, &stub, "add", "none", 0), 107000, "kernelInfoExt");
    CHECK_REFUSED(rtFunctionRegister(handle, &stub, "add", "add", 1), 107000, "funcMode");
    CHECK_OK(rtFunctionRegister(handle, &stub, "add", "add", 0));
    CHECK_OK(rtKernelLaunch(&stub, 5, &args, sizeof(args), NULL, stream));
    CHECK(sums(9));
    CHECK_REFUSED(rtKernelLaunch(&stub, 0, &args, sizeof(args), NULL, stream), 107000, "numBlocks");
    CHECK_REFUSED(rtKernelLaunch(&stub, 1, &args, sizeof(args), &mark, stream), 107000, "smDesc");
    CHECK_CODE(rtKernelLaunch(NULL, 1, &args, sizeof(args), NULL, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtBinaryUnLoad(handle));
    CHECK_CODE(rtKernelLaunch(&stub, 1, &args, sizeof(args), NULL, stream), 107017);
    CHECK_REFUSED(rtGetC2cCtrlAddr(&address, &length), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "silicon");
    CHECK(address == 77 && length == 77);
}

static void op(const aclsimKernelContext *context, const aclsimOpCall *call)
{
    (void)context;
    (void)call;
}

static void operator_types(void)
{
    CHECK_OK(aclsimRegisterOpKernel("MyOp", op, 1, NULL));
    CHECK_REFUSED(aclsimRegisterOpKernel("MyOp", op, 1, NULL), ACL_ERROR_KERNEL_ALREADY_REGISTERED, "MyOp");
    CHECK_CODE(aclsimRegisterOpKernel(NULL, op, 1, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsimRegisterOpKernel("", op, 1, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsimRegisterOpKernel("Other", NULL, 1, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclsimRegisterOpKernel("Other", op, 0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclsimUnregisterOpKernel("MyOp"));
    CHECK_REFUSED(aclsimUnregisterOpKernel("MyOp"), ACL_ERROR_INVALID_PARAM, "MyOp");
    CHECK_CODE(aclsimUnregisterOpKernel(NULL), ACL_ERROR_INVALID_PARAM);
}

static int32_t on_session(uint32_t type, void *data, uint32_t length)
{
    (void)type;
    (void)data;
    (void)length;
    return 0;
}

static void reports(void)
{
    const unsigned char report[64] = {0};
    const uint64_t before = MsprofSysCycleTime();
    const uint64_t hash = MsprofGetHashId("aclnnAdd", 8);

    CHECK(before > 0 && MsprofSysCycleTime() >= before);
    CHECK(hash != 0 && hash != UINT64_MAX);
    CHECK(MsprofGetHashId("aclnnAddmm", 8) == hash && MsprofGetHashId("aclnnSub", 8) != hash);
    CHECK(MsprofGetHashId(NULL, 8) == UINT64_MAX && MsprofGetHashId("", 0) == UINT64_MAX);
    (void)aclGetRecentErrMsg();
    CHECK_OK(MsprofReportApi(1, report));
    CHECK_OK(MsprofReportCompactInfo(1, report, sizeof(report)));
    CHECK_OK(MsprofReportAdditionalInfo(1, report, sizeof(report)));
    CHECK_OK(MsprofRegisterCallback(8, on_session));
    CHECK_REFUSED(MsprofReportApi(1, NULL), ACL_ERROR_INVALID_PARAM, "api");
    CHECK_REFUSED(MsprofRegisterCallback(8, NULL), ACL_ERROR_INVALID_PARAM, "handle");
}

// Device memory goes with the device: variables are made anew.
static void reset(void)
{
    int64_t values[2] = {0, 0};

    CHECK_OK(aclrtFree(device_a));
    CHECK_OK(aclrtFree(device_b));
    CHECK_OK(aclrtFree(device_out));
    CHECK_OK(aclrtFreeHost(host));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_CODE(aclrtGetSymbolSize(&symbol_of_counter, (size_t *)values), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMemcpyFromSymbol(values, 16, &symbol_of_counter, 16, 0, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(values[0] == 5 && values[1] == 6);
    CHECK_OK(aclrtBinaryUnLoad(binary));
    CHECK_REFUSED(aclrtGetSymbolSize(&symbol_of_counter, (size_t *)values), 107000, "symbol");
    CHECK_OK(aclrtResetDevice(0));
}

int main(void)
{
    tables();
    functions();
    CHECK_CODE(aclrtLaunchKernelWithHostArgs(function("who"), 1, NULL, NULL, NULL, 0, NULL, 0),
               ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtMalloc((void **)&device_a, COUNT * 4, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&device_b, COUNT * 4, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&device_out, COUNT * 4, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMallocHost((void **)&host, COUNT * 4));
    for (int32_t i = 0; i < COUNT; i++) {
        host[i] = 2 * i;
    }
    CHECK_OK(aclrtMemcpy(device_b, COUNT * 4, host, COUNT * 4, ACL_MEMCPY_HOST_TO_DEVICE));
    for (int32_t i = 0; i < COUNT; i++) {
        host[i] = i;
    }
    CHECK_OK(aclrtMemcpy(device_a, COUNT * 4, host, COUNT * 4, ACL_MEMCPY_HOST_TO_DEVICE));
    launches();
    blocks();
    threads();
    lists();
    lists_in_memory_of_the_program();
    order();
    failures();
    exceptions();
    globals();
    libraries();
    below_the_runtime();
    operator_types();
    reports();
    reset();
    return check_done();
}
