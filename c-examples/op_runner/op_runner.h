// Runs one operator: owns its tensors, its host and device buffers, its stream and its workspace.
#ifndef OP_RUNNER_H
#define OP_RUNNER_H

#include "common.h"

#include <aclnn/acl_meta.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// What the device has to know about a tensor besides its data.
struct TensorDesc {
    std::vector<int64_t> shape;
    aclDataType type;

    size_t Bytes() const;
};

// How long the three stages took on the device's own clock, in milliseconds.
struct Timings {
    float upload = 0;
    float compute = 0;
    float download = 0;
};

class OpRunner {
public:
    // Phase one of every operator: checks the arguments, answers the workspace size and an executor.
    using PhaseOne = std::function<aclnnStatus(const std::vector<aclTensor *> &inputs, aclTensor *output,
                                               uint64_t *workspaceSize, aclOpExecutor **executor)>;
    // Phase two has the same signature for all operators, so a plain function pointer does.
    using PhaseTwo = aclnnStatus (*)(void *workspace, uint64_t workspaceSize, aclOpExecutor *executor,
                                     aclrtStream stream);

    OpRunner(std::string name, std::vector<TensorDesc> inputs, TensorDesc output);
    ~OpRunner();

    OpRunner(const OpRunner &) = delete;
    OpRunner &operator=(const OpRunner &) = delete;

    // Allocates everything. Call once, before the rest.
    bool Init();

    // Reads input number `index` from a file.
    bool LoadInput(size_t index, const std::string &path);

    // Uploads the inputs, runs the operator, downloads the output, and waits for all of it.
    bool Run(const PhaseOne &phaseOne, PhaseTwo phaseTwo);

    // Writes the output to a file.
    bool SaveOutput(const std::string &path) const;

    // Prints sizes and timings.
    void Report() const;

private:
    struct Buffer {
        TensorDesc desc;
        void *host = nullptr;
        void *device = nullptr;
        aclTensor *tensor = nullptr;
    };

    static bool InitBuffer(Buffer &buffer);
    bool Measure();

    std::string name_;
    std::vector<Buffer> inputs_;
    Buffer output_;
    aclrtStream stream_ = nullptr;
    aclrtEvent events_[4] = {};
    uint64_t workspaceSize_ = 0;
    void *workspace_ = nullptr;
    Timings timings_;
};

#endif  // OP_RUNNER_H
