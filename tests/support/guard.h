/* SPDX-License-Identifier: Apache-2.0
 * guard.h - a copy of bytes that ends exactly where a page begins that nobody may touch.
 *
 * A parser that reads one byte too far dies on the spot, with or without a sanitizer. Reads before
 * the copy are not caught: only the end is guarded. */
#ifndef FENCE_TESTS_GUARD_H
#define FENCE_TESTS_GUARD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static inline size_t guard_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The whole pages that hold `len` bytes; at least one, so that an empty copy has a neighbour. */
static inline size_t guard_room(size_t len)
{
    size_t page = guard_page();

    return len == 0 ? page : (len + page - 1) / page * page;
}

/* Never NULL, also for nothing: the copy of no bytes points at the forbidden page itself. `bytes`
 * may be NULL when `len` is 0. Ends the test when there is no memory. */
static inline char *guard_copy(const void *bytes, size_t len)
{
    size_t room = guard_room(len);
    char *map =
        mmap(NULL, room + guard_page(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (map == MAP_FAILED || mprotect(map + room, guard_page(), PROT_NONE) != 0) {
        perror("guard_copy");
        abort();
    }
    if (len > 0)
        memcpy(map + room - len, bytes, len);
    return map + room - len;
}

/* `len` as it was given to guard_copy(); takes NULL. */
static inline void guard_free(char *copy, size_t len)
{
    if (copy)
        munmap(copy + len - guard_room(len), guard_room(len) + guard_page());
}

#endif
