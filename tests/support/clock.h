/* SPDX-License-Identifier: Apache-2.0
 * clock.h - a time of the test's own, which passes only when it says so: for libuv as well. Include
 * it once in a program. */
#ifndef FENCE_TESTS_CLOCK_H
#define FENCE_TESTS_CLOCK_H

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DAY (24 * 3600 * 1000L)

static long now_ms = DAY;
static long wall_ahead_s; /* of the time of day: somebody has set the clock */

/* In the place of the C library's. */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE) {
        int rc = (int)syscall(SYS_clock_gettime, clock, now);

        now->tv_sec += wall_ahead_s;
        return rc;
    }
    *now = (struct timespec){now_ms / 1000, now_ms % 1000 * 1000000};
    return 0;
}

#endif
