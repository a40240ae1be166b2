/* SPDX-License-Identifier: Apache-2.0
 * guard_looks.c - who has just looked at what is hidden. When the host deletes or replaces such a
 * file, the kernel takes the mount off it before the name is gone: for some microseconds, and a
 * millisecond on a busy machine, the old file can be opened there. */
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "sandbox/guard_private.h"

static void forget_old(struct guard *g, uint64_t now)
{
    size_t kept = 0;

    for (size_t i = 0; i < g->nlooks; i++) {
        if (now - g->looks[i].at > LIMIT_LOOK_MS * UINT64_C(1000000))
            free(g->looks[i].path);
        else
            g->looks[kept++] = g->looks[i];
    }
    g->nlooks = kept;
}

static bool is_hidden(const struct guard *g, const char *path)
{
    const struct mount *mount = guard_mount_at(g, path);
    const struct file_rule *rule = mount ? NULL : guard_rule_at(g, path);

    return mount ? mount->kind == MOUNT_HIDDEN_FILE : rule && rule->kind == FILE_DENY_READ;
}

void guard_looked_at(struct guard *g, const char *path)
{
    uint64_t now = uv_hrtime();
    char *copy;

    if (!is_hidden(g, path))
        return;
    forget_old(g, now);
    if (guard_was_looked_at(g, path))
        return;
    if (g->nlooks == LIMIT_LOOKS) { /* the host reads many: the oldest goes */
        free(g->looks[0].path);
        memmove(g->looks, g->looks + 1, --g->nlooks * sizeof *g->looks);
    }
    copy = strdup(path);
    if (copy)
        g->looks[g->nlooks++] = (struct guard_look){copy, now};
    else
        guard_fail(g, "the sandbox was ended: out of memory");
}

bool guard_was_looked_at(struct guard *g, const char *path)
{
    forget_old(g, uv_hrtime());
    for (size_t i = 0; i < g->nlooks; i++) {
        if (strcmp(g->looks[i].path, path) == 0)
            return true;
    }
    return false;
}

void guard_looks_deinit(struct guard *g)
{
    for (size_t i = 0; i < g->nlooks; i++)
        free(g->looks[i].path);
}
