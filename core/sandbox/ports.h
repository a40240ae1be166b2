/* SPDX-License-Identifier: Apache-2.0
 * ports.h - the ports through which this machine and a sandbox reach each other's loopback: those
 * of the host that lead in (-p), and those inside that lead out (network.allowLocalOutboundPorts).
 *
 * Both ends are sockets that inner has made: proxy/lender.h, proxy/session_port.c and
 * proxy/session_local.c do the rest. */
#ifndef FENCE_SANDBOX_PORTS_H
#define FENCE_SANDBOX_PORTS_H

#include <fence/fence.h>

#include "proxy/proxy.h"

struct listener;
struct ports;

/* Before anything is started: listens on the host, where clients wait from then on. `texts` as
 * fence_sandbox_options.ports. Writes NULL where no port leads anywhere; the others take that. */
int ports_open(struct ports **out, struct proxy *proxy, const char *const *texts, fence_error *err);

/* How many sockets of each family inner has to make: struct inner_order. */
unsigned ports_sockets(const struct ports *ports);

/* Takes what came with INNER_SOCKETS: IPv4, then IPv6. Sets `count` to 0. */
int ports_take_sockets(struct ports *ports, int *fds, size_t *count, fence_error *err);

/* The command is about to start: listens inside, and lets the clients of the host in. */
int ports_open_inside(struct ports *ports, fence_error *err);

/* Do the clients of that listener go through one of these ports? */
bool ports_have(const struct ports *ports, const struct listener *listener);

/* Ends the connections, too. */
void ports_close(struct ports *ports);

#endif
