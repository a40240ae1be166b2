/* SPDX-License-Identifier: Apache-2.0
 * exec_ask.h - on_exec, for an execve(2) of a thread: policies are the loop's, and may ask a
 * person. */
#ifndef FENCE_SANDBOX_EXEC_ASK_H
#define FENCE_SANDBOX_EXEC_ASK_H

#include "sandbox/exec_watch.h"

/* Of a thread: waits for what policies say. True: denied, and `out` says by which. */
bool exec_ask(struct command_refusal *out, struct exec_watch *watch, const struct exec_said *said,
              pid_t pid);

#endif
