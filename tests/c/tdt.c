// Items, datasets and channels: what they keep, who owns what, order, time limits, full and empty channels, stops.
#include "check.h"

#include <acl/acl_tdt.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static int local;
static const int64_t DIMS[2] = {2, 3};

static acltdtDataItem *floats(float *data, int64_t count)
{
    acltdtDataItem *item =
        acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, &count, 1, ACL_FLOAT, data, (size_t)count * sizeof(float));
    CHECK(item != NULL);
    return item;
}

static acltdtDataItem *sign(enum acltdtTensorType type)
{
    acltdtDataItem *item = acltdtCreateDataItem(type, NULL, 0, ACL_BOOL, NULL, 0);
    CHECK(item != NULL);
    return item;
}

// A dataset with one item, of one number.
static acltdtDataset *number(float *value)
{
    acltdtDataset *dataset = acltdtCreateDataset();
    CHECK(dataset != NULL);
    CHECK_OK(acltdtAddDataItem(dataset, floats(value, 1)));
    return dataset;
}

// Destroys a dataset of the program with its items.
static void destroy(acltdtDataset *dataset)
{
    for (size_t i = 0; i < acltdtGetDatasetSize(dataset); i++) {
        CHECK_OK(acltdtDestroyDataItem(acltdtGetDataItem(dataset, i)));
    }
    CHECK_OK(acltdtDestroyDataset(dataset));
}

static void send(acltdtChannelHandle *channel, float value)
{
    acltdtDataset *dataset = number(&value);
    CHECK_OK(acltdtSendTensor(channel, dataset, -1));
    destroy(dataset);
}

static float receive(acltdtChannelHandle *channel)
{
    float value = -1;
    acltdtDataset *dataset = acltdtCreateDataset();
    CHECK_OK(acltdtReceiveTensor(channel, dataset, -1));
    CHECK(acltdtGetDatasetSize(dataset) == 1);
    const float *data = acltdtGetDataAddrFromItem(acltdtGetDataItem(dataset, 0));
    if (data != NULL) {
        value = *data;
    }
    CHECK_OK(acltdtDestroyDataset(dataset));
    return value;
}

static size_t in(acltdtChannelHandle *channel)
{
    size_t size = 77;
    CHECK_OK(acltdtQueryChannelSize(channel, &size));
    return size;
}

static int refused(const void *result, const char *part)
{
    const char *message = aclGetRecentErrMsg();
    return result == NULL && message != NULL && strstr(message, part) != NULL;
}

static void items(void)
{
    float data[6] = {0, 1, 2, 3, 4, 5};
    int64_t dims[3] = {-7, -7, -7}, negative = -1;
    size_t slices = 7, slice = 7;
    acltdtDataItem *item = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 2, ACL_FLOAT, data, sizeof data);
    CHECK(item != NULL);
    CHECK(acltdtGetTensorTypeFromItem(item) == ACL_TENSOR_DATA_TENSOR);
    CHECK(acltdtGetDataTypeFromItem(item) == ACL_FLOAT);
    CHECK(acltdtGetDataAddrFromItem(item) == data);
    CHECK(acltdtGetDataSizeFromItem(item) == sizeof data);
    CHECK(acltdtGetDimNumFromItem(item) == 2);
    CHECK_REFUSED(acltdtGetDimsFromItem(item, dims, 1), ACL_ERROR_INVALID_PARAM, "dimNum", "at least 2", "got 1");
    CHECK_CODE(acltdtGetDimsFromItem(item, NULL, 2), ACL_ERROR_INVALID_PARAM);
    CHECK(dims[0] == -7);
    CHECK_OK(acltdtGetDimsFromItem(item, dims, 3));
    CHECK(dims[0] == 2 && dims[1] == 3 && dims[2] == -7);
    CHECK_OK(acltdtGetSliceInfoFromItem(item, &slices, &slice));
    CHECK(slices == 0 && slice == 0);
    CHECK_CODE(acltdtGetSliceInfoFromItem(item, NULL, &slice), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetSliceInfoFromItem(item, &slices, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(acltdtDestroyDataItem(item));
    CHECK_REFUSED(acltdtDestroyDataItem(item), ACL_ERROR_RT_INVALID_HANDLE, "acltdtDataItem", "already destroyed");

    acltdtDataItem *end = sign(ACL_TENSOR_DATA_END_OF_SEQUENCE);
    CHECK(acltdtGetTensorTypeFromItem(end) == ACL_TENSOR_DATA_END_OF_SEQUENCE);
    CHECK(acltdtGetDimNumFromItem(end) == 0 && acltdtGetDataSizeFromItem(end) == 0);
    CHECK(acltdtGetDataAddrFromItem(end) == NULL);
    CHECK_OK(acltdtGetDimsFromItem(end, NULL, 0));
    CHECK_OK(acltdtDestroyDataItem(end));
    // A tensor may be empty, a text has elements without a size, and signs have none.
    CHECK_OK(acltdtDestroyDataItem(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, NULL, 0, ACL_BOOL, NULL, 0)));
    CHECK_OK(acltdtDestroyDataItem(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, NULL, 0, ACL_STRING, data, 3)));
    CHECK_OK(acltdtDestroyDataItem(acltdtCreateDataItem(ACL_TENSOR_DATA_ABNORMAL, NULL, 0, ACL_DT_UNDEFINED, NULL, 0)));

    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_UNDEFINED, DIMS, 2, ACL_FLOAT, data, 24), "tdtType"));
    CHECK(refused(acltdtCreateDataItem((enum acltdtTensorType)5, DIMS, 2, ACL_FLOAT, data, 24), "tdtType"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, NULL, 2, ACL_FLOAT, data, 24), "dims"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 129, ACL_FLOAT, data, 24), "at most 128"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, &negative, 1, ACL_FLOAT, data, 24), "got -1"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 2, ACL_DT_UNDEFINED, data, 24), "dataType"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 2, (aclDataType)5, data, 24), "dataType"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 2, ACL_FLOAT, NULL, 24), "data"));
    CHECK(refused(acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 2, ACL_FLOAT, data, SIZE_MAX), "size"));

    // Functions without a code answer something that no item has, and leave a message.
    acltdtDataItem *bad[] = {item, NULL, (acltdtDataItem *)&local};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE;
        CHECK(acltdtGetTensorTypeFromItem(bad[i]) == ACL_TENSOR_DATA_UNDEFINED);
        CHECK(refused(NULL, "acltdtGetTensorTypeFromItem"));
        CHECK(acltdtGetDataTypeFromItem(bad[i]) == ACL_DT_UNDEFINED);
        CHECK(refused(acltdtGetDataAddrFromItem(bad[i]), "dataItem"));
        CHECK(acltdtGetDataSizeFromItem(bad[i]) == 0 && acltdtGetDimNumFromItem(bad[i]) == 0);
        CHECK_CODE(acltdtGetDimsFromItem(bad[i], dims, 3), code);
        CHECK_CODE(acltdtGetSliceInfoFromItem(bad[i], &slices, &slice), code);
        CHECK_CODE(acltdtDestroyDataItem(bad[i]), code);
    }
}

static void datasets(void)
{
    float data[2] = {1, 2};
    acltdtDataset *dataset = acltdtCreateDataset(), *other = acltdtCreateDataset();
    CHECK(dataset != NULL && other != NULL && dataset != other);
    CHECK(acltdtGetDatasetSize(dataset) == 0);
    CHECK(strcmp(acltdtGetDatasetName(dataset), "") == 0);
    CHECK(refused(acltdtGetDataItem(dataset, 0), "below 0"));
    acltdtDataItem *first = floats(data, 2), *second = sign(ACL_TENSOR_DATA_ABNORMAL);
    CHECK_OK(acltdtAddDataItem(dataset, first));
    CHECK_OK(acltdtAddDataItem(dataset, second));
    CHECK_OK(acltdtAddDataItem(other, second));
    CHECK(acltdtGetDatasetSize(dataset) == 2);
    CHECK(acltdtGetDataItem(dataset, 0) == first && acltdtGetDataItem(dataset, 1) == second);
    CHECK(refused(acltdtGetDataItem(dataset, 2), "below 2"));
    CHECK_CODE(acltdtAddDataItem(dataset, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtAddDataItem(NULL, first), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtAddDataItem(dataset, (acltdtDataItem *)dataset), ACL_ERROR_RT_INVALID_HANDLE);
    // Items of the program outlive its datasets, and a destroyed one leaves a hole.
    CHECK_OK(acltdtDestroyDataset(other));
    CHECK(acltdtGetTensorTypeFromItem(second) == ACL_TENSOR_DATA_ABNORMAL);
    CHECK_OK(acltdtDestroyDataItem(first));
    CHECK(acltdtGetDatasetSize(dataset) == 2);
    CHECK(refused(acltdtGetDataItem(dataset, 0), "already destroyed"));
    CHECK(acltdtGetDataItem(dataset, 1) == second);
    CHECK_CODE(acltdtAddDataItem(dataset, first), ACL_ERROR_RT_INVALID_HANDLE);
    acltdtDataset *bad[] = {other, NULL, (acltdtDataset *)&local};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK(acltdtGetDatasetSize(bad[i]) == 0);
        CHECK(refused(acltdtGetDatasetName(bad[i]), "dataset"));
        CHECK(refused(acltdtGetDataItem(bad[i], 0), "dataset"));
        CHECK_CODE(acltdtDestroyDataset(bad[i]), bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE);
    }
    acltdtChannelHandle *channel = acltdtCreateChannel(0, "holes");
    CHECK_REFUSED(acltdtSendTensor(channel, dataset, 0), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK(in(channel) == 0);
    CHECK_OK(acltdtDestroyChannel(channel));
    CHECK_OK(acltdtDestroyDataset(dataset));
    CHECK_OK(acltdtDestroyDataItem(second));
}

static void channels(void)
{
    acltdtChannelHandle *channel = acltdtCreateChannelWithCapacity(0, "one", 2);
    acltdtChannelHandle *same = acltdtCreateChannel(0, "one"), *elsewhere = acltdtCreateChannel(1, "one");
    acltdtChannelHandle *other = acltdtCreateChannel(0, "another");
    size_t size = 7;
    CHECK(channel != NULL && same != NULL && same != channel && elsewhere != NULL && other != NULL);
    CHECK(refused(acltdtCreateChannel(0, NULL), "name"));
    CHECK(refused(acltdtCreateChannel(0, ""), "name"));
    CHECK(refused(acltdtCreateChannel(2, "x"), "deviceId"));
    CHECK(refused(acltdtCreateChannel(UINT32_MAX, "x"), "deviceId"));
    CHECK(refused(acltdtCreateChannelWithCapacity(0, "x", 1), "2 to 8192"));
    CHECK(refused(acltdtCreateChannelWithCapacity(0, "x", 8193), "2 to 8192"));
    CHECK(refused(acltdtCreateChannelWithCapacity(0, "one", 3), "expected 2"));

    // A device and a name are one channel, whichever handle is used.
    send(channel, 1);
    send(same, 2);
    CHECK(in(channel) == 2 && in(same) == 2 && in(elsewhere) == 0 && in(other) == 0);
    float value = 3;
    acltdtDataset *third = number(&value);
    CHECK_REFUSED(acltdtSendTensor(channel, third, 0), ACL_ERROR_RT_QUEUE_FULL, "\"one\"", "2 datasets", "full");
    CHECK_CODE(acltdtSendTensor(same, third, 5), ACL_ERROR_RT_QUEUE_FULL);
    CHECK_REFUSED(acltdtSendTensor(same, third, -2), ACL_ERROR_RT_PARAM_INVALID, "timeout", "-2");
    CHECK(in(channel) == 2);
    CHECK(receive(same) == 1 && receive(channel) == 2);
    acltdtDataset *empty = acltdtCreateDataset();
    CHECK_REFUSED(acltdtReceiveTensor(channel, empty, 0), ACL_ERROR_RT_QUEUE_EMPTY, "\"one\"", "empty");
    CHECK_CODE(acltdtReceiveTensor(channel, empty, 5), ACL_ERROR_RT_QUEUE_EMPTY);
    CHECK_CODE(acltdtReceiveTensor(channel, empty, -2), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(acltdtGetDatasetSize(empty) == 0);

    // A dataset need not have items.
    CHECK_OK(acltdtSendTensor(channel, empty, 0));
    CHECK_OK(acltdtReceiveTensor(channel, empty, 0));
    CHECK(acltdtGetDatasetSize(empty) == 0 && strcmp(acltdtGetDatasetName(empty), "one") == 0);

    // Cleaned, there is room again, for all handles.
    send(channel, 4);
    send(channel, 5);
    CHECK_OK(acltdtCleanChannel(same));
    CHECK(in(channel) == 0);
    send(channel, 6);
    // What is in a channel lives as long as any of its handles.
    CHECK_OK(acltdtDestroyChannel(channel));
    CHECK(receive(same) == 6);
    send(same, 7);
    CHECK_OK(acltdtDestroyChannel(same));
    same = acltdtCreateChannelWithCapacity(0, "one", 3);
    CHECK(same != NULL && in(same) == 0);

    acltdtChannelHandle *bad[] = {channel, NULL, (acltdtChannelHandle *)&local, (acltdtChannelHandle *)empty};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE;
        CHECK_CODE(acltdtSendTensor(bad[i], third, 0), code);
        CHECK_CODE(acltdtReceiveTensor(bad[i], empty, 0), code);
        CHECK_CODE(acltdtQueryChannelSize(bad[i], &size), code);
        CHECK_CODE(acltdtCleanChannel(bad[i]), code);
        CHECK_CODE(acltdtStopChannel(bad[i]), code);
        CHECK_CODE(acltdtDestroyChannel(bad[i]), code);
    }
    CHECK(size == 7);
    CHECK_CODE(acltdtQueryChannelSize(same, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtSendTensor(same, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtReceiveTensor(same, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtSendTensor(same, (acltdtDataset *)same, 0), ACL_ERROR_RT_INVALID_HANDLE);
    destroy(third);
    CHECK_OK(acltdtDestroyDataset(empty));
    CHECK_OK(acltdtDestroyChannel(same));
    CHECK_OK(acltdtDestroyChannel(elsewhere));
    CHECK_OK(acltdtDestroyChannel(other));
}

static void deliveries(void)
{
    float *data = malloc(24);
    void *device = NULL;
    int64_t dims[2] = {0, 0}, three = 3;
    acltdtChannelHandle *channel = acltdtCreateChannelWithCapacity(0, "copies", 4);
    acltdtDataset *sent = acltdtCreateDataset(), *received = acltdtCreateDataset();
    for (int i = 0; i < 6; i++) {
        data[i] = (float)i;
    }
    acltdtDataItem *host = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, DIMS, 2, ACL_FLOAT, data, 24);
    CHECK_OK(aclrtMalloc(&device, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device, 64, data, 12, ACL_MEMCPY_HOST_TO_DEVICE));
    acltdtDataItem *there = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, &three, 1, ACL_FLOAT, device, 12);
    CHECK_OK(acltdtAddDataItem(sent, host));
    CHECK_OK(acltdtAddDataItem(sent, there));
    CHECK_OK(acltdtAddDataItem(sent, sign(ACL_TENSOR_DATA_END_OF_SEQUENCE)));
    CHECK_OK(acltdtSendTensor(channel, sent, 0));
    // What was sent is a copy: the program's data and items may go.
    CHECK_OK(aclrtMemset(device, 64, 0xff, 64));
    free(data);
    destroy(sent);

    CHECK_OK(acltdtReceiveTensor(channel, received, 0));
    CHECK(acltdtGetDatasetSize(received) == 3 && strcmp(acltdtGetDatasetName(received), "copies") == 0);
    acltdtDataItem *items[3];
    for (size_t i = 0; i < 3; i++) {
        items[i] = acltdtGetDataItem(received, i);
        CHECK(items[i] != NULL);
    }
    CHECK(acltdtGetTensorTypeFromItem(items[0]) == ACL_TENSOR_DATA_TENSOR);
    CHECK(acltdtGetTensorTypeFromItem(items[2]) == ACL_TENSOR_DATA_END_OF_SEQUENCE);
    CHECK(acltdtGetDataTypeFromItem(items[0]) == ACL_FLOAT && acltdtGetDataSizeFromItem(items[0]) == 24);
    CHECK_OK(acltdtGetDimsFromItem(items[0], dims, 2));
    CHECK(dims[0] == 2 && dims[1] == 3 && acltdtGetDimNumFromItem(items[1]) == 1);
    float *values = acltdtGetDataAddrFromItem(items[0]);
    CHECK((uintptr_t)values % 64 == 0);
    for (int i = 0; values != NULL && i < 6; i++) {
        CHECK(values[i] == (float)i);
    }
    values = acltdtGetDataAddrFromItem(items[1]);
    CHECK(values != NULL && values[0] == 0 && values[1] == 1 && values[2] == 2);

    // What was received belongs to its dataset, and the dataset to the channel.
    CHECK_REFUSED(acltdtDestroyDataItem(items[0]), ACL_ERROR_INVALID_PARAM, "acltdtReceiveTensor");
    CHECK_REFUSED(aclrtFreeHost(values), ACL_ERROR_RT_PARAM_INVALID, "acltdtSendTensor");
    acltdtDataset *own = acltdtCreateDataset();
    acltdtDataItem *mine = sign(ACL_TENSOR_DATA_ABNORMAL);
    CHECK_REFUSED(acltdtAddDataItem(own, items[0]), ACL_ERROR_INVALID_PARAM, "acltdtReceiveTensor");
    CHECK_REFUSED(acltdtAddDataItem(received, mine), ACL_ERROR_INVALID_PARAM, "acltdtReceiveTensor");
    CHECK_OK(acltdtAddDataItem(own, mine));
    send(channel, 8);
    CHECK_REFUSED(acltdtReceiveTensor(channel, own, 0), ACL_ERROR_INVALID_PARAM, "acltdtAddDataItem");
    CHECK(in(channel) == 1);
    // It can be sent on, and received into again.
    CHECK_OK(acltdtSendTensor(channel, received, 0));
    CHECK_OK(acltdtReceiveTensor(channel, received, 0));
    CHECK(acltdtGetDatasetSize(received) == 1);
    CHECK_CODE(acltdtGetDimsFromItem(items[0], dims, 2), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtReceiveTensor(channel, received, 0));
    CHECK(acltdtGetDatasetSize(received) == 3);
    values = acltdtGetDataAddrFromItem(acltdtGetDataItem(received, 0));
    CHECK(values != NULL && values[5] == 5);
    items[0] = acltdtGetDataItem(received, 0);
    CHECK_OK(acltdtDestroyDataset(received));
    CHECK(acltdtGetDataAddrFromItem(items[0]) == NULL);

    // Memory that is not there, or not all of it.
    destroy(own);
    acltdtDataItem *past = acltdtCreateDataItem(ACL_TENSOR_DATA_TENSOR, &three, 1, ACL_FLOAT, device, 65);
    own = acltdtCreateDataset();
    CHECK_OK(acltdtAddDataItem(own, past));
    CHECK_REFUSED(acltdtSendTensor(channel, own, 0), ACL_ERROR_RT_PARAM_INVALID, "at most 64", "got 65");
    CHECK_OK(aclrtFree(device));
    CHECK_REFUSED(acltdtSendTensor(channel, own, 0), ACL_ERROR_RT_PARAM_INVALID, "freed");
    CHECK(in(channel) == 0);
    // The place that it would have had is free.
    for (int i = 0; i < 4; i++) {
        send(channel, (float)i);
    }
    destroy(own);
    CHECK_OK(acltdtDestroyChannel(channel));
}

static void slices(void)
{
    float part[4] = {1, 2, 3, 4};
    int64_t one = 1;
    acltdtChannelHandle *channel = acltdtCreateChannel(0, "slices");
    acltdtDataset *sent = acltdtCreateDataset(), *received = acltdtCreateDataset();
    const enum acltdtTensorType types[] = {ACL_TENSOR_DATA_SLICE_TENSOR, ACL_TENSOR_DATA_SLICE_TENSOR,
                                           ACL_TENSOR_DATA_END_TENSOR,   ACL_TENSOR_DATA_TENSOR,
                                           ACL_TENSOR_DATA_END_TENSOR,   ACL_TENSOR_DATA_SLICE_TENSOR};
    const size_t counts[] = {3, 3, 3, 0, 1, 1}, ids[] = {0, 1, 2, 0, 0, 0};
    for (size_t i = 0; i < 6; i++) {
        CHECK_OK(acltdtAddDataItem(sent, acltdtCreateDataItem(types[i], &one, 1, ACL_FLOAT, &part[i % 4], 4)));
    }
    CHECK_OK(acltdtSendTensor(channel, sent, 0));
    CHECK_OK(acltdtReceiveTensor(channel, received, 0));
    for (size_t i = 0; i < 6; i++) {
        acltdtDataItem *item = acltdtGetDataItem(received, i);
        size_t count = 77, id = 77;
        CHECK_OK(acltdtGetSliceInfoFromItem(item, &count, &id));
        CHECK(count == counts[i] && id == ids[i] && acltdtGetTensorTypeFromItem(item) == types[i]);
    }
    destroy(sent);
    CHECK_OK(acltdtDestroyDataset(received));
    CHECK_OK(acltdtDestroyChannel(channel));
}

enum { EACH = 300, SENDERS = 3 };

static void *sender(void *name)
{
    acltdtChannelHandle *channel = acltdtCreateChannel(0, "narrow");
    for (int i = 0; i < EACH; i++) {
        send(channel, (float)((intptr_t)name * EACH + i));
    }
    CHECK_OK(acltdtDestroyChannel(channel));
    return NULL;
}

// Several threads through a channel that is full most of the time: everything once, and each sender's in order.
static void through(void)
{
    pthread_t threads[SENDERS];
    int next[SENDERS] = {0};
    acltdtChannelHandle *channel = acltdtCreateChannelWithCapacity(0, "narrow", 2);
    for (intptr_t i = 0; i < SENDERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, sender, (void *)i) == 0);
    }
    for (int i = 0; i < SENDERS * EACH; i++) {
        int value = (int)receive(channel), from = value / EACH;
        if (value < 0 || from >= SENDERS || value % EACH != next[from]++) {
            CHECK(!"the next one of its sender");
            break;
        }
    }
    for (int i = 0; i < SENDERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(in(channel) == 0);
    CHECK_OK(acltdtDestroyChannel(channel));
}

struct blocked {
    acltdtChannelHandle *channel;
    int sends;
    aclError code;
    pthread_t thread;
};

static void *block(void *data)
{
    struct blocked *blocked = data;
    float value = 9;
    acltdtDataset *dataset = blocked->sends ? number(&value) : acltdtCreateDataset();
    blocked->code = blocked->sends ? acltdtSendTensor(blocked->channel, dataset, -1)
                                   : acltdtReceiveTensor(blocked->channel, dataset, -1);
    destroy(dataset);
    return NULL;
}

static void start(struct blocked *blocked, acltdtChannelHandle *channel, int sends)
{
    blocked->channel = channel;
    blocked->sends = sends;
    blocked->code = 77;
    CHECK(pthread_create(&blocked->thread, NULL, block, blocked) == 0);
}

static void stops(void)
{
    struct blocked receiver, waiting;
    acltdtChannelHandle *channel = acltdtCreateChannelWithCapacity(0, "stops", 2);
    acltdtChannelHandle *other = acltdtCreateChannel(0, "stops");
    acltdtDataset *dataset = acltdtCreateDataset();
    // Whether they wait already or come later: they fail.
    start(&receiver, channel, 0);
    CHECK_OK(acltdtStopChannel(channel));
    CHECK(pthread_join(receiver.thread, NULL) == 0 && receiver.code == ACL_ERROR_FAILURE);
    CHECK_REFUSED(acltdtReceiveTensor(channel, dataset, -1), ACL_ERROR_FAILURE, "\"stops\"", "acltdtStopChannel");
    CHECK_CODE(acltdtSendTensor(channel, dataset, 0), ACL_ERROR_FAILURE);
    CHECK_OK(acltdtStopChannel(channel));
    // The other handle goes on, and what is in the channel can be asked for.
    send(other, 1);
    send(other, 2);
    CHECK(in(channel) == 2 && receive(other) == 1);
    send(other, 3);
    start(&waiting, other, 1);
    CHECK_OK(acltdtCleanChannel(channel));
    CHECK(pthread_join(waiting.thread, NULL) == 0 && waiting.code == ACL_SUCCESS);
    // To destroy a handle is to stop it.
    CHECK_OK(acltdtCleanChannel(other));
    start(&receiver, other, 0);
    CHECK_OK(acltdtDestroyChannel(other));
    CHECK(pthread_join(receiver.thread, NULL) == 0);
    CHECK(receiver.code == ACL_ERROR_FAILURE || receiver.code == ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtDestroyChannel(channel));
    CHECK_OK(acltdtDestroyDataset(dataset));
}

int main(void)
{
    CHECK(setenv("ACLSIM_DEVICES", "2", 1) == 0);
    CHECK_OK(aclInit(NULL));
    // Nothing of this needs a context, but device memory does.
    items();
    datasets();
    channels();
    slices();
    CHECK_OK(aclrtSetDevice(0));
    deliveries();
    through();
    stops();
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
