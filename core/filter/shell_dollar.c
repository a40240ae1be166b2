/* SPDX-License-Identifier: Apache-2.0
 * shell_dollar.c - expansions: what they give is not known, what they execute is found. XCU 2.6.
 *
 * Of $((...)) and $( (...) ) only the end tells which it is. It is looked ahead at, quietly. */
#include "filter/shell_private.h"

/* So much at least does a look ahead cost: where those in each other fail, each doubles the work,
 * and LIMIT_SHELL_WORK is to end that within milliseconds. */
#define LOOK_COST 4096

int shell_nested(struct shell *s, enum shell_until until)
{
    size_t text = s->text.len;
    int rc = shell_commands(s, until);

    s->text.len = text;
    shell_put_unknown(s);
    return rc;
}

int shell_process(struct shell *s)
{
    shell_peek(s);
    s->at++;
    shell_peek(s);
    s->at++;
    return shell_nested(s, SHELL_UNTIL_PAREN);
}

int shell_arithmetic(struct shell *s, bool *is)
{
    size_t from = s->at, heres = s->heres.len, delimiters = s->delimiters.len, end;
    int rc;

    s->quiet++;
    rc = shell_balanced(s, '(', ')', is);
    s->quiet--;
    s->heres.len = heres;
    s->delimiters.len = delimiters;
    *is = *is && shell_eat(s, ')');
    end = s->at;
    if (rc == 0)
        rc = shell_charge(s, end - from + LOOK_COST);
    if (*is && s->quiet)
        return rc;
    s->at = from;
    if (rc == 0 && *is) {
        rc = shell_balanced(s, '(', ')', is);
        s->at = end;
    }
    return rc;
}

/* Behind "$(". */
static int parenthesis(struct shell *s)
{
    bool arithmetic = false;
    size_t at = s->at;
    int rc;

    if (shell_eat(s, '(')) {
        rc = shell_enter(s, 0);
        if (rc == 0) {
            rc = shell_arithmetic(s, &arithmetic);
            shell_leave(s);
        }
        if (rc != 0 || arithmetic) {
            shell_put_unknown(s);
            return rc;
        }
        s->at = at;
    }
    return shell_nested(s, SHELL_UNTIL_PAREN);
}

/* $[...] is bash's old arithmetic; where it does not end on its line it is no expansion. */
static int bracket(struct shell *s)
{
    size_t at = s->at;
    bool closed;
    int rc;

    while (at < s->script.len && !strchr("];\n", s->script.bytes[at]))
        at++;
    rc = shell_charge(s, at - s->at);
    if (rc != 0 || at == s->script.len || s->script.bytes[at] != ']') {
        shell_put(s, '$');
        return rc;
    }
    s->at++;
    rc = shell_enter(s, 0);
    if (rc == 0) {
        rc = shell_balanced(s, '[', ']', &closed);
        shell_leave(s);
    }
    shell_put_unknown(s);
    return rc;
}

/* ---- ${...} ---- */

static bool is_name_byte(int c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether what follows the name is a pattern: single quotes quote in it, even between double. */
static bool is_pattern(struct shell *s)
{
    int c;

    if (shell_peek(s) == '!' || shell_peek(s) == '#')
        s->at++;
    if (is_name_byte(shell_peek(s))) {
        while (is_name_byte(shell_peek(s)))
            s->at++;
    }
    c = shell_peek(s);
    return c == '#' || c == '%' || c == '/' || c == '^' || c == ',';
}

static int brace_part(struct shell *s, int c, bool single)
{
    if (c == '$')
        return shell_dollar(s, !single);
    if (c == '`')
        return shell_backticks(s, false);
    if ((c == '<' || c == '>') && single && shell_peek_second(s) == '(')
        return shell_process(s);
    s->at++;
    if (c == '"')
        return shell_double(s);
    if (c == '\'' && single)
        return shell_single(s);
    if (c == '\\' && s->at < s->script.len)
        s->at++;
    return 0;
}

/* Behind "${", to the '}'. */
static int parameter(struct shell *s, bool quoted)
{
    size_t text = s->text.len;
    int c, rc = 0;
    bool single = is_pattern(s) || !quoted;

    while (rc == 0 && (c = shell_peek(s)) != '}' && c != SHELL_END) {
        rc = brace_part(s, c, single);
        s->text.len = text;
    }
    shell_eat(s, '}');
    shell_put_unknown(s);
    return rc;
}

/* Behind "${": a blank makes it a command's output in this very shell (ksh, bash 5.3). */
static int braces(struct shell *s, bool quoted)
{
    int c = shell_peek(s), rc;

    if (shell_is_blank(c) || c == '\n' || c == '|') {
        s->at += c == '|';
        return shell_nested(s, SHELL_UNTIL_BRACE);
    }
    rc = shell_enter(s, 0);
    if (rc == 0) {
        rc = parameter(s, quoted);
        shell_leave(s);
    }
    return rc;
}

int shell_dollar(struct shell *s, bool quoted)
{
    int c;

    s->at++;
    c = shell_peek(s);
    if (c == '[')
        return bracket(s);
    if (c == '(' || c == '{') {
        s->at++;
        return c == '(' ? parenthesis(s) : braces(s, quoted);
    }
    if (!quoted && (c == '\'' || c == '"')) {
        s->at++;
        return c == '"' ? shell_double(s) : shell_ansi(s);
    }
    if (!is_name_byte(c) && (c <= 0 || !strchr("@*#?-$!", c))) {
        shell_put(s, '$');
        return 0;
    }
    s->at++;
    while (is_name_byte(c) && !ascii_digit((char)c) && is_name_byte(shell_peek(s)))
        s->at++;
    shell_put_unknown(s);
    return 0;
}

/* ---- `...` ---- */

/* Without the backslashes that are for it alone: XCU 2.6.3. The next level finds the rest. */
static int unescape(struct buf *out, struct str text, bool quoted)
{
    for (size_t i = 0; i < text.len; i++) {
        char next = i + 1 < text.len ? text.bytes[i + 1] : ' ';

        if (text.bytes[i] == '\\' &&
            (next == '$' || next == '`' || next == '\\' || (next == '"' && quoted)))
            i++;
        buf_append(out, &text.bytes[i], 1);
    }
    return shell_error_of(out);
}

int shell_backticks(struct shell *s, bool quoted)
{
    auto_buf struct buf inside = BUF_INIT(LIMIT_SHELL_BYTES);
    size_t text = s->text.len, from = ++s->at, end = from;
    int rc;

    while (end < s->script.len && s->script.bytes[end] != '`')
        end += s->script.bytes[end] == '\\' && end + 1 < s->script.len ? 2 : 1;
    rc = shell_charge(s, end - from);
    if (rc == 0)
        rc = unescape(&inside, str_slice(s->script, from, end), quoted);
    if (rc == 0)
        rc = shell_script_inside(s, buf_str(&inside));
    s->at = end < s->script.len ? end + 1 : end;
    s->text.len = text;
    shell_put_unknown(s);
    return rc;
}
