/* SPDX-License-Identifier: Apache-2.0
 * socket_paths.c - see socket_paths.h. */
#include "sandbox/socket_paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "sandbox/paths.h"

int socket_paths_find(struct socket_paths *out, const struct fence_config *config, const char *cwd,
                      const char *home, files_notice notice, void *payload, fence_error *err)
{
    const struct config_texts *written = &config->unix_sockets;
    char text[sizeof err->message + 64];

    for (size_t i = 0; i < written->count; i++) {
        fence_error why = {0};
        int rc = paths_find(&out->items, &out->count, written->items[i], cwd, home, &why);

        if (rc < 0 && rc != -ENOENT)
            return fail(err, rc, "network.allowUnixSockets: %s", why.message);
        if (rc == 0)
            continue;
        snprintf(text, sizeof text, "network.allowUnixSockets: %s: passed over", why.message);
        notice(payload, text);
    }
    return 0;
}

void socket_paths_deinit(struct socket_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
}
