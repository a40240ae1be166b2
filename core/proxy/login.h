/* SPDX-License-Identifier: Apache-2.0
 * login.h - the name and password that clients of a stand-alone proxy have to give: RFC 1929 over
 * SOCKS5, Basic (RFC 7617) over HTTP. */
#ifndef FENCE_PROXY_LOGIN_H
#define FENCE_PROXY_LOGIN_H

#include "proto/http1.h"
#include "proto/socks5.h"

struct listener;
struct login;
struct proxy;

/* Each of 1 to 255 bytes, the name without a colon. Returns 0, -ENOMEM, or -EINVAL. */
int login_new(struct login **out, const char *user, const char *password);
void login_free(struct login *login); /* takes NULL; nothing of it stays in memory */

/* Do clients of `listener` have to give one? A sandbox's do not: nobody else gets there. */
bool login_is_required(const struct proxy *proxy, const struct listener *listener);

/* After SOCKS5_LOGIN: is it the right one? Takes as long for a wrong one as for the right one, and
 * past LIMIT_LOGIN_FAILURES wrong ones a second every one is wrong until the next second. */
bool login_matches_socks5(struct proxy *proxy, const struct socks5 *socks);

/* The same for the Proxy-Authorization field of a request; false without one. */
bool login_matches_request(struct proxy *proxy, const struct http1_request *request);

#endif
