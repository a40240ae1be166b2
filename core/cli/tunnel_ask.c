/* SPDX-License-Identifier: Apache-2.0
 * tunnel_ask.c - see tunnel_ask.h. A head is read byte by byte: what follows it belongs to the
 * tunnel, and the other side may speak first. */
#include "cli/tunnel_ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define HEAD_MAX 8192 /* of an answer to CONNECT; real ones have under 1000 */
#define BODY_MAX 1024 /* of a refusal; fence's own has no more              */
#define BODY_S   2    /* a body that comes late is not waited for           */

static int refuse(char *why, const char *text)
{
    snprintf(why, TUNNEL_WHY, "%s", text);
    return -1;
}

static int send_all(char *why, int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return refuse(why, strerror(errno));
        at += sent;
        len -= (size_t)sent;
    }
    return 0;
}

/* Returns how many came before the end. */
static size_t receive(int fd, void *bytes, size_t len)
{
    size_t got = 0;

    while (got < len) {
        ssize_t n = recv(fd, (char *)bytes + got, len - got, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

/* ---- HTTP: RFC 9110, section 9.3.6 ---- */

/* Writes NAME:PASSWORD in base64: RFC 4648, section 4. `out` has room for 4 of each 3 bytes. */
static void encode(char *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;

        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < len ? (unsigned char)text[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            *out++ = i + j > len ? '=' : digits[bits >> (18 - 6 * j) & 63];
    }
    *out = '\0';
}

static int send_connect(char *why, int fd, const struct proxy_url *proxy, const char *host,
                        unsigned port)
{
    char login[2 * PROXY_TEXT_MAX + 2], encoded[4 * sizeof login / 3 + 8] = "";
    char head[2048];
    bool literal = strchr(host, ':') != NULL;
    char place[PROXY_TEXT_MAX + 16];
    int len;

    snprintf(place, sizeof place, literal ? "[%s]:%u" : "%s:%u", host, port);
    if (proxy->has_login) {
        snprintf(login, sizeof login, "%s:%s", proxy->name, proxy->password);
        encode(encoded, login);
    }
    len = snprintf(head, sizeof head, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s%s%s\r\n", place, place,
                   proxy->has_login ? "Proxy-Authorization: Basic " : "", encoded,
                   proxy->has_login ? "\r\n" : "");
    return send_all(why, fd, head, (size_t)len);
}

/* Up to and with the empty line. Returns false when it does not come. */
static bool read_head(char head[HEAD_MAX + 1], int fd)
{
    size_t len = 0;

    while (len < HEAD_MAX && receive(fd, head + len, 1) == 1) {
        head[++len] = '\0';
        if (len >= 4 && strcmp(head + len - 4, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

/* A text of several lines as one; what fence says begins behind its name. */
static void join_lines(char *out, size_t cap, char *text)
{
    char *own = strstr(text, "fence: "), *rest = NULL;
    size_t len = 0;

    out[0] = '\0';
    text = own ? own + strlen("fence: ") : text;
    for (char *line = strtok_r(text, "\r\n", &rest); line; line = strtok_r(NULL, "\r\n", &rest)) {
        int n = snprintf(out + len, cap - len, "%s%s", len > 0 ? "; " : "", line);

        if (n < 0 || (size_t)n >= cap - len)
            return;
        len += (size_t)n;
    }
}

static int tell_refusal(char *why, int fd, const char *status, const char *head)
{
    struct timeval patience = {.tv_sec = BODY_S};
    const char *length = strcasestr(head, "\r\ncontent-length:");
    size_t expect = length ? strtoul(length + strlen("\r\ncontent-length:"), NULL, 10) : BODY_MAX;
    char body[BODY_MAX + 1], line[BODY_MAX + 64];

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    body[receive(fd, body, expect < BODY_MAX ? expect : BODY_MAX)] = '\0';
    join_lines(line, sizeof line, body);
    snprintf(why, TUNNEL_WHY, "%.*s%s%s", (int)strcspn(status, "\r\n"), status, *line ? ": " : "",
             line);
    return -1;
}

static int ask_http(char *why, int fd, const struct proxy_url *proxy, const char *host,
                    unsigned port)
{
    char head[HEAD_MAX + 1] = "";
    const char *status;

    if (send_connect(why, fd, proxy, host, port) < 0)
        return -1;
    if (!read_head(head, fd))
        return refuse(why, "the proxy closed the connection without an answer");
    if (strncmp(head, "HTTP/1.", 7) != 0 || !strchr(head, ' '))
        return refuse(why, "what answers is no HTTP proxy");
    status = strchr(head, ' ') + 1;
    return status[0] == '2' ? 0 : tell_refusal(why, fd, status, head);
}

/* ---- SOCKS5: RFC 1928, RFC 1929 ---- */

static int socks_login(char *why, int fd, const struct proxy_url *proxy)
{
    size_t name = strlen(proxy->name), password = strlen(proxy->password);
    unsigned char message[3 + 2 * PROXY_TEXT_MAX], answer[2];

    message[0] = 1;
    message[1] = (unsigned char)name;
    memcpy(message + 2, proxy->name, name);
    message[2 + name] = (unsigned char)password;
    memcpy(message + 3 + name, proxy->password, password);
    if (send_all(why, fd, message, 3 + name + password) < 0)
        return -1;
    if (receive(fd, answer, 2) != 2 || answer[1] != 0)
        return refuse(why, "the proxy does not take this name and password");
    return 0;
}

static int socks_greet(char *why, int fd, const struct proxy_url *proxy)
{
    const unsigned char greeting[] = {5, proxy->has_login ? 2 : 1, 0, 2};
    unsigned char answer[2];

    if (send_all(why, fd, greeting, proxy->has_login ? 4 : 3) < 0)
        return -1;
    if (receive(fd, answer, 2) != 2 || answer[0] != 5)
        return refuse(why, "what answers is no SOCKS5 proxy");
    if (answer[1] == 2 && proxy->has_login)
        return socks_login(why, fd, proxy);
    return answer[1] == 0 ? 0 : refuse(why, "the proxy wants a name and a password");
}

/* Returns the length of the request. */
static size_t socks_request(unsigned char out[7 + PROXY_TEXT_MAX], const char *host, unsigned port)
{
    size_t len = 4;

    memcpy(out, (const unsigned char[]){5, 1, 0, 3}, 4);
    if (inet_pton(AF_INET, host, out + 4) == 1) {
        out[3] = 1;
        len += 4;
    } else if (inet_pton(AF_INET6, host, out + 4) == 1) {
        out[3] = 4;
        len += 16;
    } else {
        out[len++] = (unsigned char)strlen(host);
        memcpy(out + len, host, strlen(host));
        len += strlen(host);
    }
    out[len++] = (unsigned char)(port >> 8);
    out[len++] = (unsigned char)port;
    return len;
}

static int socks_refusal(char *why, unsigned code)
{
    static const char *const said[] = {
        [1] = "the proxy failed",       [2] = "no rule allows it: see fence explain",
        [3] = "network unreachable",    [4] = "host unreachable, or its name is not known",
        [5] = "connection refused",     [6] = "the host does not answer",
        [7] = "the proxy cannot do it", [8] = "the proxy does not take such an address",
    };

    return refuse(why, code < sizeof said / sizeof said[0] && said[code] ? said[code] : "refused");
}

static int ask_socks(char *why, int fd, const struct proxy_url *proxy, const char *host,
                     unsigned port)
{
    unsigned char request[7 + PROXY_TEXT_MAX], answer[5], rest[PROXY_TEXT_MAX + 2];
    size_t more;

    if (socks_greet(why, fd, proxy) < 0 ||
        send_all(why, fd, request, socks_request(request, host, port)) < 0)
        return -1;
    if (receive(fd, answer, 5) != 5 || answer[0] != 5)
        return refuse(why, "the proxy closed the connection without an answer");
    if (answer[1] != 0)
        return socks_refusal(why, answer[1]);
    more = answer[3] == 1 ? 3 + 2 : answer[3] == 4 ? 15 + 2 : (size_t)answer[4] + 2;
    return receive(fd, rest, more) == more ? 0 : refuse(why, "the proxy's answer is cut off");
}

int tunnel_ask(char why[TUNNEL_WHY], int fd, const struct proxy_url *proxy, const char *host,
               unsigned port)
{
    return proxy->socks ? ask_socks(why, fd, proxy, host, port)
                        : ask_http(why, fd, proxy, host, port);
}
