/* SPDX-License-Identifier: Apache-2.0
 * shell_word.c - one word, of its pieces: XCU 2.3 and 2.6. Whoever calls has skipped blanks. */
#include "filter/shell_private.h"

bool shell_ends_word(int c)
{
    switch (c) {
    case SHELL_END:
    case ' ':
    case '\t':
    case '\n':
    case ';':
    case '&':
    case '|':
    case '(':
    case ')':
    case '<':
    case '>':
        return true;
    default:
        return false;
    }
}

static bool is_plain(int c)
{
    return !shell_ends_word(c) && !strchr("'\"\\$`*?[]{},=", c); /* strchr() takes NUL for one */
}

bool shell_is_name(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = ascii_lower(text.bytes[i]);

        if (!(c >= 'a' && c <= 'z') && c != '_' && (!ascii_digit(c) || i == 0))
            return false;
    }
    return text.len > 0;
}

struct str shell_spelled(const struct shell *s, const struct shell_spelling *w)
{
    return str_slice(buf_str(&s->text), w->text, s->text.len);
}

/* ---- assignments ---- */

/* The end of a subscript that an assignment's sign follows, or 0. Looks no further than where other
 * shells would end the command. */
static size_t subscript_end(struct shell *s)
{
    size_t at = s->at + 1, len = s->script.len;
    const char *bytes = s->script.bytes;
    size_t depth = 1;

    for (; at < len && depth > 0; at++) {
        if (bytes[at] == ';' || bytes[at] == '\n')
            return 0;
        depth += bytes[at] == '[';
        depth -= bytes[at] == ']';
        if (bytes[at] == '\\') {
            at++;
        } else if (bytes[at] == '\'' || bytes[at] == '"') {
            at++;
            at += str_find(str_slice(s->script, at, len), bytes[at - 1]);
        }
    }
    if (depth > 0 || at >= len)
        return 0;
    return bytes[at] == '=' || (bytes[at] == '+' && at + 1 < len && bytes[at + 1] == '=') ? at : 0;
}

/* At a '['. */
static int read_bracket(struct shell *s, struct shell_spelling *w)
{
    size_t end = 0;
    bool closed;
    int rc = 0;

    if (w->first && !w->quoted && !w->equals && shell_is_name(shell_spelled(s, w))) {
        size_t from = s->at;

        end = subscript_end(s);
        rc = shell_charge(s, end > from ? end - from : s->script.len - from);
    }
    s->at++;
    if (end > 0 && rc == 0) {
        rc = shell_enter(s, 0);
        if (rc != 0)
            return rc;
        rc = shell_balanced(s, '[', ']', &closed);
        shell_leave(s);
        return rc;
    }
    if (w->bracket == SIZE_MAX)
        w->bracket = s->text.len;
    shell_put(s, '[');
    return rc;
}

/* Behind "name=(", to the ')': its words are found to execute, and dropped. */
static int read_array(struct shell *s)
{
    struct shell_spelling w;
    int c, rc = 0;

    while (rc == 0 && (c = shell_peek(s)) != SHELL_END && c != ')') {
        if (c == '#') {
            s->at += str_find(str_slice(s->script, s->at, s->script.len), '\n');
        } else if (!shell_ends_word(c) || ((c == '<' || c == '>') && shell_peek_second(s) == '(')) {
            rc = shell_spell(s, &w, false);
            shell_drop(s, &w);
        } else {
            s->at++;
            if (c == '\n')
                rc = shell_newline(s, SHELL_UNTIL_END);
        }
    }
    shell_eat(s, ')');
    return rc;
}

static int read_equals(struct shell *s, struct shell_spelling *w)
{
    struct str name = shell_spelled(s, w);
    int rc = 0;

    if (!w->equals && !w->quoted) {
        if (str_has_suffix(name, STR("+")))
            name.len--;
        w->assigns = shell_is_name(name);
    }
    s->at++;
    shell_put(s, '=');
    if (!w->equals && w->assigns && shell_eat(s, '(')) {
        rc = shell_enter(s, 0);
        if (rc == 0) {
            rc = read_array(s);
            shell_leave(s);
        }
        shell_put_unknown(s);
    }
    w->equals = true;
    return rc;
}

/* ---- pieces ---- */

static void put_brace(struct shell *s, int c)
{
    struct shell_brace brace = {s->text.len};

    s->at++;
    buf_append(&s->braces, &brace, sizeof brace);
    shell_put(s, c);
}

static void put_run(struct shell *s, struct shell_spelling *w)
{
    size_t from = s->at;
    char last;

    while (s->at < s->script.len && is_plain((unsigned char)s->script.bytes[s->at]))
        s->at++;
    buf_append(&s->text, s->script.bytes + from, s->at - from);
    last = s->script.bytes[s->at - 1];
    w->pattern = last == '@' || last == '+' ||
                 (last == '!' && (!w->first || s->text.len > w->text + 1)); /* `!(a)`: not, a */
}

static void put_escaped(struct shell *s)
{
    s->at++;
    if (s->at < s->script.len)
        shell_put(s, (unsigned char)s->script.bytes[s->at++]);
    else
        shell_put(s, '\\');
}

/* ksh's @(a|b), which bash knows when told so. */
static int read_pattern_list(struct shell *s)
{
    bool closed;
    int rc = shell_enter(s, 0);

    if (rc != 0)
        return rc;
    s->at++;
    rc = shell_balanced(s, '(', ')', &closed);
    shell_leave(s);
    shell_put_unknown(s);
    return rc;
}

static int read_quoted(struct shell *s, struct shell_spelling *w, int c)
{
    w->quoted = true;
    if (c == '$')
        return shell_dollar(s, false);
    if (c == '`')
        return shell_backticks(s, false);
    if (c == '<' || c == '>')
        return shell_process(s);
    if (c == '\\') {
        put_escaped(s);
        return 0;
    }
    s->at++;
    return c == '"' ? shell_double(s) : shell_single(s);
}

static int read_part(struct shell *s, struct shell_spelling *w, int c)
{
    bool pattern = w->pattern;

    w->pattern = c == '*' || c == '?';
    switch (c) {
    case '(':
        return pattern ? read_pattern_list(s) : 0;
    case '[':
        return read_bracket(s, w);
    case ']':
        w->glob |= w->bracket != SIZE_MAX && s->text.len > w->bracket + 1;
        s->at++;
        shell_put(s, c);
        return 0;
    case '*':
    case '?':
    case SHELL_UNKNOWN:
        s->at++;
        shell_put_unknown(s);
        return 0;
    case '{':
    case ',':
    case '}':
        put_brace(s, c);
        return 0;
    case '=':
        return read_equals(s, w);
    case '\'':
    case '"':
    case '\\':
    case '$':
    case '`':
    case '<':
    case '>':
        return read_quoted(s, w, c);
    default:
        put_run(s, w);
        return 0;
    }
}

/* Whether the word goes on: of what ends one, <( is a piece, and so is the ( of a pattern. An empty
 * one is a function's: f+() {. */
static bool goes_on(struct shell *s, const struct shell_spelling *w, int c)
{
    if (c == '(')
        return w->pattern && shell_peek_second(s) != ')';
    if (c == '<' || c == '>')
        return shell_peek_second(s) == '(';
    return !shell_ends_word(c);
}

int shell_spell(struct shell *s, struct shell_spelling *w, bool first)
{
    int c, rc = 0;

    *w = (struct shell_spelling){
        .text = s->text.len, .braces = s->braces.len, .bracket = SIZE_MAX, .first = first};
    if (shell_peek(s) == '~') {
        s->at++;
        w->quoted = true;
        shell_put_unknown(s);
    }
    while (rc == 0 && (c = shell_peek(s)) != SHELL_END && goes_on(s, w, c))
        rc = read_part(s, w, c);
    if (w->glob && rc == 0 && s->text.len > w->bracket)
        s->text.bytes[w->bracket] = SHELL_UNKNOWN;
    return rc ? rc : shell_status(s);
}

/* ---- what becomes of it ---- */

bool shell_is(const struct shell *s, const struct shell_spelling *w, struct str plain)
{
    return !w->quoted && str_equal(shell_spelled(s, w), plain);
}

void shell_drop(struct shell *s, const struct shell_spelling *w)
{
    s->text.len = w->text;
    s->braces.len = w->braces;
}

int shell_put_piece(struct shell *s, size_t at, size_t len)
{
    struct shell_piece piece = {at, len};

    buf_append(&s->pieces, &piece, sizeof piece);
    return shell_status(s);
}

int shell_add(struct shell *s, const struct shell_spelling *w)
{
    if (s->braces.len > w->braces)
        return shell_add_expanded(s, w);
    return shell_put_piece(s, w->text, s->text.len - w->text);
}
