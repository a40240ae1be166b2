/* SPDX-License-Identifier: Apache-2.0
 * image.h - the inner helper, the system call filter and the environment, as files that no one can
 * write to and that have no path. */
#ifndef FENCE_SANDBOX_IMAGE_H
#define FENCE_SANDBOX_IMAGE_H

#include <fence/fence.h>
#include <stdbool.h>

/* A sealed memfd (memfd_create(2)), close-on-exec. Returns the descriptor, the caller's, or a
 * negative code. */
int image_open(fence_error *err);

/* The same for the seccomp program of a sandbox; `nested`: the one in which another can be made. */
int image_open_filter(bool nested, fence_error *err);

/* The same for the command's environment, a NULL-terminated list of "NAME=value", as inner takes it
 * (inner/inner.h). */
int image_open_env(char *const *items, fence_error *err);

#endif
