// Tensors, scalars, arrays and lists of aclnn/acl_meta.h. C++, because some getters answer arrays that the caller
// releases with delete[].

#include "check.h"

#include <acl/acl.h>
#include <aclnn/acl_meta.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr int kNull = 161001;
constexpr int kInvalid = 161002;

void *device = nullptr;

aclTensor *Tensor(const std::vector<int64_t> &shape, const int64_t *strides = nullptr, int64_t offset = 0)
{
    return aclCreateTensor(shape.data(), shape.size(), ACL_FLOAT, strides, offset, ACL_FORMAT_ND, shape.data(),
                           shape.size(), device);
}

std::vector<int64_t> Take(int64_t *values, uint64_t count)
{
    std::vector<int64_t> copy(values, values + count);
    delete[] values;
    return copy;
}

std::vector<int64_t> Shape(const aclTensor *tensor)
{
    int64_t *values = nullptr;
    uint64_t count = 99;
    CHECK_OK(aclGetViewShape(tensor, &values, &count));
    return Take(values, count);
}

std::vector<int64_t> Strides(const aclTensor *tensor)
{
    int64_t *values = nullptr;
    uint64_t count = 99;
    CHECK_OK(aclGetViewStrides(tensor, &values, &count));
    return Take(values, count);
}

void TensorGetters()
{
    std::vector<int64_t> shape = {2, 3, 4};
    std::vector<int64_t> strides = {1, 8, 2};
    const std::vector<int64_t> storage = {64};
    aclTensor *tensor = aclCreateTensor(shape.data(), 3, ACL_INT16, strides.data(), 5, ACL_FORMAT_NCHW, storage.data(),
                                        1, device);
    CHECK(tensor != nullptr);
    // Host arrays are copied, so the caller may reuse them at once.
    shape.assign(3, -7);
    strides.assign(3, -7);
    CHECK(Shape(tensor) == (std::vector<int64_t>{2, 3, 4}));
    CHECK(Strides(tensor) == (std::vector<int64_t>{1, 8, 2}));

    int64_t *values = nullptr;
    uint64_t count = 0;
    CHECK_OK(aclGetStorageShape(tensor, &values, &count));
    CHECK(Take(values, count) == storage);
    int64_t offset = 0;
    CHECK_OK(aclGetViewOffset(tensor, &offset));
    CHECK(offset == 5);
    aclFormat format = ACL_FORMAT_UNDEFINED;
    CHECK_OK(aclGetFormat(tensor, &format));
    CHECK(format == ACL_FORMAT_NCHW);
    aclDataType type = ACL_DT_UNDEFINED;
    CHECK_OK(aclGetDataType(tensor, &type));
    CHECK(type == ACL_INT16);
    void *address = nullptr;
    CHECK_OK(aclGetRawTensorAddr(tensor, &address));
    CHECK(address == device);
    char *moved = static_cast<char *>(device) + 256;
    CHECK_OK(aclSetRawTensorAddr(tensor, moved));
    CHECK_OK(aclGetRawTensorAddr(tensor, &address));
    CHECK(address == moved);
    CHECK_OK(aclDestroyTensor(tensor));
}

void TensorShapes()
{
    // Null strides mean contiguous.
    aclTensor *tensor = Tensor({2, 3, 4});
    CHECK(Strides(tensor) == (std::vector<int64_t>{12, 4, 1}));
    CHECK_OK(aclDestroyTensor(tensor));

    // A scalar has no dimensions, and null is fine for none.
    tensor = aclCreateTensor(nullptr, 0, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, nullptr, 0, device);
    CHECK(tensor != nullptr);
    CHECK(Shape(tensor).empty());
    CHECK(Strides(tensor).empty());
    CHECK_OK(aclDestroyTensor(tensor));

    // An empty tensor needs no memory.
    const int64_t none[] = {0, 4};
    tensor = aclCreateTensor(none, 2, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, none, 2, nullptr);
    CHECK(tensor != nullptr);
    CHECK(Shape(tensor) == (std::vector<int64_t>{0, 4}));
    CHECK_OK(aclDestroyTensor(tensor));

    // Stride 0 shows one row several times.
    const int64_t broadcast[] = {0, 1};
    tensor = Tensor({3, 4}, broadcast);
    CHECK(Strides(tensor) == (std::vector<int64_t>{0, 1}));
    CHECK_OK(aclDestroyTensor(tensor));

    CHECK(aclCreateTensor(nullptr, 2, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, none, 2, device) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);
    CHECK(aclCreateTensor(none, UINT64_MAX, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, none, 2, device) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);
    CHECK(aclCreateTensor(none, 2, ACL_FLOAT, nullptr, 0, ACL_FORMAT_ND, nullptr, 2, device) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);
    CHECK(Tensor({3, -1}) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);
}

void NullAndDeadTensors()
{
    aclTensor *tensor = Tensor({2, 2});
    int64_t *values = reinterpret_cast<int64_t *>(8);
    uint64_t count = 7;
    int64_t offset = 7;
    aclFormat format = ACL_FORMAT_NHWC;
    aclDataType type = ACL_BOOL;
    void *address = &count;
    CHECK_CODE(aclGetViewShape(nullptr, &values, &count), kNull);
    CHECK_CODE(aclGetViewShape(tensor, nullptr, &count), kNull);
    CHECK_CODE(aclGetViewShape(tensor, &values, nullptr), kNull);
    CHECK_CODE(aclGetViewStrides(nullptr, &values, &count), kNull);
    CHECK_CODE(aclGetViewStrides(tensor, nullptr, &count), kNull);
    CHECK_CODE(aclGetViewStrides(tensor, &values, nullptr), kNull);
    CHECK_CODE(aclGetStorageShape(nullptr, &values, &count), kNull);
    CHECK_CODE(aclGetStorageShape(tensor, nullptr, &count), kNull);
    CHECK_CODE(aclGetStorageShape(tensor, &values, nullptr), kNull);
    CHECK_CODE(aclGetViewOffset(nullptr, &offset), kNull);
    CHECK_CODE(aclGetViewOffset(tensor, nullptr), kNull);
    CHECK_CODE(aclGetFormat(nullptr, &format), kNull);
    CHECK_CODE(aclGetFormat(tensor, nullptr), kNull);
    CHECK_CODE(aclGetDataType(nullptr, &type), kNull);
    CHECK_CODE(aclGetDataType(tensor, nullptr), kNull);
    CHECK_CODE(aclGetRawTensorAddr(nullptr, &address), kNull);
    CHECK_CODE(aclGetRawTensorAddr(tensor, nullptr), kNull);
    CHECK_CODE(aclSetRawTensorAddr(nullptr, device), kNull);
    CHECK_OK(aclDestroyTensor(tensor));

    CHECK_CODE(aclGetViewShape(tensor, &values, &count), kInvalid);
    CHECK_CODE(aclGetViewOffset(tensor, &offset), kInvalid);
    CHECK_CODE(aclGetDataType(tensor, &type), kInvalid);
    CHECK_CODE(aclSetRawTensorAddr(tensor, device), kInvalid);
    CHECK_CODE(aclDestroyTensor(tensor), kInvalid);
    CHECK_CODE(aclDestroyTensor(reinterpret_cast<aclTensor *>(&count)), kInvalid);
    // What fails changes nothing.
    CHECK(values == reinterpret_cast<int64_t *>(8) && count == 7 && offset == 7);
    CHECK(format == ACL_FORMAT_NHWC && type == ACL_BOOL && address == &count);
}

void ScalarsAndArrays()
{
    double number = 2.5;
    for (const aclDataType type : {ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE, ACL_INT8, ACL_INT16, ACL_INT32,
                                   ACL_INT64, ACL_UINT8, ACL_UINT16, ACL_UINT32, ACL_UINT64, ACL_BOOL}) {
        aclScalar *scalar = aclCreateScalar(&number, type);
        CHECK(scalar != nullptr);
        CHECK_OK(aclDestroyScalar(scalar));
        CHECK_CODE(aclDestroyScalar(scalar), kInvalid);
    }
    CHECK(aclCreateScalar(nullptr, ACL_FLOAT) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);

    const int64_t ints[] = {1, 2, 3};
    const float floats[] = {1.0F, 2.0F};
    const bool bools[] = {true, false, true, true};
    aclIntArray *intArray = aclCreateIntArray(ints, 3);
    aclFloatArray *floatArray = aclCreateFloatArray(floats, 2);
    aclBoolArray *boolArray = aclCreateBoolArray(bools, 4);
    uint64_t size = 0;
    CHECK_OK(aclGetIntArraySize(intArray, &size));
    CHECK(size == 3);
    CHECK_OK(aclGetFloatArraySize(floatArray, &size));
    CHECK(size == 2);
    CHECK_OK(aclGetBoolArraySize(boolArray, &size));
    CHECK(size == 4);
    CHECK_CODE(aclGetIntArraySize(nullptr, &size), kNull);
    CHECK_CODE(aclGetIntArraySize(intArray, nullptr), kNull);
    CHECK_CODE(aclGetFloatArraySize(nullptr, &size), kNull);
    CHECK_CODE(aclGetFloatArraySize(floatArray, nullptr), kNull);
    CHECK_CODE(aclGetBoolArraySize(nullptr, &size), kNull);
    CHECK_CODE(aclGetBoolArraySize(boolArray, nullptr), kNull);
    // One kind is not another.
    CHECK_CODE(aclGetIntArraySize(reinterpret_cast<aclIntArray *>(floatArray), &size), kInvalid);
    CHECK_CODE(aclDestroyIntArray(reinterpret_cast<aclIntArray *>(boolArray)), kInvalid);
    CHECK(size == 4);
    CHECK_OK(aclDestroyIntArray(intArray));
    CHECK_OK(aclDestroyFloatArray(floatArray));
    CHECK_OK(aclDestroyBoolArray(boolArray));
    CHECK_CODE(aclDestroyIntArray(intArray), kInvalid);
    CHECK_CODE(aclDestroyFloatArray(floatArray), kInvalid);
    CHECK_CODE(aclDestroyBoolArray(boolArray), kInvalid);

    // No elements: legal, and the pointer is not looked at.
    intArray = aclCreateIntArray(nullptr, 0);
    CHECK(intArray != nullptr);
    CHECK_OK(aclGetIntArraySize(intArray, &size));
    CHECK(size == 0);
    CHECK_OK(aclDestroyIntArray(intArray));
    CHECK(aclCreateIntArray(nullptr, 3) == nullptr);
    CHECK(aclCreateFloatArray(nullptr, 3) == nullptr);
    CHECK(aclCreateBoolArray(nullptr, 3) == nullptr);
    CHECK(aclCreateIntArray(ints, UINT64_MAX) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);
}

void Lists()
{
    aclTensor *tensors[] = {Tensor({2}), Tensor({3})};
    aclTensorList *list = aclCreateTensorList(tensors, 2);
    CHECK(list != nullptr);
    uint64_t size = 0;
    CHECK_OK(aclGetTensorListSize(list, &size));
    CHECK(size == 2);
    CHECK_CODE(aclGetTensorListSize(nullptr, &size), kNull);
    CHECK_CODE(aclGetTensorListSize(list, nullptr), kNull);
    // Elements live while their list does, and go with it.
    CHECK(Shape(tensors[1]) == std::vector<int64_t>{3});
    CHECK_OK(aclDestroyTensorList(list));
    CHECK_CODE(aclDestroyTensor(tensors[0]), kInvalid);
    CHECK_CODE(aclDestroyTensor(tensors[1]), kInvalid);
    CHECK_CODE(aclDestroyTensorList(list), kInvalid);
    CHECK(aclCreateTensorList(nullptr, 2) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);

    float value = 1.0F;
    aclScalar *scalars[] = {aclCreateScalar(&value, ACL_FLOAT)};
    aclScalarList *scalarList = aclCreateScalarList(scalars, 1);
    CHECK(scalarList != nullptr);
    CHECK_OK(aclGetScalarListSize(scalarList, &size));
    CHECK(size == 1);
    CHECK_CODE(aclGetScalarListSize(nullptr, &size), kNull);
    CHECK_CODE(aclGetScalarListSize(scalarList, nullptr), kNull);
    CHECK_OK(aclDestroyScalarList(scalarList));
    CHECK_CODE(aclDestroyScalar(scalars[0]), kInvalid);
    CHECK_CODE(aclDestroyScalarList(scalarList), kInvalid);
    CHECK(aclCreateScalarList(nullptr, 1) == nullptr);
    CHECK(aclGetRecentErrMsg() != nullptr);
}

void DestroyingNull()
{
    CHECK_OK(aclDestroyTensor(nullptr));
    CHECK_OK(aclDestroyTensorList(nullptr));
    CHECK_OK(aclDestroyScalar(nullptr));
    CHECK_OK(aclDestroyScalarList(nullptr));
    CHECK_OK(aclDestroyIntArray(nullptr));
    CHECK_OK(aclDestroyFloatArray(nullptr));
    CHECK_OK(aclDestroyBoolArray(nullptr));
}

}  // namespace

int main()
{
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc(&device, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    TensorGetters();
    TensorShapes();
    NullAndDeadTensors();
    ScalarsAndArrays();
    Lists();
    DestroyingNull();
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtResetDevice(0));
    return check_done();
}
