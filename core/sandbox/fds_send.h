/* SPDX-License-Identifier: Apache-2.0
 * fds_send.h - descriptors that go through a Unix socket, unix(7) and SCM_RIGHTS. */
#ifndef FENCE_SANDBOX_FDS_SEND_H
#define FENCE_SANDBOX_FDS_SEND_H

#include <stddef.h>

#define FDS_SEND_MOST 8

/* Sends `bytes`, at least one, and 1 to FDS_SEND_MOST descriptors, which stay the caller's. Neither
 * waits nor allocates, and so may be called between vfork(2) and execve(2). Returns 0 or -errno. */
int fds_send(int via, const void *bytes, size_t len, const int *fds, size_t nfds);

#endif
