/* SPDX-License-Identifier: Apache-2.0
 * exec_error.h - why a command could not be executed inside the sandbox. */
#ifndef FENCE_SANDBOX_EXEC_ERROR_H
#define FENCE_SANDBOX_EXEC_ERROR_H

#include <fence/fence.h>

/* `error` is the errno of execve(2) there. Fills in `err`; returns the exit status, 126 or 127, as
 * shells have it. */
int exec_error_explain(fence_error *err, const char *command, int error);

#endif
