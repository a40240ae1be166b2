/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets.h - which sockets a sandbox may connect to: those that it has made itself, and those
 * that network.allowUnixSockets names. A read-only mount does not keep connect(2) from a socket of
 * the host; so the host judges each connect(2), and makes it (notify.h). */
#ifndef FENCE_SANDBOX_UNIX_SOCKETS_H
#define FENCE_SANDBOX_UNIX_SOCKETS_H

#include <fence/fence.h>

#include "proxy/proxy.h"
#include "sandbox/callers.h"
#include "sandbox/plan.h"
#include "sandbox/spawn.h"

struct unix_sockets;

/* The sandbox is about to be launched. `paths` are those of the settings, canonical; Writes NULL
 * where nothing is judged: nothing of `which`, or what is missing here for it (notify_missing())
 * can be done without by `degrade`. Returns 0 or a negative code with `err` filled in. */
struct unix_sockets_input {
    const char *const *paths;
    size_t npaths;
    unsigned degrade;
    unsigned which;          /* of NOTIFY_*: notify.h                                         */
    const char *const *argv; /* the command, and where programs are found: of exec_watch_init() */
    const char *path;
};

int unix_sockets_new(struct unix_sockets **out, struct proxy *proxy, const struct plan *plan,
                     const struct unix_sockets_input *in, fence_error *err);

/* The command is about to begin, as process `pid`: what is executed is judged from here on. Takes
 * NULL. */
void unix_sockets_arm(struct unix_sockets *sockets, pid_t pid);

/* Is each execve(2) seen? False for NULL. */
bool unix_sockets_see_execs(const struct unix_sockets *sockets);

/* There are other rules. Returns 0, or -ENOMEM: those from before stay. Takes NULL. */
int unix_sockets_rules(struct unix_sockets *sockets);

/* What came of the launcher's request: its listener, if any, is ours. Takes NULL with NULL. */
void unix_sockets_launched(struct unix_sockets *sockets, struct spawn_notify *notify);

/* It could not be launched for want of notifications: says so in `err`, and how to do without. */
int unix_sockets_explain(const struct spawn_notify *notify, fence_error *err);

/* It has been launched, and the first message on `control` is the listener: answers from here on,
 * by a thread of its own. Takes NULL. Returns 0 or a negative code. */
int unix_sockets_begin(struct unix_sockets *sockets, int control, fence_error *err);

/* Does everything in the sandbox run behind a filter that asks? False for NULL. */
bool unix_sockets_ask(const struct unix_sockets *sockets);

/* Process `pid` waits in the sandbox, and the command has not begun: remembers what is the
 * sandbox's own. Until then no Unix socket is connected. Takes NULL. */
int unix_sockets_look(struct unix_sockets *sockets, pid_t pid, fence_error *err);

/* Is each connect(2) seen before it is made? False for NULL. */
bool unix_sockets_sees(const struct unix_sockets *sockets);

/* Calls `begin` once, on the loop, before the first connect(2) is made; at once where the launcher
 * has made one already. NULL: not any more. Where they are seen. */
void unix_sockets_before(struct unix_sockets *sockets, void (*begin)(void *payload), void *payload);

/* Connections to the outside are captured: capture_lead() is called before the first of them is
 * made, with these, and where it fails, each is made to capture.h's listener instead. The
 * descriptor is the callee's from here on. Before the command runs, where they are seen. */
void unix_sockets_lead(struct unix_sockets *sockets, int netfilter, bool ipv6);

/* Where a captured connection was going that had to be made to the listener; false where that is
 * not known. Takes NULL. */
bool unix_sockets_target(struct caller_end *out, struct unix_sockets *sockets,
                         const struct caller_end *from);

/* Who has made a TCP connection in the sandbox: "npm:4711", escaped. False where it is not known.
 * Takes NULL. */
bool unix_sockets_caller(char out[96], struct unix_sockets *sockets, const struct caller_end *from,
                         const struct caller_end *to);

/* The loop's part ends; the thread's when the last process of the sandbox has. Takes NULL. */
void unix_sockets_close(struct unix_sockets *sockets);

#endif
