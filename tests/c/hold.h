// A stream that can be held and let go: a host function that waits for a semaphore.
#ifndef ACLSIM_TESTS_HOLD_H
#define ACLSIM_TESTS_HOLD_H

#include "check.h"

#include <semaphore.h>

struct hold {
    sem_t go;
};

static inline void hold_wait(void *data)
{
    struct hold *hold = (struct hold *)data;
    while (sem_wait(&hold->go) != 0) {
    }
}

// Everything queued on the stream from now on waits for hold_release.
static inline void hold_stream(struct hold *hold, aclrtStream stream)
{
    CHECK(sem_init(&hold->go, 0, 0) == 0);
    CHECK_OK(aclrtLaunchHostFunc(stream, hold_wait, hold));
}

static inline void hold_release(struct hold *hold)
{
    CHECK(sem_post(&hold->go) == 0);
}

#endif  // ACLSIM_TESTS_HOLD_H
