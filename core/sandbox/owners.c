/* SPDX-License-Identifier: Apache-2.0
 * owners.c - see owners.h. */
#include "sandbox/owners.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

bool owner_is_ours(uid_t owner, uid_t caller, const char *sudo_uid, uid_t root)
{
    uint64_t called_by;

    if (owner == caller || owner == root)
        return true;
    return caller == 0 && sudo_uid && str_to_u64(&called_by, str_of(sudo_uid), UINT32_MAX) &&
           called_by == owner;
}

/* This file is root's of the first user namespace: proc(5). */
static uid_t shown_for_root(void)
{
    struct stat st;

    return stat("/proc/sys/kernel/overflowuid", &st) == 0 ? st.st_uid : 0;
}

static bool is_ours(uid_t owner, const char *sudo_uid)
{
    return owner_is_ours(owner, geteuid(), sudo_uid, 0) ||
           owner_is_ours(owner, geteuid(), sudo_uid, shown_for_root());
}

int owners_check(const struct plan *plan, const struct inspect_place *places, const char *sudo_uid,
                 fence_error *err)
{
    for (size_t i = 0; i < plan->nmounts; i++) {
        const struct mount *mount = &plan->mounts[i];
        char shown[256];

        if (mount->kind != MOUNT_WRITABLE || places[i].error != 0 ||
            is_ours(places[i].owner, sudo_uid))
            continue;
        str_escape(shown, sizeof shown, str_of(mount->path));
        return fail(err, FENCE_ESANDBOX,
                    "'%s' of filesystem.allowWrite belongs to another user (%u), who can change it "
                    "under the command: --allow-other-owners, or filesystem.allowOtherOwners, "
                    "allows that",
                    shown, (unsigned)places[i].owner);
    }
    return 0;
}
