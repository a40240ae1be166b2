/* SPDX-License-Identifier: Apache-2.0
 * splice.h - bytes from one socket to another that never come into this process: splice(2) by way
 * of a pipe. Linux only.
 *
 * One pipe serves all tunnels of a loop, since it is empty whenever the loop goes on: what the
 * second socket does not take is read out of it. So however many tunnels there are, no more of the
 * user's share of pipe memory is used (pipe(7), pipe-user-pages-soft). */
#ifndef FENCE_PROXY_SPLICE_H
#define FENCE_PROXY_SPLICE_H

#include <sys/types.h>

#include "base/base.h"

struct splice_pipe { /* zero to begin; made when it is first needed */
    bool tried;
    int ends[2]; /* to read, to write; valid if `usable` */
    bool usable;
};

void splice_close(struct splice_pipe *pipe);

/* Moves at most `most` bytes, no more than LIMIT_RELAY_BUFFER, from one socket to the other, which
 * do not block. Returns how many left `from`, and `*left` of them were not taken: read_left() gives
 * them. 0: there were none, or it is the end of file, or this cannot be had: read `from` in the
 * ordinary way. Or -errno: `from` is lost, and would tell so only once. */
ssize_t splice_relay(struct splice_pipe *pipe, int from, int to, size_t most, size_t *left);

/* Reads the `left` bytes into `bytes`. False if they are lost, which the kernel never does. */
bool splice_read_left(struct splice_pipe *pipe, char *bytes, size_t left);

#endif
