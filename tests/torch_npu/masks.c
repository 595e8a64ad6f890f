// Fills masked elements of a view many times, for valgrind to watch: values beside the view stay as they are.

#include <acl/acl.h>
#include <aclnn/acl_meta.h>
#include <aclnnop/aclnn_masked_fill_scalar.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(call)                                                                                \
    do {                                                                                           \
        const int code = (int)(call);                                                              \
        if (code != 0) {                                                                           \
            const char *why = aclGetRecentErrMsg();                                                \
            fprintf(stderr, "%s: %d %s\n", #call, code, why != NULL ? why : "");                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { ROWS = 9, WIDTH = 16, FROM = 3, COLUMNS = 9, REPEATS = 300 };

int main(void)
{
    aclrtStream stream;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));

    float values[ROWS][WIDTH];
    uint8_t mask[ROWS][COLUMNS];
    for (int row = 0; row < ROWS; row++) {
        for (int column = 0; column < WIDTH; column++) {
            values[row][column] = 7.0F;
        }
        for (int column = 0; column < COLUMNS; column++) {
            mask[row][column] = column <= row;
        }
    }
    void *device;
    void *device_mask;
    CHECK(aclrtMalloc(&device, sizeof(values), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc(&device_mask, sizeof(mask), ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMemcpy(device, sizeof(values), values, sizeof(values), ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK(aclrtMemcpy(device_mask, sizeof(mask), mask, sizeof(mask), ACL_MEMCPY_HOST_TO_DEVICE));

    const int64_t dims[] = {ROWS, COLUMNS};
    const int64_t strides[] = {WIDTH, 1};
    const int64_t storage[] = {ROWS * WIDTH};
    for (int i = 0; i < REPEATS; i++) {
        float fill = (float)-i;
        aclTensor *view = aclCreateTensor(dims, 2, ACL_FLOAT, strides, FROM, ACL_FORMAT_ND, storage, 1, device);
        aclTensor *where = aclCreateTensor(dims, 2, ACL_BOOL, NULL, 0, ACL_FORMAT_ND, dims, 2, device_mask);
        aclScalar *value = aclCreateScalar(&fill, ACL_FLOAT);
        uint64_t size = 0;
        aclOpExecutor *executor = NULL;
        CHECK(aclnnInplaceMaskedFillScalarGetWorkspaceSize(view, where, value, &size, &executor));
        CHECK(aclnnInplaceMaskedFillScalar(NULL, size, executor, stream));
        CHECK(aclDestroyTensor(view));
        CHECK(aclDestroyTensor(where));
        CHECK(aclDestroyScalar(value));
    }
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtMemcpy(values, sizeof(values), device, sizeof(values), ACL_MEMCPY_DEVICE_TO_HOST));
    for (int row = 0; row < ROWS; row++) {
        for (int column = 0; column < WIDTH; column++) {
            const int inside = column >= FROM && column < FROM + COLUMNS && column - FROM <= row;
            if (values[row][column] != (inside ? (float)-(REPEATS - 1) : 7.0F)) {
                fprintf(stderr, "row %d, column %d: %f\n", row, column, (double)values[row][column]);
                return 1;
            }
        }
    }
    CHECK(aclrtFree(device));
    CHECK(aclrtFree(device_mask));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    puts("unchanged");
    return 0;
}
