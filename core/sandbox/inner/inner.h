/* SPDX-License-Identifier: Apache-2.0
 * inner.h - what the host and inner say to each other over their socketpair, one message a packet:
 *
 *   host  -> inner   struct inner_order, waiting before inner starts
 *   inner -> host    struct inner_report with INNER_HERE: the host begins to look at the sandbox
 *   inner -> host    where the order says so, two of struct inner_report with INNER_SOCKETS: with
 *                    sockets of IPv4, and of IPv6 as many or none (SCM_RIGHTS)
 *   inner -> host    struct inner_report, with the listening sockets and, where the order says so,
 *                    those of capture_socket.h (SCM_RIGHTS)
 *   host  -> inner   struct inner_go, with the command's standard error, its environment and the
 *                    second wall around files (SCM_RIGHTS)
 *   inner -> host    end of file: the command runs; or struct inner_report: it could not
 *   inner -> host    where the command has a terminal of its own there is no end of file, and
 *                    process 1 sends struct inner_report with INNER_STOPPED: the command is
 *
 * The environment's file is one offset of type uintptr_t for each "NAME=value", a 0, and the texts
 * that they lead to, each with its NUL.
 *
 * Both are built together, so the layout needs no marshalling; the version tells a mismatch. */
#ifndef FENCE_SANDBOX_INNER_H
#define FENCE_SANDBOX_INNER_H

#include <stdint.h>

#include "base/limits.h"
#include "sandbox/capture_socket.h"

#define INNER_VERSION   6
#define INNER_LISTENERS 2                                        /* HTTP, SOCKS5 */
#define INNER_MOST      (LIMIT_PORT_CLIENTS + LIMIT_LOCAL_PORTS) /* descriptors with one report */
#define INNER_GO_FDS    3 /* the most that come with struct inner_go */

struct inner_order {
    uint32_t version;
    uint16_t ports[INNER_LISTENERS]; /* listen on 127.0.0.1 at these                    */
    uint32_t root_read_only;         /* prove that / cannot be written to                      */
    uint32_t new_session;     /* the command leads a session of its own, without a terminal      */
    uint32_t capture;         /* make the sockets of capture_socket.h, as far as there are such */
    uint32_t sockets;         /* TCP sockets of each family to make, up to INNER_MOST; or 0 */
    uint64_t ignored_signals; /* bit n-1: leave signal n ignored; all others to default */
};

/* What failed, for one clear sentence on the host. NETWORK: a way out was found, a packet to the
 * outside would have left. */
enum inner_step {
    INNER_READY = 0,
    INNER_HERE,
    INNER_SOCKETS,
    INNER_FORK,     /* it has no child */
    INNER_TERMINAL, /* it cannot have the terminal as its own */
    INNER_SOCKET,
    INNER_BIND,
    INNER_LISTEN,
    INNER_NETWORK_IPV4,
    INNER_NETWORK_IPV6,
    INNER_ROOT_WRITABLE,
    INNER_ENVIRONMENT,   /* it cannot be taken from its file         */
    INNER_LANDLOCK,      /* it cannot be entered                     */
    INNER_LANDLOCK_OPEN, /* it was, and does not hold                */
    INNER_EXECUTE,       /* the command's own failure: execvp(3)     */
    INNER_STOPPED        /* no failure: the command was stopped, by a key or by itself */
};

struct inner_report {
    uint32_t version;
    uint32_t step;    /* enum inner_step */
    int32_t error;    /* errno           */
    uint32_t capture; /* INNER_READY: bit n, the socket of that number is among those
                         that come along, behind the listeners and in that order             */
};

struct inner_go {
    uint32_t version;
    uint32_t walled;     /* a Landlock ruleset is the third descriptor: enter it, and prove it */
    uint32_t wall_flags; /* for landlock_restrict_self(2)                                       */
};

#endif
