// Logging, error checks and file access shared by the sample.
#ifndef OP_RUNNER_COMMON_H
#define OP_RUNNER_COMMON_H

#include <acl/acl.h>

#include <cstddef>
#include <cstdio>
#include <string>

#define INFO_LOG(fmt, ...) std::printf("[INFO]  " fmt "\n", ##__VA_ARGS__)
#define ERROR_LOG(fmt, ...) std::fprintf(stderr, "[ERROR] " fmt "\n", ##__VA_ARGS__)

// Every ACL call answers a code, and the runtime keeps a sentence about the newest failure of this thread.
// Leaving out either one turns a two-minute fix into an afternoon.
#define CHECK_ACL(call)                                                                     \
    do {                                                                                    \
        const int code_ = (call);                                                           \
        if (code_ != ACL_SUCCESS) {                                                         \
            const char *why_ = aclGetRecentErrMsg();                                        \
            ERROR_LOG("%s:%d: %s answered %d: %s", __FILE__, __LINE__, #call, code_,        \
                      why_ != nullptr ? why_ : "(no message)");                             \
            return false;                                                                   \
        }                                                                                   \
    } while (0)

// Fills exactly `size` bytes of `buffer` from the file; a file of another size is an error.
bool ReadFile(const std::string &path, void *buffer, size_t size);

// Writes exactly `size` bytes of `buffer` to the file.
bool WriteFile(const std::string &path, const void *buffer, size_t size);

#endif  // OP_RUNNER_COMMON_H
