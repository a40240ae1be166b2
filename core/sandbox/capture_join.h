/* SPDX-License-Identifier: Apache-2.0
 * capture_join.h - the sockets of capture_socket.h where inner's do not do: a security module may
 * ask who has made them (SELinux), or a filter keep inner from making some. A child of ours enters
 * the sandbox's network, which is its parent's to enter, and makes them there. */
#ifndef FENCE_SANDBOX_CAPTURE_JOIN_H
#define FENCE_SANDBOX_CAPTURE_JOIN_H

#include <fence/fence.h>
#include <sys/types.h>

#include "sandbox/capture.h"

/* As capture_open(), which it tries first; where that says -EPERM, once more with sockets that are
 * made in the network namespace of process `pid`. CAPTURE_NETFILTER alone is made there where only
 * that was kept from inner. Writes to `refused` why that had to be; code 0: it had not. Waits for
 * it, a millisecond, and not longer than LIMIT_CAPTURE_JOIN_MS. Errors as capture_open()'s. */
int capture_join_open(struct capture *capture, pid_t pid, fence_error *refused, fence_error *err);

/* Makes the sockets in the network namespace of process `pid`: setns(2), ioctl_ns(2). The caller
 * must be the owner of its user namespace, or root above it. Returns 0 with those that can be had,
 * the capture's; or a negative code with `err` filled in, and `capture` is as it was. */
int capture_join(struct capture *capture, pid_t pid, fence_error *err);

/* The same in a network namespace of their own, which is there as long as one of them is:
 * unshare(2). Its loopback interface is down. */
int capture_join_new(struct capture *capture, fence_error *err);

#endif
