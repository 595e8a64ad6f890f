// Allocators of the program: descriptions, registration by stream, and who takes memory from them.
#include "check.h"

#include <acl/acl_op.h>
#include <acl/acl_op_compiler.h>
#include <acl/acl_rt_allocator.h>

#include <stdint.h>
#include <stdlib.h>

enum { ROWS = 64, COLUMNS = 48 };

// A program's allocator: counts, and hands out parts of one device block.
typedef struct {
    char *memory;
    size_t size;
    size_t largest;
    int taken;
    int given_back;
    int refuse;
} Arena;

typedef struct {
    Arena *arena;
    void *address;
} Part;

static void *arena_alloc(aclrtAllocator object, size_t size)
{
    Arena *arena = (Arena *)object;
    if (arena->refuse || size > arena->size) {
        return NULL;
    }
    Part *part = (Part *)malloc(sizeof(Part));
    part->arena = arena;
    part->address = arena->memory;
    arena->taken++;
    arena->largest = size > arena->largest ? size : arena->largest;
    return part;
}

static void arena_free(aclrtAllocator object, aclrtAllocatorBlock block)
{
    ((Arena *)object)->given_back++;
    free(block);
}

static void *arena_advise(aclrtAllocator object, size_t size, aclrtAllocatorAddr address)
{
    (void)address;
    return arena_alloc(object, size);
}

static void *arena_address(aclrtAllocatorBlock block)
{
    return ((Part *)block)->address;
}

static aclrtStream stream;

// Queues a matrix product by type, which needs a workspace to pack its operands; checks its result.
static int product(aclrtStream on, float *device)
{
    const int64_t left[] = {ROWS, COLUMNS}, right[] = {COLUMNS, ROWS}, out[] = {ROWS, ROWS};
    aclTensorDesc *descs[3] = {aclCreateTensorDesc(ACL_FLOAT16, 2, left, ACL_FORMAT_ND),
                               aclCreateTensorDesc(ACL_FLOAT16, 2, right, ACL_FORMAT_ND),
                               aclCreateTensorDesc(ACL_FLOAT16, 2, out, ACL_FORMAT_ND)};
    const size_t bytes = ROWS * COLUMNS * 2;
    aclDataBuffer *buffers[3] = {aclCreateDataBuffer(device, bytes), aclCreateDataBuffer((char *)device + bytes, bytes),
                                 aclCreateDataBuffer((char *)device + 2 * bytes, ROWS * ROWS * 2)};
    aclopAttr *attr = aclopCreateAttr();
    CHECK_OK(aclopSetAttrBool(attr, "transpose_x1", 0));
    CHECK_OK(aclopSetAttrBool(attr, "transpose_x2", 0));
    const int code = aclopCompileAndExecute("MatMulV2", 2, (const aclTensorDesc *const *)descs,
                                            (const aclDataBuffer *const *)buffers, 1,
                                            (const aclTensorDesc *const *)(descs + 2), buffers + 2, attr, ACL_ENGINE_SYS,
                                            ACL_COMPILE_SYS, NULL, on);
    for (int i = 0; i < 3; i++) {
        aclDestroyTensorDesc(descs[i]);
        aclDestroyDataBuffer(buffers[i]);
    }
    aclopDestroyAttr(attr);
    return code;
}

static int result_is(float *device, float expected)
{
    uint16_t half[ROWS * ROWS];
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtMemcpy(half, sizeof(half), (char *)device + 4 * ROWS * COLUMNS, sizeof(half),
                         ACL_MEMCPY_DEVICE_TO_HOST));
    return aclFloat16ToFloat(half[0]) == expected && aclFloat16ToFloat(half[ROWS * ROWS - 1]) == expected;
}

static void descriptions(Arena *arena)
{
    aclrtAllocatorDesc desc = aclrtAllocatorCreateDesc();
    CHECK(desc != NULL);
    CHECK_CODE(aclrtAllocatorSetObjToDesc(NULL, arena), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorSetObjToDesc(desc, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorSetObjToDesc(stream, arena), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtAllocatorSetAllocFuncToDesc(desc, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorSetFreeFuncToDesc(desc, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorSetAllocAdviseFuncToDesc(desc, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorSetGetAddrFromBlockFuncToDesc(desc, NULL), ACL_ERROR_INVALID_PARAM);
    // What is incomplete registers nothing.
    CHECK_REFUSED(aclrtAllocatorRegister(stream, desc), ACL_ERROR_INVALID_PARAM, "aclrtAllocatorSetObjToDesc");
    CHECK_OK(aclrtAllocatorSetObjToDesc(desc, arena));
    CHECK_REFUSED(aclrtAllocatorRegister(stream, desc), ACL_ERROR_INVALID_PARAM, "aclrtAllocatorSetAllocFuncToDesc");
    CHECK_OK(aclrtAllocatorSetAllocFuncToDesc(desc, arena_alloc));
    CHECK_REFUSED(aclrtAllocatorRegister(stream, desc), ACL_ERROR_INVALID_PARAM, "aclrtAllocatorSetFreeFuncToDesc");
    CHECK_OK(aclrtAllocatorSetFreeFuncToDesc(desc, arena_free));
    CHECK_REFUSED(aclrtAllocatorRegister(stream, desc), ACL_ERROR_INVALID_PARAM,
                  "aclrtAllocatorSetGetAddrFromBlockFuncToDesc");
    CHECK_REFUSED(aclrtAllocatorUnregister(stream), ACL_ERROR_INVALID_PARAM, "one without");
    CHECK_OK(aclrtAllocatorDestroyDesc(desc));
    CHECK_CODE(aclrtAllocatorDestroyDesc(desc), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(aclrtAllocatorDestroyDesc(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorRegister(stream, desc), ACL_ERROR_RT_INVALID_HANDLE);
}

int main(void)
{
    Arena arena = {NULL, 16 << 20, 0, 0, 0, 0};
    float *device = NULL;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtMalloc((void **)&arena.memory, arena.size, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMalloc((void **)&device, 1 << 20, ACL_MEM_MALLOC_HUGE_FIRST));
    descriptions(&arena);
    uint16_t ones[2 * ROWS * COLUMNS];
    for (int i = 0; i < 2 * ROWS * COLUMNS; i++) {
        ones[i] = aclFloatToFloat16(i < ROWS * COLUMNS ? 0.5F : 1.0F);
    }
    CHECK_OK(aclrtMemcpy(device, sizeof(ones), ones, sizeof(ones), ACL_MEMCPY_HOST_TO_DEVICE));

    aclrtAllocatorDesc desc = aclrtAllocatorCreateDesc();
    CHECK_OK(aclrtAllocatorSetObjToDesc(desc, &arena));
    CHECK_OK(aclrtAllocatorSetAllocFuncToDesc(desc, arena_alloc));
    CHECK_OK(aclrtAllocatorSetFreeFuncToDesc(desc, arena_free));
    CHECK_OK(aclrtAllocatorSetAllocAdviseFuncToDesc(desc, arena_advise));
    CHECK_OK(aclrtAllocatorSetGetAddrFromBlockFuncToDesc(desc, arena_address));
    CHECK_CODE(aclrtAllocatorRegister(NULL, desc), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorRegister(stream, NULL), ACL_ERROR_INVALID_PARAM);
    // Without one, nothing is asked.
    CHECK_OK(product(stream, device));
    CHECK(result_is(device, 24.0F));
    CHECK(arena.taken == 0);
    CHECK_OK(aclrtAllocatorRegister(stream, desc));
    aclrtAllocatorDesc told = NULL;
    aclrtAllocator object = NULL;
    aclrtAllocatorAllocFunc alloc = NULL;
    aclrtAllocatorFreeFunc give_back = NULL;
    aclrtAllocatorAllocAdviseFunc advise = NULL;
    aclrtAllocatorGetAddrFromBlockFunc address = NULL;
    CHECK_OK(aclrtAllocatorGetByStream(stream, &told, &object, &alloc, &give_back, &advise, &address));
    CHECK(told == desc && object == &arena && alloc == arena_alloc && give_back == arena_free);
    CHECK(advise == arena_advise && address == arena_address);
    CHECK_CODE(aclrtAllocatorGetByStream(NULL, &told, &object, &alloc, &give_back, &advise, &address),
               ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorGetByStream(stream, &told, NULL, &alloc, &give_back, &advise, &address),
               ACL_ERROR_INVALID_PARAM);
    // The description may go; the allocator stays with the stream, and with this stream only.
    CHECK_OK(aclrtAllocatorDestroyDesc(desc));
    CHECK_OK(aclrtMemset((char *)device + 4 * ROWS * COLUMNS, 2 * ROWS * ROWS, 0, 2 * ROWS * ROWS));
    CHECK_OK(product(stream, device));
    CHECK(result_is(device, 24.0F));
    CHECK(arena.taken == 1 && arena.given_back == 1 && arena.largest > 0);
    CHECK_OK(product(NULL, device));
    CHECK_OK(aclrtSynchronizeStream(NULL));
    CHECK(arena.taken == 1);
    // No memory, and memory that is none.
    arena.refuse = 1;
    CHECK_REFUSED(product(stream, device), ACL_ERROR_RT_MEMORY_ALLOCATION, "allocator gave no memory");
    arena.refuse = 0;
    char *good = arena.memory;
    arena.memory = (char *)&arena;
    CHECK_REFUSED(product(stream, device), ACL_ERROR_RT_PARAM_INVALID, "allocator", "did not allocate");
    CHECK(arena.given_back == arena.taken);
    arena.memory = good;
    // The last registration counts.
    Arena second = arena;
    second.taken = second.given_back = 0;
    desc = aclrtAllocatorCreateDesc();
    CHECK_OK(aclrtAllocatorSetObjToDesc(desc, &second));
    CHECK_OK(aclrtAllocatorSetAllocFuncToDesc(desc, arena_alloc));
    CHECK_OK(aclrtAllocatorSetFreeFuncToDesc(desc, arena_free));
    CHECK_OK(aclrtAllocatorSetGetAddrFromBlockFuncToDesc(desc, arena_address));
    CHECK_OK(aclrtAllocatorRegister(stream, desc));
    const int before = arena.taken;
    CHECK_OK(product(stream, device));
    CHECK(result_is(device, 24.0F));
    CHECK(arena.taken == before && second.taken == 1);
    CHECK_OK(aclrtAllocatorUnregister(stream));
    CHECK_CODE(aclrtAllocatorUnregister(stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtAllocatorUnregister(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(product(stream, device));
    CHECK(second.taken == 1);
    CHECK_OK(aclrtAllocatorDestroyDesc(desc));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtFree(arena.memory));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
