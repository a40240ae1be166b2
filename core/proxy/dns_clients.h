/* SPDX-License-Identifier: Apache-2.0
 * dns_clients.h - those who ask the name service by TCP (RFC 7766). */
#ifndef FENCE_PROXY_DNS_CLIENTS_H
#define FENCE_PROXY_DNS_CLIENTS_H

#include "proxy/dns_service.h"

struct dns_clients;

/* Accepts clients on the listening sockets, -1: none, which are ours from here on, on failure too.
 * `service` answers them, and is borrowed until dns_clients_close(). Returns 0 or a negative UV_E*.
 */
int dns_clients_open(struct dns_clients **out, struct dns_service *service, struct proxy *proxy,
                     const int listeners[2]);

/* Ends all of it; the loop has to turn until it is gone. Takes NULL. */
void dns_clients_close(struct dns_clients *clients);

#endif
