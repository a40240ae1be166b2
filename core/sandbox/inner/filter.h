/* SPDX-License-Identifier: Apache-2.0
 * filter.h - the seccomp filter that every command runs under. */
#ifndef FENCE_SANDBOX_INNER_FILTER_H
#define FENCE_SANDBOX_INNER_FILTER_H

/* Installs the filter on the calling thread, for good. Returns 0, or -1 with errno. */
int filter_install(void);

#endif
