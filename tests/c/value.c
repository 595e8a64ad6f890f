// Words of device memory by which streams synchronise: written by streams, by copies, and freed too early.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

static int idle(aclrtStream stream)
{
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    CHECK_OK(aclrtStreamQuery(stream, &status));
    return status == ACL_STREAM_STATUS_COMPLETE;
}

static uint64_t *words;

static uint64_t read_word(int place)
{
    uint64_t value = 0;
    CHECK_OK(aclrtMemcpy(&value, sizeof value, words + place, sizeof value, ACL_MEMCPY_DEVICE_TO_HOST));
    return value;
}

static void set_word(int place, uint64_t value)
{
    CHECK_OK(aclrtMemcpy(words + place, sizeof value, &value, sizeof value, ACL_MEMCPY_HOST_TO_DEVICE));
}

static void arguments(void)
{
    int local = 0;
    CHECK_CODE(aclrtValueWrite(NULL, 1, 0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtValueWait(NULL, 1, ACL_STREAM_WAIT_VALUE_EQ, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtValueWrite((char *)words + 4, 1, 0, NULL), ACL_ERROR_RT_PARAM_INVALID, "devAddr", "multiple of 8");
    CHECK_REFUSED(aclrtValueWait((char *)words + 1, 1, ACL_STREAM_WAIT_VALUE_EQ, NULL), ACL_ERROR_RT_PARAM_INVALID,
                  "multiple of 8");
    CHECK_CODE(aclrtValueWrite(&local, 1, 0, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtValueWait(words + 8192, 1, ACL_STREAM_WAIT_VALUE_EQ, NULL), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(aclrtValueWrite(words, 1, 1, NULL), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_REFUSED(aclrtValueWait(words, 1, 4, NULL), ACL_ERROR_RT_PARAM_INVALID, "flag");
    CHECK_CODE(aclrtValueWrite(words, 1, 0, &local), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtValueWait(words, 1, ACL_STREAM_WAIT_VALUE_EQ, &local), ACL_ERROR_RT_INVALID_HANDLE);
}

static void comparisons(void)
{
    const struct {
        uint64_t word, value;
        uint32_t flag;
        int open;
    } cases[] = {
        {5, 5, ACL_STREAM_WAIT_VALUE_GEQ, 1},
        {6, 5, ACL_STREAM_WAIT_VALUE_GEQ, 1},
        {4, 5, ACL_STREAM_WAIT_VALUE_GEQ, 0},
        {2, UINT64_MAX, ACL_STREAM_WAIT_VALUE_GEQ, 1},  // the distance counts, across the end of the numbers
        {UINT64_MAX, 2, ACL_STREAM_WAIT_VALUE_GEQ, 0},
        {7, 7, ACL_STREAM_WAIT_VALUE_EQ, 1},
        {7, 7 + (UINT64_C(1) << 32), ACL_STREAM_WAIT_VALUE_EQ, 0},
        {6, 3, ACL_STREAM_WAIT_VALUE_AND, 1},
        {4, 3, ACL_STREAM_WAIT_VALUE_AND, 0},
        {0, 0, ACL_STREAM_WAIT_VALUE_NOR, 1},
        {UINT64_MAX, 0, ACL_STREAM_WAIT_VALUE_NOR, 0},
        {UINT64_MAX - 1, 1, ACL_STREAM_WAIT_VALUE_NOR, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        aclrtStream stream;
        CHECK_OK(aclrtCreateStream(&stream));
        set_word(0, cases[i].word);
        CHECK_OK(aclrtValueWait(words, cases[i].value, cases[i].flag, stream));
        if (cases[i].open) {
            CHECK_OK(aclrtSynchronizeStream(stream));
            CHECK_OK(aclrtDestroyStream(stream));
        } else {
            CHECK_CODE(aclrtSynchronizeStreamWithTimeout(stream, 10), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
            CHECK_OK(aclrtDestroyStreamForce(stream));
        }
    }
}

static void writers(void)
{
    aclrtStream first, second;
    CHECK_OK(aclrtCreateStream(&first));
    CHECK_OK(aclrtCreateStream(&second));
    // A stream writes, after what was queued before.
    set_word(1, 0);
    CHECK_OK(aclrtValueWait(words + 1, 1, ACL_STREAM_WAIT_VALUE_EQ, second));
    CHECK_OK(aclrtValueWrite(words + 2, 77, 0, second));
    CHECK(!idle(second));
    CHECK_OK(aclrtValueWrite(words + 1, 1, 0, first));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK(read_word(1) == 1 && read_word(2) == 77);
    // There and back, many times.
    set_word(1, 0);
    for (uint64_t i = 1; i <= 200; i++) {
        CHECK_OK(aclrtValueWrite(words + 1, 2 * i - 1, 0, first));
        CHECK_OK(aclrtValueWait(words + 1, 2 * i, ACL_STREAM_WAIT_VALUE_GEQ, first));
        CHECK_OK(aclrtValueWait(words + 1, 2 * i - 1, ACL_STREAM_WAIT_VALUE_GEQ, second));
        CHECK_OK(aclrtValueWrite(words + 1, 2 * i, 0, second));
    }
    CHECK_OK(aclrtSynchronizeStream(first));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK(read_word(1) == 400);
    // A copy writes, of the host and of another stream.
    CHECK_OK(aclrtValueWait(words + 3, 3, ACL_STREAM_WAIT_VALUE_EQ, second));
    CHECK_CODE(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
    set_word(3, 3);
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtValueWait(words + 4, 3, ACL_STREAM_WAIT_VALUE_EQ, second));
    CHECK_OK(aclrtMemcpyAsync(words + 4, 8, words + 3, 8, ACL_MEMCPY_DEVICE_TO_DEVICE, first));
    CHECK_OK(aclrtSynchronizeStream(second));
    CHECK_OK(aclrtDestroyStream(first));
    CHECK_OK(aclrtDestroyStream(second));
}

static void freed(void)
{
    aclrtStream stream;
    void *memory;
    uint64_t zero = 0;
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtMalloc(&memory, 4096, ACL_MEM_MALLOC_NORMAL_ONLY));
    CHECK_OK(aclrtMemcpy(memory, 8, &zero, 8, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtValueWait(memory, 1, ACL_STREAM_WAIT_VALUE_EQ, stream));
    CHECK_OK(aclrtValueWrite(memory, 2, 0, stream));
    CHECK(!idle(stream));
    CHECK_OK(aclrtFree(memory));
    CHECK_REFUSED(aclrtSynchronizeStream(stream), ACL_ERROR_RT_DEVICE_MEM_ERROR, "aclrtValueWait", "freed by aclrtFree");
    CHECK_OK(aclrtDestroyStream(stream));
}

static void many(void)
{
    // As many waits as there are streams, each for a word of its own, and one stream that writes them all.
    enum { streams = 300 };
    static aclrtStream waiting[streams];
    aclrtStream writer;
    CHECK_OK(aclrtMemset(words, 65536, 0, 65536));
    CHECK_OK(aclrtCreateStream(&writer));
    for (int i = 0; i < streams; i++) {
        CHECK_OK(aclrtCreateStream(&waiting[i]));
        CHECK_OK(aclrtValueWait(words + i, (uint64_t)i + 1, ACL_STREAM_WAIT_VALUE_EQ, waiting[i]));
    }
    for (int i = 0; i < streams; i++) {
        CHECK_OK(aclrtValueWrite(words + i, (uint64_t)i + 1, 0, writer));
    }
    for (int i = 0; i < streams; i++) {
        CHECK_OK(aclrtSynchronizeStream(waiting[i]));
        CHECK_OK(aclrtDestroyStream(waiting[i]));
    }
    CHECK_OK(aclrtDestroyStream(writer));
}

int main(void)
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc((void **)&words, 65536, ACL_MEM_MALLOC_NORMAL_ONLY));
    CHECK_OK(aclrtMemset(words, 65536, 0, 65536));
    arguments();
    comparisons();
    writers();
    freed();
    many();
    CHECK_OK(aclrtFree(words));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
