/* SPDX-License-Identifier: Apache-2.0
 * probe.h - what this machine can enforce: found out by trying (probe_linux.c), told as features
 * with their cures (probe.c). */
#ifndef FENCE_SANDBOX_PROBE_H
#define FENCE_SANDBOX_PROBE_H

#include <fence/fence.h>
#include <limits.h>

#include "base/base.h"

/* Where fence runs, and what limits it there. Numbers are -1 where the kernel has no such knob. */
struct place {
    bool root;             /* the caller's uid is 0                                 */
    bool fence;            /* inside a sandbox of fence's own                       */
    const char *container; /* "Docker"; or NULL                                     */
    const char *wsl;       /* "WSL1", "WSL2"; or NULL                               */
    bool hidden_proc;      /* parts of /proc are covered: a new one is refused then */
    long apparmor_restricts;
    long max_user_namespaces, userns_clone; /* user.max_..., Debian's unprivileged_userns_clone */
    long max_watches;
};

void place_look(struct place *out);

/* Each number is 0, or the -errno of what was tried in vain. */
struct machine {
    struct place place;
    char kernel[128]; /* "6.1.0, x86_64" */

    char bwrap[PATH_MAX]; /* "" where none was found; escaped for people */
    char version[64];     /* what it says of itself: "0.8.0"             */
    fence_error launcher; /* code 0: one that can be used                */
    fence_error sandbox;  /* code 0: made, proved, and the command ran. With every layer that can
                             be done without left out, where it is missing */
    fence_error complete; /* the same with none left out                 */

    int user_namespace, network_namespace, mounts, proc;
    int filter, notify, landlock, live_mounts, inotify;
    int landlock_abi;

    int capture_network;       /* one that capture was tried in                              */
    fence_error capture;       /* code 0: programs that know of no proxy are captured there  */
    fence_error capture_rules; /* code 0: by the kernel's rules; or else by connecting       */
};

/* Tries it all. */
void probe_machine(struct machine *out);

/* Pure: tells the features; returns as fence_probe(). */
int probe_tell(const struct machine *machine, fence_feature_cb tell, void *payload);

/* The launcher that a sandbox would take, its version, and two trial starts: probe_trial.c. */
void probe_sandbox(struct machine *out);

/* What capture.h does, tried on a network of its own: probe_capture_linux.c. */
void probe_capture(struct machine *out);

/* What needs no launcher, each tried in a child that ends with the try: probe_kernel_linux.c. */
void probe_kernel(struct machine *out);

#endif
