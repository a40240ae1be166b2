/* SPDX-License-Identifier: Apache-2.0
 * capture.h - the network of a sandbox in which every TCP connection and every question to a name
 * server ends at sockets of ours, whatever address it was for: namespaces(7), nft(8).
 *
 * inner makes the sockets in the sandbox's network namespace and hands them out, without a
 * capability and without doing anything to them. A socket stays in the namespace that it was made
 * in, and the process that has made the namespace's user namespace may do everything there:
 * user_namespaces(7). So everything is done from outside, before the command starts.
 *
 * In the namespace every address is its own. TCP is led to our listeners by rules of nf_tables, and
 * needs no address translation: an accepted connection has as its own address the one that the
 * command connected to. DNS needs no rule either. Other datagrams are refused by the kernel at
 * once, as nobody receives them, and what goes to 127.0.0.0/8, ::1 or the namespace's own two
 * addresses stays as it is, but for DNS. Nothing of it is a wall: that the namespace has no way out
 * is. */
#ifndef FENCE_SANDBOX_CAPTURE_H
#define FENCE_SANDBOX_CAPTURE_H

#include <fence/fence.h>
#include <stdbool.h>

#include "base/addr.h"
#include "sandbox/capture_socket.h"

#define CAPTURE_PORT     3129 /* of the listeners on 127.0.0.1 and ::1 */
#define CAPTURE_DNS_PORT 53   /* of the DNS sockets, at every address   */

struct capture {
    int fds[CAPTURE_SOCKETS]; /* -1: none */
    bool bound;               /* those of TCP and UDP are; capture_open() starts behind that */
};

/* Sets up the namespace through the sockets, which are the capture's from here on, and binds them:
 * netlink(7), rtnetlink(7). Takes about 0.1 ms and never waits. From here on every address
 * is there, DNS is served by UDP, and connections to the outside are refused. Returns 0:
 * CAPTURE_ROUTE is closed, CAPTURE_NETFILTER is for capture_lead(), the others are as they should
 * be, those of IPv6 perhaps closed, where it is switched off there. Or with what failed
 * and its cure -EPERM, where it may be for who has made the sockets, or did not get them: the
 * sockets stay, for another try (capture_join.h); else FENCE_ESANDBOX, and every socket is closed.
 * Connections in the namespace fail as in any without a network then. */
int capture_open(struct capture *capture, fence_error *err);

/* Lets those of TCP listen: before the first connection. Returns as capture_open(). */
int capture_serve(struct capture *capture, fence_error *err);

/* From here on connections to the outside end at the listeners: nfnetlink for nf_tables. Where
 * nothing else on the machine uses netfilter the kernel takes 4 ms to begin with that; so this
 * waits for the first connection, and any thread may call it. `netfilter`: CAPTURE_NETFILTER, and
 * `ipv6` whether there is CAPTURE_TCP6. Returns 0 or a code as
 * capture_open()'s: the namespace is as it was. */
int capture_lead(int netfilter, bool ipv6, fence_error *err);

/* Where a connection that CAPTURE_TCP4 or _TCP6 has accepted was going. False for one to the
 * listener's own address and port, and where it cannot be told: there is nowhere to lead it, refuse
 * it. */
bool capture_destination(struct addr *out, uint16_t *port, int fd);

void capture_close(struct capture *capture); /* whatever is open; harmless where nothing is */

#endif
