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
    exhaustion();
    return check_done();
}
