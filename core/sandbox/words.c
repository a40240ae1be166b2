/* SPDX-License-Identifier: Apache-2.0
 * words.c - what does not fit is read all the same, as nobody may block on this pipe; but never
 * without end: process 1 of the sandbox has its other end, and the command can open it there. */
#include "sandbox/words.h"

#include <errno.h>
#include <unistd.h>

#define TURNS 16 /* reads, before others have theirs */

bool words_read(struct words *words, int fd)
{
    char rest[4096];
    ssize_t len = 1;

    for (int turns = 0; turns < TURNS && (len > 0 || (len < 0 && errno == EINTR)); turns++) {
        size_t room = sizeof words->text - 1 - words->len;

        len = room > 0 ? read(fd, words->text + words->len, room) : read(fd, rest, sizeof rest);
        if (len > 0 && room > 0)
            words->len += (size_t)len;
    }
    words->text[words->len] = '\0';
    return len != 0;
}
