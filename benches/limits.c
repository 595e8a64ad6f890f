// What one core of this machine can do at most: multiplications and additions of floats, and reading memory that no cache
// holds. A goal above it cannot be reached, whoever sets it.

#define _GNU_SOURCE  // MADV_HUGEPAGE

#include "bench.h"

#include <string.h>
#include <sys/mman.h>

enum { STEPS = 4096 };

static const size_t BYTES = (size_t)256 << 20;
static float *memory;
static volatile float sink;

// Twelve sums that do not wait for each other keep the units busy; named one by one, they stay in registers.
#define TWELVE(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define BEGIN(i) Vector s##i = factor * (float)(i);
#define STEP(i) s##i = s##i * factor + factor;
#define PIN(i) __asm__ volatile("" : "+" REGISTER(s##i));
#define GATHER(i) total += s##i;

// Answers how many operations were done.
#define ARITHMETIC(name, attribute, bytes)                                 \
    attribute static double name(void)                                     \
    {                                                                      \
        typedef float Vector __attribute__((vector_size(bytes)));          \
        Vector factor = {0};                                               \
        Vector total = {0};                                                \
        factor += 0.5f;                                                    \
        TWELVE(BEGIN)                                                      \
        for (int i = 0; i < STEPS; i++) {                                  \
            TWELVE(STEP)                                                   \
            TWELVE(PIN)                                                    \
        }                                                                  \
        TWELVE(GATHER)                                                     \
        sink = total[0];                                                   \
        return (double)STEPS * 12 * 2 * ((double)(bytes) / sizeof(float)); \
    }

// Answers a value that depends on all that was read.
#define READING(name, attribute, bytes)                                               \
    attribute static float name(void)                                                 \
    {                                                                                 \
        typedef float Vector __attribute__((vector_size(bytes)));                     \
        const Vector *const from = (const Vector *)(const void *)memory;              \
        Vector a = {0}, b = {0}, c = {0}, d = {0};                                    \
        for (size_t i = 0; i < BYTES / sizeof(Vector); i += 4) {                      \
            a += from[i];                                                             \
            b += from[i + 1];                                                         \
            c += from[i + 2];                                                         \
            d += from[i + 3];                                                         \
        }                                                                             \
        a += b + c + d;                                                               \
        return a[0];                                                                  \
    }

#if defined(__x86_64__)
#define REGISTER "v"
ARITHMETIC(arithmetic_512, __attribute__((target("avx512f,fma"))), 64)
READING(reading_512, __attribute__((target("avx512f"))), 64)
#undef REGISTER
#define REGISTER "x"
ARITHMETIC(arithmetic_256, __attribute__((target("avx2,fma"))), 32)
READING(reading_256, __attribute__((target("avx2"))), 32)
#else
#define REGISTER "w"
#endif
ARITHMETIC(arithmetic_128, , 16)
READING(reading_128, , 16)

// Of the widest vectors that the processor has.
static double (*arithmetic)(void) = arithmetic_128;
static float (*reading)(void) = reading_128;

static void choose(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        arithmetic = arithmetic_512;
        reading = reading_512;
    } else if (__builtin_cpu_supports("avx2")) {
        arithmetic = arithmetic_256;
        reading = reading_256;
    }
#endif
}

// Nanoseconds of a million operations.
static double million_operations(int repeats)
{
    double done = 0;
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        done += arithmetic();
    }
    return (now() - start) / done * 1e6;
}

// Nanoseconds of a MiB.
static double mebibyte(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        sink = reading();
    }
    return (now() - start) / repeats / ((double)BYTES / (1 << 20));
}

int main(void)
{
    memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return 1;
    }
    // Large pages, as device memory has; without them the row is lower, no more.
    (void)madvise(memory, BYTES, MADV_HUGEPAGE);
    memset(memory, 0, BYTES);
    choose();
    row("limit of f32 arithmetic", 512, million_operations, NULL);
    row("limit of reading memory", 1, mebibyte, NULL);
    return munmap(memory, BYTES);
}
