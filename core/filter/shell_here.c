/* SPDX-License-Identifier: Apache-2.0
 * shell_here.c - here-documents: XCU 2.7.4. They are noted where they stand, and follow the line.
 *
 * Each list that nests has its own: a line's end within $(...) begins none of the line around. */
#include "filter/shell_private.h"

static size_t count_of(const struct shell *s)
{
    return s->heres.len / sizeof(struct shell_here);
}

/* ---- the delimiter: quotes are removed, nothing is expanded ---- */

static void put_double(struct shell *s)
{
    for (; s->at < s->script.len && s->script.bytes[s->at] != '"'; s->at++) {
        char next = s->at + 1 < s->script.len ? s->script.bytes[s->at + 1] : ' ';

        if (s->script.bytes[s->at] == '\\' && strchr("\"\\$`", next) && next)
            s->at++;
        shell_put(s, (unsigned char)s->script.bytes[s->at]);
    }
    shell_eat(s, '"');
}

static void put_delimiter_part(struct shell *s, int c, bool *quoted)
{
    int next = c == '$' ? shell_peek_second(s) : SHELL_END;

    s->at++;
    *quoted |= c == '\'' || c == '"' || c == '\\' || next == '\'' || next == '"';
    if (next == '\'' || next == '"')
        c = shell_eat(s, '\'') ? '$' : (s->at++, '"');
    if (c == '\'')
        shell_single(s);
    else if (c == '"')
        put_double(s);
    else if (c == '$' && next == '\'')
        shell_ansi(s);
    else if (c == '\\' && s->at < s->script.len)
        shell_put(s, (unsigned char)s->script.bytes[s->at++]);
    else
        shell_put(s, c);
}

int shell_here_begin(struct shell *s, bool tabs)
{
    struct shell_here here = {s->delimiters.len, 0, false, tabs, false};
    size_t text = s->text.len;
    int c;

    if (count_of(s) == LIMIT_SHELL_HERE)
        return -E2BIG;
    while (!shell_ends_word(c = shell_peek(s)))
        put_delimiter_part(s, c, &here.quoted);
    here.len = s->text.len - text;
    buf_append_str(&s->delimiters, str_slice(buf_str(&s->text), text, s->text.len));
    buf_append(&s->heres, &here, sizeof here);
    s->text.len = text;
    return shell_status(s);
}

/* ---- the document ---- */

/* The end of the line at `at`: of an unquoted document, of the lines that backslashes join. */
static size_t line_end(struct str script, size_t at, bool quoted)
{
    while (at < script.len && script.bytes[at] != '\n') {
        if (script.bytes[at] == '\\' && !quoted && at + 1 < script.len)
            at++;
        at++;
    }
    return at < script.len ? at : script.len;
}

/* Whether the delimiter stands at `*at`, which is then behind it. */
static bool eat_delimiter(const struct shell *s, size_t *at, const struct shell_here *here)
{
    const char *want = s->delimiters.bytes + here->at;
    struct str script = s->script;
    size_t from = *at;

    while (here->tabs && from < script.len && script.bytes[from] == '\t')
        from++;
    for (size_t i = 0; i < here->len; i++, from++) {
        while (!here->quoted && from + 1 < script.len && script.bytes[from] == '\\' &&
               script.bytes[from + 1] == '\n')
            from += 2;
        if (from >= script.len || script.bytes[from] != want[i])
            return false;
    }
    *at = from;
    return true;
}

/* Finds the document's end, and moves behind its delimiter. As bash has it, the delimiter of one in
 * $(...) may be followed by the ')' that closes it. */
static size_t find_end(struct shell *s, const struct shell_here *here, enum shell_until until)
{
    while (s->at < s->script.len) {
        size_t line = s->at, behind = line, end = line_end(s->script, line, here->quoted);

        if (eat_delimiter(s, &behind, here)) {
            if (behind >= end) {
                s->at = end < s->script.len ? end + 1 : end;
                return line;
            }
            if (until == SHELL_UNTIL_PAREN &&
                str_find(str_slice(s->script, behind, end), ')') < end - behind) {
                s->at = behind;
                return line;
            }
        }
        s->at = end < s->script.len ? end + 1 : end;
    }
    return s->script.len;
}

static int drop_tabs(struct buf *out, struct str body)
{
    bool start = true;

    for (size_t i = 0; i < body.len; i++) {
        if (start && body.bytes[i] == '\t')
            continue;
        buf_append(out, &body.bytes[i], 1);
        start = body.bytes[i] == '\n';
    }
    return shell_error_of(out);
}

/* What is expanded in it is found, and the whole as a script when it is one. */
static int read_document(struct shell *s, struct str body, const struct shell_here *here)
{
    auto_buf struct buf script = BUF_INIT(LIMIT_SHELL_BYTES);
    size_t text = s->text.len, at = s->at;
    struct str around = s->script;
    int rc = 0;

    if (!here->quoted) {
        s->script = body;
        s->at = 0;
        rc = shell_body(s);
        s->script = around;
        s->at = at;
    } else if (here->script) {
        buf_append_str(&s->text, body);
        rc = shell_error_of(&s->text);
    }
    if (rc == 0 && here->script) {
        buf_append_str(&script, str_slice(buf_str(&s->text), text, s->text.len));
        rc = shell_error_of(&script);
    }
    s->text.len = text;
    if (rc == 0 && here->script)
        rc = shell_charge(s, script.len);
    if (rc == 0 && here->script)
        rc = shell_script_inside(s, buf_str(&script));
    return rc;
}

static int read_here(struct shell *s, const struct shell_here *here, enum shell_until until)
{
    auto_buf struct buf stripped = BUF_INIT(LIMIT_SHELL_BYTES);
    size_t from = s->at, end = find_end(s, here, until);
    struct str body = str_slice(s->script, from, end);
    int rc = 0;

    if (here->tabs) {
        rc = shell_charge(s, body.len);
        if (rc == 0)
            rc = drop_tabs(&stripped, body);
        body = buf_str(&stripped);
    }
    return rc ? rc : read_document(s, body, here);
}

int shell_newline(struct shell *s, enum shell_until until)
{
    size_t base = s->here_base, count = count_of(s);
    int rc = 0;

    for (size_t i = base; rc == 0 && i < count; i++) {
        struct shell_here here = ((const struct shell_here *)(void *)s->heres.bytes)[i];

        rc = read_here(s, &here, until);
    }
    if (count > base) {
        const struct shell_here *first = (const struct shell_here *)(void *)s->heres.bytes + base;

        s->delimiters.len = first->at;
        s->heres.len = base * sizeof *first;
    }
    return rc;
}

/* bash takes what follows the line around for the documents, dash for commands: both are read. */
void shell_here_leave(struct shell *s, size_t base)
{
    struct shell_here *here = (struct shell_here *)(void *)s->heres.bytes;

    for (size_t i = s->here_base; i < count_of(s); i++)
        here[i].script = true;
    s->here_base = base;
}
