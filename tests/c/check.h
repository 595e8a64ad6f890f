// Checks for the conformance programs, C11 and C++14. A failed check is printed and counted, and the program goes on;
// `return check_done();` at the end of main makes the exit status.
#ifndef ACLSIM_TESTS_CHECK_H
#define ACLSIM_TESTS_CHECK_H

#include <acl/acl.h>

#include <stdio.h>
#include <string.h>

static int check_count;
static int check_failures;

static inline void check_report(int good, const char *file, int line, const char *what)
{
    __atomic_add_fetch(&check_count, 1, __ATOMIC_RELAXED);
    if (!good) {
        __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
}

static inline void check_code(int got, int expected, const char *file, int line, const char *what)
{
    // Fetching clears: the message must belong to this very call.
    const char *message = aclGetRecentErrMsg();
    __atomic_add_fetch(&check_count, 1, __ATOMIC_RELAXED);
    if (got != expected || (expected != 0 && (message == NULL || message[0] == '\0'))) {
        __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
        fprintf(stderr, "%s:%d: %s: expected %d, got %d: %s\n", file, line, what, expected, got,
                message != NULL ? message : "(no message)");
    }
}

// A refusal with its code, whose message contains every part; the list of parts ends with NULL.
static inline void check_refused(int got, int expected, const char *const *parts, const char *file, int line,
                                 const char *what)
{
    const char *message = aclGetRecentErrMsg();
    __atomic_add_fetch(&check_count, 1, __ATOMIC_RELAXED);
    const char *missing = message == NULL ? "any message" : NULL;
    for (; missing == NULL && *parts != NULL; parts++) {
        missing = strstr(message, *parts) == NULL ? *parts : NULL;
    }
    if (got != expected || missing != NULL) {
        __atomic_add_fetch(&check_failures, 1, __ATOMIC_RELAXED);
        fprintf(stderr, "%s:%d: %s: expected %d, got %d; missing \"%s\" in: %s\n", file, line, what, expected, got,
                missing != NULL ? missing : "", message != NULL ? message : "(no message)");
    }
}

static inline int check_done(void)
{
    printf("%d checks, %d failed\n", check_count, check_failures);
    return check_failures != 0;
}

// A condition holds.
#define CHECK(condition) check_report((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
// A call answers exactly this code and, unless it is 0, leaves a message.
#define CHECK_CODE(call, expected) check_code((int)(call), (expected), __FILE__, __LINE__, #call)
// A call answers this code and leaves a message that contains all the given texts.
#define CHECK_REFUSED(call, expected, ...)                                                         \
    do {                                                                                           \
        const int refused_code = (int)(call);                                                      \
        const char *const refused_parts[] = {__VA_ARGS__, NULL};                                   \
        check_refused(refused_code, (expected), refused_parts, __FILE__, __LINE__, #call);         \
    } while (0)
// A call succeeds.
#define CHECK_OK(call) CHECK_CODE(call, 0)

#endif  // ACLSIM_TESTS_CHECK_H
