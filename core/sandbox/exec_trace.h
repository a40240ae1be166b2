/* SPDX-License-Identifier: Apache-2.0
 * exec_trace.h - lets an execve(2) that waits go on, and looks at what came of it before its first
 * instruction.
 *
 * The kernel reads path and words once more after they were judged, and whoever shares the caller's
 * memory can have changed them. So the caller is traced for as long as it executes: ptrace(2). At
 * PTRACE_EVENT_EXEC its memory is new and nobody else's, and its words and its file are those that
 * the kernel has taken. */
#ifndef FENCE_SANDBOX_EXEC_TRACE_H
#define FENCE_SANDBOX_EXEC_TRACE_H

#include "sandbox/notify.h"

/* May process `pid`, which has executed, go on? */
typedef bool (*exec_check)(void *payload, pid_t pid);

/* Answers the call. Where it succeeds `check` is called; what it refuses is killed. An execve(2)
 * that fails is the caller's to see. Where it cannot be traced the caller is told EACCES. Waits for
 * as long as the kernel needs to load the program. The calling thread must trace nothing else, and
 * be no parent. */
void exec_trace(const struct notify_call *call, exec_check check, void *payload);

#endif
