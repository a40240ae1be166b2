/* SPDX-License-Identifier: Apache-2.0
 * tunnel_ask.h - asks a proxy for a tunnel, as a client: CONNECT of HTTP, or SOCKS5. */
#ifndef FENCE_CLI_TUNNEL_ASK_H
#define FENCE_CLI_TUNNEL_ASK_H

#include "cli/proxy_url.h"

#define TUNNEL_WHY 1200 /* what fence says of a refusal has up to 1024 bytes */

/* `fd` is connected to the proxy, and blocks. `host` is a name or an address without brackets.
 * Reads no byte of the tunnel. Returns 0, or -1 with `why` filled in: one line, as the proxy said
 * it. */
int tunnel_ask(char why[TUNNEL_WHY], int fd, const struct proxy_url *proxy, const char *host,
               unsigned port);

#endif
