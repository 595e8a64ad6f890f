// Eight threads use every kind of object at once, in an order that a seed decides, and check all results. Some objects
// belong to all: threads use and destroy them under each other's hands. `stress SEED` runs one seed.
#include "check.h"

#include <acl/acl_op.h>
#include <acl/acl_rt_allocator.h>
#include <acl/acl_rt_memory_soma.h>
#include <acl/acl_tdt.h>
#include <acl/acl_tdt_queue.h>
#include <aclnn/acl_meta.h>
#include <aclnnop/aclnn_add.h>
#include <aclsim/aclsim_kernel.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <thread>
#include <vector>

namespace {

constexpr int THREADS = 8;
constexpr int STREAMS = 8;
constexpr int STEPS = 60;
constexpr size_t COUNT = 512;
constexpr size_t BYTES = COUNT * sizeof(int32_t);

// Vigna's SplitMix64.
class Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    size_t below(size_t limit)
    {
        state_ += 0x9e3779b97f4a7c15U;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        return static_cast<size_t>((z ^ (z >> 31)) % limit);
    }

private:
    uint64_t state_;
};

struct FillArgs {
    int32_t *out;
    int64_t value;
};

void fill(const aclsimKernelContext *context, void *args)
{
    const FillArgs *const all = static_cast<const FillArgs *>(args);
    for (size_t i = context->blockIndex; i < COUNT; i += context->blockCount) {
        all->out[i] = static_cast<int32_t>(all->value);
    }
}

const aclsimKernelParam PARAMS[] = {ACLSIM_PARAM(FillArgs, out, ACLSIM_WRITE), ACLSIM_PARAM(FillArgs, value, ACLSIM_VALUE)};

aclsimKernel kernel()
{
    aclsimKernel made;
    std::memset(&made, 0, sizeof(made));
    made.name = "fill";
    made.function = fill;
    made.params = PARAMS;
    made.paramCount = 2;
    return made;
}

// What all threads use and destroy: each place holds an event, a notify or a label, or what is left of one.
struct Shared {
    std::atomic<aclrtEvent> events[4];
    std::atomic<aclrtNotify> notifies[4];
    std::atomic<aclrtLabel> labels[4];
    // Messages go from the first queue to the other two, and numbers of the threads through the channel.
    uint32_t queues[3];
    acltdtChannelHandle *channel;
};

Shared shared;

// A call on an object that another thread may have destroyed: it succeeds, or says so.
int alive(int code)
{
    const char *const message = aclGetRecentErrMsg();
    CHECK(code == 0 || (code == ACL_ERROR_RT_INVALID_HANDLE && message != nullptr));
    return code;
}

class Driver {
public:
    explicit Driver(uint64_t seed) : random_(seed)
    {
        const aclsimKernel fills = kernel();
        const aclsimKernelTable table = {ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, &fills, 1, nullptr, 0};
        CHECK_OK(aclrtSetDevice(0));
        CHECK_OK(aclsimBinaryFromKernels(&table, &binary_));
        CHECK_OK(aclrtBinaryGetFunction(binary_, "fill", &fill_));
        for (aclrtStream &stream : streams_) {
            CHECK_OK(aclrtCreateStream(&stream));
        }
        for (int32_t *&memory : memory_) {
            CHECK_OK(aclrtMalloc(reinterpret_cast<void **>(&memory), BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
            CHECK_OK(aclrtMemset(memory, BYTES, 0, BYTES));
        }
        aclrtMemPoolProps props;
        std::memset(&props, 0, sizeof(props));
        props.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
        CHECK_OK(aclrtMemPoolCreate(&pool_, &props));
    }

    ~Driver()
    {
        for (aclrtStream stream : streams_) {
            CHECK_OK(aclrtSynchronizeStream(stream));
            CHECK_OK(aclrtDestroyStream(stream));
        }
        for (int32_t *memory : memory_) {
            CHECK_OK(aclrtFree(memory));
        }
        CHECK_OK(aclrtMemPoolDestroy(pool_));
        CHECK_OK(aclrtBinaryUnLoad(binary_));
        CHECK_OK(aclrtResetDevice(0));
    }

    Driver(const Driver &) = delete;
    Driver &operator=(const Driver &) = delete;

    void run()
    {
        static void (Driver::*const actions[])() = {
            &Driver::through_event,  &Driver::through_notify, &Driver::through_count,  &Driver::through_word,
            &Driver::from_pool,      &Driver::graph,          &Driver::built_graph,    &Driver::registered,
            &Driver::operation,      &Driver::by_type,        &Driver::callback,       &Driver::context,
            &Driver::mapped,         &Driver::managed,        &Driver::stream,         &Driver::allocator,
            &Driver::descriptors,    &Driver::everyones,      &Driver::everyones,      &Driver::binary,
            &Driver::messages,       &Driver::routed,         &Driver::dataset,
        };
        for (int step = 0; step < STEPS; step++) {
            value_ = static_cast<int32_t>(1 + random_.below(100));
            a_ = memory_[random_.below(2)];
            b_ = memory_[2 + random_.below(2)];
            first_ = streams_[random_.below(STREAMS / 2)];
            second_ = streams_[STREAMS / 2 + random_.below(STREAMS / 2)];
            (this->*actions[random_.below(sizeof(actions) / sizeof(actions[0]))])();
        }
    }

private:
    int launch(int32_t *out, int64_t value, aclrtStream stream)
    {
        FillArgs args = {out, value};
        return aclrtLaunchKernelWithHostArgs(fill_, 1 + static_cast<uint32_t>(random_.below(4)), stream, nullptr, &args,
                                             sizeof(args), nullptr, 0);
    }

    int copy(int32_t *to, const int32_t *from, aclrtStream stream)
    {
        return aclrtMemcpyAsync(to, BYTES, from, BYTES, ACL_MEMCPY_DEVICE_TO_DEVICE, stream);
    }

    // All of `memory`, which the stream wrote, is this.
    void expect(const int32_t *memory, int32_t value, aclrtStream stream)
    {
        std::vector<int32_t> host(COUNT, -1);
        CHECK_OK(aclrtSynchronizeStream(stream));
        CHECK_OK(aclrtMemcpy(host.data(), BYTES, memory, BYTES, ACL_MEMCPY_DEVICE_TO_HOST));
        CHECK(host.front() == value && host.back() == value);
    }

    void through_event()
    {
        aclrtEvent event = nullptr;
        CHECK_OK(random_.below(2) == 0 ? aclrtCreateEvent(&event) : aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclrtRecordEvent(event, first_));
        CHECK_OK(aclrtStreamWaitEvent(second_, event));
        CHECK_OK(copy(b_, a_, second_));
        if (random_.below(2) == 0) {
            CHECK_OK(aclrtSynchronizeEvent(event));
        }
        expect(b_, value_, second_);
        CHECK_OK(aclrtDestroyEvent(event));
    }

    void through_notify()
    {
        aclrtNotify notify = nullptr;
        CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
        CHECK_OK(aclrtWaitAndResetNotify(notify, second_, 0));
        CHECK_OK(copy(b_, a_, second_));
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclrtRecordNotify(notify, first_));
        expect(b_, value_, second_);
        CHECK_OK(aclrtDestroyNotify(notify));
    }

    void through_count()
    {
        aclrtCntNotify count = nullptr;
        aclrtCntNotifyWaitInfo wait = {ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, 2, 0, 1, {0, 0, 0}};
        aclrtCntNotifyRecordInfo record = {ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, 1};
        CHECK_OK(aclrtCntNotifyCreate(&count, 0));
        CHECK_OK(aclrtCntNotifyWaitWithTimeout(count, second_, &wait));
        CHECK_OK(copy(b_, a_, second_));
        CHECK_OK(aclrtCntNotifyRecord(count, first_, &record));
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclrtCntNotifyRecord(count, first_, &record));
        expect(b_, value_, second_);
        CHECK_OK(aclrtCntNotifyDestroy(count));
    }

    void through_word()
    {
        CHECK_OK(aclrtMemset(a_, 8, 0, 8));
        CHECK_OK(aclrtValueWait(a_, 100, ACL_STREAM_WAIT_VALUE_GEQ, second_));
        CHECK_OK(launch(b_, value_, second_));
        CHECK_OK(aclrtValueWrite(a_, 100, 0, first_));
        expect(b_, value_, second_);
    }

    void from_pool()
    {
        void *one = nullptr, *two = nullptr;
        CHECK_OK(aclrtMemPoolMallocAsync(&one, BYTES, pool_, first_));
        CHECK_OK(launch(static_cast<int32_t *>(one), value_, first_));
        CHECK_OK(copy(a_, static_cast<int32_t *>(one), first_));
        CHECK_OK(aclrtMemPoolFreeAsync(one, first_));
        // The same block, or another one: either way nobody sees the other's numbers.
        CHECK_OK(aclrtMemPoolMallocAsync(&two, BYTES, pool_, second_));
        CHECK_OK(launch(static_cast<int32_t *>(two), value_ + 1, second_));
        CHECK_OK(copy(b_, static_cast<int32_t *>(two), second_));
        CHECK_OK(aclrtMemPoolFreeAsync(two, second_));
        expect(a_, value_, first_);
        expect(b_, value_ + 1, second_);
        if (random_.below(4) == 0) {
            CHECK_OK(aclrtMemPoolTrimTo(pool_, 0));
        }
    }

    void graph()
    {
        aclrtEvent fork = nullptr, join = nullptr;
        aclrtTaskGrp group = nullptr;
        aclmdlRI made = nullptr;
        CHECK_OK(aclrtCreateEventExWithFlag(&fork, ACL_EVENT_SYNC));
        CHECK_OK(aclrtCreateEventExWithFlag(&join, ACL_EVENT_SYNC));
        CHECK_OK(aclmdlRICaptureBegin(first_, ACL_MODEL_RI_CAPTURE_MODE_RELAXED));
        CHECK_OK(aclmdlRICaptureTaskGrpBegin(first_));
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclmdlRICaptureTaskGrpEnd(first_, &group));
        CHECK_OK(aclrtRecordEvent(fork, first_));
        CHECK_OK(aclrtStreamWaitEvent(second_, fork));
        CHECK_OK(copy(b_, a_, second_));
        CHECK_OK(aclrtRecordEvent(join, second_));
        CHECK_OK(aclrtStreamWaitEvent(first_, join));
        CHECK_OK(aclmdlRICaptureEnd(first_, &made));
        for (size_t run = random_.below(3); run-- > 0;) {
            CHECK_OK(aclrtMemsetAsync(b_, BYTES, 0, BYTES, first_));
            CHECK_OK(aclmdlRIExecuteAsync(made, first_));
            expect(b_, value_, first_);
        }
        CHECK_OK(aclmdlRICaptureTaskUpdateBegin(second_, group));
        CHECK_OK(launch(a_, value_ + 1, second_));
        CHECK_OK(aclmdlRICaptureTaskUpdateEnd(second_));
        CHECK_OK(aclmdlRIExecuteAsync(made, second_));
        expect(b_, value_ + 1, second_);
        CHECK_OK(aclmdlRIDestroy(made));
        CHECK_OK(aclrtDestroyEvent(fork));
        CHECK_OK(aclrtDestroyEvent(join));
    }

    // Jumps over one of two fills, as a number on the device says.
    void built_graph()
    {
        aclmdlRI made = nullptr;
        aclrtStream bound = nullptr;
        aclrtLabel labels[2] = {nullptr, nullptr};
        aclrtLabelList list = nullptr;
        const int32_t which = static_cast<int32_t>(random_.below(2));
        CHECK_OK(aclrtCreateStreamWithConfig(&bound, 0, ACL_STREAM_PERSISTENT));
        CHECK_OK(aclrtMemcpy(b_, 4, &which, 4, ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK_OK(aclrtMemset(a_, BYTES, 0, BYTES));
        CHECK_OK(aclmdlRIBuildBegin(&made, 0));
        CHECK_OK(aclmdlRIBindStream(made, bound, ACL_MODEL_STREAM_FLAG_HEAD));
        CHECK_OK(aclrtCreateLabel(&labels[0]));
        CHECK_OK(aclrtCreateLabel(&labels[1]));
        CHECK_OK(aclrtCreateLabelList(labels, 2, &list));
        CHECK_OK(aclrtSwitchLabelByIndex(b_, 2, list, bound));
        CHECK_OK(aclrtSetLabel(labels[0], bound));
        CHECK_OK(aclrtMemsetAsync(a_, BYTES, 1, BYTES, bound));
        CHECK_OK(aclrtSetLabel(labels[1], bound));
        CHECK_OK(aclmdlRIEndTask(made, bound));
        CHECK_OK(aclmdlRIBuildEnd(made, nullptr));
        CHECK_OK(aclmdlRIExecuteAsync(made, first_));
        expect(a_, which == 0 ? 0x01010101 : 0, first_);
        CHECK_OK(aclmdlRIUnbindStream(made, bound));
        CHECK_OK(aclmdlRIDestroy(made));
        CHECK_OK(aclrtDestroyStream(bound));
        CHECK_OK(aclrtDestroyLabelList(list));
        CHECK_OK(aclrtDestroyLabel(labels[0]));
        CHECK_OK(aclrtDestroyLabel(labels[1]));
    }

    void registered()
    {
        void *host = nullptr, *seen = nullptr;
        CHECK(posix_memalign(&host, 4096, 4096) == 0);
        std::memset(host, 0, 4096);
        CHECK_OK(aclrtHostRegister(host, 4096, ACL_HOST_REGISTER_MAPPED, &seen));
        CHECK_OK(launch(static_cast<int32_t *>(seen), value_, first_));
        CHECK_OK(aclrtSynchronizeStream(first_));
        CHECK(static_cast<int32_t *>(host)[0] == value_ && static_cast<int32_t *>(host)[COUNT - 1] == value_);
        CHECK_OK(aclrtHostUnregister(host));
        std::free(host);
    }

    aclTensor *tensor(void *data)
    {
        const int64_t dims[] = {static_cast<int64_t>(COUNT)};
        return aclCreateTensor(dims, 1, ACL_INT32, nullptr, 0, ACL_FORMAT_ND, dims, 1, data);
    }

    void operation()
    {
        int32_t one = 1;
        aclTensor *x = tensor(a_), *y = tensor(b_);
        aclScalar *alpha = aclCreateScalar(&one, ACL_INT32);
        uint64_t size = 0;
        aclOpExecutor *executor = nullptr;
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclnnAddGetWorkspaceSize(x, x, alpha, y, &size, &executor));
        CHECK_OK(aclnnAdd(nullptr, size, executor, first_));
        expect(b_, 2 * value_, first_);
        CHECK_OK(aclDestroyScalar(alpha));
        CHECK_OK(aclDestroyTensor(x));
        CHECK_OK(aclDestroyTensor(y));
    }

    void by_type()
    {
        const int64_t dims[] = {static_cast<int64_t>(COUNT)};
        aclTensorDesc *desc = aclCreateTensorDesc(ACL_INT32, 1, dims, ACL_FORMAT_ND);
        aclDataBuffer *in = aclCreateDataBuffer(a_, BYTES), *out = aclCreateDataBuffer(b_, BYTES);
        const aclTensorDesc *const inputs[] = {desc, desc};
        const aclDataBuffer *const input_data[] = {in, in};
        aclopHandle *handle = nullptr;
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclopCreateHandle("Mul", 2, inputs, 1, inputs, nullptr, &handle));
        CHECK_OK(aclopExecWithHandle(handle, 2, input_data, 1, &out, first_));
        expect(b_, value_ * value_, first_);
        aclopDestroyHandle(handle);
        CHECK_OK(aclDestroyDataBuffer(in));
        CHECK_OK(aclDestroyDataBuffer(out));
        aclDestroyTensorDesc(desc);
    }

    static void count(void *number) { static_cast<std::atomic<int> *>(number)->fetch_add(1); }

    void callback()
    {
        std::atomic<int> number{0};
        CHECK_OK(aclrtLaunchHostFunc(first_, count, &number));
        CHECK_OK(aclrtLaunchHostFunc(first_, count, &number));
        CHECK_OK(aclrtSynchronizeStream(first_));
        CHECK(number == 2);
    }

    void context()
    {
        aclrtContext own = nullptr, before = nullptr;
        aclrtStream stream = nullptr;
        CHECK_OK(aclrtGetCurrentContext(&before));
        CHECK_OK(aclrtCreateContext(&own, 0));
        CHECK_OK(aclrtCreateStream(&stream));
        CHECK_OK(launch(a_, value_, stream));
        CHECK_CODE(aclrtMemsetAsync(a_, 4, 0, 4, first_), ACL_ERROR_RT_STREAM_CONTEXT);
        expect(a_, value_, stream);
        CHECK_OK(aclrtDestroyStream(stream));
        CHECK_OK(aclrtDestroyContext(own));
        CHECK_OK(aclrtSetCurrentContext(before));
    }

    void mapped()
    {
        constexpr size_t page = 2 << 20;
        void *range = nullptr;
        aclrtDrvMemHandle physical = nullptr;
        aclrtPhysicalMemProp prop;
        std::memset(&prop, 0, sizeof(prop));
        prop.memAttr = ACL_HBM_MEM_HUGE;
        prop.location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
        CHECK_OK(aclrtReserveMemAddress(&range, page, 0, nullptr, 0));
        CHECK_OK(aclrtMallocPhysical(&physical, page, &prop, 0));
        CHECK_OK(aclrtMapMem(range, page, 0, physical, 0));
        CHECK_OK(launch(static_cast<int32_t *>(range), value_, first_));
        expect(static_cast<int32_t *>(range), value_, first_);
        CHECK_OK(aclrtUnmapMem(range));
        CHECK_OK(aclrtFreePhysical(physical));
        CHECK_OK(aclrtReleaseMemAddress(range));
    }

    void managed()
    {
        void *memory = nullptr;
        CHECK_OK(aclrtMemAllocManaged(&memory, 4096, 1));
        CHECK_OK(launch(static_cast<int32_t *>(memory), value_, first_));
        CHECK_OK(aclrtSynchronizeStream(first_));
        CHECK(static_cast<int32_t *>(memory)[COUNT - 1] == value_);
        CHECK_OK(aclrtFree(memory));
    }

    // A stream goes after its work, and another takes its place.
    void stream()
    {
        aclrtStream &place = streams_[random_.below(STREAMS)];
        CHECK_OK(launch(a_, value_, place));
        CHECK_OK(aclrtDestroyStream(place));
        expect(a_, value_, first_ == place ? nullptr : first_);
        CHECK_CODE(aclrtSynchronizeStream(place), ACL_ERROR_RT_INVALID_HANDLE);
        CHECK_OK(aclrtCreateStream(&place));
    }

    static void *take(aclrtAllocator, size_t size) { return std::malloc(size); }
    static void give(aclrtAllocator, aclrtAllocatorBlock block) { std::free(block); }
    static void *address(aclrtAllocatorBlock block) { return block; }

    void allocator()
    {
        aclrtAllocatorDesc desc = aclrtAllocatorCreateDesc();
        CHECK_OK(aclrtAllocatorSetObjToDesc(desc, this));
        CHECK_OK(aclrtAllocatorSetAllocFuncToDesc(desc, take));
        CHECK_OK(aclrtAllocatorSetFreeFuncToDesc(desc, give));
        CHECK_OK(aclrtAllocatorSetGetAddrFromBlockFuncToDesc(desc, address));
        CHECK_OK(aclrtAllocatorRegister(first_, desc));
        CHECK_OK(aclrtAllocatorUnregister(first_));
        CHECK_OK(aclrtAllocatorDestroyDesc(desc));
    }

    void descriptors()
    {
        const int64_t ints[] = {1, 2, 3};
        const aclTensor *tensors[] = {tensor(a_), tensor(b_)};
        aclTensorList *list = aclCreateTensorList(tensors, 2);
        aclIntArray *array = aclCreateIntArray(ints, 3);
        uint64_t size = 0;
        CHECK_OK(aclGetTensorListSize(list, &size));
        CHECK(size == 2);
        CHECK_OK(aclGetIntArraySize(array, &size));
        CHECK(size == 3);
        CHECK_OK(aclDestroyIntArray(array));
        CHECK_OK(aclDestroyTensorList(list));
        CHECK(aclGetTensorListSize(list, &size) != 0);
    }

    // Objects that all threads know: used, destroyed and replaced while others do the same.
    void everyones()
    {
        const size_t at = random_.below(4);
        switch (random_.below(6)) {
            case 0: {
                aclrtEvent made = nullptr;
                CHECK_OK(aclrtCreateEventExWithFlag(&made, ACL_EVENT_SYNC));
                alive(aclrtDestroyEvent(shared.events[at].exchange(made)));
                break;
            }
            case 1: {
                const aclrtEvent event = shared.events[at];
                if (alive(aclrtRecordEvent(event, first_)) == 0 && alive(aclrtStreamWaitEvent(second_, event)) == 0) {
                    CHECK_OK(aclrtSynchronizeStream(second_));
                }
                break;
            }
            case 2: {
                aclrtEventRecordedStatus status;
                alive(aclrtQueryEventStatus(shared.events[at], &status));
                break;
            }
            case 3: {
                aclrtNotify made = nullptr;
                CHECK_OK(aclrtCreateNotify(&made, ACL_NOTIFY_DEFAULT));
                alive(aclrtDestroyNotify(shared.notifies[at].exchange(made)));
                break;
            }
            case 4: {
                uint32_t id = 0;
                alive(aclrtRecordNotify(shared.notifies[at], first_));
                alive(aclrtGetNotifyId(shared.notifies[at], &id));
                break;
            }
            default: {
                // Two threads destroy one label: one of them is told that it is gone.
                alive(aclrtDestroyLabel(shared.labels[at]));
                aclrtLabel made = nullptr;
                CHECK_OK(aclrtCreateLabel(&made));
                alive(aclrtDestroyLabel(shared.labels[at].exchange(made)));
                break;
            }
        }
    }

    void binary()
    {
        const aclsimKernel fills = kernel();
        const aclsimKernelTable table = {ACLSIM_KERNEL_MAGIC, ACLSIM_KERNEL_VERSION, &fills, 1, nullptr, 0};
        aclrtBinHandle loaded = nullptr;
        aclrtFuncHandle function = nullptr;
        FillArgs args = {a_, value_};
        CHECK_OK(aclsimBinaryFromKernels(&table, &loaded));
        CHECK_OK(aclrtBinaryGetFunction(loaded, "fill", &function));
        CHECK_OK(aclrtLaunchKernelWithHostArgs(function, 2, first_, nullptr, &args, sizeof(args), nullptr, 0));
        // What is queued still runs.
        CHECK_OK(aclrtBinaryUnLoad(loaded));
        expect(a_, value_, first_);
    }

    // A buffer of device memory through a queue of its own, in a chain.
    void messages()
    {
        uint32_t queue = 0;
        acltdtBuf head = nullptr, tail = nullptr, out = nullptr, reference = nullptr;
        void *data = nullptr;
        size_t size = 0;
        CHECK_OK(acltdtCreateQueue(nullptr, &queue));
        CHECK_OK(acltdtAllocBuf(BYTES, ACL_TDT_NORMAL_MEM, &head));
        CHECK_OK(acltdtAllocBuf(8, ACL_TDT_NORMAL_MEM, &tail));
        CHECK_OK(acltdtGetBufData(head, &data, &size));
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclrtMemcpyAsync(data, BYTES, a_, BYTES, ACL_MEMCPY_DEVICE_TO_HOST, first_));
        CHECK_OK(aclrtSynchronizeStream(first_));
        CHECK_OK(acltdtSetBufDataLen(head, BYTES));
        CHECK_OK(acltdtCopyBufRef(head, &reference));
        CHECK_OK(acltdtAppendBufChain(head, tail));
        CHECK_OK(acltdtEnqueue(queue, head, -1));
        CHECK_CODE(acltdtFreeBuf(tail), ACL_ERROR_RT_INVALID_HANDLE);
        CHECK_OK(acltdtDequeue(queue, &out, -1));
        CHECK_OK(acltdtFreeBuf(out));
        CHECK_OK(acltdtGetBufData(reference, &data, &size));
        CHECK(size == BYTES && static_cast<int32_t *>(data)[COUNT - 1] == value_);
        CHECK_OK(acltdtEnqueue(queue, reference, -1));
        CHECK_OK(acltdtDestroyQueue(queue));
    }

    // What all threads put into one queue comes out of two others, or is still on its way.
    void routed()
    {
        const int32_t pair[] = {value_, -value_};
        int32_t got[2] = {0, 1};
        size_t size = 0;
        const int put = acltdtEnqueueData(shared.queues[0], pair, sizeof(pair), nullptr, 0, 0, 0);
        CHECK(put == 0 || put == ACL_ERROR_RT_QUEUE_FULL);
        const uint32_t from = shared.queues[1 + random_.below(2)];
        const int taken = acltdtDequeueData(from, got, sizeof(got), &size, nullptr, 0, 0);
        CHECK(taken == ACL_ERROR_RT_QUEUE_EMPTY || (taken == 0 && size == sizeof(got) && got[0] == -got[1]));
    }

    // One dataset into the channel that all use, and one out: whose does not matter.
    void dataset()
    {
        const int64_t dims[] = {static_cast<int64_t>(COUNT)};
        acltdtDataset *out = acltdtCreateDataset(), *in = acltdtCreateDataset();
        CHECK_OK(launch(a_, value_, first_));
        CHECK_OK(aclrtSynchronizeStream(first_));
        acltdtDataItem *item = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, dims, 1, ACL_INT32, a_, BYTES);
        CHECK_OK(acltdtAddDataItem(out, item));
        CHECK_OK(acltdtSendTensor(shared.channel, out, -1));
        CHECK_OK(acltdtReceiveTensor(shared.channel, in, -1));
        const int32_t *data =
            static_cast<const int32_t *>(acltdtGetDataAddrFromItem(acltdtGetDataItem(in, 0)));
        CHECK(data != nullptr && data[0] > 0 && data[0] == data[COUNT - 1]);
        CHECK_OK(acltdtDestroyDataset(in));
        CHECK_OK(acltdtDestroyDataset(out));
        CHECK_OK(acltdtDestroyDataItem(item));
    }

    Random random_;
    aclrtBinHandle binary_ = nullptr;
    aclrtFuncHandle fill_ = nullptr;
    aclrtMemPool pool_ = nullptr;
    aclrtStream streams_[STREAMS] = {};
    int32_t *memory_[4] = {};
    // Of one step.
    int32_t value_ = 0;
    int32_t *a_ = nullptr, *b_ = nullptr;
    aclrtStream first_ = nullptr, second_ = nullptr;
};

void bind_queues()
{
    acltdtQueueRouteList *routes = acltdtCreateQueueRouteList();
    for (uint32_t &queue : shared.queues) {
        CHECK_OK(acltdtCreateQueue(nullptr, &queue));
    }
    for (int i = 1; i < 3; i++) {
        acltdtQueueRoute *route = acltdtCreateQueueRoute(shared.queues[0], shared.queues[i]);
        CHECK_OK(acltdtAddQueueRoute(routes, route));
        CHECK_OK(acltdtDestroyQueueRoute(route));
    }
    CHECK_OK(acltdtBindQueueRoutes(routes));
    CHECK_OK(acltdtDestroyQueueRouteList(routes));
}

void stress(uint64_t seed)
{
    std::vector<std::thread> threads;
    bind_queues();
    shared.channel = acltdtCreateChannelWithCapacity(0, "stress", 2);
    CHECK(shared.channel != nullptr);
    for (int i = 0; i < 4; i++) {
        aclrtEvent event = nullptr;
        aclrtNotify notify = nullptr;
        aclrtLabel label = nullptr;
        CHECK_OK(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC));
        CHECK_OK(aclrtCreateNotify(&notify, ACL_NOTIFY_DEFAULT));
        CHECK_OK(aclrtCreateLabel(&label));
        shared.events[i] = event;
        shared.notifies[i] = notify;
        shared.labels[i] = label;
    }
    for (int i = 0; i < THREADS; i++) {
        threads.emplace_back([seed, i] { Driver(seed * 1000003 + static_cast<uint64_t>(i)).run(); });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    size_t left = 1;
    CHECK_OK(acltdtQueryChannelSize(shared.channel, &left));
    CHECK(left == 0);
    CHECK_OK(acltdtDestroyChannel(shared.channel));
    for (const uint32_t queue : shared.queues) {
        CHECK_OK(acltdtDestroyQueue(queue));
    }
    for (int i = 0; i < 4; i++) {
        CHECK_OK(aclrtDestroyEvent(shared.events[i]));
        CHECK_OK(aclrtDestroyNotify(shared.notifies[i]));
        CHECK_OK(aclrtDestroyLabel(shared.labels[i]));
    }
}

}  // namespace

int main(int argc, char **argv)
{
    CHECK_OK(aclInit(nullptr));
    CHECK_OK(aclrtSetDevice(0));
    if (argc > 1) {
        stress(std::strtoull(argv[1], nullptr, 10));
    }
    for (uint64_t seed = 1; argc < 2 && seed <= 6; seed++) {
        const int before = check_failures;
        stress(seed);
        if (check_failures != before) {
            fprintf(stderr, "seed %llu\n", static_cast<unsigned long long>(seed));
        }
    }
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
