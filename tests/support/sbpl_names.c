/* SPDX-License-Identifier: Apache-2.0
 * sbpl_names.c - the operations and the filters of Seatbelt that a profile of ours may name. What
 * reads another file, computes a text or takes a parameter is left out: its profile is not known
 * from its text. */
#include <stdint.h>
#include <string.h>

#include "base/base.h"
#include "support/sbpl_tree.h"

#define MANY SIZE_MAX

/* ---- operations ---- */

static const char *const operations[] = {
    "appleevent-send",
    "authorization-right-obtain",
    "default",
    "distributed-notification-post",
    "dynamic-code-generation",
    "file*",
    "file-chroot",
    "file-clone",
    "file-ioctl",
    "file-issue-extension",
    "file-link",
    "file-map-executable",
    "file-mknod",
    "file-mount",
    "file-read*",
    "file-read-data",
    "file-read-metadata",
    "file-read-xattr",
    "file-search",
    "file-test-existence",
    "file-write*",
    "file-write-create",
    "file-write-data",
    "file-write-flags",
    "file-write-mode",
    "file-write-owner",
    "file-write-setugid",
    "file-write-times",
    "file-write-unlink",
    "file-write-xattr",
    "iokit*",
    "iokit-get-properties",
    "iokit-open",
    "iokit-open-service",
    "iokit-open-user-client",
    "iokit-set-properties",
    "ipc*",
    "ipc-posix*",
    "ipc-posix-issue-extension",
    "ipc-posix-sem",
    "ipc-posix-shm",
    "ipc-posix-shm*",
    "ipc-posix-shm-read*",
    "ipc-posix-shm-read-data",
    "ipc-posix-shm-read-metadata",
    "ipc-posix-shm-write*",
    "ipc-posix-shm-write-create",
    "ipc-posix-shm-write-data",
    "ipc-posix-shm-write-unlink",
    "ipc-sysv*",
    "ipc-sysv-msg",
    "ipc-sysv-sem",
    "ipc-sysv-shm",
    "job-creation",
    "lsopen",
    "mach*",
    "mach-bootstrap",
    "mach-lookup",
    "mach-per-user-lookup",
    "mach-priv-host-port",
    "mach-priv-task-port",
    "mach-register",
    "mach-task-name",
    "network*",
    "network-bind",
    "network-inbound",
    "network-outbound",
    "nvram*",
    "process*",
    "process-exec",
    "process-exec*",
    "process-exec-interpreter",
    "process-fork",
    "process-info*",
    "process-info-codesignature",
    "process-info-dirtycontrol",
    "process-info-listpids",
    "process-info-pidinfo",
    "process-info-rusage",
    "process-info-setcontrol",
    "pseudo-tty",
    "signal",
    "syscall*",
    "syscall-mach",
    "syscall-unix",
    "sysctl*",
    "sysctl-read",
    "sysctl-write",
    "system*",
    "system-audit",
    "system-debug",
    "system-fcntl",
    "system-fsctl",
    "system-info",
    "system-mac-syscall",
    "system-sched",
    "system-socket",
    "user-preference*",
    "user-preference-read",
    "user-preference-write",
};

bool sbpl_is_operation(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        if (strcmp(operations[i], name) == 0)
            return true;
    }
    return false;
}

/* By what Apple's own profiles and browsers' deny by name beside (deny default). */
bool sbpl_is_open_by_default(const char *operation)
{
    static const char *const open[] = {"appleevent-send",
                                       "dynamic-code-generation",
                                       "file-map-executable",
                                       "iokit-get-properties",
                                       "lsopen",
                                       "nvram*",
                                       "process-info*",
                                       "system-fcntl"};

    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        if (sbpl_covers(open[i], operation))
            return true;
    }
    return false;
}

bool sbpl_covers(const char *pattern, const char *operation)
{
    size_t len = strlen(pattern);

    if (len > 0 && pattern[len - 1] == '*')
        return strncmp(pattern, operation, len - 1) == 0;
    return strcmp(pattern, operation) == 0;
}

/* ---- filters ---- */

static const char *const targets[] = {"self", "children", "same-sandbox", "others", NULL};
static const char *const file_types[] = {"REGULAR-FILE",     "DIRECTORY",    "SYMLINK",
                                         "CHARACTER-DEVICE", "BLOCK-DEVICE", "FIFO",
                                         "SOCKET",           "TTY",          NULL};
static const char *const domains[] = {"AF_UNIX",  "AF_INET",   "AF_INET6", "AF_ROUTE",
                                      "AF_LOCAL", "AF_SYSTEM", NULL};
static const char *const socket_types[] = {"SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", NULL};

#define PATHS(name, kind, match)                                                                   \
    {                                                                                              \
        name, 1, MANY, kind, match, SBPL_PATH, "", NULL                                            \
    }
#define NAMES(name, kind, match, about)                                                            \
    {                                                                                              \
        name, 1, MANY, kind, match, SBPL_NAME, about, NULL                                         \
    }
#define OTHERS(name, most, kind, words)                                                            \
    {                                                                                              \
        name, 1, most, kind, SBPL_EQUAL, SBPL_NOTHING, "", words                                   \
    }
#define LISTS(name, most, match)                                                                   \
    {                                                                                              \
        name, 1, most, SBPL_LIST, match, SBPL_NOTHING, "", NULL                                    \
    }

static const struct sbpl_filter filters[] = {
    LISTS("require-all", MANY, SBPL_ALL),
    LISTS("require-any", MANY, SBPL_ANY),
    LISTS("require-not", 1, SBPL_NOT),

    PATHS("literal", SBPL_STRING, SBPL_EQUAL),
    PATHS("path", SBPL_STRING, SBPL_EQUAL),
    PATHS("path-literal", SBPL_STRING, SBPL_EQUAL),
    PATHS("path-ancestors", SBPL_STRING, SBPL_ABOVE),
    PATHS("subpath", SBPL_STRING, SBPL_BELOW),
    PATHS("prefix", SBPL_STRING, SBPL_PREFIX),
    PATHS("regex", SBPL_EXPRESSION, SBPL_REGEX),
    PATHS("path-regex", SBPL_EXPRESSION, SBPL_REGEX),

    NAMES("global-name", SBPL_STRING, SBPL_EQUAL, "mach-"),
    NAMES("global-name-prefix", SBPL_STRING, SBPL_PREFIX, "mach-"),
    NAMES("global-name-regex", SBPL_EXPRESSION, SBPL_REGEX, "mach-"),
    NAMES("local-name", SBPL_STRING, SBPL_EQUAL, "mach-"),
    NAMES("xpc-service-name", SBPL_STRING, SBPL_EQUAL, "mach-"),
    NAMES("sysctl-name", SBPL_STRING, SBPL_EQUAL, "sysctl-"),
    NAMES("sysctl-name-prefix", SBPL_STRING, SBPL_PREFIX, "sysctl-"),
    NAMES("sysctl-name-regex", SBPL_EXPRESSION, SBPL_REGEX, "sysctl-"),
    NAMES("ipc-posix-name", SBPL_STRING, SBPL_EQUAL, "ipc-posix-"),
    NAMES("ipc-posix-name-prefix", SBPL_STRING, SBPL_PREFIX, "ipc-posix-"),
    NAMES("ipc-posix-name-regex", SBPL_EXPRESSION, SBPL_REGEX, "ipc-posix-"),
    NAMES("iokit-registry-entry-class", SBPL_STRING, SBPL_EQUAL, "iokit-"),
    NAMES("iokit-registry-entry-class-prefix", SBPL_STRING, SBPL_PREFIX, "iokit-"),
    NAMES("iokit-user-client-class", SBPL_STRING, SBPL_EQUAL, "iokit-"),
    NAMES("iokit-connection", SBPL_STRING, SBPL_EQUAL, "iokit-"),
    NAMES("preference-domain", SBPL_STRING, SBPL_EQUAL, "user-preference-"),
    NAMES("notification-name", SBPL_STRING, SBPL_EQUAL, "distributed-notification-"),

    {"target", 1, 1, SBPL_WORD, SBPL_PROCESS, SBPL_TARGET, "", targets},
    {"local", 1, 2, SBPL_WORD, SBPL_ENDPOINT, SBPL_NOTHING, "network-", NULL},
    {"remote", 1, 2, SBPL_WORD, SBPL_ENDPOINT, SBPL_NOTHING, "network-", NULL},

    OTHERS("vnode-type", MANY, SBPL_WORD, file_types),
    OTHERS("file-mode", 1, SBPL_WORD, NULL),
    OTHERS("socket-domain", 1, SBPL_WORD, domains),
    OTHERS("socket-type", 1, SBPL_WORD, socket_types),
    OTHERS("socket-protocol", 1, SBPL_WORD, NULL),
    OTHERS("fcntl-command", MANY, SBPL_WORD, NULL),
    OTHERS("fsctl-command", MANY, SBPL_WORD, NULL),
    OTHERS("mac-policy-name", MANY, SBPL_STRING, NULL),
    OTHERS("mac-syscall-number", MANY, SBPL_WORD, NULL),
    OTHERS("extension", MANY, SBPL_STRING, NULL),
    OTHERS("iokit-property", MANY, SBPL_STRING, NULL),
    OTHERS("process-path", MANY, SBPL_STRING, NULL),
    OTHERS("device-conforms-to", 1, SBPL_STRING, NULL),
    OTHERS("entitlement-is-present", 1, SBPL_STRING, NULL),
    {"debug-mode", 0, 0, SBPL_WORD, SBPL_EQUAL, SBPL_NOTHING, "", NULL},
};

const struct sbpl_filter *sbpl_find_filter(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (strcmp(filters[i].name, name) == 0)
            return &filters[i];
    }
    return NULL;
}
