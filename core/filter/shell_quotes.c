/* SPDX-License-Identifier: Apache-2.0
 * shell_quotes.c - what stands in quotes, or is expanded as if it did: XCU 2.2. */
#include "filter/shell_private.h"

int shell_single(struct shell *s)
{
    size_t from = s->at, len = str_find(str_slice(s->script, from, s->script.len), '\'');

    buf_append(&s->text, s->script.bytes + from, len);
    s->at = from + len < s->script.len ? from + len + 1 : s->script.len;
    return 0;
}

/* ---- double quotes, and what is like them ---- */

static bool is_plain(int c)
{
    return c != '"' && c != '\\' && c != '$' && c != '`' && c != SHELL_END;
}

/* A run of bytes that stand for themselves; SHELL_UNKNOWN, too. */
static void put_run(struct shell *s)
{
    size_t from = s->at;

    while (s->at < s->script.len && is_plain((unsigned char)s->script.bytes[s->at]))
        s->at++;
    buf_append(&s->text, s->script.bytes + from, s->at - from);
}

/* Behind the backslash. */
static void put_escaped(struct shell *s, bool quote)
{
    int c = s->at < s->script.len ? (unsigned char)s->script.bytes[s->at] : SHELL_END;

    if (c == '$' || c == '`' || c == '\\' || (c == '"' && quote)) {
        s->at++;
        shell_put(s, c);
    } else {
        shell_put(s, '\\');
    }
}

static int put_part(struct shell *s, int c, bool quote)
{
    if (c == '$')
        return shell_dollar(s, true);
    if (c == '`')
        return shell_backticks(s, quote);
    if (c == '\\') {
        s->at++;
        put_escaped(s, quote);
    } else if (c == '"') {
        s->at++;
        shell_put(s, c);
    } else {
        put_run(s);
    }
    return 0;
}

int shell_double(struct shell *s)
{
    int c, rc = 0;

    while (rc == 0 && (c = shell_peek(s)) != '"' && c != SHELL_END)
        rc = put_part(s, c, true);
    shell_eat(s, '"');
    return rc;
}

int shell_body(struct shell *s)
{
    int c, rc = 0;

    while (rc == 0 && (c = shell_peek(s)) != SHELL_END)
        rc = put_part(s, c, false);
    return rc ? rc : shell_status(s);
}

/* ---- what ends at its parenthesis or bracket ---- */

/* Single quotes hide parentheses here, but no substitution. One that is not closed is a byte. */
static int skip_single(struct shell *s)
{
    size_t len = str_find(str_slice(s->script, s->at, s->script.len), '\'');
    size_t whole = s->script.len;
    int rc;

    if (s->at + len == whole)
        return 0;
    s->script.len = s->at + len;
    rc = shell_body(s);
    s->script.len = whole;
    if (rc == 0)
        s->at++;
    return rc;
}

static int skip_part(struct shell *s, int c)
{
    if (c == '$')
        return shell_dollar(s, true);
    if (c == '`')
        return shell_backticks(s, false);
    s->at++;
    if (c == '"')
        return shell_double(s);
    if (c == '\'')
        return skip_single(s);
    if (c == '\\' && s->at < s->script.len)
        s->at++;
    return 0;
}

int shell_balanced(struct shell *s, char open, char close, bool *closed)
{
    size_t text = s->text.len, depth = 1;
    int c, rc = 0;

    while (rc == 0 && depth > 0 && (c = shell_peek(s)) != SHELL_END) {
        depth += c == (unsigned char)open;
        depth -= c == (unsigned char)close;
        rc = skip_part(s, c);
        s->text.len = text;
    }
    *closed = depth == 0;
    return rc;
}
