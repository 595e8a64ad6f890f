// One of everything: each kind of object of the runtime is made, used and destroyed once. Runs under valgrind, which
// must find no leak and no invalid access, and under helgrind, which must find no race of the program.
#include "check.h"

#include <acl/acl_op.h>
#include <acl/acl_rt_allocator.h>
#include <acl/acl_rt_memory_soma.h>
#include <aclnn/acl_meta.h>
#include <acl/acl_prof.h>
#include <acl/acl_tdt.h>
#include <acl/acl_tdt_queue.h>
#include <aclnnop/aclnn_add.h>
#include <aclsim/aclsim_kernel.h>
#include <hccl/hccl.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <vector>

namespace {

constexpr size_t COUNT = 64;
constexpr size_t BYTES = COUNT * sizeof(float);
constexpr size_t MIB = 1 << 20;

// Device memory with one value in each element, freed at the end.
class Buffer {
public:
    explicit Buffer(float value)
    {
        const std::vector<float> host(COUNT, value);
        CHECK_OK(aclrtMalloc(&data_, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
        CHECK_OK(aclrtMemcpy(data_, BYTES, host.data(), BYTES, ACL_MEMCPY_HOST_TO_DEVICE));
    }
    ~Buffer() { CHECK_OK(aclrtFree(data_)); }
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    void *data() const { return data_; }

private:
    void *data_ = nullptr;
};

aclTensor *tensor(void *data)
{
    const int64_t dims[] = {static_cast<int64_t>(COUNT)};
    return aclCreateTensor(dims, 1, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, dims, 1, data);
}

// out = a + b on a stream, through both phases.
void add(void *a, void *b, void *out, aclrtStream stream)
{
    float one = 1;
    aclTensor *x = tensor(a), *y = tensor(b), *z = tensor(out);
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK_OK(aclnnAddGetWorkspaceSize(x, y, alpha, z, &size, &executor));
    void *workspace = nullptr;
    if (size > 0) {
        CHECK_OK(aclrtMalloc(&workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    CHECK_OK(aclnnAdd(workspace, size, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    if (workspace != nullptr) {
        CHECK_OK(aclrtFree(workspace));
    }
    CHECK_OK(aclDestroyScalar(alpha));
    CHECK_OK(aclDestroyTensor(x));
    CHECK_OK(aclDestroyTensor(y));
    CHECK_OK(aclDestroyTensor(z));
}

void operators(aclrtStream stream)
{
    const Buffer a(1), b(2), out(0);
    std::vector<float> host(COUNT);
    add(a.data(), b.data(), out.data(), stream);
    CHECK_OK(aclrtMemcpy(host.data(), BYTES, out.data(), BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(host[0] == 3 && host[COUNT - 1] == 3);

    // Lists own their elements.
    const int64_t ints[] = {1, 2};
    const float floats[] = {1, 2};
    const bool bools[] = {true, false};
    const aclTensor *tensors[] = {tensor(a.data()), tensor(b.data())};
    const aclScalar *scalars[] = {aclCreateScalar(const_cast<float *>(floats), ACL_FLOAT)};
    CHECK_OK(aclDestroyIntArray(aclCreateIntArray(ints, 2)));
    CHECK_OK(aclDestroyFloatArray(aclCreateFloatArray(floats, 2)));
    CHECK_OK(aclDestroyBoolArray(aclCreateBoolArray(bools, 2)));
    CHECK_OK(aclDestroyTensorList(aclCreateTensorList(tensors, 2)));
    CHECK_OK(aclDestroyScalarList(aclCreateScalarList(scalars, 1)));

    aclTensor *shaped = tensor(a.data());
    int64_t *dims = nullptr;
    uint64_t rank = 0;
    CHECK_OK(aclGetViewShape(shaped, &dims, &rank));
    CHECK(rank == 1 && dims[0] == static_cast<int64_t>(COUNT));
    delete[] dims;
    CHECK_OK(aclDestroyTensor(shaped));

    const int64_t shape[] = {static_cast<int64_t>(COUNT)};
    aclTensorDesc *desc = aclCreateTensorDesc(ACL_FLOAT, 1, shape, ACL_FORMAT_ND);
    aclDataBuffer *buffer = aclCreateDataBuffer(a.data(), BYTES);
    aclopAttr *attr = aclopCreateAttr();
    CHECK(desc != nullptr && buffer != nullptr && attr != nullptr);
    CHECK_OK(aclopSetAttrInt(attr, "axis", 0));
    aclopDestroyAttr(attr);
    CHECK_OK(aclDestroyDataBuffer(buffer));
    aclDestroyTensorDesc(desc);
}

void memory(aclrtStream stream)
{
    void *pinned = nullptr, *range = nullptr, *managed = nullptr, *mapped = nullptr, *pooled = nullptr;
    CHECK_OK(aclrtMallocHost(&pinned, BYTES));
    CHECK_OK(aclrtFreeHost(pinned));

    aclrtPhysicalMemProp prop;
    std::memset(&prop, 0, sizeof(prop));
    prop.memAttr = ACL_HBM_MEM_HUGE;
    prop.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    aclrtDrvMemHandle physical = nullptr;
    CHECK_OK(aclrtReserveMemAddress(&range, 2 * MIB, 0, nullptr, 0));
    CHECK_OK(aclrtMallocPhysical(&physical, 2 * MIB, &prop, 0));
    CHECK_OK(aclrtMapMem(range, 2 * MIB, 0, physical, 0));
    CHECK_OK(aclrtMemset(range, 2 * MIB, 1, 2 * MIB));
    CHECK_OK(aclrtUnmapMem(range));
    CHECK_OK(aclrtFreePhysical(physical));
    CHECK_OK(aclrtReleaseMemAddress(range));

    aclrtMemPoolProps props;
    std::memset(&props, 0, sizeof(props));
    props.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    aclrtMemPool pool = nullptr;
    CHECK_OK(aclrtMemPoolCreate(&pool, &props));
    CHECK_OK(aclrtMemPoolMallocAsync(&pooled, BYTES, pool, stream));
    CHECK_OK(aclrtMemsetAsync(pooled, BYTES, 0, BYTES, stream));
    CHECK_OK(aclrtMemPoolFreeAsync(pooled, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemPoolDestroy(pool));

    void *host = nullptr;
    CHECK(posix_memalign(&host, 4096, 4096) == 0);
    CHECK_OK(aclrtHostRegister(host, 4096, ACL_HOST_REGISTER_MAPPED, &mapped));
    CHECK_OK(aclrtHostUnregister(host));
    std::free(host);

    CHECK_OK(aclrtMemAllocManaged(&managed, 4096, 1));
    CHECK_OK(aclrtFree(managed));
    aclrtAllocatorDesc allocator = aclrtAllocatorCreateDesc();
    CHECK(allocator != nullptr);
    CHECK_OK(aclrtAllocatorDestroyDesc(allocator));
}

void synchronisation(aclrtStream one)
{
    aclrtStream two = nullptr, configured = nullptr;
    aclrtEvent event = nullptr, flagged = nullptr;
    aclrtNotify notify = nullptr;
    aclrtCntNotify count = nullptr;
    float milliseconds = -1;
    uint32_t priority = 1;
    const Buffer word(0);

    CHECK_OK(aclrtCreateStream(&two));
    aclrtStreamConfigHandle *config = aclrtCreateStreamConfigHandle();
    CHECK_OK(aclrtSetStreamConfigOpt(config, ACL_RT_STREAM_PRIORITY, &priority, sizeof(priority)));
    CHECK_OK(aclrtCreateStreamV2(&configured, config));
    CHECK_OK(aclrtDestroyStreamConfigHandle(config));
    CHECK_OK(aclrtDestroyStream(configured));

    CHECK_OK(aclrtCreateEvent(&event));
    CHECK_OK(aclrtCreateEventWithFlag(&flagged, ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE));
    CHECK_OK(aclrtRecordEvent(event, one));
    CHECK_OK(aclrtStreamWaitEvent(two, event));
    CHECK_OK(aclrtRecordEvent(flagged, two));
    CHECK_OK(aclrtSynchronizeEvent(flagged));
    CHECK_OK(aclrtEventElapsedTime(&milliseconds, event, flagged));
    CHECK(milliseconds >= 0);
    CHECK_OK(aclrtDestroyEvent(event));
    CHECK_OK(aclrtDestroyEvent(flagged));

    CHECK_OK(aclrtCreateNotify(&notify, 0));
    CHECK_OK(aclrtWaitAndResetNotify(notify, two, 0));
    CHECK_OK(aclrtRecordNotify(notify, one));
    CHECK_OK(aclrtSynchronizeStream(two));
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_OK(aclrtCntNotifyCreate(&count, 0));
    CHECK_OK(aclrtCntNotifyReset(count, one));
    CHECK_OK(aclrtSynchronizeStream(one));
    CHECK_OK(aclrtCntNotifyDestroy(count));

    CHECK_OK(aclrtValueWait(word.data(), 5, ACL_STREAM_WAIT_VALUE_EQ, two));
    CHECK_OK(aclrtValueWrite(word.data(), 5, 0, one));
    CHECK_OK(aclrtSynchronizeStream(two));

    aclrtLabel label = nullptr;
    aclrtLabelList labels = nullptr;
    CHECK_OK(aclrtCreateLabel(&label));
    CHECK_OK(aclrtCreateLabelList(&label, 1, &labels));
    CHECK_OK(aclrtDestroyLabelList(labels));
    CHECK_OK(aclrtDestroyLabel(label));
    CHECK_OK(aclrtDestroyStream(two));
}

struct Calls {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int number = 0;
};

void host_function(void *data)
{
    // The stream orders the calls; the lock is for helgrind, which does not see that.
    Calls *calls = static_cast<Calls *>(data);
    pthread_mutex_lock(&calls->lock);
    calls->number++;
    pthread_mutex_unlock(&calls->lock);
}

int number_of(Calls &calls)
{
    pthread_mutex_lock(&calls.lock);
    const int number = calls.number;
    pthread_mutex_unlock(&calls.lock);
    return number;
}

void *report(void *data)
{
    // The one callback.
    int code = 0;
    while ((code = aclrtProcessReport(1000)) == ACL_ERROR_RT_THREAD_SUBSCRIBE) {
    }
    CHECK_OK(code);
    return data;
}

void callbacks(aclrtStream stream)
{
    pthread_t thread;
    static Calls calls;
    CHECK_OK(aclrtLaunchHostFunc(stream, host_function, &calls));
    CHECK_OK(aclrtLaunchHostFunc(stream, host_function, &calls));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(number_of(calls) == 2);

    CHECK(pthread_create(&thread, nullptr, report, nullptr) == 0);
    CHECK_OK(aclrtSubscribeReport(static_cast<uint64_t>(thread), stream));
    CHECK_OK(aclrtLaunchCallback(host_function, &calls, ACL_CALLBACK_BLOCK, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK(pthread_join(thread, nullptr) == 0);
    CHECK(number_of(calls) == 3);
    CHECK_OK(aclrtUnSubscribeReport(static_cast<uint64_t>(thread), stream));
}

void fill(const aclsimKernelContext *context, void *args)
{
    float *const out = *static_cast<float **>(args);
    out[context->blockIndex] = static_cast<float>(context->blockIndex);
}

// A kernel of the program and an operator, launched, then captured in a group, replayed and updated.
void kernels_and_graphs(aclrtStream stream)
{
    aclsimKernelParam param = {0, 8, ACLSIM_WRITE, 0};
    aclsimKernel kernel;
    std::memset(&kernel, 0, sizeof(kernel));
    kernel.name = "fill";
    kernel.function = fill;
    kernel.params = &param;
    kernel.paramCount = 1;
    const aclsimKernelTable table = {ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, &kernel, 1, nullptr, 0};
    aclrtBinHandle binary = nullptr;
    aclrtFuncHandle function = nullptr;
    CHECK_OK(aclsimBinaryFromKernels(&table, &binary));
    CHECK_OK(aclrtBinaryGetFunction(binary, "fill", &function));
    const Buffer out(-1);
    void *argument = out.data();
    std::vector<float> host(COUNT);
    const auto launch = [&](uint32_t blocks) {
        return aclrtLaunchKernelWithHostArgs(function, blocks, stream, nullptr, &argument, sizeof(argument), nullptr, 0);
    };
    CHECK_OK(launch(COUNT / 2));
    CHECK_OK(aclrtSynchronizeStream(stream));

    aclmdlRI graph = nullptr;
    aclrtTaskGrp group = nullptr;
    aclrtEvent fork = nullptr, join = nullptr;
    aclrtStream side = nullptr, shown[2] = {nullptr, nullptr};
    aclmdlRITask tasks[8];
    aclmdlRITaskParams params;
    uint32_t streams = 2, count = 8;
    CHECK_OK(aclrtCreateStream(&side));
    CHECK_OK(aclrtCreateEventExWithFlag(&fork, ACL_EVENT_SYNC));
    CHECK_OK(aclrtCreateEventExWithFlag(&join, ACL_EVENT_SYNC));
    CHECK_OK(aclmdlRICaptureBegin(stream, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL));
    CHECK_OK(aclrtRecordEvent(fork, stream));
    CHECK_OK(aclrtStreamWaitEvent(side, fork));
    CHECK_OK(aclrtMemsetAsync(out.data(), BYTES, 0, BYTES, side));
    CHECK_OK(aclrtRecordEvent(join, side));
    CHECK_OK(aclrtStreamWaitEvent(stream, join));
    CHECK_OK(aclmdlRICaptureTaskGrpBegin(stream));
    CHECK_OK(launch(COUNT / 2));
    CHECK_OK(aclmdlRICaptureTaskGrpEnd(stream, &group));
    CHECK_OK(aclmdlRICaptureEnd(stream, &graph));
    CHECK_OK(aclmdlRIGetStreams(graph, shown, &streams));
    CHECK(streams == 2);
    CHECK_OK(aclmdlRIGetTasksByStream(shown[0], tasks, &count));
    CHECK_OK(aclmdlRITaskGetParams(tasks[count - 1], &params));
    CHECK_OK(aclmdlRIExecute(graph, -1));
    CHECK_OK(aclmdlRICaptureTaskUpdateBegin(side, group));
    CHECK_OK(aclrtLaunchKernelWithHostArgs(function, COUNT, side, nullptr, &argument, sizeof(argument), nullptr, 0));
    CHECK_OK(aclmdlRICaptureTaskUpdateEnd(side));
    CHECK_OK(aclmdlRIExecuteAsync(graph, side));
    CHECK_OK(aclrtSynchronizeStream(side));
    CHECK_OK(aclrtMemcpy(host.data(), BYTES, out.data(), BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(host[1] == 1 && host[COUNT - 1] == COUNT - 1);
    CHECK_OK(aclmdlRIDestroy(graph));
    CHECK_OK(aclrtDestroyEvent(fork));
    CHECK_OK(aclrtDestroyEvent(join));
    CHECK_OK(aclrtDestroyStream(side));
    CHECK_OK(aclrtBinaryUnLoad(binary));
}

// What other processes could open.
void shared()
{
    char key[65];
    const Buffer memory(1);
    aclrtNotify notify = nullptr;
    aclrtEvent event = nullptr;
    aclrtIpcEventHandle handle;
    CHECK_OK(aclrtIpcMemGetExportKey(memory.data(), BYTES, key, sizeof(key), 0));
    CHECK_OK(aclrtIpcMemClose(key));
    CHECK_OK(aclrtCreateNotify(&notify, 0));
    CHECK_OK(aclrtNotifyGetExportKey(notify, key, sizeof(key), 0));
    CHECK_OK(aclrtDestroyNotify(notify));
    CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_IPC));
    CHECK_OK(aclrtIpcGetEventHandle(event, &handle));
    CHECK_OK(aclrtDestroyEvent(event));
}

// Data on their way between threads: items, sets of them, a channel, buffers, queues, a route.
void transport()
{
    int32_t numbers[4] = {1, 2, 3, 4};
    const int64_t dims[] = {4};
    acltdtChannelHandle *channel = acltdtCreateChannelWithCapacity(0, "zoo", 2);
    acltdtDataset *out = acltdtCreateDataset(), *in = acltdtCreateDataset();
    acltdtDataItem *item = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, dims, 1, ACL_INT32, numbers, sizeof(numbers));
    CHECK(channel != nullptr && out != nullptr && in != nullptr && item != nullptr);
    CHECK_OK(acltdtAddDataItem(out, item));
    CHECK_OK(acltdtSendTensor(channel, out, -1));
    CHECK_OK(acltdtReceiveTensor(channel, in, -1));
    CHECK(acltdtGetDatasetSize(in) == 1);
    CHECK_OK(acltdtDestroyDataset(in));
    CHECK_OK(acltdtDestroyDataset(out));
    CHECK_OK(acltdtDestroyDataItem(item));
    CHECK_OK(acltdtDestroyChannel(channel));

    uint32_t from = 0, to = 0;
    acltdtBuf buf = nullptr, reference = nullptr;
    acltdtQueueAttr *attr = acltdtCreateQueueAttr();
    CHECK(attr != nullptr);
    CHECK_OK(acltdtCreateQueue(attr, &from));
    CHECK_OK(acltdtCreateQueue(attr, &to));
    CHECK_OK(acltdtDestroyQueueAttr(attr));
    acltdtQueueRoute *route = acltdtCreateQueueRoute(from, to);
    acltdtQueueRouteList *routes = acltdtCreateQueueRouteList();
    CHECK_OK(acltdtAddQueueRoute(routes, route));
    CHECK_OK(acltdtBindQueueRoutes(routes));
    CHECK_OK(acltdtAllocBuf(64, ACL_TDT_NORMAL_MEM, &buf));
    CHECK_OK(acltdtCopyBufRef(buf, &reference));
    CHECK_OK(acltdtEnqueue(from, buf, -1));
    CHECK_OK(acltdtDequeue(to, &buf, -1));
    CHECK_OK(acltdtFreeBuf(buf));
    CHECK_OK(acltdtFreeBuf(reference));
    CHECK_OK(acltdtUnbindQueueRoutes(routes));
    CHECK_OK(acltdtDestroyQueueRoute(route));
    CHECK_OK(acltdtDestroyQueueRouteList(routes));
    CHECK_OK(acltdtDestroyQueue(from));
    CHECK_OK(acltdtDestroyQueue(to));
}

void profiling()
{
    uint32_t device = 0;
    aclprofConfig *config = aclprofCreateConfig(&device, 1, ACL_AICORE_NONE, nullptr, ACL_PROF_ACL_API);
    CHECK(config != nullptr);
    CHECK_OK(aclprofDestroyConfig(config));
    aclprofStepInfo *step = aclprofCreateStepInfo();
    CHECK(step != nullptr);
    aclprofDestroyStepInfo(step);
}

void devices()
{
    aclrtContext context = nullptr, primary = nullptr;
    HcclComm comm = nullptr;
    int32_t device = 0;
    CHECK_OK(aclrtGetCurrentContext(&primary));
    CHECK_OK(aclrtCreateContext(&context, 0));
    CHECK_OK(aclrtDestroyContext(context));
    CHECK_OK(aclrtSetCurrentContext(primary));
    CHECK(HcclCommInitAll(1, &device, &comm) == HCCL_SUCCESS);
    CHECK(HcclCommDestroy(comm) == HCCL_SUCCESS);
    aclrtGroupInfo *groups = aclrtCreateGroupInfo();
    CHECK_OK(aclrtGetAllGroupInfo(groups));
    CHECK_OK(aclrtDestroyGroupInfo(groups));
    // A failure leaves a message, which belongs to the library.
    CHECK_REFUSED(aclrtSetDevice(99), ACL_ERROR_RT_INVALID_DEVICEID, "deviceId");
}

}  // namespace

int main()
{
    aclrtStream stream = nullptr;
    CHECK_OK(aclInit(nullptr));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    operators(stream);
    memory(stream);
    synchronisation(stream);
    callbacks(stream);
    kernels_and_graphs(stream);
    shared();
    transport();
    profiling();
    devices();
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
