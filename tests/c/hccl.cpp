// Collectives among devices of one process: results against plain arithmetic, order, and what goes wrong.
#include "check.h"

#include <hccl/hccl.h>

#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr uint32_t kDevices = 4;

// Sixteen-bit floats as bits, for numbers that they represent exactly.
uint16_t ToBits(float value, bool bf16)
{
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof(bits));
    if (bf16) {
        return static_cast<uint16_t>(bits >> 16);
    }
    if (value == 0.0f) {
        return 0;
    }
    const uint32_t exponent = (bits >> 23 & 0xff) - 127 + 15;
    return static_cast<uint16_t>((bits >> 16 & 0x8000) | exponent << 10 | (bits >> 13 & 0x3ff));
}

struct Half {
    uint16_t bits;
    Half() : bits(0) {}
    Half(int value) : bits(ToBits(static_cast<float>(value), false)) {}
    bool operator==(const Half &other) const { return bits == other.bits; }
};

struct Brain {
    uint16_t bits;
    Brain() : bits(0) {}
    Brain(int value) : bits(ToBits(static_cast<float>(value), true)) {}
    bool operator==(const Brain &other) const { return bits == other.bits; }
};

// A small number that tells rank and place, so that sums and products of four are exact in every type.
int Number(uint32_t rank, size_t i)
{
    return static_cast<int>((i * 7 + rank * 5) % 4);
}

int Combined(HcclReduceOp op, uint32_t ranks, size_t i)
{
    int result = Number(0, i);
    for (uint32_t rank = 1; rank < ranks; rank++) {
        const int next = Number(rank, i);
        switch (op) {
            case HCCL_REDUCE_SUM: result += next; break;
            case HCCL_REDUCE_PROD: result *= next; break;
            case HCCL_REDUCE_MAX: result = next > result ? next : result; break;
            default: result = next < result ? next : result; break;
        }
    }
    return result;
}

// Device memory with a copy on the host.
template <typename T>
struct Memory {
    std::vector<T> host;
    void *device = nullptr;

    explicit Memory(size_t count) : host(count) {}
    Memory(Memory &&other) noexcept : host(std::move(other.host)), device(other.device) { other.device = nullptr; }
    Memory(const Memory &) = delete;
    ~Memory()
    {
        if (device != nullptr) {
            CHECK_OK(aclrtFree(device));
        }
    }
    size_t Bytes() const { return host.size() * sizeof(T); }
    void Upload()
    {
        if (device == nullptr) {
            CHECK_OK(aclrtMalloc(&device, Bytes(), ACL_MEM_MALLOC_HUGE_FIRST));
        }
        CHECK_OK(aclrtMemcpy(device, Bytes(), host.data(), Bytes(), ACL_MEMCPY_HOST_TO_DEVICE));
    }
    const std::vector<T> &Download()
    {
        CHECK_OK(aclrtMemcpy(host.data(), Bytes(), device, Bytes(), ACL_MEMCPY_DEVICE_TO_HOST));
        return host;
    }
    T *At(size_t i) const { return static_cast<T *>(device) + i; }
};

// Ranks on devices 0, 1, …, all driven by one thread.
struct Ranks {
    uint32_t size;
    HcclComm comm[kDevices] = {};
    aclrtStream stream[kDevices] = {};

    explicit Ranks(uint32_t n) : size(n)
    {
        int32_t devices[kDevices];
        for (uint32_t rank = 0; rank < n; rank++) {
            devices[rank] = static_cast<int32_t>(rank);
            CHECK_OK(aclrtSetDevice(devices[rank]));
            CHECK_OK(aclrtCreateStream(&stream[rank]));
        }
        CHECK_OK(HcclCommInitAll(n, devices, comm));
    }
    ~Ranks()
    {
        for (uint32_t rank = 0; rank < size; rank++) {
            Enter(rank);
            CHECK_OK(HcclCommDestroy(comm[rank]));
            CHECK_OK(aclrtDestroyStream(stream[rank]));
        }
    }
    void Enter(uint32_t rank) { CHECK_OK(aclrtSetDevice(static_cast<int32_t>(rank))); }
    void Wait()
    {
        for (uint32_t rank = 0; rank < size; rank++) {
            Enter(rank);
            CHECK_OK(aclrtSynchronizeStream(stream[rank]));
        }
    }
    template <typename T, typename F>
    std::vector<Memory<T>> Fill(size_t count, F value)
    {
        std::vector<Memory<T>> all;
        for (uint32_t rank = 0; rank < size; rank++) {
            Enter(rank);
            all.emplace_back(count);
            for (size_t i = 0; i < count; i++) {
                all.back().host[i] = T(value(rank, i));
            }
            all.back().Upload();
        }
        return all;
    }
    template <typename F>
    void Each(F call)
    {
        for (uint32_t rank = 0; rank < size; rank++) {
            Enter(rank);
            CHECK_OK(call(rank));
        }
        Wait();
    }
};

template <typename T, typename F>
bool Holds(std::vector<Memory<T>> &memory, F value)
{
    for (uint32_t rank = 0; rank < memory.size(); rank++) {
        const std::vector<T> &got = memory[rank].Download();
        for (size_t i = 0; i < got.size(); i++) {
            if (!(got[i] == T(value(rank, i)))) {
                fprintf(stderr, "rank %u, element %zu\n", rank, i);
                return false;
            }
        }
    }
    return true;
}

template <typename T>
void Reductions(Ranks &ranks, HcclDataType type)
{
    const uint32_t n = ranks.size;
    const size_t count = 20011;
    for (int op = HCCL_REDUCE_SUM; op <= HCCL_REDUCE_MIN; op++) {
        const HcclReduceOp reduce = static_cast<HcclReduceOp>(op);
        auto in = ranks.Fill<T>(count * n, Number);
        auto out = ranks.Fill<T>(count, [](uint32_t, size_t) { return 1; });
        ranks.Each([&](uint32_t r) {
            return HcclAllReduce(in[r].device, out[r].device, count, type, reduce, ranks.comm[r], ranks.stream[r]);
        });
        CHECK(Holds(out, [&](uint32_t, size_t i) { return Combined(reduce, n, i); }));
        ranks.Each([&](uint32_t r) {
            return HcclReduceScatter(in[r].device, out[r].device, count, type, reduce, ranks.comm[r], ranks.stream[r]);
        });
        CHECK(Holds(out, [&](uint32_t r, size_t i) { return Combined(reduce, n, r * count + i); }));
        const uint32_t root = n - 1;
        auto kept = ranks.Fill<T>(count, [](uint32_t, size_t) { return 3; });
        ranks.Each([&](uint32_t r) {
            return HcclReduce(in[r].device, kept[r].device, count, type, reduce, root, ranks.comm[r], ranks.stream[r]);
        });
        CHECK(Holds(kept, [&](uint32_t r, size_t i) { return r == root ? Combined(reduce, n, i) : 3; }));
        // In place.
        ranks.Each([&](uint32_t r) {
            return HcclReduceScatter(in[r].device, in[r].At(r * count), count, type, reduce, ranks.comm[r],
                                     ranks.stream[r]);
        });
        CHECK(Holds(in, [&](uint32_t r, size_t i) {
            return i / count == r ? Combined(reduce, n, i) : Number(r, i);
        }));
        auto both = ranks.Fill<T>(count, Number);
        ranks.Each([&](uint32_t r) {
            return HcclAllReduce(both[r].device, both[r].device, count, type, reduce, ranks.comm[r], ranks.stream[r]);
        });
        CHECK(Holds(both, [&](uint32_t, size_t i) { return Combined(reduce, n, i); }));
    }
}

void Moves(Ranks &ranks)
{
    const uint32_t n = ranks.size;
    const size_t count = 1000;
    const HcclDataType type = HCCL_DATA_TYPE_INT32;
    const auto tell = [](uint32_t rank, size_t i) { return static_cast<int>(rank * 100000 + i); };
    const auto none = [](uint32_t, size_t) { return -1; };

    auto one = ranks.Fill<int32_t>(count, tell);
    auto all = ranks.Fill<int32_t>(count * n, none);
    ranks.Each([&](uint32_t r) {
        return HcclAllGather(one[r].device, all[r].device, count, type, ranks.comm[r], ranks.stream[r]);
    });
    CHECK(Holds(all, [&](uint32_t, size_t i) { return tell(static_cast<uint32_t>(i / count), i % count); }));

    const uint32_t root = n / 2;
    ranks.Each([&](uint32_t r) {
        return HcclBroadcast(one[r].device, count, type, root, ranks.comm[r], ranks.stream[r]);
    });
    CHECK(Holds(one, [&](uint32_t, size_t i) { return tell(root, i); }));

    auto source = ranks.Fill<int32_t>(count * n, tell);
    ranks.Each([&](uint32_t r) {
        // Others than the root have nothing to send.
        void *send = r == root ? source[r].device : nullptr;
        return HcclScatter(send, one[r].device, count, type, root, ranks.comm[r], ranks.stream[r]);
    });
    CHECK(Holds(one, [&](uint32_t r, size_t i) { return tell(root, r * count + i); }));

    auto target = ranks.Fill<int32_t>(count * n, none);
    ranks.Each([&](uint32_t r) {
        return HcclAlltoAll(source[r].device, count, type, target[r].device, count, type, ranks.comm[r],
                            ranks.stream[r]);
    });
    CHECK(Holds(target, [&](uint32_t r, size_t i) {
        return tell(static_cast<uint32_t>(i / count), r * count + i % count);
    }));

    // Rank s gives rank r (s + 2 r) elements, from place 50 r to place 60 s.
    uint64_t counts[kDevices][kDevices], received[kDevices][kDevices], from[kDevices], to[kDevices];
    std::vector<uint64_t> matrix;
    for (uint32_t s = 0; s < n; s++) {
        from[s] = 50 * s;
        to[s] = 60 * s;
        for (uint32_t r = 0; r < n; r++) {
            counts[s][r] = s + 2 * r;
            received[r][s] = s + 2 * r;
            matrix.push_back(s + 2 * r);
        }
    }
    target = ranks.Fill<int32_t>(count * n, none);
    ranks.Each([&](uint32_t r) {
        return HcclAlltoAllV(source[r].device, counts[r], from, type, target[r].device, received[r], to, type,
                             ranks.comm[r], ranks.stream[r]);
    });
    CHECK(Holds(target, [&](uint32_t r, size_t i) {
        const uint32_t s = static_cast<uint32_t>(i / 60);
        return s < n && i % 60 < s + 2 * r ? tell(s, 50 * r + i % 60) : -1;
    }));
    target = ranks.Fill<int32_t>(count * n, none);
    ranks.Each([&](uint32_t r) {
        return HcclAlltoAllVC(source[r].device, matrix.data(), type, target[r].device, type, ranks.comm[r],
                              ranks.stream[r]);
    });
    CHECK(Holds(target, [&](uint32_t r, size_t i) {
        size_t place = i;
        for (uint32_t s = 0; s < n; s++) {
            if (place < s + 2 * r) {
                return tell(s, r * s + r * (r - 1) + place);
            }
            place -= s + 2 * r;
        }
        return -1;
    }));

    // Rank s has 5 s + 3 elements.
    uint64_t sizes[kDevices];
    for (uint32_t s = 0; s < n; s++) {
        sizes[s] = 5 * s + 3;
    }
    target = ranks.Fill<int32_t>(count * n, none);
    ranks.Each([&](uint32_t r) {
        return HcclAllGatherV(source[r].device, sizes[r], target[r].device, sizes, to, type, ranks.comm[r],
                              ranks.stream[r]);
    });
    CHECK(Holds(target, [&](uint32_t, size_t i) {
        const uint32_t s = static_cast<uint32_t>(i / 60);
        return s < n && i % 60 < sizes[s] ? tell(s, i % 60) : -1;
    }));
    target = ranks.Fill<int32_t>(count, none);
    ranks.Each([&](uint32_t r) {
        return HcclReduceScatterV(source[r].device, sizes, from, target[r].device, sizes[r], type, HCCL_REDUCE_MAX,
                                  ranks.comm[r], ranks.stream[r]);
    });
    CHECK(Holds(target, [&](uint32_t r, size_t i) { return i < sizes[r] ? tell(n - 1, 50 * r + i) : -1; }));
    ranks.Each([&](uint32_t r) { return HcclBarrier(ranks.comm[r], ranks.stream[r]); });
}

// A collective is queued, not waited for; it happens when all have called.
void Asynchronous()
{
    Ranks ranks(2);
    auto data = ranks.Fill<float>(64, [](uint32_t r, size_t) { return static_cast<int>(r) + 1; });
    const auto call = [&](uint32_t r) {
        ranks.Enter(r);
        CHECK_OK(HcclAllReduce(data[r].device, data[r].device, 64, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM,
                               ranks.comm[r], ranks.stream[r]));
    };
    call(0);
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    CHECK_OK(aclrtStreamQuery(ranks.stream[0], &status));
    CHECK(status == ACL_STREAM_STATUS_NOT_READY);
    call(1);
    ranks.Wait();
    CHECK(Holds(data, [](uint32_t, size_t) { return 3; }));

    // The rounds of one rank may run ahead of those of another.
    for (int i = 0; i < 20; i++) {
        call(0);
    }
    for (int i = 0; i < 20; i++) {
        call(1);
    }
    ranks.Wait();
    CHECK(Holds(data, [](uint32_t, size_t) { return 3 << 20; }));

    // A send waits for its receive.
    auto to = ranks.Fill<float>(64, [](uint32_t, size_t) { return 0; });
    ranks.Enter(0);
    CHECK_OK(HcclSend(data[0].device, 64, HCCL_DATA_TYPE_FP32, 1, ranks.comm[0], ranks.stream[0]));
    ranks.Enter(1);
    CHECK_OK(HcclRecv(to[1].device, 64, HCCL_DATA_TYPE_FP32, 0, ranks.comm[1], ranks.stream[1]));
    ranks.Wait();
    CHECK(to[1].Download()[63] == 3 << 20);
}

// Every rank a thread: they find each other by root information, then pass numbers around a ring.
void Threads(uint32_t n)
{
    CHECK_OK(aclrtSetDevice(0));
    HcclRootInfo root;
    CHECK_OK(HcclGetRootInfo(&root));
    std::vector<std::thread> threads;
    for (uint32_t rank = 0; rank < n; rank++) {
        threads.emplace_back([rank, n, &root] {
            CHECK_OK(aclrtSetDevice(static_cast<int32_t>(rank)));
            aclrtStream stream = nullptr;
            CHECK_OK(aclrtCreateStream(&stream));
            HcclCommConfig config;
            HcclCommConfigInit(&config);
            strcpy(config.hcclCommName, "ring");
            HcclComm comm = nullptr;
            CHECK_OK(HcclCommInitRootInfoConfig(n, &root, rank, &config, &comm));
            uint32_t size = 0, id = 99;
            char name[COMM_NAME_MAX_LENGTH];
            CHECK_OK(HcclGetRankSize(comm, &size));
            CHECK_OK(HcclGetRankId(comm, &id));
            CHECK_OK(HcclGetCommName(comm, name));
            CHECK(size == n && id == rank && strcmp(name, "ring") == 0);
            {
                Memory<int64_t> mine(16), next(16);
                for (size_t i = 0; i < 16; i++) {
                    mine.host[i] = rank;
                }
                mine.Upload();
                next.Upload();
                for (uint32_t turn = 0; turn < 10 * n; turn++) {
                    HcclSendRecvItem items[2] = {
                        {HCCL_SEND, mine.device, 16, HCCL_DATA_TYPE_INT64, (rank + 1) % n},
                        {HCCL_RECV, next.device, 16, HCCL_DATA_TYPE_INT64, (rank + n - 1) % n},
                    };
                    CHECK_OK(HcclBatchSendRecv(items, 2, comm, stream));
                    std::swap(mine.device, next.device);
                }
                CHECK_OK(HcclAllReduce(mine.device, next.device, 16, HCCL_DATA_TYPE_INT64, HCCL_REDUCE_SUM, comm,
                                       stream));
                CHECK_OK(aclrtSynchronizeStream(stream));
                CHECK(mine.Download()[15] == rank);
                CHECK(next.Download()[0] == n * (n - 1) / 2);
            }
            // Even and odd ranks as groups of their own.
            uint32_t members[kDevices], count = 0;
            for (uint32_t other = rank % 2; other < n; other += 2) {
                members[count++] = other;
            }
            HcclComm sub = nullptr;
            HcclCommConfigInit(&config);
            CHECK_OK(HcclCreateSubCommConfig(&comm, count, members, rank % 2, rank / 2, &config, &sub));
            CHECK_OK(HcclGetRankSize(sub, &size));
            CHECK_OK(HcclGetRankId(sub, &id));
            CHECK(size == count && id == rank / 2);
            CHECK_OK(HcclBarrier(sub, stream));
            CHECK_OK(aclrtSynchronizeStream(stream));
            CHECK_OK(HcclCommDestroy(sub));
            CHECK_OK(HcclCommDestroy(comm));
            CHECK_OK(aclrtDestroyStream(stream));
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

// Ranks that disagree, or are missing.
void Failures()
{
    HcclResult error = HCCL_SUCCESS;
    {
        Ranks ranks(2);
        auto data = ranks.Fill<float>(64, [](uint32_t, size_t) { return 1; });
        for (uint32_t r = 0; r < 2; r++) {
            ranks.Enter(r);
            CHECK_OK(HcclAllReduce(data[r].device, data[r].device, 32 + r, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM,
                                   ranks.comm[r], ranks.stream[r]));
        }
        for (uint32_t r = 0; r < 2; r++) {
            ranks.Enter(r);
            CHECK_REFUSED(aclrtSynchronizeStream(ranks.stream[r]), ACL_ERROR_RT_AICPU_EXCEPTION, "HcclAllReduce",
                          "rank 0 gives rank 1 128 bytes, which expects 132");
            CHECK_OK(HcclGetCommAsyncError(ranks.comm[r], &error));
            CHECK(error == HCCL_E_PARA);
        }
        ranks.Enter(0);
        CHECK_OK(HcclBroadcast(data[0].device, 8, HCCL_DATA_TYPE_FP32, 0, ranks.comm[0], ranks.stream[0]));
        ranks.Enter(1);
        CHECK_OK(HcclBroadcast(data[1].device, 8, HCCL_DATA_TYPE_INT32, 1, ranks.comm[1], ranks.stream[1]));
        for (uint32_t r = 0; r < 2; r++) {
            ranks.Enter(r);
            CHECK_REFUSED(aclrtSynchronizeStream(ranks.stream[r]), ACL_ERROR_RT_AICPU_EXCEPTION,
                          "rank 0 called HcclBroadcast of HCCL_DATA_TYPE_FP32, root 0",
                          "rank 1 called HcclBroadcast of HCCL_DATA_TYPE_INT32, root 1");
        }
        CHECK(Holds(data, [](uint32_t, size_t) { return 1; }));

        ranks.Enter(0);
        void *x = data[0].device;
        CHECK_REFUSED(HcclAllReduce(x, x, 8, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM, ranks.comm[1], ranks.stream[0]),
                      HCCL_E_PARA, "stream", "device 1");
        CHECK_REFUSED(HcclAllReduce(x, data[0].At(1), 8, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM, ranks.comm[0],
                                    ranks.stream[0]),
                      HCCL_E_PARA, "recvBuf", "apart");
        CHECK_REFUSED(HcclAllReduce(x, x, 65, HCCL_DATA_TYPE_FP32, HCCL_REDUCE_SUM, ranks.comm[0], ranks.stream[0]),
                      HCCL_E_PARA, "sendBuf");
        CHECK_REFUSED(HcclAllReduce(x, x, 8, HCCL_DATA_TYPE_INT128, HCCL_REDUCE_SUM, ranks.comm[0], ranks.stream[0]),
                      HCCL_E_PARA, "HCCL_DATA_TYPE_INT128");
        CHECK_REFUSED(HcclSend(x, 8, HCCL_DATA_TYPE_FP32, 2, ranks.comm[0], ranks.stream[0]), HCCL_E_PARA, "destRank");
        CHECK_REFUSED(HcclSend(x, 8, HCCL_DATA_TYPE_FP32, 0, ranks.comm[0], ranks.stream[0]), HCCL_E_PARA, "another");
        HcclSendRecvItem item = {HCCL_SEND_RECV_RESERVED, x, 8, HCCL_DATA_TYPE_FP32, 1};
        CHECK_CODE(HcclBatchSendRecv(&item, 1, ranks.comm[0], ranks.stream[0]), HCCL_E_PARA);
        CHECK_CODE(HcclBatchSendRecv(nullptr, 1, ranks.comm[0], ranks.stream[0]), HCCL_E_PTR);
        CHECK_CODE(HcclBatchSendRecv(&item, 0, ranks.comm[0], ranks.stream[0]), HCCL_E_PARA);
        ranks.Wait();
    }
    // A rank leaves while another one waits for it, and before another one calls.
    {
        Ranks ranks(2);
        auto data = ranks.Fill<float>(8, [](uint32_t, size_t) { return 1; });
        ranks.Enter(0);
        CHECK_OK(HcclBroadcast(data[0].device, 8, HCCL_DATA_TYPE_FP32, 0, ranks.comm[0], ranks.stream[0]));
        ranks.Enter(1);
        CHECK_OK(HcclCommDestroy(ranks.comm[1]));
        ranks.Enter(0);
        CHECK_REFUSED(aclrtSynchronizeStream(ranks.stream[0]), ACL_ERROR_RT_AICPU_EXCEPTION, "HcclBroadcast", "rank 1");
        CHECK_OK(HcclGetCommAsyncError(ranks.comm[0], &error));
        CHECK(error == HCCL_E_REMOTE);
        CHECK_REFUSED(HcclBarrier(ranks.comm[0], ranks.stream[0]), HCCL_E_REMOTE, "rank 1");
        CHECK_CODE(HcclBarrier(ranks.comm[1], ranks.stream[0]), HCCL_E_PARA);
        int32_t device = 1;
        CHECK_OK(HcclCommInitAll(1, &device, &ranks.comm[1]));
    }
    // A stream is destroyed at once while it waits.
    {
        Ranks ranks(2);
        aclrtStream extra = nullptr;
        ranks.Enter(0);
        CHECK_OK(aclrtCreateStream(&extra));
        CHECK_OK(HcclBarrier(ranks.comm[0], extra));
        CHECK_OK(aclrtDestroyStreamForce(extra));
        ranks.Enter(1);
        CHECK_OK(HcclBarrier(ranks.comm[1], ranks.stream[1]));
        CHECK_REFUSED(aclrtSynchronizeStream(ranks.stream[1]), ACL_ERROR_RT_AICPU_EXCEPTION, "destroyed");
    }
    int32_t twice[2] = {0, 0};
    HcclComm comms[2] = {nullptr, nullptr};
    CHECK_REFUSED(HcclCommInitAll(2, twice, comms), HCCL_E_PARA, "devices", "0 twice");
    CHECK(comms[0] == nullptr);
    CHECK_OK(aclrtSetDevice(0));
    HcclRootInfo root;
    CHECK_OK(HcclGetRootInfo(&root));
    CHECK_REFUSED(HcclCommInitRootInfo(2, &root, 2, comms), HCCL_E_PARA, "rank");
    CHECK_REFUSED(HcclCommInitRootInfo(kDevices + 1, &root, 0, comms), HCCL_E_NOT_SUPPORT, "ACLSIM_DEVICES");
    CHECK_REFUSED(HcclCommInitRootInfo(2, &root, 0, comms), HCCL_E_TIMEOUT, "ranks 1", "HCCL_CONNECT_TIMEOUT");
    root.internal[8]++;
    CHECK_REFUSED(HcclCommInitRootInfo(2, &root, 0, comms), HCCL_E_NOT_SUPPORT, "another process");
    root.internal[0] = 0;
    CHECK_CODE(HcclCommInitRootInfo(1, &root, 0, comms), HCCL_E_PARA);
    CHECK(comms[0] == nullptr);
}

}  // namespace

int main()
{
    (void)setenv("ACLSIM_DEVICES", "4", 1);
    (void)setenv("ACLSIM_WORKERS", "2", 1);
    CHECK_OK(aclInit(nullptr));
    for (uint32_t n : {1u, 2u, 4u}) {
        Ranks ranks(n);
        Reductions<float>(ranks, HCCL_DATA_TYPE_FP32);
        Moves(ranks);
        if (n == 4) {
            Reductions<int8_t>(ranks, HCCL_DATA_TYPE_INT8);
            Reductions<uint8_t>(ranks, HCCL_DATA_TYPE_UINT8);
            Reductions<int16_t>(ranks, HCCL_DATA_TYPE_INT16);
            Reductions<uint16_t>(ranks, HCCL_DATA_TYPE_UINT16);
            Reductions<int32_t>(ranks, HCCL_DATA_TYPE_INT32);
            Reductions<uint32_t>(ranks, HCCL_DATA_TYPE_UINT32);
            Reductions<int64_t>(ranks, HCCL_DATA_TYPE_INT64);
            Reductions<uint64_t>(ranks, HCCL_DATA_TYPE_UINT64);
            Reductions<double>(ranks, HCCL_DATA_TYPE_FP64);
            Reductions<Half>(ranks, HCCL_DATA_TYPE_FP16);
            Reductions<Brain>(ranks, HCCL_DATA_TYPE_BFP16);
        }
    }
    Asynchronous();
    Threads(2);
    Threads(4);
    (void)setenv("HCCL_CONNECT_TIMEOUT", "1", 1);
    Failures();
    return check_done();
}
