// Timing for the C benchmarks. A row is printed as: name, nanoseconds, nanoseconds of the peer (0: none), and the median
// of the rounds' ratios. Times are those of the best round: what other programs do to the machine only ever adds.
#ifndef ACLSIM_BENCH_H
#define ACLSIM_BENCH_H

#include <acl/acl.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHECK(call)                                                                              \
    do {                                                                                         \
        int code_ = (call);                                                                      \
        if (code_ != ACL_SUCCESS) {                                                              \
            const char *why_ = aclGetRecentErrMsg();                                             \
            fprintf(stderr, "%s answered %d: %s\n", #call, code_, why_ ? why_ : "(no message)"); \
            exit(1);                                                                             \
        }                                                                                        \
    } while (0)

enum { ROUNDS = 31 };

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof(*values), compare_doubles);
    return values[count / 2];
}

// Does `repeats` units of work and answers the nanoseconds of one.
typedef double (*Work)(int repeats);

// Takes turns between both kinds of work, so that a slow phase of the machine hits both.
static inline void row(const char *name, int repeats, Work ours, Work peer)
{
    double ratios[ROUNDS];
    double mine = 1e18;
    double theirs = 1e18;
    ours(repeats);  // first touches and first calls are not what is measured
    if (peer) {
        peer(repeats);
    }
    for (int i = 0; i < ROUNDS; i++) {
        const double a = ours(repeats);
        const double b = peer ? peer(repeats) : 0;
        mine = a < mine ? a : mine;
        theirs = b < theirs ? b : theirs;
        ratios[i] = b / a;
    }
    printf("%s\t%.1f\t%.1f\t%.3f\n", name, mine, theirs, median(ratios, ROUNDS));
}

#endif  // ACLSIM_BENCH_H
