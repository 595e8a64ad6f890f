// Dumps: operands of operators as NumPy files with an index, by configuration and by function.
#include "timeline.h"

#include <acl/acl_dump.h>
#include <aclnnop/aclnn_add.h>
#include <aclnnop/aclnn_exp.h>
#include <aclnnop/aclnn_index_select.h>
#include <dirent.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char place[4096];
static char config_path[4200];
static aclrtStream stream;
static uint8_t *device;

static aclTensor *tensor(aclDataType type, int rank, const int64_t *dims, const int64_t *strides, size_t at)
{
    return aclCreateTensor(dims, (uint64_t)rank, type, strides, 0, ACL_FORMAT_ND, dims, (uint64_t)rank, device + at);
}

// out = self + other, of 2 by 3 elements of which `self` is a transposed view.
static void add(void)
{
    const int64_t dims[2] = {2, 3}, strides[2] = {1, 2};
    const float values[6] = {1, 2, 3, 4, 5, 6}, others[6] = {10, 20, 30, 40, 50, 60};
    float one = 1;
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *self = tensor(ACL_FLOAT, 2, dims, strides, 0), *other = tensor(ACL_FLOAT, 2, dims, NULL, 512);
    aclTensor *out = tensor(ACL_FLOAT, 2, dims, NULL, 1024);
    aclScalar *alpha = aclCreateScalar(&one, ACL_FLOAT);
    CHECK_OK(aclrtMemcpy(device, 24, values, 24, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclrtMemcpy(device + 512, 24, others, 24, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclnnAddGetWorkspaceSize(self, other, alpha, out, &size, &executor));
    CHECK_OK(aclnnAdd(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclDestroyScalar(alpha));
    CHECK_OK(aclDestroyTensor(self));
    CHECK_OK(aclDestroyTensor(other));
    CHECK_OK(aclDestroyTensor(out));
}

static void exponential(aclDataType type)
{
    const int64_t dims[1] = {4};
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *self = tensor(type, 1, dims, NULL, 2048), *out = tensor(type, 1, dims, NULL, 2560);
    CHECK_OK(aclrtMemset(device + 2048, 16, 0, 16));
    CHECK_OK(aclnnExpGetWorkspaceSize(self, out, &size, &executor));
    CHECK_OK(aclnnExp(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    CHECK_OK(aclDestroyTensor(self));
    CHECK_OK(aclDestroyTensor(out));
}

// An operator that meets an index beyond its input.
static void fail(void)
{
    const int64_t self_dims[1] = {4}, one[1] = {1}, far = 99;
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    aclTensor *self = tensor(ACL_FLOAT, 1, self_dims, NULL, 0), *index = tensor(ACL_INT64, 1, one, NULL, 3072);
    aclTensor *out = tensor(ACL_FLOAT, 1, one, NULL, 3584);
    aclrtStream failing;
    CHECK_OK(aclrtCreateStream(&failing));
    CHECK_OK(aclrtMemcpy(device + 3072, 8, &far, 8, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(aclnnIndexSelectGetWorkspaceSize(self, 0, index, out, &size, &executor));
    CHECK(size <= 4096);
    CHECK_OK(aclnnIndexSelect(size > 0 ? device + 4096 : NULL, size, executor, failing));
    CHECK_CODE(aclrtSynchronizeStream(failing), ACL_ERROR_RT_AICORE_EXCEPTION);
    CHECK_OK(aclrtDestroyStream(failing));
    CHECK_OK(aclDestroyTensor(self));
    CHECK_OK(aclDestroyTensor(index));
    CHECK_OK(aclDestroyTensor(out));
}

// A configuration file; %s in the text is the directory.
static const char *with(const char *text)
{
    FILE *const file = fopen(config_path, "w");
    CHECK(file != NULL);
    for (const char *c = text; *c != '\0'; c++) {
        if (c[0] == '%' && c[1] == 's') {
            fputs(place, file);
            c++;
        } else {
            fputc(*c, file);
        }
    }
    CHECK(fclose(file) == 0);
    return config_path;
}

static struct timeline index_of(const char *dir)
{
    char path[4400];
    struct timeline read;
    char *line;
    snprintf(path, sizeof(path), "%s/index.jsonl", dir);
    read.text = read_text(path);
    read.count = 0;
    read.lines = (char **)calloc(strlen(read.text) + 1, sizeof(char *));
    for (line = strtok(read.text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        CHECK(is_object(line));
        read.lines[read.count++] = line;
    }
    return read;
}

// The file that an entry names: its header, and where its data begin.
static const char *file_of(const char *dir, const char *entry, char *content, size_t room, size_t *length)
{
    char path[4600], name[256] = "";
    const char *const at = strstr(entry, "\"file\":\"");
    CHECK(at != NULL);
    if (at != NULL) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 8, "\""), at + 8);
    }
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *const file = fopen(path, "rb");
    CHECK(file != NULL);
    *length = file != NULL ? fread(content, 1, room, file) : 0;
    if (file != NULL) {
        fclose(file);
    }
    CHECK(*length >= 64 && memcmp(content, "\x93NUMPY\x01\x00", 8) == 0);
    const size_t head = 10 + (size_t)(uint8_t)content[8] + 256 * (size_t)(uint8_t)content[9];
    CHECK(head % 64 == 0 && head <= *length);
    *length -= head;
    return content + head;
}

static void by_configuration(void)
{
    char content[1024], dir[4200];
    size_t length = 0;
    CHECK_CODE(aclmdlSetDump(with("{}")), ACL_ERROR_DUMP_NOT_RUN);
    CHECK_CODE(aclmdlFinalizeDump(), ACL_ERROR_DUMP_NOT_RUN);
    CHECK(acldumpGetPath(DATA_DUMP) == NULL && strstr(aclGetRecentErrMsg(), "configured") != NULL);
    CHECK_OK(aclmdlInitDump());
    CHECK_CODE(aclmdlInitDump(), ACL_ERROR_DUMP_ALREADY_RUN);
    CHECK_CODE(aclmdlSetDump(NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclmdlSetDump("/nonexistent.json"), ACL_ERROR_INVALID_FILE, "/nonexistent.json");
    CHECK_CODE(aclmdlSetDump(with("{\"dump\":")), ACL_ERROR_PARSE_FILE);
    CHECK_REFUSED(aclmdlSetDump(with("{}")), ACL_ERROR_INVALID_DUMP_CONFIG, "dump");
    CHECK_REFUSED(aclmdlSetDump(with("{\"dump\":{\"dump_op_switch\":\"on\"}}")), ACL_ERROR_INVALID_DUMP_CONFIG, "dump_path");
    CHECK_REFUSED(aclmdlSetDump(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_mode\":\"some\"}}")),
                  ACL_ERROR_INVALID_DUMP_CONFIG, "dump_mode", "some");
    CHECK(acldumpGetPath(DATA_DUMP) == NULL);
    add();

    CHECK_OK(aclmdlSetDump(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_mode\":\"all\",\"dump_op_switch\":\"on\"}}")));
    CHECK(acldumpGetPath(DATA_DUMP) != NULL);
    snprintf(dir, sizeof(dir), "%s", acldumpGetPath(DATA_DUMP));
    CHECK(strncmp(dir, place, strlen(place)) == 0);
    add();
    exponential(ACL_BF16);
    struct timeline t = index_of(dir);
    CHECK(t.count == 5);
    CHECK(EVENTS(&t, "\"op\":\"Add\"", "\"device\":0", "\"stream\":", "\"task\":") == 3);
    const char *const self = EVENT(&t, "\"op\":\"Add\"", "\"side\":\"input\"", "\"argument\":\"self\"",
                                   "\"dtype\":\"ACL_FLOAT\",\"shape\":[2, 3]");
    // The view, in order of its rows.
    const float rows[6] = {1, 3, 5, 2, 4, 6}, sums[6] = {11, 23, 35, 42, 54, 66}, ones[4] = {1, 1, 1, 1};
    const char *data = file_of(dir, self, content, sizeof(content), &length);
    CHECK(length == sizeof(rows) && memcmp(data, rows, sizeof(rows)) == 0);
    CHECK(strstr(content + 10, "'descr': '<f4'") != NULL && strstr(content + 10, "'shape': (2, 3)") != NULL);
    const char *const out = EVENT(&t, "\"op\":\"Add\"", "\"side\":\"output\"", "\"argument\":\"out\"");
    data = file_of(dir, out, content, sizeof(content), &length);
    CHECK(length == sizeof(sums) && memcmp(data, sums, sizeof(sums)) == 0);
    // What NumPy has no type for are its bits.
    const char *const half = EVENT(&t, "\"op\":\"Exp\"", "\"side\":\"output\"", "\"dtype\":\"ACL_BF16\"");
    data = file_of(dir, half, content, sizeof(content), &length);
    CHECK(strstr(content + 10, "'descr': '<u2'") != NULL && length == 8);
    for (int i = 0; i < 4; i++) {
        uint32_t bits = (uint32_t)(uint8_t)data[2 * i] << 16 | (uint32_t)(uint8_t)data[2 * i + 1] << 24;
        CHECK(memcmp(&bits, &ones[i], 4) == 0);
    }
    timeline_drop(&t);

    // Another configuration has a directory of its own; names choose, with or without `aclnn`.
    CHECK_OK(aclmdlSetDump(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_list\":[{\"layer\":[\"aclnnExp\"]}]}}")));
    CHECK(strcmp(acldumpGetPath(DATA_DUMP), dir) != 0);
    snprintf(dir, sizeof(dir), "%s", acldumpGetPath(DATA_DUMP));
    add();
    exponential(ACL_FLOAT);
    t = index_of(dir);
    CHECK(t.count == 1 && EVENTS(&t, "\"op\":\"Exp\"", "\"side\":\"output\"") == 1);
    timeline_drop(&t);
    CHECK_OK(aclmdlSetDump(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_mode\":\"input\",\"dump_list\":[{\"layer\":[\"Add\"]}]}}")));
    snprintf(dir, sizeof(dir), "%s", acldumpGetPath(DATA_DUMP));
    add();
    exponential(ACL_FLOAT);
    t = index_of(dir);
    CHECK(t.count == 2 && EVENTS(&t, "\"op\":\"Add\"", "\"side\":\"input\"") == 2);
    timeline_drop(&t);
    CHECK_OK(aclmdlFinalizeDump());
    CHECK_CODE(aclmdlFinalizeDump(), ACL_ERROR_DUMP_NOT_RUN);
    CHECK(acldumpGetPath(DATA_DUMP) == NULL);
    add();
    t = index_of(dir);
    CHECK(t.count == 2);
    timeline_drop(&t);
}

static void set_up(const char *config)
{
    CHECK_OK(aclInit(config));
    CHECK_OK(aclrtSetDevice(0));
    CHECK_OK(aclrtCreateStream(&stream));
    CHECK_OK(aclrtMalloc((void **)&device, 16384, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemset(device, 16384, 0, 16384));
}

static void tear_down(void)
{
    CHECK_OK(aclrtFree(device));
    CHECK_OK(aclrtDestroyStream(stream));
    CHECK_OK(aclrtResetDevice(0));
}

// The configuration of aclInit dumps from then to aclFinalize. In a process of its own, whose first one it is.
static int with_init(void)
{
    char dir[4200];
    CHECK_CODE(aclmdlInitDump(), ACL_ERROR_UNINITIALIZE);
    CHECK_REFUSED(aclInit(with("{\"dump\":{\"dump_mode\":\"x\"}}")), ACL_ERROR_INVALID_DUMP_CONFIG, "dump_mode");
    set_up(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_op_switch\":\"on\"}}"));
    CHECK(acldumpGetPath(DATA_DUMP) != NULL);
    snprintf(dir, sizeof(dir), "%s", acldumpGetPath(DATA_DUMP));
    CHECK_CODE(aclmdlInitDump(), ACL_ERROR_DUMP_ALREADY_RUN);
    CHECK_CODE(aclmdlFinalizeDump(), ACL_ERROR_DUMP_NOT_RUN);
    add();
    CHECK_OK(aclFinalize());
    CHECK(acldumpGetPath(DATA_DUMP) == NULL);
    add();
    struct timeline t = index_of(dir);
    CHECK(t.count == 1 && EVENTS(&t, "\"op\":\"Add\"", "\"side\":\"output\"") == 1);
    timeline_drop(&t);
    tear_down();
    return check_done();
}

static void of_failures(void)
{
    char path[4200], small[8], content[1024];
    size_t length = 0;
    const char *named;
    CHECK(acldumpGetPath(AIC_ERR_BRIEF_DUMP) == NULL && acldumpGetPath(OVERFLOW_DUMP) == NULL);
    CHECK(acldumpGetPath((acldumpType)6) == NULL && strstr(aclGetRecentErrMsg(), "acldumpType") != NULL);
    CHECK_OK(acldumpGetExceptionInfoPath(path, sizeof(path)));
    CHECK(strstr(path, "/extra-info/data-dump") != NULL);
    CHECK_CODE(acldumpGetExceptionInfoPath(NULL, 10), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(acldumpGetExceptionInfoPath(small, sizeof(small)), ACL_ERROR_INVALID_PARAM, "maxLen");
    CHECK_OK(aclmdlInitDump());
    CHECK_OK(aclmdlSetDump(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_scene\":\"lite_exception\"}}")));
    CHECK(acldumpGetPath(DATA_DUMP) == NULL);
    CHECK((named = acldumpGetPath(AIC_ERR_NORM_DUMP)) != NULL && acldumpGetPath(AIC_ERR_DETAIL_DUMP) != NULL);
    CHECK_OK(acldumpGetExceptionInfoPath(path, sizeof(path)));
    CHECK(named != NULL && strcmp(named, path) == 0 && strncmp(path, place, strlen(place)) == 0);
    add();
    fail();
    struct timeline t = index_of(path);
    CHECK(EVENTS(&t, "\"op\":\"IndexSelect\"", "\"argument\":\"self\"", "\"shape\":[4]") == 1);
    CHECK(EVENTS(&t, "\"op\":\"Add\"") == 0);
    const char *const index = EVENT(&t, "\"op\":\"IndexSelect\"", "\"argument\":\"index\"", "\"dtype\":\"ACL_INT64\"");
    const int64_t far = 99;
    const char *const data = file_of(path, index, content, sizeof(content), &length);
    CHECK(length == 8 && memcmp(data, &far, 8) == 0);
    timeline_drop(&t);
}

// What a program keeps of an exception itself. The dump of failures is still on.
static void saved(void)
{
    float host[6] = {1, 2, 3, 4, 5, 6};
    void *indirect = host;
    char path[4200], content[1024];
    size_t length = 0;
    acldumpTensorInfo info[3];
    memset(info, 0, sizeof(info));
    info[0].type = ACL_DUMP_TENSOR_INPUT;
    info[0].tensorSize = sizeof(host);
    info[0].dataType = ACL_FLOAT;
    info[0].tensorAddr = (int64_t *)(void *)host;
    info[0].placement = ACL_DUMP_PLACEMENT_HOST;
    info[0].shapeNum = 2;
    info[0].shape[0] = 3;
    info[0].shape[1] = 2;
    info[1] = info[0];
    info[1].type = ACL_DUMP_TENSOR_OUTPUT;
    info[1].addrType = ACL_DUMP_ADDR_PTR_PTR;
    info[1].tensorAddr = (int64_t *)(void *)&indirect;
    info[1].shapeNum = 1;  // 3 elements are not 24 bytes: kept as bytes
    info[2] = info[0];
    info[2].type = ACL_DUMP_TENSOR_WORKSPACE;
    info[2].placement = ACL_DUMP_PLACEMENT_DEVICE;
    info[2].tensorAddr = (int64_t *)(void *)(device + 512);

    CHECK_CODE(acldumpSaveExceptionInfo(NULL, "tag", info, 3), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acldumpSaveExceptionInfo("name", "tag", NULL, 3), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(acldumpSaveExceptionInfo("name", "tag", info, 0), ACL_ERROR_INVALID_PARAM, "tensorCount");
    CHECK_CODE(acldumpSaveExceptionInfo("", "tag", info, 3), ACL_ERROR_INVALID_PARAM);
    info[2].type = (acldumpTensorType)3;
    CHECK_REFUSED(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_INVALID_PARAM, "acldumpTensorType");
    info[2].type = ACL_DUMP_TENSOR_WORKSPACE;
    info[2].placement = ACL_DUMP_PLACEMENT_END;
    CHECK_CODE(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_INVALID_PARAM);
    info[2].placement = ACL_DUMP_PLACEMENT_HOST;
    CHECK_REFUSED(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_INVALID_PARAM, "host");
    info[2].placement = ACL_DUMP_PLACEMENT_DEVICE;
    info[2].shapeNum = 26;
    CHECK_REFUSED(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_INVALID_PARAM, "25");
    info[2].shapeNum = 2;
    info[2].tensorSize = 1 << 30;
    CHECK_CODE(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_RT_PARAM_INVALID);
    info[2].tensorSize = sizeof(host);
    info[2].addrType = (acldumpTensorAddressType)3;
    CHECK_CODE(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_INVALID_PARAM);
    info[2].addrType = ACL_DUMP_ADDR_RAW;
    info[0].tensorAddr = NULL;
    CHECK_CODE(acldumpSaveExceptionInfo("name", "tag", info, 3), ACL_ERROR_INVALID_PARAM);
    info[0].tensorAddr = (int64_t *)(void *)host;

    CHECK_OK(acldumpSaveExceptionInfo("../a name", "tag", info, 3));
    CHECK_OK(acldumpSaveExceptionInfo("plain", NULL, info, 1));
    CHECK_OK(acldumpGetExceptionInfoPath(path, sizeof(path)));
    struct timeline t = index_of(path);
    CHECK(EVENTS(&t, "\"exception\":\"../a name\"", "\"tag\":\"tag\"") == 3);
    const char *entry = EVENT(&t, "\"exception\"", "\"side\":\"input\"", "\"shape\":[3, 2]", ".._a_name.tag.input.0.npy\"");
    const char *data = file_of(path, entry, content, sizeof(content), &length);
    CHECK(length == sizeof(host) && memcmp(data, host, sizeof(host)) == 0);
    entry = EVENT(&t, "\"exception\"", "\"side\":\"output\"", "\"dtype\":\"ACL_UINT8\",\"shape\":[24]");
    data = file_of(path, entry, content, sizeof(content), &length);
    CHECK(length == sizeof(host) && memcmp(data, host, sizeof(host)) == 0);
    entry = EVENT(&t, "\"exception\"", "\"side\":\"workspace\"");
    data = file_of(path, entry, content, sizeof(content), &length);
    CHECK(length == sizeof(host) && *(const float *)(const void *)data == 10.0f);
    CHECK(EVENTS(&t, "\"exception\":\"plain\"", "\"tag\":\"\"", "\"file\":\"plain.input.0.npy\"") == 1);
    timeline_drop(&t);
    CHECK_OK(aclmdlFinalizeDump());
    CHECK(acldumpGetPath(AIC_ERR_NORM_DUMP) == NULL);
}

static void arguments(void)
{
    char dir[4200];
    snprintf(dir, sizeof(dir), "%s/args", place);
    CHECK(mkdir(dir, 0755) == 0);
    CHECK_CODE(aclopStopDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS), ACL_ERROR_DUMP_NOT_RUN);
    CHECK_CODE(aclopStartDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(aclopStartDumpArgs(2, dir), ACL_ERROR_INVALID_PARAM, "dumpType");
    CHECK_REFUSED(aclopStartDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS, "/nonexistent"), ACL_ERROR_INVALID_FILE, "/nonexistent");
    CHECK_OK(aclopStartDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS, dir));
    CHECK_CODE(aclopStartDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS, dir), ACL_ERROR_DUMP_ALREADY_RUN);
    add();
    CHECK_CODE(aclopStopDumpArgs(2), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(aclopStopDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS));
    CHECK_CODE(aclopStopDumpArgs(ACL_OP_DUMP_OP_AICORE_ARGS), ACL_ERROR_DUMP_NOT_RUN);
    add();
    struct timeline t = index_of(dir);
    CHECK(t.count == 3 && EVENTS(&t, "\"op\":\"Add\"", "\"file\"") == 0);
    CHECK(EVENTS(&t, "\"side\":\"input\"", "\"shape\":[2, 3]") == 2 && EVENTS(&t, "\"side\":\"output\"") == 1);
    timeline_drop(&t);
}

// A callback receives the files instead.
static struct {
    char name[4096];
    char content[2 << 20];
    int64_t length, flag;
    int calls, files;
    pthread_t thread;
} received;

static int32_t receive(const acldumpChunk *chunk, int32_t length)
{
    CHECK((size_t)length >= offsetof(acldumpChunk, dataBuf) + chunk->bufLen);
    received.calls++;
    received.files += chunk->isLastChunk != 0;
    received.flag = chunk->flag;
    received.thread = pthread_self();
    CHECK(chunk->offset + chunk->bufLen <= (int64_t)sizeof(received.content));
    CHECK(chunk->offset == (strcmp(received.name, chunk->fileName) == 0 ? received.length : 0));
    snprintf(received.name, sizeof(received.name), "%s", chunk->fileName);
    memcpy(received.content + chunk->offset, chunk->dataBuf, chunk->bufLen);
    received.length = chunk->offset + chunk->bufLen;
    return 0;
}

static int32_t ignore(const acldumpChunk *chunk, int32_t length)
{
    (void)chunk;
    (void)length;
    return 7;
}

static void callbacks(void)
{
    const float sums[6] = {11, 23, 35, 42, 54, 66};
    struct stat status;
    acldumpUnregCallback();
    CHECK_CODE(acldumpRegCallback(NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(acldumpRegCallback(receive, 42));
    CHECK_OK(aclmdlInitDump());
    CHECK_OK(aclmdlSetDump(with("{\"dump\":{\"dump_path\":\"%s\",\"dump_op_switch\":\"on\"}}")));
    add();
    acldumpUnregCallback();
    CHECK(received.calls == 1 && received.files == 1 && received.flag == 42);
    CHECK(!pthread_equal(received.thread, pthread_self()));
    CHECK(strncmp(received.name, acldumpGetPath(DATA_DUMP), strlen(acldumpGetPath(DATA_DUMP))) == 0);
    CHECK(strstr(received.name, ".Add.output.out.npy") != NULL && stat(received.name, &status) != 0);
    CHECK(received.length == 128 + 24 && memcmp(received.content + 128, sums, sizeof(sums)) == 0);

    // Pieces of large files come in order.
    const int64_t big[1] = {(3 << 18)};
    uint64_t size = 0;
    aclOpExecutor *executor = NULL;
    void *memory = NULL;
    CHECK_OK(aclrtMalloc(&memory, 3 << 20, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemset(memory, 3 << 20, 0, 3 << 20));
    aclTensor *out = aclCreateTensor(big, 1, ACL_FLOAT16, NULL, 0, ACL_FORMAT_ND, big, 1, memory);
    received.calls = received.files = 0;
    CHECK_OK(acldumpRegCallback(ignore, 1));
    CHECK_OK(acldumpRegCallback(receive, 43));
    CHECK_OK(aclnnExpGetWorkspaceSize(out, out, &size, &executor));
    CHECK_OK(aclnnExp(NULL, 0, executor, stream));
    CHECK_OK(aclrtSynchronizeStream(stream));
    acldumpUnregCallback();
    CHECK(received.calls == 2 && received.files == 1 && received.flag == 43);
    CHECK(received.length == (3 << 19) + 128);
    // Without a callback files are written again.
    add();
    struct timeline t = index_of(acldumpGetPath(DATA_DUMP));
    CHECK(t.count == 3);
    timeline_drop(&t);
    CHECK_OK(aclmdlFinalizeDump());
    CHECK_OK(aclDestroyTensor(out));
    CHECK_OK(aclrtFree(memory));
}

static void clean(const char *dir)
{
    char path[8400];
    struct dirent *entry;
    DIR *const list = opendir(dir);
    while (list != NULL && (entry = readdir(list)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
            if (remove(path) != 0) {
                clean(path);
            }
        }
    }
    if (list != NULL) {
        closedir(list);
    }
    CHECK(rmdir(dir) == 0);
}

int main(int argc, char **argv)
{
    const char *const output = getenv("ACLSIM_TEST_OUTPUT");
    int status = 0;
    snprintf(place, sizeof(place), "%s/dump-XXXXXX", output != NULL ? output : "/tmp");
    if (argc > 1) {
        snprintf(place, sizeof(place), "%s", argv[1]);
        snprintf(config_path, sizeof(config_path), "%s/init.json", place);
        return with_init();
    }
    CHECK(mkdtemp(place) != NULL);
    snprintf(config_path, sizeof(config_path), "%s/config.json", place);
    const pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", argv[0], place, (char *)NULL);
        _exit(99);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    set_up(NULL);
    by_configuration();
    of_failures();
    saved();
    arguments();
    callbacks();
    tear_down();
    CHECK_OK(aclFinalize());
    if (output == NULL) {
        clean(place);
    }
    return check_done();
}
