// Labels, and the calls that only streams of models may make.
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

static void labels(void)
{
    aclrtLabel label = NULL, other = NULL, pair[2];
    aclrtLabelList list = NULL, none = NULL;
    CHECK_CODE(aclrtCreateLabel(&label), ACL_ERROR_RT_CONTEXT_NULL);
    CHECK_OK(aclrtSetDevice(0));
    CHECK_CODE(aclrtCreateLabel(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtCreateLabel(&label));
    CHECK_OK(aclrtCreateLabel(&other));
    CHECK(label != NULL && label != other);
    pair[0] = label;
    pair[1] = other;
    CHECK_REFUSED(aclrtCreateLabelList(pair, 0, &none), ACL_ERROR_INVALID_PARAM, "num", "got 0");
    CHECK_REFUSED(aclrtCreateLabelList(pair, 65536, &none), ACL_ERROR_INVALID_PARAM, "num");
    CHECK_CODE(aclrtCreateLabelList(NULL, 2, &none), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtCreateLabelList(pair, 2, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(none == NULL);
    CHECK_OK(aclrtCreateLabelList(pair, 2, &list));
    // The list keeps what it holds.
    CHECK_OK(aclrtDestroyLabel(label));
    CHECK_REFUSED(aclrtDestroyLabel(label), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_CODE(aclrtDestroyLabel(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclrtDestroyLabel(list), ACL_ERROR_RT_INVALID_HANDLE, "aclrtLabelList");
    CHECK_CODE(aclrtCreateLabelList(pair, 2, &none), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(aclrtDestroyLabelList(list));
    CHECK_REFUSED(aclrtDestroyLabelList(list), ACL_ERROR_RT_INVALID_HANDLE, "already destroyed");
    CHECK_CODE(aclrtDestroyLabelList(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclrtDestroyLabel(other));
    CHECK_OK(aclrtResetDevice(0));
}

// Not bound to a model: 107005, after everything else was checked.
static void unbound(void)
{
    aclrtStream stream, second;
    aclrtLabel label;
    aclrtLabelList list;
    void *number = NULL;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&second));
    CHECK_OK(aclrtCreateLabel(&label));
    CHECK_OK(aclrtCreateLabelList(&label, 1, &list));
    CHECK_OK(aclrtMalloc(&number, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_REFUSED(aclrtSetLabel(label, stream), ACL_ERROR_RT_STREAM_MODEL, "aclmdlRIBindStream");
    CHECK_CODE(aclrtSetLabel(label, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSetLabel(NULL, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSetLabel(list, stream), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_REFUSED(aclrtSwitchLabelByIndex(number, 1, list, stream), ACL_ERROR_RT_STREAM_MODEL, "model");
    CHECK_REFUSED(aclrtSwitchLabelByIndex(number, 2, list, stream), ACL_ERROR_RT_PARAM_INVALID, "maxValue", "got 2");
    CHECK_CODE(aclrtSwitchLabelByIndex(&label, 1, list, stream), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSwitchLabelByIndex(NULL, 1, list, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSwitchLabelByIndex(number, 1, NULL, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSwitchLabelByIndex(number, 1, list, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtActiveStream(second, stream), ACL_ERROR_RT_STREAM_MODEL);
    CHECK_CODE(aclrtActiveStream(NULL, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSwitchStream(number, ACL_RT_EQUAL, number, ACL_RT_SWITCH_INT64, second, NULL, stream),
               ACL_ERROR_RT_STREAM_MODEL);
    CHECK_REFUSED(aclrtSwitchStream(number, ACL_RT_EQUAL, number, ACL_RT_SWITCH_INT64, second, second, stream),
                  ACL_ERROR_INVALID_PARAM, "falseStream");
    CHECK_REFUSED(aclrtSwitchStream(number, (aclrtCondition)6, number, ACL_RT_SWITCH_INT64, second, NULL, stream),
                  ACL_ERROR_RT_PARAM_INVALID, "cond");
    CHECK_REFUSED(aclrtSwitchStream(number, ACL_RT_LESS, number, (aclrtCompareDataType)2, second, NULL, stream),
                  ACL_ERROR_RT_PARAM_INVALID, "dataType");
    CHECK_CODE(aclrtSwitchStream(NULL, ACL_RT_LESS, number, ACL_RT_SWITCH_INT32, second, NULL, stream),
               ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclrtSwitchStream(number, ACL_RT_LESS, &label, ACL_RT_SWITCH_INT32, second, NULL, stream),
               ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtFree(number));
    CHECK_OK(aclrtDestroyLabelList(list));
    CHECK_OK(aclrtDestroyLabel(label));
    CHECK_OK(aclrtDestroyStream(second));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
}

// Streams of a model that is being built.
struct model {
    aclmdlRI graph;
    aclrtStream head, other;
};

static void begin_model(struct model *model)
{
    CHECK_OK(aclrtCreateStreamWithConfig(&model->head, 0, ACL_STREAM_PERSISTENT));
    CHECK_OK(aclrtCreateStreamWithConfig(&model->other, 0, ACL_STREAM_PERSISTENT));
    CHECK_OK(aclmdlRIBuildBegin(&model->graph, 0));
    CHECK_OK(aclmdlRIBindStream(model->graph, model->head, ACL_MODEL_STREAM_FLAG_HEAD));
    CHECK_OK(aclmdlRIBindStream(model->graph, model->other, ACL_MODEL_STREAM_FLAG_DEFAULT));
}

static void end_tasks(const struct model *model)
{
    CHECK_OK(aclmdlRIEndTask(model->graph, model->head));
    CHECK_OK(aclmdlRIEndTask(model->graph, model->other));
    CHECK_OK(aclmdlRIBuildEnd(model->graph, NULL));
}

static void end_model(const struct model *model)
{
    CHECK_OK(aclmdlRIUnbindStream(model->graph, model->head));
    CHECK_OK(aclmdlRIUnbindStream(model->graph, model->other));
    CHECK_OK(aclmdlRIDestroy(model->graph));
    CHECK_OK(aclrtDestroyStream(model->head));
    CHECK_OK(aclrtDestroyStream(model->other));
}

static int32_t at(const int32_t *numbers, int place)
{
    int32_t number = -1;
    CHECK_OK(aclrtMemcpy(&number, 4, numbers + place, 4, ACL_MEMCPY_DEVICE_TO_HOST));
    return number;
}

// Numbers on the device: a counter, 1, a limit, and two that show who came by.
enum { COUNTER, ONE, LIMIT, HERE, THERE, NUMBERS };

static void jumps(void)
{
    const int32_t start[NUMBERS] = {0, 1, 2, 0, 0};
    struct model model;
    aclrtLabel labels[3], top, done;
    aclrtLabelList list;
    int32_t *numbers = NULL;
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtMalloc((void **)&numbers, sizeof(start), ACL_MEM_MALLOC_HUGE_FIRST));

    // A loop: back to the top while the counter chooses the first two labels.
    begin_model(&model);
    CHECK_OK(aclrtCreateLabel(&top));
    CHECK_OK(aclrtCreateLabel(&done));
    labels[0] = labels[1] = top;
    labels[2] = done;
    CHECK_OK(aclrtCreateLabelList(labels, 3, &list));
    CHECK_OK(aclrtSetLabel(top, model.head));
    CHECK_CODE(aclrtSetLabel(top, model.head), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtReduceAsync(numbers + COUNTER, numbers + ONE, 4, ACL_RT_MEMCPY_SDMA_AUTOMATIC_SUM, ACL_INT32,
                              model.head, NULL));
    CHECK_OK(aclrtSwitchLabelByIndex(numbers + COUNTER, 3, list, model.head));
    CHECK_OK(aclrtMemsetD32Async(numbers + HERE, 4, 7, 1, model.head));
    CHECK_OK(aclrtSetLabel(done, model.head));
    CHECK_OK(aclrtMemsetD32Async(numbers + THERE, 4, 8, 1, model.head));
    end_tasks(&model);
    for (int run = 0; run < 2; run++) {
        CHECK_OK(aclrtMemcpy(numbers, sizeof(start), start, sizeof(start), ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK_OK(aclmdlRIExecute(model.graph, -1));
        CHECK(at(numbers, COUNTER) == 2 && at(numbers, HERE) == 0 && at(numbers, THERE) == 8);
    }
    end_model(&model);
    CHECK_OK(aclrtDestroyLabelList(list));
    CHECK_OK(aclrtDestroyLabel(top));

    // A label that is set nowhere fails when the stream comes to it.
    begin_model(&model);
    CHECK_OK(aclrtCreateLabel(&top));
    CHECK_OK(aclrtCreateLabelList(&top, 1, &list));
    CHECK_OK(aclrtSwitchLabelByIndex(numbers + COUNTER, 1, list, model.head));
    end_tasks(&model);
    CHECK_CODE(aclmdlRIExecute(model.graph, -1), ACL_ERROR_RT_DEVICE_MEM_ERROR);
    end_model(&model);
    CHECK_OK(aclrtDestroyLabelList(list));
    CHECK_OK(aclrtDestroyLabel(top));
    CHECK_OK(aclrtDestroyLabel(done));

    // On another stream if the counter is the limit.
    begin_model(&model);
    CHECK_OK(aclrtSwitchStream(numbers + COUNTER, ACL_RT_EQUAL, numbers + LIMIT, ACL_RT_SWITCH_INT32, model.other, NULL,
                               model.head));
    CHECK_OK(aclrtMemsetD32Async(numbers + HERE, 4, 5, 1, model.head));
    CHECK_OK(aclrtMemsetD32Async(numbers + THERE, 4, 6, 1, model.other));
    end_tasks(&model);
    for (int32_t counter = 1; counter <= 2; counter++) {
        CHECK_OK(aclrtMemcpy(numbers, sizeof(start), start, sizeof(start), ACL_MEMCPY_HOST_TO_DEVICE));
        CHECK_OK(aclrtMemsetD32(numbers + COUNTER, 4, (uint32_t)counter, 1));
        CHECK_OK(aclmdlRIExecute(model.graph, -1));
        CHECK(at(numbers, HERE) == (counter == 1 ? 5 : 0) && at(numbers, THERE) == (counter == 1 ? 0 : 6));
    }
    end_model(&model);

    // On both.
    begin_model(&model);
    CHECK_OK(aclrtActiveStream(model.other, model.head));
    CHECK_OK(aclrtMemsetD32Async(numbers + HERE, 4, 3, 1, model.head));
    CHECK_OK(aclrtMemsetD32Async(numbers + THERE, 4, 4, 1, model.other));
    end_tasks(&model);
    CHECK_OK(aclrtMemcpy(numbers, sizeof(start), start, sizeof(start), ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclmdlRIExecute(model.graph, -1));
    CHECK(at(numbers, HERE) == 3 && at(numbers, THERE) == 4);
    end_model(&model);
    CHECK_OK(aclrtFree(numbers));
    CHECK_OK(aclrtResetDevice(0));
}

enum { LABELS = 65535 };

static void exhaustion(void)
{
    aclrtLabel *all = malloc(LABELS * sizeof *all), more = NULL;
    int wrong = 0;
    CHECK_OK(aclrtSetDevice(0));
    for (int i = 0; i < LABELS; i++) {
        wrong += aclrtCreateLabel(&all[i]) != ACL_SUCCESS;
    }
    CHECK(wrong == 0);
    CHECK_REFUSED(aclrtCreateLabel(&more), ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, "65535");
    CHECK(more == NULL);
    CHECK_OK(aclrtDestroyLabel(all[7]));
    CHECK_OK(aclrtCreateLabel(&all[7]));
    for (int i = 0; i < LABELS; i++) {
        wrong += aclrtDestroyLabel(all[i]) != ACL_SUCCESS;
    }
    CHECK(wrong == 0);
    free(all);
    CHECK_OK(aclrtResetDevice(0));
}

int main(void)
{
    labels();
    unbound();
    jumps();
    exhaustion();
    return check_done();
}
