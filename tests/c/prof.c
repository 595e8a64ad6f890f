// Profiling: sessions and what they write, marks, steps, subscriptions.
#include "timeline.h"

#include <acl/acl_prof.h>
#include <acl/acl_prof_report.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_exp.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char place[4096];
static aclrtStream stream, other;
static void *memory;
static int mark;

// Add and Exp of 2 by 3 elements, the latter twice.
static void operators(aclrtStream stream)
{
    const int64_t dims[2] = {2, 3};
    float one = 1;
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *a = aclCreateTensor(dims, 2, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 2, memory);
    aclTensor *b = aclCreateTensor(dims, 2, ACL_FLOAT, NULL, 0, ACL_FORMAT_ND, dims, 2, (char *)memory + 512);
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
    CHECK_OK(aclnnAddGetWorkspaceSize(a, b, alpha, b, &size, &executor));
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(aclnnExpGetWorkspaceSize(a, b, &size, &executor));
        CHECK_OK(aclnnExp(NULL, 0, executor, stream));
    }
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclDestroyScalar(alpha));
    CHECK_OK(aclDestroyTensor(a));
    CHECK_OK(aclDestroyTensor(b));
}

// Sessions below the directory, and the path of a file in the last one.
static int sessions(const char *file, char *path, size_t room)
{
    struct dirent *entry;
    char last[256] = "";
    int count = 0;
    DIR *const list = opendir(place);
    CHECK(list != NULL);
    while (list != NULL && (entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, "PROF_", 5) == 0) {
            count++;
            if (strcmp(entry->d_name, last) > 0) {
                snprintf(last, sizeof(last), "%s", entry->d_name);
            }
        }
    }
    if (list != NULL) {
        closedir(list);
    }
    if (file != NULL) {
        snprintf(path, room, "%s/%s/%s", place, last, file);
    }
    return count;
}

static struct timeline last_timeline(void)
{
    char path[4400];
    sessions("timeline.json", path, sizeof(path));
    return timeline_read(path);
}

static aclprofConfig *config_of(uint64_t data)
{
    uint32_t device = 0;
    return aclprofCreateConfig(&device, 1, ACL_AICORE_NONE, NULL, data);
}

static void configurations(void)
{
    uint32_t devices[2] = {0, 0}, far = 63;
    aclprofConfig *config;
    CHECK(aclprofCreateConfig(NULL, 1, ACL_AICORE_NONE, NULL, 0) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "deviceIdList") != NULL);
    CHECK(aclprofCreateConfig(devices, 0, ACL_AICORE_NONE, NULL, 0) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "deviceNums") != NULL);
    CHECK(aclprofCreateConfig(devices, 2, ACL_AICORE_NONE, NULL, 0) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "[0, 0]") != NULL);
    CHECK(aclprofCreateConfig(&far, 1, ACL_AICORE_NONE, NULL, 0) == NULL);
    CHECK(aclprofCreateConfig(devices, 1, (aclprofAicoreMetrics)9, NULL, 0) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "aicoreMetrics") != NULL);
    CHECK(aclprofCreateConfig(devices, 1, ACL_AICORE_NONE, (const aclprofAicoreEvents *)&mark, 0) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "aicoreEvents") != NULL);
    CHECK(aclprofCreateConfig(devices, 1, ACL_AICORE_NONE, NULL, 1ULL << 63) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "dataTypeConfig") != NULL);
    CHECK((config = config_of(ACL_PROF_ACL_API)) != NULL);
    CHECK_OK(aclprofDestroyConfig(config));
    CHECK_REFUSED(aclprofDestroyConfig(config), 107017, "profilerConfig");
    CHECK_CODE(aclprofDestroyConfig(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofDestroyConfig((const aclprofConfig *)&mark), 107017);

    CHECK_OK(aclprofSetConfig(ACL_PROF_STORAGE_LIMIT, "200MB", 5));
    CHECK_REFUSED(aclprofSetConfig(ACL_PROF_STORAGE_LIMIT, "199MB", 5), ACL_ERROR_INVALID_PROFILING_CONFIG, "200", "199MB");
    CHECK_CODE(aclprofSetConfig(ACL_PROF_STORAGE_LIMIT, "much", 4), ACL_ERROR_INVALID_PROFILING_CONFIG);
    CHECK_REFUSED(aclprofSetConfig(ACL_PROF_STORAGE_LIMIT, "200MB", 4), ACL_ERROR_INVALID_PARAM, "configLength", "5");
    CHECK_CODE(aclprofSetConfig(ACL_PROF_STORAGE_LIMIT, "", 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofSetConfig(ACL_PROF_STORAGE_LIMIT, NULL, 4), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclprofSetConfig(ACL_PROF_ARGS_MIN, "1", 1), ACL_ERROR_INVALID_PARAM, "configType");
    CHECK_CODE(aclprofSetConfig(ACL_PROF_ARGS_MAX, "1", 1), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclprofSetConfig(ACL_PROF_SYS_HARDWARE_MEM_FREQ, "50", 2));
}

// Without a session: marks, steps and stamps have nobody who records them.
static void nothing_records(void)
{
    uint32_t range = 77;
    aclprofStepInfo *step = aclprofCreateStepInfo();
    CHECK(aclprofCreateStamp() == NULL && strstr(aclGetRecentErrMsg(), "aclprofStart") != NULL);
    CHECK_CODE(aclprofMarkEx("here", 4, stream), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofPop(), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofRangePop(), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofRangeStart(NULL, &range), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetStepTimestamp(step, ACL_STEP_START, stream), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclrtProfTrace(&mark, 4, stream), ACL_ERROR_PROF_NOT_RUN);
    CHECK(range == 77);
    aclprofDestroyStepInfo(step);
}

static void begin_and_end(void)
{
    char path[4400];
    aclprofConfig *config = config_of(ACL_PROF_ACL_API), *other = config_of(ACL_PROF_TASK_TIME), *equal;
    CHECK_CODE(aclprofStart(config), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofStop(config), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofFinalize(), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofInit(NULL, 4), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclprofInit(place, 3), ACL_ERROR_INVALID_PARAM, "length");
    CHECK_REFUSED(aclprofInit("/nonexistent", 12), ACL_ERROR_INVALID_FILE, "/nonexistent");
    CHECK_CODE(aclprofInit("/dev/null", 9), ACL_ERROR_INVALID_FILE);
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_CODE(aclprofInit(place, strlen(place)), ACL_ERROR_PROF_ALREADY_RUN);
    CHECK_CODE(aclprofStop(config), ACL_ERROR_PROF_NOT_RUN);
    CHECK_CODE(aclprofStart(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofStart((const aclprofConfig *)&mark), 107017);
    nothing_records();
    CHECK(sessions(NULL, NULL, 0) == 0);

    CHECK_OK(aclprofStart(config));
    CHECK_CODE(aclprofStart(config), ACL_ERROR_PROF_ALREADY_RUN);
    CHECK_REFUSED(aclprofStop(other), ACL_ERROR_INVALID_PARAM, "profilerConfig");
    CHECK_CODE(aclprofStop(NULL), ACL_ERROR_INVALID_PARAM);
    operators(stream);
    // The session does not need the configuration itself.
    CHECK_OK(aclprofDestroyConfig(config));
    CHECK_CODE(aclprofStop(config), 107017);
    equal = config_of(ACL_PROF_ACL_API);
    CHECK_OK(aclprofStop(equal));
    CHECK_CODE(aclprofStop(equal), ACL_ERROR_PROF_NOT_RUN);
    CHECK(sessions("session.json", path, sizeof(path)) == 1);
    operators(stream);

    struct timeline t = last_timeline();
    CHECK(EVENTS(&t, "\"cat\":\"task\"", "\"name\":\"Add\"", "\"shape\":[2,3]") == 1);
    CHECK(EVENTS(&t, "\"cat\":\"task\"", "\"name\":\"Exp\"") == 2);
    CHECK(EVENTS(&t, "\"cat\":\"call\"", "\"name\":\"aclnnExp\"") == 2);
    CHECK(EVENTS(&t, "{\"ph\":\"C\"", "\"pid\":100,", "\"memory in use\"") >= 1);
    CHECK(timeline_arrows(&t) == 3);
    timeline_drop(&t);

    char *text = read_text(path);
    CHECK(strstr(text, "\"devices\":[0]") != NULL && strstr(text, "\"dataTypeConfig\":1,") != NULL);
    CHECK(strstr(text, "\"1\":\"200MB\"") != NULL && strstr(text, "samples of the system") != NULL);
    free(text);
    sessions("op_statistic.csv", path, sizeof(path));
    text = read_text(path);
    CHECK(strncmp(text, "Device_id,OP Type,Count,Total Time(us)", 38) == 0);
    CHECK(strstr(text, "\n0,Exp,2,") != NULL && strstr(text, "\n0,Add,1,") != NULL);
    free(text);

    // Another session has files of its own, without what happened between.
    CHECK_OK(aclprofStart(other));
    operators(stream);
    CHECK_OK(aclprofFinalize());
    CHECK_CODE(aclprofFinalize(), ACL_ERROR_PROF_NOT_RUN);
    CHECK(sessions(NULL, NULL, 0) == 2);
    t = last_timeline();
    CHECK(EVENTS(&t, "\"cat\":\"task\"", "\"name\":\"Exp\"") == 2);
    timeline_drop(&t);
    // Settings went with the end.
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_OK(aclprofStart(other));
    CHECK_OK(aclprofStop(other));
    sessions("session.json", path, sizeof(path));
    text = read_text(path);
    CHECK(strstr(text, "\"settings\":{}") != NULL && strstr(text, "\"absent\":[]") != NULL);
    free(text);
    CHECK_OK(aclprofFinalize());
    CHECK_OK(aclprofDestroyConfig(equal));
    CHECK_OK(aclprofDestroyConfig(other));
}

static void marks(void)
{
    uint32_t range = 77, again = 77;
    char longest[129];
    aclprofConfig *config = config_of(ACL_PROF_MSPROFTX);
    memset(longest, 'x', sizeof(longest));
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_OK(aclprofStart(config));
    void *stamp = aclprofCreateStamp(), *second = aclprofCreateStamp();
    CHECK(stamp != NULL && second != NULL && stamp != second);
    CHECK_CODE(aclprofSetStampTraceMessage(NULL, "a", 1), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofSetStampTraceMessage(stamp, NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclprofSetStampTraceMessage(stamp, "a", 0), ACL_ERROR_INVALID_PARAM, "msgLen");
    CHECK_REFUSED(aclprofSetStampTraceMessage(stamp, longest, 129), ACL_ERROR_INVALID_PARAM, "128");
    CHECK_CODE(aclprofSetStampTraceMessage(&mark, "a", 1), 107017);
    CHECK_OK(aclprofSetStampTraceMessage(second, longest, 128));
    CHECK_OK(aclprofSetStampTraceMessage(stamp, "forward pass", 7));

    CHECK_OK(aclprofMark(stamp));
    CHECK_CODE(aclprofMark(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofMark(&mark), 107017);
    CHECK_CODE(aclprofMarkEx(NULL, 4, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclprofMarkEx("here", 0, stream), ACL_ERROR_INVALID_PARAM, "msgLen");
    CHECK_CODE(aclprofMarkEx(longest, 129, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofMarkEx("here", 4, &mark), 107017);
    CHECK_OK(aclprofMarkEx("here", 4, stream));
    CHECK_OK(aclprofMarkEx("there", 5, NULL));

    CHECK_REFUSED(aclprofPop(), ACL_ERROR_INVALID_PARAM, "aclprofPush");
    CHECK_CODE(aclprofPush(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofPush(&mark), 107017);
    CHECK_OK(aclprofPush(stamp));
    CHECK_OK(aclprofPush(second));
    CHECK_OK(aclprofPop());
    CHECK_OK(aclprofPop());
    CHECK_CODE(aclprofPop(), ACL_ERROR_INVALID_PARAM);

    CHECK_CODE(aclprofRangeStart(NULL, &range), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofRangeStart(stamp, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofRangeStart(&mark, &range), 107017);
    CHECK(range == 77);
    // Ranges that do not nest.
    CHECK_OK(aclprofRangeStart(stamp, &range));
    CHECK_OK(aclprofRangeStart(second, &again));
    CHECK(range != again);
    // The range keeps the name that it began with.
    CHECK_OK(aclprofSetStampTraceMessage(stamp, "another", 7));
    CHECK_OK(aclprofRangeStop(range));
    CHECK_REFUSED(aclprofRangeStop(range), ACL_ERROR_INVALID_PARAM, "rangeId");
    CHECK_OK(aclprofRangeStop(again));
    aclprofDestroyStamp(stamp);
    aclprofDestroyStamp(stamp);
    CHECK(strstr(aclGetRecentErrMsg(), "aclprofDestroyStamp") != NULL);
    aclprofDestroyStamp(NULL);
    CHECK_CODE(aclprofMark(stamp), 107017);
    aclprofDestroyStamp(second);
    CHECK_OK(aclrtSynchronizeDevice());
    CHECK_OK(aclprofStop(config));

    struct timeline t = last_timeline();
    CHECK(EVENTS(&t, "{\"ph\":\"i\"", "\"cat\":\"mark\"", "\"name\":\"forward\"") == 1);
    CHECK(EVENTS(&t, "{\"ph\":\"i\"", "\"pid\":100,", "\"name\":\"here\"") == 1);
    CHECK(EVENTS(&t, "{\"ph\":\"i\"", "\"pid\":100,", "\"name\":\"there\"") == 1);
    CHECK(EVENTS(&t, "{\"ph\":\"X\"", "\"cat\":\"range\"", "\"name\":\"forward\"") == 1);
    CHECK(EVENTS(&t, "{\"ph\":\"b\"", "\"cat\":\"span\"", "\"name\":\"forward\"") == 1);
    longest[128] = '\0';
    CHECK(EVENTS(&t, "{\"ph\":\"e\"", "\"cat\":\"span\"", longest) == 1);
    CHECK(EVENTS(&t, "\"here\"") == 2 && EVENTS(&t, "\"another\"") == 0);
    timeline_drop(&t);
    CHECK_OK(aclprofFinalize());
    CHECK_OK(aclprofDestroyConfig(config));
}

// Ranges of operators that the program runs itself.
static void operator_ranges(void)
{
    aclprofTensor tensors[2] = {{.shapeDim = 2, .shape = {4, 5}}, {.shapeDim = 9}};
    aclprofTensorInfo info = {.opNameId = aclprofStr2Id("attention.0"), .opTypeId = aclprofStr2Id("Attention"),
                              .tensorNum = 1, .tensors = tensors};
    aclprofEventAttributes attr = {ACL_PROF_EVENT_ATTR_VERSION, sizeof(attr), ACL_PROF_MESSAGE_TYPE_TENSOR_INFO,
                                   (uint64_t)(uintptr_t)&info};
    aclprofConfig *config = config_of(0);
    CHECK(aclprofStr2Id("Attention") == info.opTypeId && info.opTypeId != info.opNameId);
    CHECK(MsprofGetHashId("Attention", 9) == info.opTypeId);
    CHECK(aclprofStr2Id(NULL) == UINT64_MAX && aclprofStr2Id("") == UINT64_MAX);
    CHECK_CODE(aclprofRangePushEx(&attr), ACL_ERROR_PROF_NOT_RUN);
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_OK(aclprofStart(config));
    CHECK_CODE(aclprofRangePushEx(NULL), ACL_ERROR_INVALID_PARAM);
    attr.version = 2;
    CHECK_REFUSED(aclprofRangePushEx(&attr), ACL_ERROR_INVALID_PARAM, "version");
    attr.version = ACL_PROF_EVENT_ATTR_VERSION;
    attr.size = 4;
    CHECK_REFUSED(aclprofRangePushEx(&attr), ACL_ERROR_INVALID_PARAM, "4 bytes");
    attr.size = sizeof(attr);
    attr.messageType = 1;
    CHECK_REFUSED(aclprofRangePushEx(&attr), ACL_ERROR_INVALID_PARAM, "messageType");
    attr.messageType = ACL_PROF_MESSAGE_TYPE_TENSOR_INFO;
    attr.message = 0;
    CHECK_REFUSED(aclprofRangePushEx(&attr), ACL_ERROR_INVALID_PARAM, "message");
    attr.message = (uint64_t)(uintptr_t)&info;
    info.tensorNum = 2;
    CHECK_REFUSED(aclprofRangePushEx(&attr), ACL_ERROR_INVALID_PARAM, "8 dimensions", "9");
    info.tensorNum = 65;
    CHECK_REFUSED(aclprofRangePushEx(&attr), ACL_ERROR_INVALID_PARAM, "64");
    info.tensorNum = 1;
    CHECK_REFUSED(aclprofRangePop(), ACL_ERROR_INVALID_PARAM, "aclprofRangePushEx");
    CHECK_OK(aclprofRangePushEx(&attr));
    CHECK_OK(aclprofRangePop());
    CHECK_CODE(aclprofRangePop(), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclprofStop(config));
    struct timeline t = last_timeline();
    CHECK(EVENTS(&t, "\"cat\":\"range\"", "\"name\":\"attention.0 (Attention): [4, 5]\"") == 1);
    timeline_drop(&t);
    CHECK_OK(aclprofFinalize());
    CHECK_OK(aclprofDestroyConfig(config));
}

static void steps(void)
{
    aclprofConfig *config = config_of(ACL_PROF_TRAINING_TRACE);
    aclprofStepInfo *first = aclprofCreateStepInfo(), *second = aclprofCreateStepInfo();
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_OK(aclprofStart(config));
    CHECK_CODE(aclprofGetStepTimestamp(NULL, ACL_STEP_START, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetStepTimestamp((aclprofStepInfo *)&mark, ACL_STEP_START, stream), 107017);
    CHECK_REFUSED(aclprofGetStepTimestamp(first, ACL_STEP_END, stream), ACL_ERROR_INVALID_PARAM, "tag");
    CHECK_CODE(aclprofGetStepTimestamp(first, (aclprofStepTag)2, stream), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetStepTimestamp(first, ACL_STEP_START, &mark), 107017);
    CHECK_OK(aclprofGetStepTimestamp(first, ACL_STEP_START, stream));
    CHECK_CODE(aclprofGetStepTimestamp(first, ACL_STEP_START, stream), ACL_ERROR_INVALID_PARAM);
    operators(stream);
    CHECK_OK(aclprofGetStepTimestamp(first, ACL_STEP_END, stream));
    CHECK_CODE(aclprofGetStepTimestamp(first, ACL_STEP_END, stream), ACL_ERROR_INVALID_PARAM);
    // A step that has no end is not shown.
    CHECK_OK(aclprofGetStepTimestamp(second, ACL_STEP_START, stream));
    aclprofDestroyStepInfo(second);
    CHECK_CODE(aclprofGetStepTimestamp(second, ACL_STEP_END, stream), 107017);
    aclprofDestroyStepInfo(second);
    CHECK(strstr(aclGetRecentErrMsg(), "stepinfo") != NULL);
    aclprofDestroyStepInfo(NULL);
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclprofStop(config));
    aclprofDestroyStepInfo(first);
    struct timeline t = last_timeline();
    CHECK(EVENTS(&t, "{\"ph\":\"b\"", "\"cat\":\"step\"") == 1 && EVENTS(&t, "{\"ph\":\"e\"", "\"cat\":\"step\"") == 1);
    const char *const add = EVENT(&t, "\"cat\":\"task\"", "\"name\":\"Add\"");
    const char *const exp = EVENT(&t, "\"cat\":\"task\"", "\"name\":\"Exp\"");
    const char *const begin = EVENT(&t, "{\"ph\":\"b\"", "\"cat\":\"step\"");
    const char *const end = EVENT(&t, "{\"ph\":\"e\"", "\"cat\":\"step\"");
    CHECK(start_of(begin) <= start_of(add) && end_of(exp) <= start_of(end));
    timeline_drop(&t);
    CHECK_OK(aclprofFinalize());
    CHECK_OK(aclprofDestroyConfig(config));
}

static void subscriptions(void)
{
    enum { ROOM = 64 << 10 };
    static unsigned char info[ROOM];
    const void *const bytes = info;
    int ends[2], closed = -1, gone = 999;
    size_t size = 0, length = 0;
    uint32_t count = 77;
    char name[ACL_PROF_MAX_OP_NAME_LEN], type[ACL_PROF_MAX_OP_TYPE_LEN];
    aclprofSubscribeConfig *config;
    CHECK(pipe(ends) == 0);
    CHECK(aclprofCreateSubscribeConfig(1, ACL_AICORE_NONE, NULL) == NULL);
    CHECK(aclprofCreateSubscribeConfig(1, ACL_AICORE_NONE, &closed) == NULL);
    CHECK(aclprofCreateSubscribeConfig(1, ACL_AICORE_NONE, &gone) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "999") != NULL);
    CHECK(aclprofCreateSubscribeConfig(0, ACL_AICORE_NONE, &ends[1]) == NULL);
    CHECK(strstr(aclGetRecentErrMsg(), "timeInfoSwitch") != NULL);
    CHECK(aclprofCreateSubscribeConfig(1, (aclprofAicoreMetrics)9, &ends[1]) == NULL);
    config = aclprofCreateSubscribeConfig(1, ACL_AICORE_NONE, &ends[1]);
    CHECK(config != NULL);

    CHECK_CODE(aclprofModelSubscribe(5, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofModelSubscribe(5, (const aclprofSubscribeConfig *)&mark), 107017);
    CHECK_REFUSED(aclprofModelUnSubscribe(5), ACL_ERROR_INVALID_MODEL_ID, "modelId", "5");
    CHECK_OK(aclprofModelSubscribe(5, config));
    CHECK_REFUSED(aclprofModelSubscribe(5, config), ACL_ERROR_PROF_REPEAT_SUBSCRIBE, "5");
    CHECK_CODE(aclprofInit(place, strlen(place)), ACL_ERROR_PROF_API_CONFLICT);
    // The subscription does not need the configuration itself, nor the program's descriptor.
    CHECK_OK(aclprofDestroySubscribeConfig(config));
    CHECK_CODE(aclprofDestroySubscribeConfig(config), 107017);
    CHECK_CODE(aclprofDestroySubscribeConfig(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(close(ends[1]) == 0);
    operators(stream);
    CHECK_OK(aclprofModelUnSubscribe(5));
    CHECK_CODE(aclprofModelUnSubscribe(5), ACL_ERROR_INVALID_MODEL_ID);
    operators(stream);

    CHECK_CODE(aclprofGetOpDescSize(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclprofGetOpDescSize(&size));
    for (ssize_t got; length < ROOM && (got = read(ends[0], info + length, ROOM - length)) > 0;) {
        length += (size_t)got;
    }
    CHECK(close(ends[0]) == 0);
    CHECK(length == 3 * size);
    CHECK_OK(aclprofGetOpNum(bytes, length, &count));
    CHECK(count == 3);
    CHECK_CODE(aclprofGetOpNum(NULL, length, &count), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetOpNum(bytes, 0, &count), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclprofGetOpNum(bytes, length - 1, &count), ACL_ERROR_INVALID_PARAM, "opInfoLen");
    CHECK_CODE(aclprofGetOpNum(bytes, length, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(count == 3);
    const char *const types[3] = {"Add", "Exp", "Exp"};
    for (uint32_t i = 0; i < 3; i++) {
        size_t room = 0;
        CHECK_OK(aclprofGetOpTypeLen(bytes, length, i, &room));
        CHECK(room == 4);
        CHECK_REFUSED(aclprofGetOpType(bytes, length, i, type, 3), ACL_ERROR_INVALID_PARAM, "opTypeLen", "4");
        CHECK_OK(aclprofGetOpType(bytes, length, i, type, sizeof(type)));
        CHECK(strcmp(type, types[i]) == 0);
        CHECK_OK(aclprofGetOpNameLen(bytes, length, i, &room));
        CHECK(room > 5 && room <= sizeof(name));
        CHECK_REFUSED(aclprofGetOpName(bytes, length, i, name, room - 1), ACL_ERROR_INVALID_PARAM, "opNameLen");
        CHECK_OK(aclprofGetOpName(bytes, length, i, name, room));
        CHECK(strncmp(name, types[i], 3) == 0 && name[3] == '_' && strlen(name) + 1 == room);
        const uint64_t start = aclprofGetOpStart(bytes, length, i), end = aclprofGetOpEnd(bytes, length, i);
        CHECK(start > 0 && end > start && aclprofGetOpDuration(bytes, length, i) == end - start);
        CHECK(i == 0 || aclprofGetOpEnd(bytes, length, i - 1) <= start);
        CHECK(aclprofGetModelId(bytes, length, i) == 5);
        CHECK(aclprofGetOpFlag(bytes, length, i) == ACL_SUBSCRIBE_OP);
        const char *const thread = aclprofGetOpAttriValue(bytes, length, i, ACL_SUBSCRIBE_ATTRI_THREADID);
        CHECK(thread != NULL && atoi(thread) > 0);
    }
    CHECK_REFUSED(aclprofGetOpTypeLen(bytes, length, 3, &size), ACL_ERROR_INVALID_PARAM, "index", "3");
    CHECK_CODE(aclprofGetOpTypeLen(bytes, length, 0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetOpType(bytes, length, 3, type, sizeof(type)), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetOpType(bytes, length, 0, NULL, sizeof(type)), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetOpNameLen(bytes, length, 3, &size), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(aclprofGetOpName(bytes, length, 0, NULL, 9), ACL_ERROR_INVALID_PARAM);
    CHECK(aclprofGetOpStart(bytes, length, 3) == 0 && aclprofGetOpEnd(NULL, length, 0) == 0);
    CHECK(aclprofGetOpDuration(bytes, 7, 0) == 0 && aclprofGetModelId(bytes, length, 3) == 0);
    CHECK(aclprofGetOpFlag(bytes, length, 3) == ACL_SUBSCRIBE_NONE);
    CHECK(aclprofGetOpAttriValue(bytes, length, 0, ACL_SUBSCRIBE_ATTRI_NONE) == NULL);
    CHECK(aclprofGetOpAttriValue(bytes, length, 3, ACL_SUBSCRIBE_ATTRI_THREADID) == NULL);
    // What never came through a pipe is told from what did.
    memset(info, 0x5a, length);
    CHECK_REFUSED(aclprofGetOpTypeLen(bytes, length, 0, &size), ACL_ERROR_INVALID_PARAM, "opInfo");
    CHECK(aclprofGetOpStart(bytes, length, 0) == 0);
}

// While a session runs, models are not subscribed to.
static void either(void)
{
    int ends[2];
    aclprofSubscribeConfig *config;
    CHECK(pipe(ends) == 0);
    config = aclprofCreateSubscribeConfig(1, ACL_AICORE_NONE, &ends[1]);
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_CODE(aclprofModelSubscribe(1, config), ACL_ERROR_PROF_API_CONFLICT);
    CHECK_OK(aclprofFinalize());
    CHECK_OK(aclprofDestroySubscribeConfig(config));
    CHECK(close(ends[0]) == 0 && close(ends[1]) == 0);
}

// Several threads would share a ring; several streams share a thread. Nothing gets lost.
static void many(void)
{
    enum { TASKS = 20000 };
    aclprofConfig *config = config_of(ACL_PROF_TASK_TIME);
    CHECK_OK(aclprofInit(place, strlen(place)));
    CHECK_OK(aclprofStart(config));
    for (int i = 0; i < TASKS; i++) {
        CHECK_OK(aclrtMemsetAsync(memory, 64, i, 64, i % 2 == 0 ? stream : other));
    }
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclrtSynchronizeStream(other));
    CHECK_OK(aclprofStop(config));
    struct timeline t = last_timeline();
    CHECK(EVENTS(&t, "\"cat\":\"task\"", "\"name\":\"fill\"") == TASKS);
    CHECK(EVENTS(&t, "{\"ph\":\"s\"") == TASKS && EVENTS(&t, "{\"ph\":\"f\"") == TASKS && EVENTS(&t, "\"lost\"") == 0);
    timeline_drop(&t);
    CHECK_OK(aclprofFinalize());
    CHECK_OK(aclprofDestroyConfig(config));
}

static void clean(void)
{
    const char *const files[] = {"timeline.json", "op_statistic.csv", "session.json", "."};
    char path[4400];
    while (sessions(NULL, NULL, 0) > 0) {
        for (int i = 0; i < 4; i++) {
            sessions(files[i], path, sizeof(path));
            path[strlen(path) - (i == 3 ? 2 : 0)] = '\0';
            CHECK((i == 3 ? rmdir(path) : remove(path)) == 0);
        }
    }
    CHECK(rmdir(place) == 0);
}

int main(void)
{
    const char *const output = getenv("ACLSIM_TEST_OUTPUT");
    snprintf(place, sizeof(place), "%s/prof-XXXXXX", output != NULL ? output : "/tmp");
    CHECK(mkdtemp(place) != NULL);
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtCreateStream(&other));
    CHECK_OK(aclrtMalloc(&memory, 4096, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemset(memory, 4096, 0, 4096));
    configurations();
    begin_and_end();
    marks();
    operator_ranges();
    steps();
    subscriptions();
    either();
    many();
    CHECK_OK(aclrtFree(memory));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtDestroyStream(other));
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    if (output == NULL) {
        clean();
    }
    return check_done();
}
