/* SPDX-License-Identifier: Apache-2.0
 * env_socket.h - does the value of a variable lead to something that the command can reach? By the
 * text of value and settings alone: nothing is opened. Pure. */
#ifndef FENCE_SANDBOX_ENV_SOCKET_H
#define FENCE_SANDBOX_ENV_SOCKET_H

#include "base/base.h"
#include "filter/config.h"
#include "sandbox/env_tables.h"

struct env_sockets {
    const struct config_texts *listed; /* network.allowUnixSockets: paths, "~/x", with * and ** */
    bool all;                       /* network.allowAllUnixSockets                              */
    const char *home, *runtime_dir; /* or NULL                                                  */
};

/* For the kinds ENV_SOCKET, ENV_DISPLAY, ENV_WAYLAND, ENV_X_COOKIE and ENV_FILE. A value that leads
 * to another host is the proxy's affair, and is reachable. */
bool env_reachable(const struct env_sockets *in, enum env_kind kind, struct str value);

#endif
