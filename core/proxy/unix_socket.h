/* SPDX-License-Identifier: Apache-2.0
 * unix_socket.h - listening on a path, for the one user it belongs to: unix(7). */
#ifndef FENCE_PROXY_UNIX_SOCKET_H
#define FENCE_PROXY_UNIX_SOCKET_H

#include <stdbool.h>
#include <uv.h>

/* Binds to `path`, with mode 0600, in the place of a socket that nobody serves any more. libuv
 * removes it when the handle is closed. Returns 0, or -errno with `cure` set where there is one. */
int unix_socket_bind(uv_pipe_t *pipe, const char *path, const char **cure);

/* Is the other side of a connected one this process's own user, or root? */
bool unix_socket_is_ours(const uv_handle_t *handle);

#endif
