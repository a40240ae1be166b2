/* SPDX-License-Identifier: Apache-2.0
 * probe.c - what was found out about a machine, as features with causes and cures. Pure.
 *
 * A sandbox that was made and proved outweighs all else: what fence itself may not do, and
 * bubblewrap may, is a note then, as with an AppArmor profile for bubblewrap alone. */
#include "sandbox/probe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sandbox/cures.h"

#define ALL_LAYERS  (FENCE_LAYER_LANDLOCK | FENCE_LAYER_UNIX_SOCKETS | FENCE_LAYER_WATCH)
#define DETAIL_ROOM sizeof(((fence_error *)NULL)->message)

struct row {
    enum fence_feature_state state;
    char detail[DETAIL_ROOM];
    const char *cure;
};

__attribute__((format(printf, 3, 4))) static void set(struct row *row, fence_feature_state state,
                                                      const char *fmt, ...)
{
    va_list args;

    row->state = state;
    va_start(args, fmt);
    vsnprintf(row->detail, sizeof row->detail, fmt, args);
    va_end(args);
}

/* Can a sandbox be made, if need be with less? */
static bool sandboxed(const struct machine *m)
{
    return m->complete.code == 0 || m->sandbox.code == 0;
}

/* ---- what bubblewrap does ---- */

/* The cause that can be seen comes first, then the one that is likely. */
static const char *namespaces_cure(const struct machine *m, int error)
{
    if (m->place.wsl && strcmp(m->place.wsl, "WSL1") == 0)
        return "WSL1 has no namespaces: wsl --set-version DISTRIBUTION 2";
    if (error == -EAGAIN)
        return "raise the limit of processes (ulimit -u), or end some";
    if (error == -EINVAL || error == -ENOSYS)
        return "use a kernel that is built with CONFIG_USER_NS";
    if (m->place.max_user_namespaces == 0)
        return "as root run 'sysctl user.max_user_namespaces=15000'";
    if (m->place.userns_clone == 0)
        return "as root run 'sysctl kernel.unprivileged_userns_clone=1'";
    if (m->place.fence)
        return m->place.root ? CURE_NESTED_ROOT : CURE_NESTED;
    if (error == -ENOSPC)
        return "as root raise user.max_user_namespaces with sysctl, or nest fewer sandboxes";
    if (m->place.apparmor_restricts == 1)
        return CURE_APPARMOR;
    return "start a container with " CURE_CONTAINER " or with CAP_SYS_ADMIN";
}

static void tell_try(struct row *row, const struct machine *m, int error, const char *cure)
{
    if (error == 0) {
        set(row, FENCE_FEATURE_OK, "tried");
    } else if (sandboxed(m)) {
        set(row, FENCE_FEATURE_NOTE, "bubblewrap may, fence itself may not (%s)", strerror(-error));
    } else {
        set(row, FENCE_FEATURE_MISSING, "%s", strerror(-error));
        row->cure = cure;
    }
}

/* What needs a user namespace, and was refused as that was, has the same cure. */
static void tell_inner_try(struct row *row, const struct machine *m, int error, const char *cure)
{
    if (error == 0 || sandboxed(m) || m->user_namespace != error) {
        tell_try(row, m, error, cure);
        return;
    }
    set(row, FENCE_FEATURE_MISSING, "as user-namespaces are (%s)", strerror(-error));
}

static void tell_kernel(struct row *row, const struct machine *m)
{
    set(row, FENCE_FEATURE_NOTE, "%s", m->kernel);
}

static void tell_bubblewrap(struct row *row, const struct machine *m)
{
    if (m->launcher.code != 0)
        set(row, sandboxed(m) ? FENCE_FEATURE_NOTE : FENCE_FEATURE_MISSING, "%s",
            m->launcher.message);
    else
        set(row, FENCE_FEATURE_OK, "%s, %.300s", m->version, m->bwrap);
}

static void tell_user_namespaces(struct row *row, const struct machine *m)
{
    tell_try(row, m, m->user_namespace, namespaces_cure(m, m->user_namespace));
}

static void tell_network_namespace(struct row *row, const struct machine *m)
{
    tell_inner_try(row, m, m->network_namespace, namespaces_cure(m, m->network_namespace));
}

static void tell_mounts(struct row *row, const struct machine *m)
{
    tell_inner_try(row, m, m->mounts, namespaces_cure(m, m->mounts));
}

static void tell_proc(struct row *row, const struct machine *m)
{
    bool hidden = m->mounts == 0 && m->place.hidden_proc && !m->place.fence;

    tell_inner_try(row, m, m->proc, hidden ? CURE_PROC : namespaces_cure(m, m->proc));
}

static void tell_seccomp(struct row *row, const struct machine *m)
{
    if (m->filter == 0) {
        set(row, FENCE_FEATURE_OK, "tried");
        return;
    }
    set(row, FENCE_FEATURE_MISSING, "%s", strerror(-m->filter));
    row->cure = "use a kernel that is built with CONFIG_SECCOMP_FILTER";
}

/* The line a run would end with has its cure in it. */
static void tell_sandbox(struct row *row, const struct machine *m)
{
    if (m->complete.code == 0)
        set(row, FENCE_FEATURE_OK, "started, and proved from outside");
    else if (m->sandbox.code == 0)
        set(row, FENCE_FEATURE_NOTE, "with less than all: %.400s", m->complete.message);
    else
        set(row, FENCE_FEATURE_MISSING, "%s", m->sandbox.message);
}

/* ---- what can be done without ---- */

static void tell_landlock(struct row *row, const struct machine *m)
{
    if (m->landlock == 0) {
        set(row, FENCE_FEATURE_OK, "ABI v%d", m->landlock_abi);
    } else if (m->landlock == -EOPNOTSUPP) {
        set(row, FENCE_FEATURE_MISSING, "switched off when this kernel was booted");
        row->cure = "add landlock to the list of the kernel parameter lsm=, and boot again";
    } else if (m->landlock == -ENOSYS) {
        set(row, FENCE_FEATURE_MISSING, "not in this kernel, or hidden by a container");
        row->cure = "use Linux 5.13 or newer, built with CONFIG_SECURITY_LANDLOCK, and a container "
                    "engine that knows of it";
    } else {
        set(row, FENCE_FEATURE_MISSING, "%s", strerror(-m->landlock));
        row->cure = "start a container with --security-opt seccomp=unconfined";
    }
}

static void tell_notify(struct row *row, const struct machine *m)
{
    if (m->notify == 0) {
        set(row, FENCE_FEATURE_OK, "tried");
    } else if (m->notify == -EBUSY) {
        set(row, FENCE_FEATURE_MISSING, "whoever started fence watches its system calls already");
        row->cure = "start fence from outside of that sandbox or container";
    } else {
        set(row, FENCE_FEATURE_MISSING, "%s", strerror(-m->notify));
        row->cure = "use Linux 5.14 or newer; start a container with "
                    "--security-opt seccomp=unconfined";
    }
}

/* It is done to a sandbox that bubblewrap has made: where fence itself may not even mount, nobody
 * knows before there is one. */
static void tell_live_mounts(struct row *row, const struct machine *m)
{
    if (m->live_mounts != 0 && m->live_mounts != m->mounts) {
        set(row, FENCE_FEATURE_MISSING, "%s", strerror(-m->live_mounts));
        row->cure = "use Linux 5.2 or newer; start a container with "
                    "--security-opt seccomp=unconfined";
    } else {
        tell_inner_try(row, m, m->live_mounts, namespaces_cure(m, m->live_mounts));
    }
}

static void tell_inotify(struct row *row, const struct machine *m)
{
    if (m->inotify == 0) {
        set(row, FENCE_FEATURE_OK, "fs.inotify.max_user_watches is %ld", m->place.max_watches);
        return;
    }
    set(row, FENCE_FEATURE_MISSING, "%s", strerror(-m->inotify));
    row->cure = "as root raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with "
                "sysctl, or end programs that watch many files";
}

/* Nothing hangs on it: the proxy is there without it. Rules can be done without where connections
 * are seen (unix_sockets_tcp_linux.c). */
static void tell_capture(struct row *row, const struct machine *m)
{
    if (m->capture_network != 0 && sandboxed(m))
        set(row, FENCE_FEATURE_NOTE, "not tried, as fence itself may not make a network (%s)",
            strerror(-m->capture_network));
    else if (m->capture.code != 0)
        set(row, FENCE_FEATURE_NOTE, "none: %.400s", m->capture.message);
    else if (m->capture_rules.code == 0)
        set(row, FENCE_FEATURE_OK, "by the kernel's rules");
    else if (m->notify == 0)
        set(row, FENCE_FEATURE_NOTE, "by connecting for them: %.400s", m->capture_rules.message);
    else
        set(row, FENCE_FEATURE_NOTE, "none: %.400s", m->capture_rules.message);
}

/* ---- where ---- */

static void append(struct row *row, bool holds, const char *what)
{
    size_t len = strlen(row->detail);

    if (holds)
        snprintf(row->detail + len, sizeof row->detail - len, "%s%s", len > 0 ? "; " : "", what);
}

static void tell_place(struct row *row, const struct machine *m)
{
    const struct place *p = &m->place;
    char namespaces[64];

    set(row, FENCE_FEATURE_NOTE, "%s", "");
    append(row, p->fence, "in a sandbox of fence's own");
    append(row, p->container != NULL, p->container ? p->container : "");
    append(row, p->wsl != NULL, p->wsl ? p->wsl : "");
    append(row, p->hidden_proc, "parts of /proc are hidden");
    append(row, p->apparmor_restricts == 1, "AppArmor restricts user namespaces");
    append(row, p->userns_clone == 0, "kernel.unprivileged_userns_clone is 0");
    snprintf(namespaces, sizeof namespaces, "user.max_user_namespaces is %ld",
             p->max_user_namespaces);
    append(row, p->max_user_namespaces >= 0, namespaces);
}

static const struct feature {
    const char *name, *used_for;
    unsigned layers;
    void (*tell)(struct row *, const struct machine *);
} features[] = {
    {"kernel", "everything", 0, tell_kernel},
    {"bubblewrap", "starts the sandbox", 0, tell_bubblewrap},
    {"user-namespaces", "no right outside, and no root", 0, tell_user_namespaces},
    {"network-namespace", "no network but the proxy", 0, tell_network_namespace},
    {"mounts", "files that cannot be written", 0, tell_mounts},
    {"proc", "no process but its own", 0, tell_proc},
    {"seccomp", "system calls that are refused", 0, tell_seccomp},
    {"sandbox", "all of these together", 0, tell_sandbox},
    {"landlock", "a second wall around files", FENCE_LAYER_LANDLOCK, tell_landlock},
    {"seccomp-notify", "a decision about each Unix socket", FENCE_LAYER_UNIX_SOCKETS, tell_notify},
    {"live-mounts", "files guarded while the command runs", FENCE_LAYER_WATCH, tell_live_mounts},
    {"inotify", "the same, and --watch", FENCE_LAYER_WATCH, tell_inotify},
    {"capture", "programs that know of no proxy", 0, tell_capture},
    {"place", "where fence runs", 0, tell_place},
};

int probe_tell(const struct machine *m, fence_feature_cb tell, void *payload)
{
    unsigned missing = 0;

    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        const struct feature *f = &features[i];
        struct row row = {0};
        fence_feature feature = {f->name,   f->used_for, FENCE_FEATURE_OK,
                                 f->layers, row.detail,  NULL};

        f->tell(&row, m);
        feature.state = row.state;
        feature.cure = row.cure;
        if (row.state == FENCE_FEATURE_MISSING)
            missing |= f->layers;
        tell(&feature, payload);
    }
    if (!sandboxed(m))
        return FENCE_ESANDBOX;
    if (missing == 0 && m->complete.code != 0) /* nobody has seen which: better too many */
        missing = ALL_LAYERS;
    return (int)missing;
}
