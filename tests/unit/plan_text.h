/* SPDX-License-Identifier: Apache-2.0
 * plan_text.h - a plan as one line, for the tables of tests. Behind cmocka.h. */
#ifndef FENCE_TESTS_PLAN_TEXT_H
#define FENCE_TESTS_PLAN_TEXT_H

#include <stdio.h>

#include "sandbox/plan.h"

/* How a mount is written in these tables. */
static const char *const kinds[] = {
    [MOUNT_READ_ONLY] = "ro",
    [MOUNT_READ_ONLY_TRY] = "try",
    [MOUNT_WRITABLE] = "rw",
    [MOUNT_TMPFS] = "tmpfs",
    [MOUNT_DIR] = "dir",
    [MOUNT_DEV] = "dev",
    [MOUNT_DEVICE] = "device",
    [MOUNT_PROC] = "procfs",
    [MOUNT_EMPTY] = "empty",
    [MOUNT_LINK] = "link",
    [MOUNT_HIDDEN_FILE] = "nofile",
    [MOUNT_HIDDEN_FOLDER] = "nofolder",
};

/* The plan as one line: "ro / dev /dev ..." from mount `from` on. */
static void print_plan(char *out, size_t cap, const struct plan *plan, size_t from)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = from; i < plan->nmounts; i++) {
        len += (size_t)snprintf(out + len, cap - len, "%s%s %s", i > from ? " " : "",
                                kinds[plan->mounts[i].kind], plan->mounts[i].path);
        assert_true(len < cap);
    }
}

#define BASE                                                                                       \
    " dev /dev procfs /proc tmpfs /tmp tmpfs /run try /run/booted-system try /run/current-system " \
    "try /run/opengl-driver try /run/wrappers"
#define BASE_MOUNTS 9

#endif
