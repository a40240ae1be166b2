/* SPDX-License-Identifier: Apache-2.0
 * direct.h - programs that connect to the outside by themselves, and not by the proxy: there is no
 * such way, and what they say of it seldom helps. Pure. */
#ifndef FENCE_SANDBOX_DIRECT_H
#define FENCE_SANDBOX_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define DIRECT_HINT 400 /* room for a hint */

/* Does a connect(2) of a socket of `type` that found no network (`error`, an errno) say so?
 * Datagrams to anything but a name server do not: that is how programs ask for their own address.
 */
bool direct_is(int error, int type, const struct sockaddr *to, socklen_t len);

/* One line: who connects where, and what helps. `program` is the name of its file, as it is. */
void direct_hint(char out[DIRECT_HINT], const char *program, int pid, const struct sockaddr *to);

#endif
