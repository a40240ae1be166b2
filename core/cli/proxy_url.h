/* SPDX-License-Identifier: Apache-2.0
 * proxy_url.h - where a proxy is, as HTTPS_PROXY and ALL_PROXY say it. */
#ifndef FENCE_CLI_PROXY_URL_H
#define FENCE_CLI_PROXY_URL_H

#include <stdbool.h>

#define PROXY_TEXT_MAX 255 /* a host, a name or a password: SOCKS5 takes no more (RFC 1928) */

struct proxy_url {
    bool socks; /* SOCKS5; else HTTP */
    bool has_login;
    char host[PROXY_TEXT_MAX + 1], port[6];
    char name[PROXY_TEXT_MAX + 1], password[PROXY_TEXT_MAX + 1];
};

/* "http://NAME:PASSWORD@HOST:PORT", "socks5h://HOST:PORT", "HOST:PORT" for HTTP. The port is 80 or
 * 1080 where none stands there. Returns NULL, or why not: a static sentence without the text, which
 * may hold a password. */
const char *proxy_url_read(struct proxy_url *out, const char *text);

#endif
