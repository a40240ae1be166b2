/* SPDX-License-Identifier: Apache-2.0
 * base.h - the few macros every file may use: sizes, owners that clean themselves, attributes. */
#ifndef FENCE_BASE_BASE_H
#define FENCE_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define ARRAY_LEN(a)                    (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define FENCE_PRINTF(fmt, args)         __attribute__((format(printf, fmt, args)))
#define FENCE_MUST_USE                  __attribute__((warn_unused_result))

static inline void base_free_cleanup(void *pointer)
{
    free(*(void **)pointer);
}

static inline void base_fd_cleanup(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Owners: freed at the end of the scope unless take() has handed them on. Never hold one across a
 * Lua call that may raise: longjmp skips cleanup. */
#define auto_free __attribute__((cleanup(base_free_cleanup)))
#define auto_fd   __attribute__((cleanup(base_fd_cleanup)))

#define take(pp)                                                                                   \
    ({                                                                                             \
        __typeof__(*(pp)) take_ = *(pp);                                                           \
        *(pp) = NULL;                                                                              \
        take_;                                                                                     \
    })

/* Harmless without one. */
static inline void close_fd(int *fd)
{
    base_fd_cleanup(fd);
    *fd = -1;
}

static inline int take_fd(int *fd)
{
    int taken = *fd;

    *fd = -1;
    return taken;
}

#endif
