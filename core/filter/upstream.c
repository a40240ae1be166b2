/* SPDX-License-Identifier: Apache-2.0
 * upstream.c - a proxy's URL. It may hold a password, so no sentence of it is ever repeated. */
#include "filter/upstream.h"

static const struct scheme {
    struct str prefix;
    enum upstream_kind kind;
    uint16_t port; /* where none is written */
} schemes[] = {
    {{"http://", 7}, UPSTREAM_HTTP, 80},
    {{"socks5://", 9}, UPSTREAM_SOCKS5, 1080},
    {{"socks5h://", 10}, UPSTREAM_SOCKS5, 1080},
};

static const struct scheme *find_scheme(struct str url)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (str_has_prefix(url, schemes[i].prefix))
            return &schemes[i];
    }
    return NULL;
}

/* False where it is too long, or '%' is not followed by two digits, or for a NUL in either form. */
static bool decode(char out[UPSTREAM_LOGIN], uint8_t *len, struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.bytes[i];

        if (c == '%') {
            int high = text.len - i > 2 ? ascii_hex(text.bytes[i + 1]) : -1;
            int low = text.len - i > 2 ? ascii_hex(text.bytes[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || n == UPSTREAM_LOGIN)
            return false;
        out[n++] = c;
    }
    *len = (uint8_t)n;
    return true;
}

static const char *read_login(struct upstream *out, struct str text)
{
    size_t colon = str_find(text, ':');

    if (colon == text.len)
        return "a login is written NAME:PASSWORD@";
    if (!decode(out->user, &out->user_len, str_slice(text, 0, colon)) ||
        !decode(out->password, &out->password_len, str_slice(text, colon + 1, text.len)))
        return "its name or password is too long, or has a '%' that is not followed by two digits";
    if (out->user_len == 0 || out->password_len == 0)
        return "its name or its password is empty";
    if (memchr(out->user, ':', out->user_len))
        return "its name holds a colon";
    return NULL;
}

static struct str without_path(struct str url)
{
    return str_has_suffix(url, STR("/")) ? str_slice(url, 0, url.len - 1) : url;
}

const char *upstream_parse(struct upstream *out, struct str url)
{
    const struct scheme *scheme = find_scheme(url);
    struct upstream found = {.kind = UPSTREAM_NONE};
    struct str rest;
    size_t at;
    const char *why = NULL;

    if (!scheme)
        return "must begin with http://, socks5:// or socks5h://";
    rest = without_path(str_slice(url, scheme->prefix.len, url.len));
    at = rest.len;
    while (at > 0 && rest.bytes[at - 1] != '@')
        at--;
    if (at > 0)
        why = read_login(&found, str_slice(rest, 0, at - 1));
    if (!why)
        why = host_parse_authority(&found.host, &found.port, str_slice(rest, at, rest.len),
                                   scheme->port);
    if (why)
        return why;
    found.kind = scheme->kind;
    *out = found;
    return NULL;
}
