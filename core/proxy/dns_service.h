/* SPDX-License-Identifier: Apache-2.0
 * dns_service.h - the name service of a sandbox, on sockets of its network namespace. */
#ifndef FENCE_PROXY_DNS_SERVICE_H
#define FENCE_PROXY_DNS_SERVICE_H

#include "proto/dns.h"
#include "proxy/listener.h"
#include "proxy/proxy.h"

struct dns_service;

/* Serves questions on two bound UDP sockets; -1: none. A UDP socket
 * that is bound to no address tells which was asked (datagram.h). They are ours from here on, on
 * failure too. `capture` is borrowed until dns_service_close(), for its names
 * and for what has been told, `proxy` for its loop, its buffer and
 * the rules that it has at the time. This machine's resolv.conf is read once, with the
 * first question. Returns 0 or a
 * negative code with `err`. */
int dns_service_open(struct dns_service **out, struct proxy *proxy,
                     struct listener_capture *capture, const int udp[2], fence_error *err);

/* And by TCP, on two listening sockets; -1: none. Once. They are ours from here on, on failure too.
 */
int dns_service_listen(struct dns_service *service, const int tcp[2], fence_error *err);

/* Nothing is answered any more; the loop has to turn until all is gone. Takes NULL. */
void dns_service_close(struct dns_service *service);

/* For dns_clients.c: what is said to a message. As dns_answer(). */
size_t dns_service_answer(struct dns_service *service, char out[DNS_ANSWER], const void *message,
                          size_t len);

#endif
