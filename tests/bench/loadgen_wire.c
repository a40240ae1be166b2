/* SPDX-License-Identifier: Apache-2.0
 * loadgen_wire.c - the words of the load generator: requests as bytes, and answers understood.
 *
 * It knows as much of HTTP/1 and SOCKS5 as proxies say to it, and is strict about nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench/loadgen.h"

static bool write_socks(struct wire *wire, const struct loadgen_options *options)
{
    size_t len = strlen(options->target);
    char *to = wire->tunnel;

    if (len > 255)
        return false;
    memcpy(to, "\5\1\0\3", 4); /* RFC 1928, section 4: CONNECT to a name */
    to[4] = (char)len;
    memcpy(to + 5, options->target, len);
    to[5 + len] = (char)(options->target_port >> 8);
    to[6 + len] = (char)(options->target_port & 255);
    wire->tunnel_len = len + 7;
    return true;
}

bool wire_init(struct wire *wire, const struct loadgen_options *options)
{
    const char *name = options->target;
    int len, port = options->target_port;

    if (options->via == LOADGEN_VIA_SOCKS) {
        if (!write_socks(wire, options))
            return false;
    } else {
        len = snprintf(wire->tunnel, sizeof(wire->tunnel),
                       "CONNECT %s:%d HTTP/1.1\r\nHost: %s:%d\r\n\r\n", name, port, name, port);
        if (len < 0 || (size_t)len >= sizeof(wire->tunnel))
            return false;
        wire->tunnel_len = (size_t)len;
    }
    if (options->via == LOADGEN_VIA_RELAY)
        len = snprintf(wire->get, sizeof(wire->get), "GET / HTTP/1.1\r\nHost: %s:%d\r\n\r\n", name,
                       port);
    else
        len = snprintf(wire->get, sizeof(wire->get),
                       "GET http://%s:%d/ HTTP/1.1\r\nHost: %s:%d\r\n\r\n", name, port, name, port);
    wire->get_len = (size_t)len;
    return len > 0 && (size_t)len < sizeof(wire->get);
}

int wire_greeting(const char *in, size_t len)
{
    if (len < 2)
        return 0;
    return in[0] == 5 && in[1] == 0 ? 1 : -1;
}

int wire_socks_reply(const char *in, size_t len)
{
    size_t need;

    if (len < 5)
        return 0;
    if (in[0] != 5 || in[1] != 0)
        return -1;
    switch (in[3]) {
    case 1:
        need = 10;
        break;
    case 3:
        need = 7U + (unsigned char)in[4];
        break;
    case 4:
        need = 22;
        break;
    default:
        return -1;
    }
    return len >= need;
}

/* The value of a field, its spaces skipped; NULL when it is not there. */
static const char *find_field(const char *head, const char *end, const char *name)
{
    size_t len = strlen(name);
    const char *line = head;

    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));

        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " \t");
        if (!stop)
            return NULL;
        line = stop + 1;
    }
    return NULL;
}

int wire_http(struct wire_answer *out, const char *in, size_t len)
{
    const char *end = memmem(in, len, "\r\n\r\n", 4);
    const char *length, *connection;

    if (!end)
        return 0;
    if (len < 12 || memcmp(in, "HTTP/1.", 7) != 0 || memcmp(in + 8, " 200", 4) != 0)
        return -1;
    length = find_field(in, end, "Content-Length");
    connection = find_field(in, end, "Connection");
    if (!connection)
        connection = find_field(in, end, "Proxy-Connection");
    out->head = (size_t)(end - in) + 4;
    out->sized = length != NULL;
    out->body = length ? strtoull(length, NULL, 10) : 0;
    if (in[7] == '0')
        out->lasting = connection && strncasecmp(connection, "keep-alive", 10) == 0;
    else
        out->lasting = !connection || strncasecmp(connection, "close", 5) != 0;
    return 1;
}
