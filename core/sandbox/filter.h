/* SPDX-License-Identifier: Apache-2.0
 * filter.h - the seccomp filter that everything in a sandbox runs under: bubblewrap, process 1 and
 * the command. */
#ifndef FENCE_SANDBOX_FILTER_H
#define FENCE_SANDBOX_FILTER_H

/* Installs the filter on the calling thread, for good. Wants PR_SET_NO_NEW_PRIVS. Returns 0, or -1
 * with errno. Safe between vfork(2) and execve(2). */
int filter_install(void);

#endif
