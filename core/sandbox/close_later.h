/* SPDX-License-Identifier: Apache-2.0
 * close_later.h - closes what the kernel takes long to close.
 *
 * The last close(2) of an inotify instance waits until no processor looks at its watches any more:
 * 8 to 15 ms, twice as long as all the rest of a run. Nobody needs to wait for it. */
#ifndef FENCE_SANDBOX_CLOSE_LATER_H
#define FENCE_SANDBOX_CLOSE_LATER_H

/* `fd` is closed for this process when this returns. What it refers to, if that was its last
 * descriptor, the kernel releases a moment later, whether or not this process is still there; where
 * that cannot be had, by the time this returns. */
void close_later(int fd);

#endif
