// What tracing costs: a stream of operators with a timeline being written, against the same without.

#define _GNU_SOURCE  // nftw

#include "bench.h"

#include <acl/acl_prof.h>
#include <aclnnop/aclnn_add.h>

#include <ftw.h>
#include <string.h>

enum { BATCH = 256 };

static aclrtStream stream;
static void *memory[3];
static aclTensor *tensors[3];
static aclScalar *alpha;
static aclprofConfig *config;

// Both phases of an Add, the addition and the wait at the end of each batch included.
static double untraced(int repeats)
{
    const double start = now();
    for (int done = 0; done < repeats; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            uint64_t size = 0;
            aclOpExecutor *executor = NULL;
            CHECK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &size, &executor));
            CHECK(aclnnAdd(NULL, 0, executor, stream));
        }
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

// The session begins and ends outside the measured time; what it writes meanwhile does not.
static double traced(int repeats)
{
    CHECK(aclprofStart(config));
    const double each = untraced(repeats);
    CHECK(aclprofStop(config));
    return each;
}

static int remove_entry(const char *path, const struct stat *what, int kind, struct FTW *place)
{
    (void)what;
    (void)kind;
    (void)place;
    return remove(path);
}

int main(void)
{
    const struct {
        const char *name;
        int64_t count;
        int repeats;
    } rows[] = {{"traced Add of 1", 1, 64 * BATCH}, {"traced Add 64 KiB", 16384, 16 * BATCH}};
    char directory[] = "/tmp/aclsim-bench-XXXXXX";
    float one = 1.0f;
    uint32_t device = 0;
    if (mkdtemp(directory) == NULL) {
        return 1;
    }
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclprofInit(directory, strlen(directory)));
    config = aclprofCreateConfig(&device, 1, ACL_AICORE_NONE, NULL, ACL_PROF_ACL_API | ACL_PROF_TASK_TIME);
    alpha = aclCreateScalar(&one, ACL_FLOAT);
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        const int64_t *const count = &rows[r].count;
        for (int i = 0; i < 3; i++) {
            CHECK(aclrtMalloc(&memory[i], (size_t)*count * sizeof(float), ACL_MEM_MALLOC_HUGE_FIRST));
            CHECK(aclrtMemset(memory[i], (size_t)*count * sizeof(float), 0, (size_t)*count * sizeof(float)));
            tensors[i] = aclCreateTensor(count, 1, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, count, 1, memory[i]);
        }
        row(rows[r].name, rows[r].repeats, traced, untraced);
        for (int i = 0; i < 3; i++) {
            CHECK(aclDestroyTensor(tensors[i]));
            CHECK(aclrtFree(memory[i]));
        }
    }
    CHECK(aclDestroyScalar(alpha));
    CHECK(aclprofDestroyConfig(config));
    CHECK(aclprofFinalize());
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0;
}
