// Shared buffers and their chains, queues, routes from queue to queue.
#include "check.h"

#include <acl/acl_tdt_queue.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static int local;

static acltdtBuf buffer(const char *text)
{
    acltdtBuf buf = NULL;
    void *data = NULL;
    size_t size = 0;
    CHECK_OK(acltdtAllocBuf(64, ACL_TDT_NORMAL_MEM, &buf));
    CHECK_OK(acltdtGetBufData(buf, &data, &size));
    CHECK(data != NULL && size == 64 && (uintptr_t)data % 64 == 0);
    if (data != NULL) {
        strcpy(data, text);
    }
    CHECK_OK(acltdtSetBufDataLen(buf, strlen(text) + 1));
    return buf;
}

static int holds(acltdtBuf buf, const char *text)
{
    void *data = NULL;
    size_t size = 0, len = 0;
    CHECK_OK(acltdtGetBufData(buf, &data, &size));
    CHECK_OK(acltdtGetBufDataLen(buf, &len));
    return len == strlen(text) + 1 && data != NULL && strcmp(data, text) == 0;
}

static uint32_t chain(acltdtBuf head)
{
    uint32_t count = 77;
    CHECK_OK(acltdtGetBufChainNum(head, &count));
    return count;
}

static acltdtBuf nth(acltdtBuf head, uint32_t index)
{
    acltdtBuf buf = NULL;
    CHECK_OK(acltdtGetBufFromChain(head, index, &buf));
    return buf;
}

static void buffers(void)
{
    aclrtMbuf buf = NULL, other = NULL;
    void *data = NULL, *same = NULL;
    size_t size = 7, len = 7;
    unsigned char user[96], back[96];
    // None of its bytes are meant at first, and its user data are zeros.
    CHECK_OK(aclrtAllocBuf(&buf, 100));
    CHECK_OK(aclrtGetBufData(buf, &data, &size));
    CHECK(data != NULL && size == 100);
    memset(data, 3, 100);
    CHECK_OK(aclrtGetBufDataLen(buf, &len));
    CHECK(len == 0);
    memset(back, 9, sizeof back);
    CHECK_OK(aclrtGetBufUserData(buf, back, 96, 0));
    CHECK(back[0] == 0 && back[95] == 0);
    CHECK_OK(aclrtSetBufDataLen(buf, 100));
    CHECK_REFUSED(aclrtSetBufDataLen(buf, 101), ACL_ERROR_RT_PARAM_INVALID, "at most 100", "got 101");
    CHECK_OK(aclrtGetBufDataLen(buf, &len));
    CHECK(len == 100);

    for (int i = 0; i < 96; i++) {
        user[i] = (unsigned char)(i + 1);
    }
    CHECK_OK(aclrtSetBufUserData(buf, user, 96, 0));
    CHECK_OK(aclrtSetBufUserData(buf, user, 2, 94));
    CHECK_OK(aclrtGetBufUserData(buf, back, 4, 92));
    CHECK(back[0] == 93 && back[1] == 94 && back[2] == 1 && back[3] == 2);
    memset(back, 9, sizeof back);
    CHECK_REFUSED(aclrtGetBufUserData(buf, back, 3, 94), ACL_ERROR_RT_PARAM_INVALID, "offset", "at most 93");
    CHECK_REFUSED(aclrtGetBufUserData(buf, back, 97, 0), ACL_ERROR_RT_PARAM_INVALID, "size", "at most 96");
    CHECK_CODE(aclrtSetBufUserData(buf, user, 3, 94), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSetBufUserData(buf, user, 1, 96), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtSetBufUserData(buf, user, 1, SIZE_MAX), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtSetBufUserData(buf, user, 0, 96));
    CHECK(back[0] == 9);

    // A reference: the same data, but length and user data of its own; either may be freed first.
    CHECK_OK(aclrtCopyBufRef(buf, &other));
    CHECK(other != buf);
    CHECK_OK(aclrtSetBufDataLen(other, 5));
    CHECK_OK(aclrtSetBufUserData(other, user + 50, 1, 0));
    CHECK_OK(aclrtGetBufDataLen(buf, &len));
    CHECK_OK(aclrtGetBufUserData(buf, back, 1, 0));
    CHECK(len == 100 && back[0] == 1);
    CHECK_OK(aclrtGetBufData(other, &same, &size));
    CHECK(same == data && size == 100);
    CHECK_OK(aclrtFreeBuf(buf));
    CHECK(((unsigned char *)same)[99] == 3);
    CHECK_REFUSED(aclrtFreeBuf(buf), ACL_ERROR_RT_INVALID_HANDLE, "aclrtMbuf", "already destroyed");
    // The data are not the program's to free, and a device reads them like other host memory.
    void *device = NULL;
    CHECK_REFUSED(aclrtFreeHost(same), ACL_ERROR_RT_PARAM_INVALID, "aclrtAllocBuf");
    CHECK_OK(aclrtMalloc(&device, 128, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device, 128, same, 100, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_CODE(aclrtMemcpy(device, 128, same, 101, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtFree(device));

    acltdtBuf bad[] = {buf, NULL, &local};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int code = bad[i] == NULL ? ACL_ERROR_INVALID_PARAM : ACL_ERROR_RT_INVALID_HANDLE;
        uint32_t count = 7;
        CHECK_CODE(aclrtGetBufData(bad[i], &data, &size), code);
        CHECK_CODE(aclrtGetBufDataLen(bad[i], &len), code);
        CHECK_CODE(aclrtSetBufDataLen(bad[i], 0), code);
        CHECK_CODE(aclrtGetBufUserData(bad[i], back, 1, 0), code);
        CHECK_CODE(aclrtSetBufUserData(bad[i], user, 1, 0), code);
        CHECK_CODE(aclrtCopyBufRef(bad[i], &buf), code);
        CHECK_CODE(aclrtAppendBufChain(bad[i], other), code);
        CHECK_CODE(aclrtAppendBufChain(other, bad[i]), code);
        CHECK_CODE(aclrtGetBufChainNum(bad[i], &count), code);
        CHECK_CODE(aclrtGetBufFromChain(bad[i], 0, &buf), code);
        CHECK_CODE(aclrtFreeBuf(bad[i]), code);
    }
    CHECK(buf == bad[0] && data == same);
    CHECK_OK(aclrtFreeBuf(other));

    buf = NULL;
    CHECK_REFUSED(aclrtAllocBuf(&buf, 0), ACL_ERROR_RT_PARAM_INVALID, "size");
    CHECK_CODE(aclrtAllocBuf(&buf, ((size_t)4 << 30) + 1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(aclrtAllocBuf(NULL, 1), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(acltdtAllocBuf(1, ACL_TDT_DVPP_MEM, &buf), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "DVPP");
    CHECK_REFUSED(acltdtAllocBuf(1, 2, &buf), ACL_ERROR_RT_PARAM_INVALID, "type");
    CHECK(buf == NULL);
}

static void chains(void)
{
    acltdtBuf head = buffer("head"), second = buffer("second"), third = buffer("third"), lone = NULL, none = &local;
    CHECK(chain(head) == 1 && nth(head, 0) == head);
    CHECK_OK(acltdtAppendBufChain(head, second));
    CHECK_OK(aclrtAppendBufChain(head, third));
    CHECK(chain(head) == 3 && nth(head, 0) == head && nth(head, 1) == second && nth(head, 2) == third);
    CHECK_REFUSED(acltdtGetBufFromChain(head, 3, &none), ACL_ERROR_RT_PARAM_INVALID, "index", "below 3");
    CHECK(none == &local);
    CHECK(holds(nth(head, 1), "second"));

    // A chain is its head's.
    uint32_t count = 77;
    lone = buffer("lone");
    CHECK_REFUSED(acltdtGetBufChainNum(second, &count), ACL_ERROR_RT_PARAM_INVALID, "headBuf", "behind");
    CHECK(count == 77);
    CHECK_CODE(acltdtGetBufFromChain(third, 0, &none), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtAppendBufChain(second, lone), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtAppendBufChain(lone, second), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(acltdtAppendBufChain(lone, head), ACL_ERROR_RT_PARAM_INVALID, "buf", "2 behind");
    CHECK_REFUSED(acltdtAppendBufChain(lone, lone), ACL_ERROR_RT_PARAM_INVALID, "headBuf itself");
    CHECK_CODE(acltdtAppendBufChain(head, head), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_REFUSED(acltdtFreeBuf(second), ACL_ERROR_RT_PARAM_INVALID, "buf", "behind");
    CHECK(chain(head) == 3 && chain(lone) == 1);

    // A reference to one of a chain is in none.
    acltdtBuf reference = NULL;
    CHECK_OK(acltdtCopyBufRef(second, &reference));
    CHECK(chain(reference) == 1);
    CHECK_OK(acltdtFreeBuf(head));
    CHECK_CODE(acltdtFreeBuf(second), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(acltdtSetBufDataLen(third, 0), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK(holds(reference, "second"));
    CHECK_OK(acltdtFreeBuf(reference));

    // 128 buffers and no more; the one too many stays out.
    for (int i = 1; i < 128; i++) {
        CHECK_OK(acltdtAppendBufChain(lone, buffer("more")));
    }
    acltdtBuf over = buffer("over");
    CHECK_REFUSED(acltdtAppendBufChain(lone, over), ACL_ERROR_RT_PARAM_INVALID, "fewer than 128");
    CHECK(chain(lone) == 128 && chain(over) == 1);
    CHECK_OK(acltdtFreeBuf(lone));
    CHECK_OK(acltdtFreeBuf(over));
}

static void attributes(void)
{
    acltdtQueueAttr *attr = acltdtCreateQueueAttr();
    char longest[129];
    const char *name = "a queue", *got = NULL;
    uint32_t depth = 3, qid = 77;
    size_t written = 0;
    CHECK(attr != NULL);
    memset(longest, 'x', sizeof longest);
    longest[128] = 0;
    // The defaults.
    CHECK_OK(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, sizeof depth, &written, &depth));
    CHECK(written == 4 && depth == 8);
    CHECK_OK(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, sizeof got, &written, &got));
    CHECK(written == sizeof got && got != NULL && strcmp(got, "") == 0);

    depth = 5;
    CHECK_OK(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, sizeof depth, &depth));
    CHECK_OK(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, sizeof name, &name));
    depth = 0;
    CHECK_OK(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 8, &written, &depth));
    CHECK(written == 4 && depth == 5);
    CHECK_OK(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, sizeof got, &written, &got));
    CHECK(got != name && strcmp(got, "a queue") == 0);

    for (uint32_t wrong = 0; wrong <= 8193; wrong = wrong == 1 ? 8193 : wrong + 1) {
        CHECK_REFUSED(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 4, &wrong), ACL_ERROR_INVALID_PARAM, "2 to 8192");
    }
    const char *text = longest, *null = NULL;
    CHECK_REFUSED(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, 8, &text), ACL_ERROR_INVALID_PARAM, "at most 127", "128");
    CHECK_CODE(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, 8, &null), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, 19, "grant_attach_queue"), ACL_ERROR_INVALID_PARAM, "len");
    CHECK_CODE(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 8, &depth), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 4, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtSetQueueAttr(attr, (acltdtQueueAttrType)2, 4, &depth), ACL_ERROR_INVALID_PARAM);
    depth = 7;
    written = 7;
    CHECK_CODE(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 3, &written, &depth), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_NAME_PTR, 7, &written, &got), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueAttr(attr, (acltdtQueueAttrType)2, 8, &written, &got), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 4, NULL, &depth), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, 4, &written, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(depth == 7 && written == 7);

    // A name belongs to one queue at a time.
    CHECK_OK(acltdtCreateQueue(attr, &qid));
    uint32_t again = 77;
    CHECK_REFUSED(acltdtCreateQueue(attr, &again), ACL_ERROR_INVALID_PARAM, "a queue");
    CHECK(again == 77);
    CHECK_CODE(acltdtCreateQueue(attr, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(acltdtDestroyQueue(qid));
    CHECK_OK(acltdtCreateQueue(attr, &again));
    CHECK(again != qid);
    CHECK_OK(acltdtDestroyQueueAttr(attr));
    CHECK_CODE(acltdtDestroyQueueAttr(attr), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(acltdtCreateQueue(attr, &qid), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtDestroyQueue(again));
}

static uint32_t queue(uint32_t depth)
{
    uint32_t qid = 77;
    acltdtQueueAttr *attr = acltdtCreateQueueAttr();
    CHECK_OK(acltdtSetQueueAttr(attr, ACL_TDT_QUEUE_DEPTH_UINT32, sizeof depth, &depth));
    CHECK_OK(acltdtCreateQueue(attr, &qid));
    CHECK_OK(acltdtDestroyQueueAttr(attr));
    return qid;
}

static void put(uint32_t qid, const char *text)
{
    CHECK_OK(acltdtEnqueueData(qid, text, strlen(text) + 1, NULL, 0, -1, 0));
}

// Whether the first message is this text; it is taken.
static int gives(uint32_t qid, const char *text)
{
    char data[64] = {0};
    size_t size = 0;
    CHECK_OK(acltdtDequeueData(qid, data, sizeof data, &size, NULL, 0, -1));
    return size == strlen(text) + 1 && strcmp(data, text) == 0;
}

static int is_empty(uint32_t qid)
{
    acltdtBuf buf = NULL;
    aclError code = acltdtDequeue(qid, &buf, 0);
    return code == ACL_ERROR_RT_QUEUE_EMPTY;
}

static void queues(void)
{
    uint32_t qid = queue(2), other = 77, tag = 2026, seen[2] = {0, 7};
    acltdtBuf buf = buffer("first"), behind = buffer(" and second"), none = &local;
    char text[64];
    size_t size = 77;
    CHECK_OK(acltdtCreateQueue(NULL, &other));
    CHECK(other != qid);
    // A chain travels with its head; the handles are over.
    CHECK_OK(acltdtSetBufUserData(buf, &tag, sizeof tag, 0));
    CHECK_OK(acltdtAppendBufChain(buf, behind));
    CHECK_REFUSED(acltdtEnqueue(qid, behind, 0), ACL_ERROR_RT_PARAM_INVALID, "behind");
    CHECK_OK(acltdtEnqueue(qid, buf, 0));
    CHECK_CODE(acltdtEnqueue(qid, buf, 0), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(acltdtFreeBuf(behind), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtEnqueueData(qid, "data", 5, &tag, sizeof tag, 0, 0));
    acltdtBuf more = buffer("more");
    CHECK_REFUSED(acltdtEnqueue(qid, more, 0), ACL_ERROR_RT_QUEUE_FULL, "2 messages", "full");
    CHECK_CODE(acltdtEnqueue(qid, more, 5), ACL_ERROR_RT_QUEUE_FULL);
    CHECK_CODE(acltdtEnqueueData(qid, "x", 1, NULL, 0, 5, 0), ACL_ERROR_RT_QUEUE_FULL);
    CHECK(holds(more, "more"));
    CHECK_OK(acltdtDequeue(qid, &buf, 0));
    CHECK(chain(buf) == 2 && holds(buf, "first") && holds(nth(buf, 1), " and second"));
    CHECK_OK(acltdtGetBufUserData(buf, seen, 4, 0));
    CHECK(seen[0] == 2026);
    // What came from memory is a buffer as well, and the other way round.
    CHECK_OK(acltdtEnqueue(qid, buf, 0));
    CHECK_OK(acltdtDequeue(qid, &buf, 0));
    CHECK(holds(buf, "data") && chain(buf) == 1);
    CHECK_OK(acltdtGetBufUserData(buf, seen, 8, 0));
    CHECK(seen[0] == 2026 && seen[1] == 0);
    CHECK_OK(acltdtFreeBuf(buf));
    memset(text, 9, sizeof text);
    seen[0] = seen[1] = 7;
    // Both lengths count their final zero. A message that does not fit in stays.
    CHECK_REFUSED(acltdtDequeueData(qid, text, 17, &size, seen, 4, 0), ACL_ERROR_INVALID_PARAM, "18 bytes", "got 17");
    CHECK(size == 77 && text[0] == 9 && seen[0] == 7);
    CHECK_OK(acltdtDequeueData(qid, text, 18, &size, seen, 4, 0));
    CHECK(size == 18 && memcmp(text, "first\0 and second", 18) == 0 && text[18] == 9);
    CHECK(seen[0] == 2026 && seen[1] == 7);
    CHECK_REFUSED(acltdtDequeue(qid, &none, 0), ACL_ERROR_RT_QUEUE_EMPTY, "empty");
    CHECK_CODE(acltdtDequeue(qid, &none, 5), ACL_ERROR_RT_QUEUE_EMPTY);
    CHECK_CODE(acltdtDequeueData(qid, text, 18, &size, NULL, 0, 5), ACL_ERROR_RT_QUEUE_EMPTY);
    CHECK(none == &local);

    // Memory of a device at both ends.
    void *device = NULL;
    CHECK_OK(aclrtMalloc(&device, 64, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK_OK(aclrtMemcpy(device, 64, "on a device", 12, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK_OK(acltdtEnqueueData(qid, device, 12, NULL, 0, 0, 0));
    CHECK_OK(aclrtMemset(device, 64, 0, 64));
    CHECK_OK(acltdtDequeueData(qid, (char *)device + 8, 12, &size, NULL, 0, 0));
    CHECK_OK(aclrtMemcpy(text, 64, (char *)device + 8, 12, ACL_MEMCPY_DEVICE_TO_HOST));
    CHECK(strcmp(text, "on a device") == 0);
    CHECK_REFUSED(acltdtEnqueueData(qid, device, 65, NULL, 0, 0, 0), ACL_ERROR_RT_PARAM_INVALID, "data", "got 65");
    CHECK_CODE(acltdtDequeueData(qid, device, 65, &size, NULL, 0, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(aclrtFree(device));

    CHECK_CODE(acltdtEnqueueData(qid, NULL, 1, NULL, 0, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtEnqueueData(qid, "x", 0, NULL, 0, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtEnqueueData(qid, "x", 1, NULL, 1, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(acltdtEnqueueData(qid, "x", 1, text, 97, 0, 0), ACL_ERROR_INVALID_PARAM, "userDataSize", "96");
    CHECK_REFUSED(acltdtEnqueueData(qid, "x", 1, NULL, 0, 0, 1), ACL_ERROR_INVALID_PARAM, "rsv");
    CHECK_CODE(acltdtEnqueueData(qid, "x", 1, NULL, 0, -2, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtDequeueData(qid, NULL, 1, &size, NULL, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtDequeueData(qid, text, 0, &size, NULL, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtDequeueData(qid, text, 1, NULL, NULL, 0, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtDequeueData(qid, text, 1, &size, NULL, 1, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtDequeueData(qid, text, 1, &size, seen, 97, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtDequeue(qid, NULL, 0), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtDequeue(qid, &none, -2), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtEnqueue(qid, more, -2), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtEnqueue(qid, NULL, 0), ACL_ERROR_INVALID_PARAM);

    // What is in a queue goes with it.
    CHECK_OK(acltdtEnqueue(other, more, 0));
    CHECK_OK(acltdtDestroyQueue(other));
    CHECK_CODE(acltdtFreeBuf(more), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_REFUSED(acltdtDestroyQueue(other), ACL_ERROR_RT_PARAM_INVALID, "qid", "no queue");
    CHECK_CODE(acltdtDequeue(other, &none, -1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtEnqueueData(other, "x", 1, NULL, 0, -1, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtDequeueData(other, text, 1, &size, NULL, 0, -1), ACL_ERROR_RT_PARAM_INVALID);
    buf = buffer("kept");
    CHECK_CODE(acltdtEnqueue(other, buf, -1), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(holds(buf, "kept"));
    CHECK_OK(acltdtFreeBuf(buf));
    CHECK_OK(acltdtDestroyQueue(qid));
}

static void permissions(void)
{
    uint32_t qid = queue(2), permission = 77;
    int32_t self = (int32_t)getpid();
    CHECK_OK(acltdtAttachQueue(qid, 0, &permission));
    CHECK(permission == (ACL_TDT_QUEUE_PERMISSION_MANAGE | ACL_TDT_QUEUE_PERMISSION_DEQUEUE | ACL_TDT_QUEUE_PERMISSION_ENQUEUE));
    CHECK_OK(acltdtGrantQueue(qid, self, ACL_TDT_QUEUE_PERMISSION_DEQUEUE, 1000));
    CHECK_REFUSED(acltdtGrantQueue(qid, (int32_t)getppid(), 2, 0), ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "another process");
    CHECK_REFUSED(acltdtGrantQueue(qid, self, 0, 0), ACL_ERROR_RT_PARAM_INVALID, "permission");
    CHECK_CODE(acltdtGrantQueue(qid, self, 8, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtGrantQueue(qid, 0, 2, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtGrantQueue(qid, -1, 2, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtGrantQueue(qid, self, 2, -2), ACL_ERROR_RT_PARAM_INVALID);
    permission = 77;
    CHECK_CODE(acltdtAttachQueue(qid, -2, &permission), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtAttachQueue(qid, 0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_OK(acltdtDestroyQueue(qid));
    CHECK_CODE(acltdtAttachQueue(qid, 0, &permission), ACL_ERROR_RT_PARAM_INVALID);
    CHECK_CODE(acltdtGrantQueue(qid, self, 2, 0), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(permission == 77);
}

static acltdtQueueRouteList *routes(size_t count, const uint32_t (*pairs)[2])
{
    acltdtQueueRouteList *list = acltdtCreateQueueRouteList();
    CHECK(list != NULL);
    for (size_t i = 0; i < count; i++) {
        acltdtQueueRoute *route = acltdtCreateQueueRoute(pairs[i][0], pairs[i][1]);
        CHECK(route != NULL);
        CHECK_OK(acltdtAddQueueRoute(list, route));
        CHECK_OK(acltdtDestroyQueueRoute(route));
    }
    CHECK(acltdtGetQueueRouteNum(list) == count);
    return list;
}

// Whether a route of a list is this one, and its state.
static int is_route(acltdtQueueRouteList *list, size_t index, uint32_t source, uint32_t target, int32_t status)
{
    uint32_t from = 77, to = 77;
    int32_t state = 77;
    size_t written = 0;
    acltdtQueueRoute *route = acltdtCreateQueueRoute(0, 0);
    CHECK_OK(acltdtGetQueueRoute(list, index, route));
    CHECK_OK(acltdtGetQueueRouteParam(route, ACL_TDT_QUEUE_ROUTE_SRC_UINT32, 4, &written, &from));
    CHECK_OK(acltdtGetQueueRouteParam(route, ACL_TDT_QUEUE_ROUTE_DST_UINT32, 4, &written, &to));
    CHECK_OK(acltdtGetQueueRouteParam(route, ACL_TDT_QUEUE_ROUTE_STATUS_INT32, 4, &written, &state));
    CHECK(written == 4);
    CHECK_OK(acltdtDestroyQueueRoute(route));
    return from == source && to == target && state == status;
}

static acltdtQueueRouteList *found(acltdtQueueRouteQueryMode mode, const uint32_t *source, const uint32_t *target)
{
    acltdtQueueRouteQueryInfo *info = acltdtCreateQueueRouteQueryInfo();
    // What was in the list is not any more.
    acltdtQueueRouteList *list = routes(1, (const uint32_t[][2]){{70, 71}});
    CHECK_OK(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM, 4, &mode));
    if (source != NULL) {
        CHECK_OK(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32, 4, source));
    }
    if (target != NULL) {
        CHECK_OK(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_DST_ID_UINT32, 4, target));
    }
    CHECK_OK(acltdtQueryQueueRoutes(info, list));
    CHECK_OK(acltdtDestroyQueueRouteQueryInfo(info));
    return list;
}

static size_t count(acltdtQueueRouteQueryMode mode, const uint32_t *source, const uint32_t *target)
{
    acltdtQueueRouteList *list = found(mode, source, target);
    size_t number = acltdtGetQueueRouteNum(list);
    CHECK_OK(acltdtDestroyQueueRouteList(list));
    return number;
}

static void fan_out(void)
{
    uint32_t a = queue(4), b = queue(2), c = queue(4), d = queue(2);
    // What waits in the source goes on when its routes are bound.
    put(a, "early");
    acltdtQueueRouteList *list = routes(2, (const uint32_t[][2]){{a, b}, {a, c}});
    CHECK(is_route(list, 0, a, b, ACL_TDT_QUEUE_ROUTE_UNBIND));
    CHECK_OK(acltdtBindQueueRoutes(list));
    CHECK(is_route(list, 0, a, b, ACL_TDT_QUEUE_ROUTE_BIND) && is_route(list, 1, a, c, ACL_TDT_QUEUE_ROUTE_BIND));
    CHECK(is_empty(a) && gives(c, "early"));
    // Each target has a buffer of its own, and all refer to the same data.
    acltdtBuf one = NULL, two = NULL;
    void *data = NULL, *same = NULL;
    size_t size = 0;
    CHECK_OK(acltdtDequeue(b, &one, 0));
    acltdtBuf pair = buffer("pair");
    CHECK_OK(acltdtAppendBufChain(pair, one));
    CHECK_OK(acltdtEnqueue(a, pair, 0));
    CHECK_OK(acltdtDequeue(b, &one, 0));
    CHECK_OK(acltdtDequeue(c, &two, 0));
    CHECK(one != two && chain(one) == 2 && chain(two) == 2 && holds(nth(two, 1), "early"));
    CHECK_OK(acltdtGetBufData(one, &data, &size));
    CHECK_OK(acltdtGetBufData(two, &same, &size));
    CHECK(data == same);
    CHECK_OK(acltdtFreeBuf(one));
    CHECK(holds(two, "pair"));
    CHECK_OK(acltdtFreeBuf(two));

    // b has room for two: the third waits in a until b has room, though c has. c is also bound to d.
    acltdtQueueRouteList *further = routes(1, (const uint32_t[][2]){{c, d}});
    CHECK_OK(acltdtBindQueueRoutes(further));
    put(a, "1");
    put(a, "2");
    put(a, "3");
    CHECK(is_empty(c));
    CHECK(gives(d, "1"));
    CHECK(gives(d, "2") && is_empty(d));
    CHECK(gives(b, "1"));
    CHECK(gives(d, "3") && gives(b, "2") && gives(b, "3"));
    // Full up to the source: b and a, then nothing fits.
    for (int i = 0; i < 6; i++) {
        put(a, "x");
    }
    CHECK_CODE(acltdtEnqueueData(a, "x", 1, NULL, 0, 0, 0), ACL_ERROR_RT_QUEUE_FULL);
    // A message that has not gone on may be taken at the source.
    CHECK(gives(a, "x"));
    CHECK(gives(b, "x") && gives(b, "x") && gives(b, "x"));

    // Questions.
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_SRC, &a, NULL) == 2 && count(ACL_TDT_QUEUE_ROUTE_QUERY_SRC, &d, NULL) == 0);
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_DST, NULL, &d) == 1 && count(ACL_TDT_QUEUE_ROUTE_QUERY_DST, NULL, &a) == 0);
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_SRC_AND_DST, &a, &d) == 0);
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, NULL, NULL) == 0);
    acltdtQueueRouteList *asked = found(ACL_TDT_QUEUE_ROUTE_QUERY_SRC_AND_DST, &a, &c);
    CHECK(acltdtGetQueueRouteNum(asked) == 1 && is_route(asked, 0, a, c, ACL_TDT_QUEUE_ROUTE_BIND));
    // What was found can be unbound; then c does not hold a up, and gets nothing.
    CHECK_OK(acltdtUnbindQueueRoutes(asked));
    CHECK(is_route(asked, 0, a, c, ACL_TDT_QUEUE_ROUTE_UNBIND));
    CHECK_REFUSED(acltdtUnbindQueueRoutes(asked), ACL_ERROR_RT_PARAM_INVALID, "which is not");
    CHECK_OK(acltdtDestroyQueueRouteList(asked));
    while (!is_empty(b)) {
    }
    while (!is_empty(d)) {
    }
    CHECK(is_empty(a) && is_empty(c));
    put(a, "alone");
    CHECK(gives(b, "alone") && is_empty(d));

    // A queue that is destroyed makes its routes abnormal, and the others go on.
    CHECK_OK(acltdtBindQueueRoutes(list));
    put(a, "5");
    put(a, "6");
    put(a, "7");
    CHECK_OK(acltdtDestroyQueue(b));
    CHECK(gives(d, "5") && gives(d, "6") && gives(d, "7"));
    asked = found(ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, NULL, NULL);
    CHECK(acltdtGetQueueRouteNum(asked) == 1 && is_route(asked, 0, a, b, ACL_TDT_QUEUE_ROUTE_BIND_ABNORMAL));
    CHECK_OK(acltdtUnbindQueueRoutes(asked));
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, NULL, NULL) == 0);
    CHECK_OK(acltdtDestroyQueueRouteList(asked));
    // With both ends gone there is no route.
    CHECK_OK(acltdtDestroyQueue(c));
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, NULL, NULL) == 2);
    CHECK_OK(acltdtDestroyQueue(d));
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, NULL, NULL) == 1);
    CHECK_OK(acltdtDestroyQueue(a));
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, NULL, NULL) == 0);
    CHECK_OK(acltdtDestroyQueueRouteList(list));
    CHECK_OK(acltdtDestroyQueueRouteList(further));
}

static void wrong_routes(void)
{
    uint32_t a = queue(2), b = queue(2), c = queue(2), gone = queue(2), value = 7;
    CHECK_OK(acltdtDestroyQueue(gone));
    // Those that can be are bound; which, their states say.
    acltdtQueueRouteList *list =
        routes(5, (const uint32_t[][2]){{a, b}, {a, gone}, {b, c}, {c, a}, {b, b}});
    CHECK_REFUSED(acltdtBindQueueRoutes(list), ACL_ERROR_RT_PARAM_INVALID, "no queue");
    const int32_t states[] = {ACL_TDT_QUEUE_ROUTE_BIND, ACL_TDT_QUEUE_ROUTE_UNBIND, ACL_TDT_QUEUE_ROUTE_BIND,
                              ACL_TDT_QUEUE_ROUTE_UNBIND, ACL_TDT_QUEUE_ROUTE_UNBIND};
    const uint32_t ends[][2] = {{a, b}, {a, gone}, {b, c}, {c, a}, {b, b}};
    for (size_t i = 0; i < 5; i++) {
        CHECK(is_route(list, i, ends[i][0], ends[i][1], states[i]));
    }
    acltdtQueueRouteList *circle = routes(1, (const uint32_t[][2]){{c, a}});
    CHECK_REFUSED(acltdtBindQueueRoutes(circle), ACL_ERROR_RT_PARAM_INVALID, "circle");
    // Bound twice is bound once.
    acltdtQueueRouteList *again = routes(2, (const uint32_t[][2]){{a, b}, {a, b}});
    CHECK_OK(acltdtBindQueueRoutes(again));
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_SRC, &a, NULL) == 1);
    put(a, "once");
    CHECK(gives(c, "once") && is_empty(c));
    CHECK_CODE(acltdtUnbindQueueRoutes(again), ACL_ERROR_RT_PARAM_INVALID);
    CHECK(count(ACL_TDT_QUEUE_ROUTE_QUERY_SRC, &a, NULL) == 0);

    acltdtQueueRouteList *empty = acltdtCreateQueueRouteList();
    acltdtQueueRoute *route = acltdtCreateQueueRoute(1, 2);
    acltdtQueueRouteQueryInfo *info = acltdtCreateQueueRouteQueryInfo();
    size_t written = 77;
    CHECK_REFUSED(acltdtBindQueueRoutes(empty), ACL_ERROR_INVALID_PARAM, "without");
    CHECK_CODE(acltdtUnbindQueueRoutes(empty), ACL_ERROR_INVALID_PARAM);
    CHECK_REFUSED(acltdtGetQueueRoute(list, 5, route), ACL_ERROR_INVALID_PARAM, "below 5");
    CHECK_CODE(acltdtGetQueueRoute(list, SIZE_MAX, route), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueRoute(list, 0, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtAddQueueRoute(list, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueRouteParam(route, ACL_TDT_QUEUE_ROUTE_SRC_UINT32, 3, &written, &value), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueRouteParam(route, (acltdtQueueRouteParamType)3, 4, &written, &value), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueRouteParam(route, ACL_TDT_QUEUE_ROUTE_SRC_UINT32, 4, NULL, &value), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtGetQueueRouteParam(route, ACL_TDT_QUEUE_ROUTE_SRC_UINT32, 4, &written, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK(value == 7 && written == 77);
    // A question has to say what it needs.
    CHECK_REFUSED(acltdtQueryQueueRoutes(info, list), ACL_ERROR_INVALID_PARAM, "MODE");
    acltdtQueueRouteQueryMode mode = ACL_TDT_QUEUE_ROUTE_QUERY_SRC_AND_DST;
    CHECK_OK(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM, sizeof mode, &mode));
    CHECK_OK(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32, sizeof a, &a));
    CHECK_REFUSED(acltdtQueryQueueRoutes(info, list), ACL_ERROR_INVALID_PARAM, "DST_ID");
    CHECK(acltdtGetQueueRouteNum(list) == 5);
    mode = (acltdtQueueRouteQueryMode)3;
    CHECK_REFUSED(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM, 4, &mode), ACL_ERROR_INVALID_PARAM, "value");
    CHECK_CODE(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32, 8, &a), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtSetQueueRouteQueryInfo(info, ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32, 4, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtSetQueueRouteQueryInfo(info, (acltdtQueueRouteQueryInfoParamType)3, 4, &a), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtQueryQueueRoutes(info, NULL), ACL_ERROR_INVALID_PARAM);
    CHECK_CODE(acltdtQueryQueueRoutes(NULL, list), ACL_ERROR_INVALID_PARAM);
    CHECK(acltdtGetQueueRouteNum(NULL) == 0);

    CHECK_OK(acltdtDestroyQueueRouteQueryInfo(info));
    CHECK_CODE(acltdtDestroyQueueRouteQueryInfo(info), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtDestroyQueueRoute(route));
    CHECK_CODE(acltdtDestroyQueueRoute(route), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_CODE(acltdtAddQueueRoute(list, route), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtDestroyQueueRouteList(empty));
    CHECK_CODE(acltdtDestroyQueueRouteList(empty), ACL_ERROR_RT_INVALID_HANDLE);
    CHECK_OK(acltdtDestroyQueueRouteList(list));
    CHECK_OK(acltdtDestroyQueueRouteList(again));
    CHECK_OK(acltdtDestroyQueueRouteList(circle));
    CHECK_OK(acltdtDestroyQueue(a));
    CHECK_OK(acltdtDestroyQueue(b));
    CHECK_OK(acltdtDestroyQueue(c));
}

enum { MESSAGES = 500, PRODUCERS = 2 };
static uint32_t entrance, exits[2];

static void *produce(void *name)
{
    for (int i = 0; i < MESSAGES; i++) {
        int value = (int)(intptr_t)name * MESSAGES + i;
        CHECK_OK(acltdtEnqueueData(entrance, &value, sizeof value, &i, sizeof i, -1, 0));
    }
    return NULL;
}

static void *consume(void *at)
{
    int next[PRODUCERS] = {0};
    for (int i = 0; i < PRODUCERS * MESSAGES; i++) {
        int value = -1, user = -1;
        size_t size = 0;
        CHECK_OK(acltdtDequeueData(*(uint32_t *)at, &value, sizeof value, &size, &user, sizeof user, -1));
        int from = value / MESSAGES;
        if (value < 0 || from >= PRODUCERS || value % MESSAGES != next[from]++ || user != value % MESSAGES) {
            CHECK(!"the next one of its producer");
            break;
        }
    }
    return NULL;
}

static void *wait_there(void *qid)
{
    acltdtBuf buf = NULL;
    return (void *)(intptr_t)acltdtDequeue(*(uint32_t *)qid, &buf, -1);
}

// Through narrow queues and routes, from several threads to several: to each everything, in order.
static void threads(void)
{
    pthread_t producers[PRODUCERS], consumers[2], waiter;
    entrance = queue(2);
    exits[0] = queue(2);
    exits[1] = queue(3);
    acltdtQueueRouteList *list = routes(2, (const uint32_t[][2]){{entrance, exits[0]}, {entrance, exits[1]}});
    CHECK_OK(acltdtBindQueueRoutes(list));
    for (intptr_t i = 0; i < PRODUCERS; i++) {
        CHECK(pthread_create(&producers[i], NULL, produce, (void *)i) == 0);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&consumers[i], NULL, consume, &exits[i]) == 0);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        CHECK(pthread_join(producers[i], NULL) == 0);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_join(consumers[i], NULL) == 0);
    }
    CHECK(is_empty(entrance) && is_empty(exits[0]) && is_empty(exits[1]));
    // Who waits at a queue that is destroyed does not wait any more.
    void *code = NULL;
    CHECK(pthread_create(&waiter, NULL, wait_there, &exits[0]) == 0);
    CHECK_OK(acltdtDestroyQueue(exits[0]));
    CHECK(pthread_join(waiter, &code) == 0 && (intptr_t)code == ACL_ERROR_RT_PARAM_INVALID);
    CHECK_OK(acltdtUnbindQueueRoutes(list));
    CHECK_OK(acltdtDestroyQueueRouteList(list));
    CHECK_OK(acltdtDestroyQueue(entrance));
    CHECK_OK(acltdtDestroyQueue(exits[1]));
}

int main(void)
{
    CHECK_OK(aclInit(NULL));
    CHECK_OK(aclrtSetDevice(0));
    buffers();
    chains();
    attributes();
    queues();
    permissions();
    fan_out();
    wrong_routes();
    threads();
    CHECK_OK(aclrtResetDevice(0));
    CHECK_OK(aclFinalize());
    return check_done();
}
