/* SPDX-License-Identifier: Apache-2.0
 * callers.h - whose a connection is: the latest LIMIT_CALLERS, by the address that their sockets
 * have inside. For words to a person, and for nothing that is decided. Pure; one thread at a time.
 */
#ifndef FENCE_SANDBOX_CALLERS_H
#define FENCE_SANDBOX_CALLERS_H

#include "base/addr.h"
#include "base/limits.h"

struct caller_end {
    struct addr addr; /* of family 0: not known */
    uint16_t port;
};

struct callers { /* zeroed to begin */
    struct caller {
        struct caller_end from, to;
        int tid; /* of the thread that connects it, as the host sees it */
    } list[LIMIT_CALLERS];
    size_t next;
};

/* A thread is about to connect a socket. Returns a number for callers_made(). */
size_t callers_begin(struct callers *callers, const struct caller_end *to, int tid);

/* The socket has this address, before it is connected. */
void callers_made(struct callers *callers, size_t number, const struct caller_end *from);

/* The latest one who has this connection; or, where its source was not known beforehand, who was
 * the latest to make one like it; or 0. */
int callers_find(const struct callers *callers, const struct caller_end *from,
                 const struct caller_end *to);

/* Where the latest one who has it is connecting to; false where there is none. */
bool callers_target(struct caller_end *out, const struct callers *callers,
                    const struct caller_end *from);

#endif
