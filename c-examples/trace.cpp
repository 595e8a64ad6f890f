// A timeline of a pipeline: one stream carries batches in and out, another one computes, events keep them in step.
//
//   copies:   in 0 | in 1 ......... | out 0 | in 2 ......... | out 1 ......... | out 2
//   compute:       | Exp, Softmax 0 | Exp, Softmax 1         | Exp, Softmax 2  |
//
// aclprofInit names a directory, aclprofStart and aclprofStop enclose what is recorded. Steps and ranges say what it
// means. The file opens in https://ui.perfetto.dev; docs/timeline.svg was drawn from it. ACLSIM_TRACE=file records any
// program without these calls.
//
//   ./trace             records, checks the file and removes it
//   ./trace DIRECTORY   keeps it there

#include <acl/acl.h>
#include <acl/acl_prof.h>
#include <aclnnop/aclnn_exp.h>
#include <aclnnop/aclnn_softmax.h>

#include <dirent.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr int kBatches = 3;
constexpr int64_t kSide = 512;
constexpr size_t kCount = static_cast<size_t>(kSide * kSide);
constexpr size_t kBytes = kCount * sizeof(float);

void Check(int code, const char *what)
{
    if (code != ACL_SUCCESS) {
        const char *why = aclGetRecentErrMsg();
        std::fprintf(stderr, "%s answered %d: %s\n", what, code, why != nullptr ? why : "(no message)");
        std::exit(1);
    }
}
#define CHECK(call) Check((call), #call)

// A part of the host's time with a name, for the timeline.
class Range {
public:
    explicit Range(const std::string &name) : stamp_(aclprofCreateStamp())
    {
        CHECK(aclprofSetStampTraceMessage(stamp_, name.c_str(), static_cast<uint32_t>(name.size())));
        CHECK(aclprofPush(stamp_));
    }
    Range(const Range &) = delete;
    Range &operator=(const Range &) = delete;
    ~Range()
    {
        CHECK(aclprofPop());
        aclprofDestroyStamp(stamp_);
    }

private:
    void *stamp_;
};

struct Batch {
    float *host = nullptr;
    void *device[2] = {};  // what comes in, and what goes out
    aclTensor *tensor[2] = {};
    void *workspace = nullptr;
    aclrtEvent arrived = nullptr;
    aclrtEvent computed = nullptr;
    aclprofStepInfo *step = nullptr;
};

template <typename First, typename Second>
void Enqueue(First first, Second second, Batch &batch, aclrtStream stream)
{
    uint64_t size = 0;
    aclOpExecutor *executor = nullptr;
    CHECK(first(&size, &executor));
    if (size > 0 && batch.workspace == nullptr) {
        CHECK(aclrtMalloc(&batch.workspace, size, ACL_MEM_MALLOC_HUGE_FIRST));
    }
    CHECK(second(batch.workspace, size, executor, stream));
}

void CarryIn(Batch &batch, aclrtStream copies)
{
    const int64_t shape[] = {kSide, kSide};
    for (int i = 0; i < 2; i++) {
        CHECK(aclrtMalloc(&batch.device[i], kBytes, ACL_MEM_MALLOC_HUGE_FIRST));
        batch.tensor[i] = aclCreateTensor(shape, 2, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, shape, 2, batch.device[i]);
    }
    CHECK(aclrtMemcpyAsync(batch.device[0], kBytes, batch.host, kBytes, ACL_MEMCPY_HOST_TO_DEVICE, copies));
    CHECK(aclrtRecordEvent(batch.arrived, copies));
}

void Compute(Batch &batch, aclrtStream compute)
{
    const auto exp = [&](uint64_t *size, aclOpExecutor **executor) {
        return aclnnExpGetWorkspaceSize(batch.tensor[0], batch.tensor[0], size, executor);
    };
    const auto softmax = [&](uint64_t *size, aclOpExecutor **executor) {
        return aclnnSoftmaxGetWorkspaceSize(batch.tensor[0], -1, batch.tensor[1], size, executor);
    };
    batch.step = aclprofCreateStepInfo();
    CHECK(aclrtStreamWaitEvent(compute, batch.arrived));
    CHECK(aclprofGetStepTimestamp(batch.step, ACL_STEP_START, compute));
    Enqueue(exp, aclnnExp, batch, compute);
    Enqueue(softmax, aclnnSoftmax, batch, compute);
    CHECK(aclprofGetStepTimestamp(batch.step, ACL_STEP_END, compute));
    CHECK(aclrtRecordEvent(batch.computed, compute));
}

void CarryOut(Batch &batch, aclrtStream copies)
{
    CHECK(aclrtStreamWaitEvent(copies, batch.computed));
    CHECK(aclrtMemcpyAsync(batch.host, kBytes, batch.device[1], kBytes, ACL_MEMCPY_DEVICE_TO_HOST, copies));
}

void Release(Batch &batch)
{
    aclprofDestroyStepInfo(batch.step);
    for (int i = 0; i < 2; i++) {
        CHECK(aclDestroyTensor(batch.tensor[i]));
        CHECK(aclrtFree(batch.device[i]));
    }
    if (batch.workspace != nullptr) {
        CHECK(aclrtFree(batch.workspace));
    }
}

void Pipeline(std::vector<Batch> &batches, aclrtStream copies, aclrtStream compute)
{
    CarryIn(batches[0], copies);
    for (int i = 0; i < kBatches; i++) {
        const Range range("batch " + std::to_string(i));
        if (i + 1 < kBatches) {
            CarryIn(batches[i + 1], copies);
        }
        Compute(batches[i], compute);
        CarryOut(batches[i], copies);
    }
    CHECK(aclrtSynchronizeStream(copies));
    const Range range("release");
    for (Batch &batch : batches) {
        Release(batch);
    }
}

// The directory that the session made below `directory`.
std::string Session(const std::string &directory)
{
    std::string found;
    DIR *list = opendir(directory.c_str());
    Check(list != nullptr ? ACL_SUCCESS : 1, "opendir");
    while (const dirent *entry = readdir(list)) {
        if (std::strncmp(entry->d_name, "PROF_", 5) == 0 && found < entry->d_name) {
            found = entry->d_name;
        }
    }
    closedir(list);
    return directory + "/" + found;
}

bool Has(const std::string &line, const std::string &part)
{
    return line.find(part) != std::string::npos;
}

// Counts what the timeline must have: slices of both streams, arrows, steps, the memory curve.
int Missing(const std::string &path, int32_t copies, int32_t compute)
{
    std::ifstream file(path);
    std::string line;
    const std::string shape = "\"shape\":[" + std::to_string(kSide) + "," + std::to_string(kSide) + "]";
    int carried = 0, computed = 0, arrows = 0, ends = 0, steps = 0, ranges = 0, memory = 0;
    while (std::getline(file, line)) {
        const bool task = Has(line, "\"cat\":\"task\"");
        carried += task && Has(line, "\"name\":\"copy to ") && Has(line, "\"stream\":" + std::to_string(copies) + ",");
        computed += task && Has(line, shape) && Has(line, "\"stream\":" + std::to_string(compute) + ",");
        arrows += Has(line, "{\"ph\":\"s\"");
        ends += Has(line, "{\"ph\":\"f\"");
        steps += Has(line, "{\"ph\":\"b\"") && Has(line, "\"cat\":\"step\"");
        ranges += Has(line, "\"cat\":\"range\"");
        memory += Has(line, "{\"ph\":\"C\"");
    }
    std::printf("  copies: %d slices, compute: %d slices, %d arrows, %d steps, %d ranges, %d points of memory\n", carried,
                computed, arrows, steps, ranges, memory);
    return (carried != 2 * kBatches) + (computed != 2 * kBatches) + (arrows == 0 || arrows != ends) +
           (steps != kBatches) + (ranges != kBatches + 1) + (memory < 2 * kBatches);
}

}  // namespace

int main(int argc, char **argv)
{
    char scratch[] = "/tmp/aclsim-trace-XXXXXX";
    const bool keep = argc > 1;
    const std::string directory = keep ? argv[1] : mkdtemp(scratch);
    CHECK(aclInit(nullptr));
    CHECK(aclrtSetDevice(0));
    aclrtStream copies = nullptr;
    aclrtStream compute = nullptr;
    int32_t copiesId = 0;
    int32_t computeId = 0;
    CHECK(aclrtCreateStream(&copies));
    CHECK(aclrtCreateStream(&compute));
    CHECK(aclrtStreamGetId(copies, &copiesId));
    CHECK(aclrtStreamGetId(compute, &computeId));
    std::vector<Batch> batches(kBatches);
    for (Batch &batch : batches) {
        void *host = nullptr;
        CHECK(aclrtMallocHost(&host, kBytes));
        batch.host = static_cast<float *>(host);
        for (size_t i = 0; i < kCount; i++) {
            batch.host[i] = 0.5F;
        }
        CHECK(aclrtCreateEventExWithFlag(&batch.arrived, ACL_EVENT_SYNC));
        CHECK(aclrtCreateEventExWithFlag(&batch.computed, ACL_EVENT_SYNC));
    }

    uint32_t device = 0;
    CHECK(aclprofInit(directory.c_str(), directory.size()));
    const uint64_t data = ACL_PROF_ACL_API | ACL_PROF_TASK_TIME | ACL_PROF_MSPROFTX | ACL_PROF_TRAINING_TRACE;
    aclprofConfig *config = aclprofCreateConfig(&device, 1, ACL_AICORE_NONE, nullptr, data);
    CHECK(aclprofStart(config));
    Pipeline(batches, copies, compute);
    CHECK(aclrtSynchronizeStream(compute));
    CHECK(aclprofStop(config));
    CHECK(aclprofDestroyConfig(config));
    CHECK(aclprofFinalize());

    // All elements of a row are equal, so each is the inverse of their number.
    int wrong = 0;
    for (Batch &batch : batches) {
        for (size_t i = 0; i < kCount; i++) {
            wrong += std::fabs(batch.host[i] * static_cast<float>(kSide) - 1.0F) > 1e-4F;
        }
        CHECK(aclrtFreeHost(batch.host));
        CHECK(aclrtDestroyEvent(batch.arrived));
        CHECK(aclrtDestroyEvent(batch.computed));
    }
    const std::string session = Session(directory);
    const int missing = Missing(session + "/timeline.json", copiesId, computeId);
    CHECK(aclrtDestroyStream(copies));
    CHECK(aclrtDestroyStream(compute));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    if (keep) {
        std::printf("  %s/timeline.json\n", session.c_str());
    } else {
        for (const char *name : {"/timeline.json", "/op_statistic.csv", "/session.json"}) {
            std::remove((session + name).c_str());
        }
        rmdir(session.c_str());
        rmdir(directory.c_str());
    }
    const bool pass = wrong == 0 && missing == 0;
    std::printf("trace: %d batches, %d wrong, %d kinds of events missing: %s\n", kBatches, wrong, missing,
                pass ? "PASS" : "FAIL");
    return pass ? 0 : 1;
}
