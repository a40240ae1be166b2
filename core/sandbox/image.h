/* SPDX-License-Identifier: Apache-2.0
 * image.h - the inner helper as a file that no one can write to and that has no path. */
#ifndef FENCE_SANDBOX_IMAGE_H
#define FENCE_SANDBOX_IMAGE_H

#include <fence/fence.h>

/* A sealed memfd (memfd_create(2)), close-on-exec. Returns the descriptor or a negative code. */
int image_open(fence_error *err);

#endif
