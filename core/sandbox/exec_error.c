/* SPDX-License-Identifier: Apache-2.0
 * exec_error.c - see exec_error.h. */
#include "sandbox/exec_error.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"

int exec_error_explain(fence_error *err, const char *command, int error)
{
    char shown[256];
    struct stat st;
    bool hidden = error == ENOENT && strchr(command, '/') && stat(command, &st) == 0;

    str_escape(shown, sizeof shown, str_of(command));
    if (hidden)
        fail(err, -error,
             "'%s' cannot be seen in the sandbox, or the interpreter it names: /tmp and /run are "
             "empty there; add --allow-write for its folder, or move it",
             shown);
    else if (error == ENOENT)
        fail(err, -error, "'%s' was not found", shown);
    else
        fail(err, -error, "'%s' cannot be executed: %s%s", shown, strerror(error),
             error == E2BIG ? ": pass long arguments in a file, and unset long variables" : "");
    return error == ENOENT ? 127 : 126;
}
