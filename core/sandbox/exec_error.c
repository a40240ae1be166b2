/* SPDX-License-Identifier: Apache-2.0
 * exec_error.c - see exec_error.h. */
#include "sandbox/exec_error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

/* What hides a path that the host has: an empty folder, or the settings. */
static const char *cure(const char *command)
{
    static const char *const empty[] = {"/tmp", "/run"};
    auto_free char *path = realpath(command, NULL);

    for (size_t i = 0; path && i < ARRAY_LEN(empty); i++) {
        size_t len = strlen(empty[i]);

        if (strncmp(path, empty[i], len) == 0 && path[len] == '/')
            return "/tmp and /run are empty there; add --allow-write for its folder, or move it";
    }
    return "/tmp and /run are empty there, and what denyRead and defaultDenyRead hide is hidden; "
           "name its folder in filesystem.allowRead, or move it";
}

int exec_error_explain(fence_error *err, const char *command, int error)
{
    char shown[256];
    struct stat st;
    bool hidden = error == ENOENT && strchr(command, '/') && stat(command, &st) == 0;

    str_escape(shown, sizeof shown, str_of(command));
    if (hidden)
        fail(err, -error, "'%s' cannot be seen in the sandbox, or the interpreter it names: %s",
             shown, cure(command));
    else if (error == ENOENT)
        fail(err, -error, "'%s' was not found", shown);
    else
        fail(err, -error, "'%s' cannot be executed: %s%s", shown, strerror(error),
             error == E2BIG ? ": pass long arguments in a file, and unset long variables" : "");
    return error == ENOENT ? 127 : 126;
}
