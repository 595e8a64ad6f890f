#include "op_runner.h"

#include <fstream>
#include <utility>

bool ReadFile(const std::string &path, void *buffer, size_t size)
{
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        ERROR_LOG("cannot open %s; did scripts/gen_data.py run?", path.c_str());
        return false;
    }
    const auto length = static_cast<size_t>(file.tellg());
    if (length != size) {
        ERROR_LOG("%s has %zu bytes, the tensor has %zu", path.c_str(), length, size);
        return false;
    }
    file.seekg(0);
    return static_cast<bool>(file.read(static_cast<char *>(buffer), static_cast<std::streamsize>(size)));
}

bool WriteFile(const std::string &path, const void *buffer, size_t size)
{
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(static_cast<const char *>(buffer), static_cast<std::streamsize>(size));
    file.close();
    if (!file) {
        ERROR_LOG("cannot write %s", path.c_str());
        return false;
    }
    return true;
}

size_t TensorDesc::Bytes() const
{
    size_t count = 1;
    for (const int64_t dim : shape) {
        count *= static_cast<size_t>(dim);
    }
    return count * aclDataTypeSize(type);
}

OpRunner::OpRunner(std::string name, std::vector<TensorDesc> inputs, TensorDesc output) : name_(std::move(name))
{
    for (auto &desc : inputs) {
        Buffer buffer;
        buffer.desc = std::move(desc);
        inputs_.push_back(std::move(buffer));
    }
    output_.desc = std::move(output);
}

OpRunner::~OpRunner()
{
    // A stream may still hold work after a failure half-way; its buffers must outlive that work.
    if (stream_ != nullptr) {
        (void)aclrtDestroyStream(stream_);
    }
    for (aclrtEvent event : events_) {
        if (event != nullptr) {
            (void)aclrtDestroyEvent(event);
        }
    }
    inputs_.push_back(output_);
    for (auto &buffer : inputs_) {
        (void)aclDestroyTensor(buffer.tensor);  // null is fine here, unlike in aclrtFree
        if (buffer.device != nullptr) {
            (void)aclrtFree(buffer.device);
        }
        if (buffer.host != nullptr) {
            (void)aclrtFreeHost(buffer.host);
        }
    }
    if (workspace_ != nullptr) {
        (void)aclrtFree(workspace_);
    }
}

bool OpRunner::InitBuffer(Buffer &buffer)
{
    const size_t bytes = buffer.desc.Bytes();
    // Pinned host memory: with pageable memory aclrtMemcpyAsync falls back to a synchronous copy.
    CHECK_ACL(aclrtMallocHost(&buffer.host, bytes));
    CHECK_ACL(aclrtMalloc(&buffer.device, bytes, ACL_MEM_MALLOC_HUGE_FIRST));

    const auto &shape = buffer.desc.shape;
    // Null strides mean contiguous; a transposed or sliced view would pass its own.
    buffer.tensor = aclCreateTensor(shape.data(), shape.size(), buffer.desc.type, nullptr, 0, ACL_FORMAT_ND,
                                    shape.data(), shape.size(), buffer.device);
    if (buffer.tensor == nullptr) {
        const char *why = aclGetRecentErrMsg();
        ERROR_LOG("aclCreateTensor: %s", why != nullptr ? why : "(no message)");
        return false;
    }
    return true;
}

bool OpRunner::Init()
{
    CHECK_ACL(aclrtCreateStream(&stream_));
    for (auto &event : events_) {
        CHECK_ACL(aclrtCreateEventWithFlag(&event, ACL_EVENT_TIME_LINE));
    }
    for (auto &buffer : inputs_) {
        if (!InitBuffer(buffer)) {
            return false;
        }
    }
    return InitBuffer(output_);
}

bool OpRunner::LoadInput(size_t index, const std::string &path)
{
    return ReadFile(path, inputs_[index].host, inputs_[index].desc.Bytes());
}

bool OpRunner::Run(const PhaseOne &phaseOne, PhaseTwo phaseTwo)
{
    std::vector<aclTensor *> tensors;
    for (const auto &buffer : inputs_) {
        tensors.push_back(buffer.tensor);
    }

    // Phase one reads no data, so it may run before the inputs are on the device.
    aclOpExecutor *executor = nullptr;
    CHECK_ACL(phaseOne(tensors, output_.tensor, &workspaceSize_, &executor));
    if (workspaceSize_ > 0) {
        CHECK_ACL(aclrtMalloc(&workspace_, workspaceSize_, ACL_MEM_MALLOC_HUGE_FIRST));
    }

    // From here everything is only queued: a stream runs its tasks in order, so no waiting in between.
    CHECK_ACL(aclrtRecordEvent(events_[0], stream_));
    for (const auto &buffer : inputs_) {
        const size_t bytes = buffer.desc.Bytes();
        CHECK_ACL(aclrtMemcpyAsync(buffer.device, bytes, buffer.host, bytes, ACL_MEMCPY_HOST_TO_DEVICE, stream_));
    }
    CHECK_ACL(aclrtRecordEvent(events_[1], stream_));
    CHECK_ACL(phaseTwo(workspace_, workspaceSize_, executor, stream_));
    CHECK_ACL(aclrtRecordEvent(events_[2], stream_));
    const size_t bytes = output_.desc.Bytes();
    CHECK_ACL(aclrtMemcpyAsync(output_.host, bytes, output_.device, bytes, ACL_MEMCPY_DEVICE_TO_HOST, stream_));
    CHECK_ACL(aclrtRecordEvent(events_[3], stream_));

    // The host buffer holds the result only after this, and failures of queued work surface here.
    CHECK_ACL(aclrtSynchronizeStream(stream_));
    return Measure();
}

bool OpRunner::Measure()
{
    CHECK_ACL(aclrtEventElapsedTime(&timings_.upload, events_[0], events_[1]));
    CHECK_ACL(aclrtEventElapsedTime(&timings_.compute, events_[1], events_[2]));
    CHECK_ACL(aclrtEventElapsedTime(&timings_.download, events_[2], events_[3]));
    return true;
}

bool OpRunner::SaveOutput(const std::string &path) const
{
    return WriteFile(path, output_.host, output_.desc.Bytes());
}

void OpRunner::Report() const
{
    size_t uploaded = 0;
    for (const auto &buffer : inputs_) {
        uploaded += buffer.desc.Bytes();
    }
    INFO_LOG("%s: %zu bytes in, %zu bytes out, workspace %llu bytes", name_.c_str(), uploaded, output_.desc.Bytes(),
             static_cast<unsigned long long>(workspaceSize_));
    INFO_LOG("%s: upload %.3f ms, compute %.3f ms, download %.3f ms", name_.c_str(),
             static_cast<double>(timings_.upload), static_cast<double>(timings_.compute),
             static_cast<double>(timings_.download));
}
