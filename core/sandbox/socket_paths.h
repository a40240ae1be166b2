/* SPDX-License-Identifier: Apache-2.0
 * socket_paths.h - the sockets that network.allowUnixSockets names, asked of the file system. */
#ifndef FENCE_SANDBOX_SOCKET_PATHS_H
#define FENCE_SANDBOX_SOCKET_PATHS_H

#include "sandbox/files.h"

struct socket_paths {
    char **items; /* canonical */
    size_t count;
};

/* One that is not there is passed over, as the ancestor does, but not in silence. Returns 0, or a
 * negative code with `err` filled in; socket_paths_deinit() in either case. */
int socket_paths_find(struct socket_paths *out, const struct fence_config *config, const char *cwd,
                      const char *home, files_notice notice, void *payload, fence_error *err);
void socket_paths_deinit(struct socket_paths *paths); /* takes a zeroed one */

#define auto_socket_paths __attribute__((cleanup(socket_paths_deinit)))

#endif
