/* SPDX-License-Identifier: Apache-2.0
 * splice_linux.c - see splice.h. */
#include "proxy/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"

/* A pipe of the usual 64 KiB has 16 slots, and is full after as many segments: it costs more than
 * it spares. Where this user may not have a larger one, bytes are read and written as ever. */
static bool open_pipe(struct splice_pipe *pipe)
{
    if (pipe->tried)
        return pipe->usable;
    pipe->tried = true;
    if (pipe2(pipe->ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    pipe->usable = fcntl(pipe->ends[1], F_SETPIPE_SZ, LIMIT_SPLICE_PIPE) >= LIMIT_SPLICE_PIPE;
    if (!pipe->usable) {
        close(pipe->ends[0]);
        close(pipe->ends[1]);
    }
    return pipe->usable;
}

void splice_close(struct splice_pipe *pipe)
{
    if (pipe->usable) {
        close(pipe->ends[0]);
        close(pipe->ends[1]);
    }
    *pipe = (struct splice_pipe){0};
}

static ssize_t move(int from, int to, size_t len)
{
    ssize_t n;

    do
        n = splice(from, NULL, to, NULL, len, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (n < 0 && errno == EINTR);
    return n;
}

/* EINVAL: one of the two is of a kind that cannot be spliced. */
static bool says_nothing(int error)
{
    return error == EAGAIN || error == EINVAL || error == ENOMEM;
}

ssize_t splice_relay(struct splice_pipe *pipe, int from, int to, size_t most, size_t *left)
{
    ssize_t taken, given = 1;

    *left = 0;
    if (!open_pipe(pipe))
        return 0;
    taken = move(from, pipe->ends[1], most);
    if (taken < 0)
        return says_nothing(errno) ? 0 : -errno;
    *left = (size_t)taken;
    while (*left > 0 && given > 0) {
        given = move(pipe->ends[0], to, *left);
        if (given > 0)
            *left -= (size_t)given;
    }
    return taken;
}

bool splice_read_left(struct splice_pipe *pipe, char *bytes, size_t left)
{
    while (left > 0) {
        ssize_t n = read(pipe->ends[0], bytes, left);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        left -= (size_t)n;
    }
    return true;
}
