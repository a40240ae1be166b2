/* SPDX-License-Identifier: Apache-2.0
 * bubblewrap.c - a plan as a bwrap command line, and what bwrap says when it fails as a sentence
 * with a cure. Runs nothing, so that both are tested without bwrap.
 *
 * Options of bubblewrap 0.4 only, as RHEL 9 and Debian 11 have it: no --perms, inner closes the
 * folder of XDG_RUNTIME_DIR. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "sandbox/cures.h"
#include "sandbox/launcher.h"

#define EXPLAIN_QUOTED 200 /* of bubblewrap's own words: leaves room for the cure */

/* Those of the plan come by a descriptor: bubblewrap is started before they are known. What it
 * starts, process 1 with all that follows, has the filter of --seccomp. */
static const char *const fixed_options[] = {
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try", /* kernels before 4.6 have none */
    "--unshare-net",
    "--die-with-parent",
    "--as-pid-1", /* inner is that, for less than half of what its own reaper costs */
    "--cap-drop", /* a caller with uid 0 would keep them all */
    "ALL",
};

/* How each kind of mount is written: its words, with the path for "%", a link's target for "@". /
 * itself is empty from the start. A device cannot be opened there, as bubblewrap mounts nodev. */
static const char *const mount_words[][4] = {
    [MOUNT_READ_ONLY] = {"--ro-bind", "%", "%"},
    [MOUNT_READ_ONLY_TRY] = {"--ro-bind-try", "%", "%"},
    [MOUNT_WRITABLE] = {"--bind", "%", "%"},
    [MOUNT_TMPFS] = {"--tmpfs", "%"},
    [MOUNT_DIR] = {"--dir", "%"},
    [MOUNT_DEV] = {"--dev", "%"},
    [MOUNT_DEVICE] = {"--dev-bind", "%", "%"},
    [MOUNT_PROC] = {"--proc", "%"},
    [MOUNT_EMPTY] = {NULL},
    [MOUNT_LINK] = {"--symlink", "@", "%"},
    [MOUNT_HIDDEN_FILE] = {"--ro-bind", "/dev/null", "%"},
    [MOUNT_HIDDEN_FOLDER] = {"--tmpfs", "%"},
};

static int add_mount(struct argv *argv, const struct mount *mount)
{
    const char *const *word = mount_words[mount->kind];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(mount_words[0]) && word[i]; i++) {
        if (strcmp(word[i], "%") == 0)
            rc = argv_add(argv, mount->path);
        else if (strcmp(word[i], "@") == 0)
            rc = argv_add(argv, mount->target);
        else
            rc = argv_add(argv, word[i]);
    }
    return rc;
}

/* Closed when all that is mounted in it has its place. */
static int close_mount(struct argv *argv, const struct mount *mount)
{
    if (mount->kind != MOUNT_EMPTY && mount->kind != MOUNT_HIDDEN_FOLDER)
        return 0;
    return argv_add(argv, "--remount-ro") < 0 ? -ENOMEM : argv_add(argv, mount->path);
}

static int add_descriptor(struct argv *argv, const char *word, int fd)
{
    char number[16];

    snprintf(number, sizeof number, "%d", fd);
    return argv_add(argv, word) < 0 ? -ENOMEM : argv_add(argv, number);
}

static int bubblewrap_begin(struct argv *out, int filter, int options)
{
    int rc = argv_add(out, bubblewrap.program);

    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(fixed_options); i++)
        rc = argv_add(out, fixed_options[i]);
    if (rc == 0)
        rc = add_descriptor(out, "--seccomp", filter);
    if (rc == 0)
        rc = add_descriptor(out, bubblewrap.options_word, options);
    return rc == 0 ? argv_add(out, "--") : rc;
}

static int bubblewrap_render(struct argv *out, const struct plan *plan)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < plan->nmounts; i++)
        rc = plan->mounts[i].live ? 0 : add_mount(out, &plan->mounts[i]);
    for (size_t i = 0; rc == 0 && i < plan->nmounts; i++)
        rc = plan->mounts[i].live ? 0 : close_mount(out, &plan->mounts[i]);
    if (rc == 0)
        rc = argv_add(out, "--chdir");
    return rc == 0 ? argv_add(out, plan->cwd) : rc;
}

/* What bubblewrap says, and what it means. The first row that fits decides. */
struct explanation {
    const char *said;
    const char *means; /* cause, without the cure */
    bool quoted;       /* the line itself names what matters, so it is shown */
    const char *cure;
};

/* Before all others where this is a sandbox of fence's own: its filter refuses what makes another.
 */
static const struct explanation explanations_nested[] = {
    {"No permissions to create", CAUSE_NESTED, false, CURE_NESTED},
    {"Creating new namespace failed", CAUSE_NESTED, false, CURE_NESTED},
    {"Failed to make / slave", CAUSE_NESTED, false, CURE_NESTED},
    {"Can't mount proc", CAUSE_NESTED, false, CURE_NESTED},
    {"setting up uid map: Operation not permitted", CAUSE_NESTED_ROOT, false, CURE_NESTED_ROOT},
};

static const struct explanation explanations[] = {
    {"No permissions to create", "you may not create user namespaces here", false,
     "as root run 'sysctl kernel.unprivileged_userns_clone=1' (Debian) or 'sysctl "
     "user.max_user_namespaces=15000' (RHEL); start a container with " CURE_CONTAINER
     " or with CAP_SYS_ADMIN"},
    {"namespaces exceeded", "no more namespaces may be created here", false,
     "as root raise user.max_user_namespaces with sysctl (0 forbids them), or nest fewer "
     "sandboxes"},
    {"does not support user namespaces", "this kernel has no user namespaces", false,
     "use one that is built with CONFIG_USER_NS"},
    {"loopback: ", "AppArmor does not let bubblewrap set up a network namespace", false,
     CURE_APPARMOR},
    {"setting up uid map", "AppArmor does not let bubblewrap use a user namespace", false,
     CURE_APPARMOR},
    {"setting up gid map", "AppArmor does not let bubblewrap use a user namespace", false,
     CURE_APPARMOR},
    {"writing to setgroups", "AppArmor does not let bubblewrap use a user namespace", false,
     CURE_APPARMOR},
    {"Failed to make / slave", "bubblewrap may not mount", false,
     "within another sandbox of fence give that one \"allowNested\": true; start a container "
     "with " CURE_CONTAINER "; on Ubuntu install the AppArmor profile bwrap-userns-restrict from "
     "/usr/share/apparmor/extra-profiles"},
    {"Can't mount proc", "a new /proc may not be mounted, as this container hides parts of its own",
     false, CURE_PROC},
    {"Unknown option", "bubblewrap is too old", true, "install 0.4 or newer"},
    {"Exceeded maximum number of arguments", "the sandbox has more mounts than bubblewrap takes",
     false, "open fewer folders in filesystem.allowWrite, or one above them"},
    {"Can't chdir to", "the current folder cannot be entered inside the sandbox", true,
     "start from another folder; /dev, /proc, /run and /tmp are the sandbox's own"},
    {"Can't find source path", "a folder to be shown in the sandbox cannot be found", true,
     "check that it exists, that you may enter every folder above it, and filesystem.allowWrite"},
    {"Can't get type of source", "a folder to be shown in the sandbox cannot be read", true,
     "check that you may enter every folder above it, and filesystem.allowWrite"},
    {"Can't mkdir", "a folder that the sandbox mounts over does not exist", true,
     "create it on the host, where /newroot is /"},
    {"Can't create file at", "a file that the sandbox mounts over does not exist", true,
     "create it on the host, where /newroot is /"},
    {"Unexpected capabilities", "bubblewrap does not start with capabilities in its caller", false,
     "start as an ordinary user without ambient capabilities, or as root"},
    {"Argument list too long", "the command and its environment are larger than the kernel takes",
     false, "pass long arguments in a file, and unset long variables"},
    {"No space left on device", "the kernel allows no more mounts", true,
     "as root raise fs.mount-max with sysctl, or open fewer folders in filesystem.allowWrite"},
    {"Resource temporarily unavailable", "no more processes may be started", true,
     "raise the limit of processes (ulimit -u), or end some"},
};

static struct str next_line(struct str *rest)
{
    size_t len = str_find(*rest, '\n');
    struct str line = str_slice(*rest, 0, len);

    *rest = str_slice(*rest, len < rest->len ? len + 1 : len, rest->len);
    return line;
}

/* `line` as it is shown, without the name that bubblewrap puts before it. */
static void quote(char out[EXPLAIN_QUOTED], struct str line)
{
    struct str name = STR("bwrap: ");

    if (str_has_prefix(line, name))
        line = str_slice(line, name.len, line.len);
    str_escape(out, EXPLAIN_QUOTED, line);
}

/* Fills `err` when a row fits `line`. */
static bool explain_by(const struct explanation *rows, size_t count, struct str line,
                       fence_error *err)
{
    char quoted[EXPLAIN_QUOTED];

    for (const struct explanation *row = rows; row < rows + count; row++) {
        if (!memmem(line.bytes, line.len, row->said, strlen(row->said)))
            continue;
        quote(quoted, line);
        if (row->quoted)
            fail(err, FENCE_ESANDBOX, "%s (bwrap: %s): %s", row->means, quoted, row->cure);
        else
            fail(err, FENCE_ESANDBOX, "%s: %s", row->means, row->cure);
        return true;
    }
    return false;
}

static bool explain_line(fence_error *err, struct str line, bool nested)
{
    if (nested && explain_by(explanations_nested, ARRAY_LEN(explanations_nested), line, err))
        return true;
    return explain_by(explanations, ARRAY_LEN(explanations), line, err);
}

static void bubblewrap_explain(fence_error *err, const char *output, bool nested)
{
    struct str rest = str_of(output);
    struct str first = {"", 0};
    char quoted[EXPLAIN_QUOTED];

    while (rest.len > 0) {
        struct str line = str_trim(next_line(&rest));

        if (explain_line(err, line, nested))
            return;
        if (first.len == 0)
            first = line;
    }
    if (first.len == 0) {
        fail(err, FENCE_ESANDBOX,
             "bubblewrap ended without a word: run with -d to see the whole command");
        return;
    }
    quote(quoted, first);
    fail(err, FENCE_ESANDBOX, "bubblewrap failed (%s): run with -d to see the whole command",
         quoted);
}

const struct launcher bubblewrap = {
    .name = "bubblewrap",
    .program = "bwrap",
    .options_word = "--args",
    .begin = bubblewrap_begin,
    .render = bubblewrap_render,
    .explain = bubblewrap_explain,
};
