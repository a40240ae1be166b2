/* SPDX-License-Identifier: Apache-2.0
 * relay.h - bytes between a socket and two descriptors, both ways. */
#ifndef FENCE_CLI_RELAY_H
#define FENCE_CLI_RELAY_H

/* Passes on what `in` says to `sock`, and what `sock` says to `out`, until both have ended. The end
 * of one is passed on while the other goes on: shutdown(2), or close(2) of `out`. Descriptors that
 * others share are left as they are: nothing is made non-blocking. SIGPIPE is ignored by the
 * caller. Returns 0 or -errno. */
int relay(int sock, int in, int out);

#endif
