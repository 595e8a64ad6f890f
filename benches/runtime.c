// Queues, memory and copies through the C API, paired with glibc.

#include "bench.h"

#include <string.h>

static aclrtStream stream;
static void *device;
static char *host;
static char *other;
static size_t size;

// Submits tiny tasks and does not wait; the queue is drained outside the measured time.
static double enqueue(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclrtMemsetAsync(device, 4, 0, 4, stream));
    }
    const double end = now();
    CHECK(aclrtSynchronizeStream(stream));
    return (end - start) / repeats;
}

// Submits tiny tasks and waits for all of them: what a task costs from end to end when many are queued.
static double task(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclrtMemsetAsync(device, 4, 0, 4, stream));
    }
    CHECK(aclrtSynchronizeStream(stream));
    return (now() - start) / repeats;
}

static double round_trip(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclrtMemsetAsync(device, 4, 0, 4, stream));
        CHECK(aclrtSynchronizeStream(stream));
    }
    return (now() - start) / repeats;
}

// The workers have gone to sleep when the task comes.
static double round_trip_parked(int repeats)
{
    const struct timespec nap = {0, 2000000};
    double total = 0;
    for (int i = 0; i < repeats; i++) {
        nanosleep(&nap, NULL);
        const double start = now();
        CHECK(aclrtMemsetAsync(device, 4, 0, 4, stream));
        CHECK(aclrtSynchronizeStream(stream));
        total += now() - start;
    }
    return total / repeats;
}

static double device_malloc(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        void *pointer;
        CHECK(aclrtMalloc(&pointer, 1 << 20, ACL_MEM_MALLOC_HUGE_FIRST));
        CHECK(aclrtFree(pointer));
    }
    return (now() - start) / repeats;
}

static double host_malloc(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        // volatile: the compiler may otherwise remove the pair.
        void *volatile pointer = malloc(1 << 20);
        free(pointer);
    }
    return (now() - start) / repeats;
}

static double to_device(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclrtMemcpy(device, size, host, size, ACL_MEMCPY_HOST_TO_DEVICE));
    }
    return (now() - start) / repeats;
}

static double to_host(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        CHECK(aclrtMemcpy(host, size, device, size, ACL_MEMCPY_DEVICE_TO_HOST));
    }
    return (now() - start) / repeats;
}

static double libc_memcpy(int repeats)
{
    const double start = now();
    for (int i = 0; i < repeats; i++) {
        memcpy(other, host, size);
        // The copy must really happen each time.
        __asm__ volatile("" : : "r"(other) : "memory");
    }
    return (now() - start) / repeats;
}

int main(void)
{
    const size_t largest = (size_t)64 << 20;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtMalloc(&device, largest, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemset(device, largest, 1, largest));
    host = aligned_alloc(4096, largest);
    other = aligned_alloc(4096, largest);
    memset(host, 1, largest);
    memset(other, 2, largest);

    row("enqueue", 1000, enqueue, NULL);
    row("no-op task", 1000, task, NULL);
    row("round trip", 1000, round_trip, NULL);
    row("round trip, parked", 10, round_trip_parked, NULL);
    row("malloc+free 1 MiB", 2000, device_malloc, host_malloc);
    static const struct {
        const char *name;
        size_t size;
        int repeats;
    } copies[] = {{"4 KiB", 4096, 20000}, {"1 MiB", 1 << 20, 200}, {"64 MiB", (size_t)64 << 20, 2}};
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        char name[64];
        size = copies[i].size;
        snprintf(name, sizeof(name), "copy to device %s", copies[i].name);
        row(name, copies[i].repeats, to_device, libc_memcpy);
        snprintf(name, sizeof(name), "copy to host %s", copies[i].name);
        row(name, copies[i].repeats, to_host, libc_memcpy);
    }

    free(host);
    free(other);
    CHECK(aclrtFree(device));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    return 0;
}
