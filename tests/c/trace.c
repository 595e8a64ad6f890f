// ACLSIM_TRACE: a process that does a little of everything, and what its timeline says of it.
#include "hold.h"
#include "timeline.h"

#include <acl/acl_prof.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_exp.h>
#include <aclnnop/aclnn_index_select.h>
#include <aclsim/aclsim_kernel.h>
#include <hccl/hccl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 6, BYTES = COUNT * 4, BIG = 1 << 20 };

static aclrtStream left, right;
static uint8_t *device, *pinned;

static aclTensor *matrix(size_t place)
{
    const int64_t dims[2] = {2, 3};
    return aclCreateTensor(dims, 2, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 2, device + place);
}

// Operators with shapes: one on each stream, the second behind an event of the first.
static void operators(void)
{
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclrtEvent event;
    struct hold hold;
    float one = 1;
    aclTensor *a = matrix(0), *b = matrix(1024), *c = matrix(2048);
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
    // The event is still to come when the other stream is told to wait: a wait for one that came is no task.
    hold_stream(&hold, left);
    CHECK_OK(aclnnAddGetWorkspaceSize(a, b, alpha, c, &size, &executor));
    CHECK_OK(aclnnAdd(NULL, 0, executor, left));
    CHECK_OK(aclrtRecordEvent(event, left));
    CHECK_OK(aclrtStreamWaitEvent(right, event));
    CHECK_OK(aclnnExpGetWorkspaceSize(c, a, &size, &executor));
    CHECK_OK(aclnnExp(NULL, 0, executor, right));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(right));
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclDestroyScalar(alpha));
    CHECK_OK(aclDestroyTensor(a));
    CHECK_OK(aclDestroyTensor(b));
    CHECK_OK(aclDestroyTensor(c));
}

static void copies(void)
{
    uint8_t local[100] = {0};
    CHECK_OK(aclrtMemcpyAsync(device, 4096, pinned, 4096, ACL_MEMCPY_HOST_TO_DEVICE, left));
    CHECK_OK(aclrtMemcpyAsync(device + 4096, 512, device, 512, ACL_MEMCPY_DEVICE_TO_DEVICE, left));
    CHECK_OK(aclrtMemcpyAsync(pinned, 256, device, 256, ACL_MEMCPY_DEVICE_TO_HOST, left));
    CHECK_OK(aclrtMemsetAsync(device, 77, 0, 77, left));
    CHECK_OK(aclrtMemsetD32Async(device, 84, 1, 21, left));
    CHECK_OK(aclrtMemcpy2dAsync(device, 64, pinned, 32, 16, 3, ACL_MEMCPY_HOST_TO_DEVICE, left));
    CHECK_OK(aclrtSynchronizeStream(left));
    // On the calling thread; each of equal ones is shown.
    for (int i = 0; i < 3; i++) {
        CHECK_OK(aclrtMemcpy(local, 100, device, 100, ACL_MEMCPY_DEVICE_TO_HOST));
    }
    CHECK_OK(aclrtMemset(device, 33, 0, 33));
}

static void double_it(const aclsimKernelContext *context, void *args)
{
    float *const values = *(float **)args;
    for (uint32_t i = context->blockIndex; i < COUNT; i += context->blockCount) {
        values[i] *= 2;
    }
}

static const aclsimKernelParam pointer_param[] = {{0, 8, ACLSIM_READ_WRITE, 0}};
static const aclsimKernel kernels[] = {
    {.name = "double \"it\"", .function = double_it, .params = pointer_param, .paramCount = 1},
};
static const aclsimKernelTable table = {
    ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, kernels, 1, NULL, 0,
};

static void kernel(void)
{
    aclrtBinHandle binary = NULL;
    aclrtFuncHandle function = NULL;
    void *args = device;
    CHECK_OK(aclsimBinaryFromKernels(&table, &binary));
    CHECK_OK(aclrtBinaryGetFunction(binary, kernels[0].name, &function));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function, 5, right, NULL, &args, sizeof(args), NULL, 0));
    CHECK_OK(aclrtSynchronizeStream(right));
    CHECK_OK(aclrtBinaryUnLoad(binary));
}

// A graph of two branches, replayed twice.
static void graph(void)
{
    aclmdlRI graph = NULL;
    aclrtEvent fork, join;
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *a = matrix(0), *b = matrix(1024);
    CHECK_OK(aclrtCreateEventExWithFlag(&fork, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventExWithFlag(&join, ACL_EVENT_SYNC));
    CHECK_OK(aclmdlRICaptureBegin(left, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtRecordEvent(fork, left));
    CHECK_OK(aclrtStreamWaitEvent(right, fork));
    CHECK_OK(aclnnExpGetWorkspaceSize(a, b, &size, &executor));
    CHECK_OK(aclnnExp(NULL, 0, executor, left));
    CHECK_OK(aclrtMemsetAsync(device + 8192, 55, 1, 55, right));
    CHECK_OK(aclrtRecordEvent(join, right));
    CHECK_OK(aclrtStreamWaitEvent(left, join));
    CHECK_OK(aclmdlRICaptureEnd(left, &graph));
    CHECK_OK(aclmdlRIExecuteAsync(graph, left));
    CHECK_OK(aclmdlRIExecuteAsync(graph, left));
    CHECK_OK(aclrtSynchronizeStream(left));
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_OK(aclrtDestroyEvent(fork));
    CHECK_OK(aclrtDestroyEvent(join));
    CHECK_OK(aclDestroyTensor(a));
    CHECK_OK(aclDestroyTensor(b));
}

// An operator that fails when it runs, and a call that fails at once.
static void failures(void)
{
    const int64_t one = 1, far = 99;
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclrtStream stream;
    aclTensor *self = matrix(0), *out;
    const int64_t row[2] = {1, 3};
    aclTensor *index = aclCreateTensor(&one, 1, ACL_INT64, NULL, 0, ACL_FORMAT_ND, &one, 1, device + 512);
    out = aclCreateTensor(row, 2, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, row, 2, device + 1024);
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtMemcpy(device + 512, 8, &far, 8, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclnnIndexSelectGetWorkspaceSize(self, 0, index, out, &size, &executor));
    CHECK(size <= 8192);
    CHECK_OK(aclnnIndexSelect(size > 0 ? device + 16384 : NULL, size, executor, stream));
    CHECK_CODE(aclrtSynchronizeStream(stream), ACL_ERROR_RT_AICORE_EXCEPTION);
    CHECK_CODE(aclrtFree(NULL), ACL_ERROR_INVALID_PARAM);
    // Of all calls that only describe something, the one that is shown.
    CHECK_CODE(aclrtGetDevice(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclDestroyTensor(self));
    CHECK_OK(aclDestroyTensor(index));
    CHECK_OK(aclDestroyTensor(out));
}

static void marks(void)
{
    struct hold hold;
    uint32_t range = 0;
    uint8_t bytes[3] = {0x12, 0xab, 0x00};
    aclprofStepInfo *step = aclprofCreateStepInfo();
    void *outer = aclprofCreateStamp(), *inner = aclprofCreateStamp();
    CHECK(step != NULL && outer != NULL && inner != NULL);
    CHECK_OK(aclprofSetStampTraceMessage(outer, "outer", 5));
    CHECK_OK(aclprofSetStampTraceMessage(inner, "inner \"quoted\"", 14));
    CHECK_OK(aclprofGetStepTimestamp(step, ACL_STEP_START, left));
    CHECK_OK(aclprofRangeStart(outer, &range));
    CHECK_OK(aclprofPush(outer));
    CHECK_OK(aclprofPush(inner));
    // Inside both ranges.
    hold_stream(&hold, left);
    CHECK_OK(aclprofMarkEx("both", 4, left));
    CHECK_OK(aclrtProfTrace(bytes, 3, left));
    hold_release(&hold);
    CHECK_OK(aclrtSynchronizeStream(left));
    CHECK_OK(aclprofPop());
    CHECK_OK(aclprofMark(inner));
    CHECK_OK(aclprofPop());
    CHECK_OK(aclprofRangeStop(range));
    CHECK_OK(aclprofGetStepTimestamp(step, ACL_STEP_END, left));
    CHECK_OK(aclrtSynchronizeStream(left));
    aclprofDestroyStepInfo(step);
    aclprofDestroyStamp(outer);
    aclprofDestroyStamp(inner);
}

// A rank on each of two devices, so that there are tracks of both.
static void two_devices(void)
{
    int32_t devices[2] = {0, 1};
    HcclComm comms[2];
    aclrtStream streams[2];
    void *memory[2];
    CHECK(HcclCommInitAll(2, devices, comms) == HCCL_SUCCESS);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(aclrtSetDevice(i));
        CHECK_OK(aclrtCreateStream(&streams[i]));
        CHECK_OK(aclrtMalloc(&memory[i], 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    for (int i = 0; i < 2; i++) {
        CHECK_OK(aclrtSetDevice(i));
        CHECK(HcclAllReduce(memory[i], memory[i], 1024, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM, comms[i], streams[i]) ==
              HCCL_SUCCESS);
    }
    for (int i = 1; i >= 0; i--) {
        CHECK_OK(aclrtSetDevice(i));
        CHECK_OK(aclrtSynchronizeStream(streams[i]));
        CHECK_OK(aclrtFree(memory[i]));
        CHECK_OK(aclrtDestroyStream(streams[i]));
        CHECK(HcclCommDestroy(comms[i]) == HCCL_SUCCESS);
    }
    CHECK_OK(aclrtResetDevice(1));
    CHECK_OK(aclrtSetDevice(0));
}

static int work(void)
{
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&left));
    CHECK_OK(aclrtCreateStream(&right));
    CHECK_OK(aclrtMalloc((void **)&device, BIG, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMallocHost((void **)&pinned, 4096));
    CHECK_OK(aclrtMemset(device, BIG, 0, BIG));
    operators();
    copies();
    kernel();
    graph();
    failures();
    marks();
    two_devices();
    CHECK_OK(aclrtFreeHost(pinned));
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtDestroyStream(left));
    CHECK_OK(aclrtDestroyStream(right));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    // The file is completed when the process ends.
    return check_done();
}

// Tracks, names, shapes, bytes.
static void tasks_are_shown(const struct timeline *t)
{
    const char *add, *wait, *exp;
    CHECK(EVENTS(t, "\"process_name\"", "\"host: ") == 1);
    CHECK(EVENTS(t, "\"process_name\"", "\"device 0\"") == 1 && EVENTS(t, "\"process_name\"", "\"device 1\"") == 1);
    CHECK(EVENTS(t, "\"thread_name\"", "\"pid\":100,", "\"stream ") >= 3);
    CHECK(EVENTS(t, "\"thread_name\"", "\"pid\":101,", "\"stream ") == 1);
    CHECK(EVENTS(t, "\"thread_name\"", "\"pid\":1,", "\"main\"") == 1);
    add = EVENT(t, "\"cat\":\"task\"", "\"name\":\"Add\"", "\"call\":\"aclnnAdd\"", "\"dtype\":\"ACL_FLOAT\"",
                "\"shape\":[2,3]", "\"inputs\":[{\"name\":\"self\"", "\"outputs\":[{\"name\":\"out\"", "\"bytes\":72,");
    exp = EVENT(t, "\"cat\":\"task\"", "\"name\":\"Exp\"", "\"bytes\":48,");
    wait = EVENT(t, "\"cat\":\"task\"", "\"name\":\"aclrtStreamWaitEvent\"");
    CHECK(*add != '\0' && *exp != '\0' && *wait != '\0');
    // On streams of their own, in the order that the event demands.
    CHECK(number(add, "\"tid\":") != number(exp, "\"tid\":") && number(wait, "\"tid\":") == number(exp, "\"tid\":"));
    CHECK(end_of(add) <= end_of(wait) && end_of(wait) <= start_of(exp));
    CHECK(EVENTS(t, "\"name\":\"HcclAllReduce\"", "\"cat\":\"task\"", "\"bytes\":4096") == 2);
    CHECK(EVENTS(t, "\"name\":\"double \\\"it\\\"\"", "\"call\":\"aclrtLaunchKernelWithHostArgs\"", "\"blocks\":5") == 1);
    CHECK(EVENTS(t, "\"name\":\"IndexSelect\"", "\"failed\":true") == 1 && EVENTS(t, "\"failed\"") == 1);
    CHECK(EVENTS(t, "\"lost\"") == 0);
}

static void copies_are_shown(const struct timeline *t)
{
    CHECK(EVENTS(t, "\"name\":\"copy to device\"", "\"bytes\":4096,\"direction\":\"host to device\"", "\"task\"") == 1);
    CHECK(EVENTS(t, "\"name\":\"copy on device\"", "\"bytes\":512,\"direction\":\"device to device\"", "\"task\"") == 1);
    CHECK(EVENTS(t, "\"name\":\"copy to host\"", "\"bytes\":256,\"direction\":\"device to host\"", "\"task\"") == 1);
    CHECK(EVENTS(t, "\"name\":\"copy to device\"", "\"call\":\"aclrtMemcpy2dAsync\"", "\"bytes\":48,") == 1);
    CHECK(EVENTS(t, "\"name\":\"fill\"", "\"call\":\"aclrtMemsetAsync\"", "\"bytes\":77}") == 1);
    CHECK(EVENTS(t, "\"name\":\"fill\"", "\"call\":\"aclrtMemsetD32Async\"", "\"bytes\":84}") == 1);
    // By the calling thread, inside of the call.
    CHECK(EVENTS(t, "\"cat\":\"work\"", "\"pid\":1,", "\"name\":\"copy to host\"", "\"bytes\":100,") == 3);
    CHECK(EVENTS(t, "\"cat\":\"work\"", "\"pid\":1,", "\"name\":\"fill\"", "\"bytes\":33}") == 1);
    const char *const call = EVENT(t, "\"cat\":\"call\"", "\"name\":\"aclrtMemset\"");
    const char *const fill = EVENT(t, "\"cat\":\"work\"", "\"bytes\":33}");
    CHECK(start_of(call) <= start_of(fill) && end_of(fill) <= end_of(call));
}

static void calls_are_shown(const struct timeline *t)
{
    const char *const call = EVENT(t, "\"cat\":\"call\"", "\"name\":\"aclnnAdd\"");
    const char *const task = EVENT(t, "\"cat\":\"task\"", "\"name\":\"Add\"");
    char id[64];
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"aclrtSynchronizeStream\"", "\"code\":507015}") == 1);
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"aclrtFree\"", "\"code\":100000}") == 1);
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"aclDestroyTensor\"") == 0);
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"aclrtGetDevice\"", "\"code\":100000}") == 1);
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"HcclAllReduce\"") == 2);
    // Ranges are shown, not what begins and ends them.
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"aclprofP") == 0);
    CHECK(EVENTS(t, "\"cat\":\"call\"", "\"name\":\"aclprofMarkEx\"") == 1);
    // The arrow leaves inside of the call and meets the task where it begins.
    snprintf(id, sizeof(id), "\"ts\":%lld.%03lld}", (long long)(start_of(task) / 1000), (long long)(start_of(task) % 1000));
    const char *const end = EVENT(t, "{\"ph\":\"f\"", id);
    snprintf(id, sizeof(id), "\"id\":%lld,", (long long)number(end, "\"id\":"));
    const char *const begin = EVENT(t, "{\"ph\":\"s\"", id);
    CHECK(number(end, "\"tid\":") == number(task, "\"tid\":"));
    CHECK(start_of(call) <= start_of(begin) && start_of(begin) <= end_of(call));
    CHECK(number(begin, "\"tid\":") == number(call, "\"tid\":"));
    CHECK(timeline_arrows(t) >= 20);
}

static void memory_is_shown(const struct timeline *t)
{
    int64_t most = 0, last = -1, at = 0;
    for (int i = 0; i < t->count; i++) {
        const char *const event = t->lines[i];
        if (strstr(event, "{\"ph\":\"C\",\"pid\":100,") != NULL && start_of(event) >= at) {
            at = start_of(event);
            last = number(event, "\"bytes\":");
            most = last > most ? last : most;
        }
    }
    CHECK(most >= BIG && last == 0);
    CHECK(EVENTS(t, "{\"ph\":\"C\",\"pid\":101,", "\"memory in use\"") >= 2);
}

static void graphs_are_shown(const struct timeline *t)
{
    int nodes = 0;
    CHECK(EVENTS(t, "\"cat\":\"task\"", "\"name\":\"graph\"", "\"graph\":", "\"call\":\"aclmdlRIExecuteAsync\"") == 2);
    CHECK(EVENTS(t, "\"cat\":\"node\"", "\"name\":\"Exp\"", "\"shape\":[2,3]") == 2);
    CHECK(EVENTS(t, "\"cat\":\"node\"", "\"name\":\"fill\"", "\"bytes\":55}") == 2);
    for (int i = 0; i < t->count; i++) {
        char task[64];
        if (strstr(t->lines[i], "\"cat\":\"node\"") == NULL) {
            continue;
        }
        nodes++;
        // Inside of the run, which has the same number.
        snprintf(task, sizeof(task), "\"task\":%lld,", (long long)number(t->lines[i], "\"task\":"));
        const char *const run = EVENT(t, "\"cat\":\"task\"", "\"name\":\"graph\"", task);
        CHECK(start_of(run) <= start_of(t->lines[i]) && end_of(t->lines[i]) <= end_of(run));
        CHECK(number(run, "\"tid\":") == number(t->lines[i], "\"tid\":"));
        CHECK(number(t->lines[i], "\"node\":") >= 0);
    }
    CHECK(nodes == 2 * 6);
}

static void marks_are_shown(const struct timeline *t)
{
    const char *const outer = EVENT(t, "{\"ph\":\"X\"", "\"cat\":\"range\"", "\"name\":\"outer\"");
    const char *const inner = EVENT(t, "{\"ph\":\"X\"", "\"cat\":\"range\"", "\"name\":\"inner \\\"quoted\\\"\"");
    const char *const both = EVENT(t, "{\"ph\":\"i\"", "\"pid\":1,", "\"name\":\"both\"");
    const char *const begin = EVENT(t, "{\"ph\":\"b\"", "\"cat\":\"step\"", "\"name\":\"step 1\"", "\"pid\":100,");
    const char *const end = EVENT(t, "{\"ph\":\"e\"", "\"cat\":\"step\"", "\"name\":\"step 1\"", "\"pid\":100,");
    const char *const there = EVENT(t, "{\"ph\":\"i\"", "\"pid\":100,", "\"name\":\"both\"");
    CHECK(start_of(outer) <= start_of(inner) && end_of(inner) <= end_of(outer));
    CHECK(start_of(inner) <= start_of(both) && start_of(both) <= end_of(inner));
    CHECK(start_of(both) <= start_of(there) && start_of(there) <= end_of(inner));
    CHECK(start_of(begin) >= 0 && start_of(begin) <= start_of(there) && start_of(there) <= start_of(end));
    CHECK(EVENTS(t, "{\"ph\":\"i\"", "\"pid\":100,", "\"name\":\"trace 12ab00\"") == 1);
    CHECK(EVENTS(t, "{\"ph\":\"b\"", "\"cat\":\"span\"", "\"name\":\"outer\"") == 1);
    CHECK(EVENTS(t, "{\"ph\":\"e\"", "\"cat\":\"span\"", "\"name\":\"outer\"") == 1);
    CHECK(EVENTS(t, "{\"ph\":\"i\"", "\"pid\":1,", "\"name\":\"inner \\\"quoted\\\"\"") == 1);
}

// On a track, slices lie apart or inside each other.
static void slices_nest(const struct timeline *t)
{
    for (int i = 0; i < t->count; i++) {
        for (int j = i + 1; j < t->count; j++) {
            const char *const a = t->lines[i], *const b = t->lines[j];
            if (strstr(a, "{\"ph\":\"X\"") == NULL || strstr(b, "{\"ph\":\"X\"") == NULL ||
                number(a, "\"pid\":") != number(b, "\"pid\":") || number(a, "\"tid\":") != number(b, "\"tid\":")) {
                continue;
            }
            const int64_t a0 = start_of(a), a1 = end_of(a), b0 = start_of(b), b1 = end_of(b);
            const int nest = a1 <= b0 || b1 <= a0 || (a0 <= b0 && b1 <= a1) || (b0 <= a0 && a1 <= b1);
            if (!nest) {
                fprintf(stderr, "%s\n%s\n", a, b);
            }
            CHECK(nest);
        }
    }
}

int main(int argc, char **argv)
{
    const char *const place = getenv("ACLSIM_TEST_OUTPUT") != NULL ? getenv("ACLSIM_TEST_OUTPUT") : "/tmp";
    char pattern[4096], path[4200];
    int status = 0;
    if (argc > 1) {
        return work();
    }
    snprintf(pattern, sizeof(pattern), "%s/trace-%%p.json", place);
    const pid_t child = fork();
    if (child == 0) {
        setenv("ACLSIM_TRACE", pattern, 1);
        setenv("ACLSIM_DEVICES", "2", 1);
        execl("/proc/self/exe", argv[0], "work", (char *)NULL);
        _exit(99);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    snprintf(path, sizeof(path), "%s/trace-%d.json", place, (int)child);
    struct timeline read = timeline_read(path);
    tasks_are_shown(&read);
    copies_are_shown(&read);
    calls_are_shown(&read);
    memory_is_shown(&read);
    graphs_are_shown(&read);
    marks_are_shown(&read);
    slices_nest(&read);
    timeline_drop(&read);
    if (getenv("ACLSIM_TEST_OUTPUT") == NULL) {
        CHECK(remove(path) == 0);
    }

    // A file that cannot be written is refused when the library begins.
    setenv("ACLSIM_TRACE", "/nonexistent/directory/trace.json", 1);
    CHECK_REFUSED(aclrtSetDevice(0), 507033, "ACLSIM_TRACE", "/nonexistent/directory/trace.json");
    return check_done();
}
