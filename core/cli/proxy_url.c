/* SPDX-License-Identifier: Apache-2.0
 * proxy_url.c - see proxy_url.h. */
#include "cli/proxy_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *scheme;
    bool socks;
} schemes[] = {{"http://", false}, {"socks5h://", true}, {"socks5://", true}, {"socks://", true}};

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Copies up to `end`, with %XX resolved. Returns false where it does not fit, or is none. */
static bool decode(char out[PROXY_TEXT_MAX + 1], const char *text, const char *end)
{
    size_t len = 0;

    while (text < end) {
        char byte = *text++;

        if (byte == '%') {
            int high = end - text < 2 ? -1 : hex(text[0]), low = high < 0 ? -1 : hex(text[1]);

            if (high < 0 || low < 0)
                return false;
            byte = (char)(high << 4 | low);
            text += 2;
        }
        if (byte == '\0' || len == PROXY_TEXT_MAX)
            return false;
        out[len++] = byte;
    }
    out[len] = '\0';
    return true;
}

static const char *read_login(struct proxy_url *out, const char *text, const char *end)
{
    const char *colon = memchr(text, ':', (size_t)(end - text));

    out->has_login = true;
    out->password[0] = '\0';
    if (!decode(out->name, text, colon ? colon : end) ||
        (colon && !decode(out->password, colon + 1, end)))
        return "its name or password is longer than 255 bytes, or has a bad %XX";
    return NULL;
}

static bool copy_part(char *out, size_t cap, const char *text, const char *end)
{
    size_t len = (size_t)(end - text);

    if (len == 0 || len >= cap)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return true;
}

static bool read_port(struct proxy_url *out, const char *text, const char *end)
{
    unsigned long port;

    if (!copy_part(out->port, sizeof out->port, text, end) ||
        strspn(out->port, "0123456789") != strlen(out->port))
        return false;
    port = strtoul(out->port, NULL, 10);
    return port >= 1 && port <= 65535;
}

static const char *read_place(struct proxy_url *out, const char *text, const char *end)
{
    const char *host_end;

    if (*text == '[') {
        text++;
        host_end = memchr(text, ']', (size_t)(end - text));
        if (!host_end || !copy_part(out->host, sizeof out->host, text, host_end))
            return "its address is not closed by ']'";
        host_end++;
    } else {
        host_end = memchr(text, ':', (size_t)(end - text));
        if (!host_end)
            host_end = end;
        if (!copy_part(out->host, sizeof out->host, text, host_end))
            return "it names no host";
    }
    if (host_end == end) {
        snprintf(out->port, sizeof out->port, "%s", out->socks ? "1080" : "80");
        return NULL;
    }
    return *host_end == ':' && read_port(out, host_end + 1, end) ? NULL : "its port is none";
}

const char *proxy_url_read(struct proxy_url *out, const char *text)
{
    const char *end, *at = NULL, *wrong;

    *out = (struct proxy_url){0};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = strlen(schemes[i].scheme);

        if (strncmp(text, schemes[i].scheme, len) == 0) {
            out->socks = schemes[i].socks;
            text += len;
            break;
        }
    }
    end = text + strcspn(text, "/?#");
    if (strncmp(end, "//", 2) == 0 && end > text && end[-1] == ':')
        return "it is of another kind than http:// and socks5h://";
    for (const char *c = text; c < end; c++) {
        if (*c == '@')
            at = c;
    }
    wrong = at ? read_login(out, text, at) : NULL;
    return wrong ? wrong : read_place(out, at ? at + 1 : text, end);
}
