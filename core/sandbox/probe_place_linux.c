/* SPDX-License-Identifier: Apache-2.0
 * probe_place_linux.c - where fence runs: nothing is decided by it but which cure is named. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/limits.h"
#include "sandbox/probe.h"

static long number_in(const char *path)
{
    char text[32] = "";
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

    return len > 0 ? strtol(text, NULL, 10) : -1;
}

static const char *container(void)
{
    const char *told = getenv("container"); /* systemd's convention: podman, lxc, systemd-nspawn */

    if (access("/.dockerenv", F_OK) == 0)
        return "Docker";
    if (access("/run/.containerenv", F_OK) == 0)
        return "Podman";
    if (getenv("KUBERNETES_SERVICE_HOST"))
        return "Kubernetes";
    return told && *told ? "a container" : NULL;
}

/* Microsoft's kernels name themselves: 5.15.90.1-microsoft-standard-WSL2, 4.4.0-19041-Microsoft. */
static const char *wsl(void)
{
    struct utsname name;

    if (uname(&name) < 0 || !strcasestr(name.release, "microsoft"))
        return NULL;
    return strncmp(name.release, "4.4.", 4) == 0 ? "WSL1" : "WSL2";
}

/* Does anything cover a part of /proc? Not the mount point that exists for that. The fifth field of
 * a line of /proc/self/mountinfo is the mount point: proc(5). */
static bool covers_proc(struct str line)
{
    struct str binfmt = STR("/proc/sys/fs/binfmt_misc");

    for (int field = 1; field < 5; field++) {
        size_t end = str_find(line, ' ');

        line = str_slice(line, end < line.len ? end + 1 : end, line.len);
    }
    line = str_slice(line, 0, str_find(line, ' '));
    return str_has_prefix(line, STR("/proc/")) && !str_has_prefix(line, binfmt);
}

static bool hidden_proc(void)
{
    auto_buf struct buf text = BUF_INIT(LIMIT_MOUNTINFO);
    auto_fd int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : 1;
    struct str rest;

    while (len > 0) {
        char *room = buf_reserve(&text, 4096);

        len = room ? read(fd, room, 4096) : 0;
        if (len > 0)
            buf_commit(&text, (size_t)len);
    }
    for (rest = buf_str(&text); rest.len > 0;) {
        size_t end = str_find(rest, '\n');

        if (covers_proc(str_slice(rest, 0, end)))
            return true;
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    return false;
}

void place_look(struct place *out)
{
    *out = (struct place){
        .root = geteuid() == 0,
        .fence = getenv("FENCE_SANDBOX") != NULL,
        .container = container(),
        .wsl = wsl(),
        .hidden_proc = hidden_proc(),
        .apparmor_restricts = number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        .max_user_namespaces = number_in("/proc/sys/user/max_user_namespaces"),
        .userns_clone = number_in("/proc/sys/kernel/unprivileged_userns_clone"),
        .max_watches = number_in("/proc/sys/fs/inotify/max_user_watches"),
    };
}
