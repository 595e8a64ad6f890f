// Host code that touches device memory dies as on hardware, with an explanation on standard error.
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef void (*Scenario)(void);

// Sanitizers print their own report and exit instead.
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static char said[16384];

// Runs a scenario in a process of its own; what it wrote to standard error lands in `said`.
static int run(Scenario scenario)
{
    int ends[2];
    if (pipe(ends) != 0) {
        perror("pipe");
        exit(2);
    }
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        scenario();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t n;
    while ((n = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0) {
        length += (size_t)n;
    }
    said[length] = '\0';
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static int died_of_it(int status)
{
    return SANITIZED ? WIFEXITED(status) && WEXITSTATUS(status) != 0 : WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

#define EXPECT_SAID(part) check_report(strstr(said, part) != NULL, __FILE__, __LINE__, part)

static volatile char *block(void)
{
    void *address = NULL;
    if (aclrtSetDevice(0) != 0 || aclrtMalloc(&address, 4096, ACL_MEM_MALLOC_HUGE_FIRST) != 0) {
        _exit(3);
    }
    return (volatile char *)address;
}

static void reads(void)
{
    (void)block()[96];
}

static void writes(void)
{
    block()[0] = 1;
}

static void reads_freed(void)
{
    volatile char *address = block();
    if (aclrtFree((void *)address) != 0) {
        _exit(3);
    }
    (void)address[1];
}

static void reads_behind(void)
{
    (void)block()[(size_t)1 << 30];
}

static void reads_elsewhere(void)
{
    block();
    (void)*(volatile char *)16;
}

static void handler(int signal)
{
    (void)signal;
    static const char text[] = "the program's own handler\n";
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) {
        _exit(4);
    }
    _exit(42);
}

static void has_a_handler(void)
{
    signal(SIGSEGV, handler);
    (void)block()[5];
}

static void sends_the_signal(void)
{
    block();
    kill(getpid(), SIGSEGV);
    pause();
}

int main(void)
{
    CHECK(died_of_it(run(reads)));
    EXPECT_SAID("aclsim: host code");
    EXPECT_SAID("byte 96 of allocation #1 of 4096 bytes");
    EXPECT_SAID("device 0");
    EXPECT_SAID("aclrtMalloc");
    EXPECT_SAID("aclrtMemcpy");
#if defined(__x86_64__)
    EXPECT_SAID("read device memory");
#endif
    CHECK(died_of_it(run(writes)));
    EXPECT_SAID("byte 0 of allocation #1");
#if defined(__x86_64__)
    EXPECT_SAID("wrote to device memory");
#endif
    CHECK(died_of_it(run(reads_freed)));
    EXPECT_SAID("byte 1 of allocation #1");
    EXPECT_SAID("which aclrtFree freed");
    CHECK(died_of_it(run(reads_behind)));
    EXPECT_SAID("in no allocation");
    CHECK(died_of_it(run(reads_elsewhere)));
    check_report(strstr(said, "aclsim:") == NULL, __FILE__, __LINE__, "an ordinary fault is not explained");
    CHECK(died_of_it(run(sends_the_signal)));
    check_report(strstr(said, "aclsim:") == NULL, __FILE__, __LINE__, "a signal that was sent is not explained");
    const int status = run(has_a_handler);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    EXPECT_SAID("byte 5 of allocation #1");
    EXPECT_SAID("the program's own handler");
    return check_done();
}
