/* SPDX-License-Identifier: Apache-2.0
 * shell_read.c - lists of commands: XCU 2.9 and 2.10, and what bash, ksh and zsh have besides.
 *
 * One flat loop. Reserved words only tell where the next command may begin, so that a script which
 * a shell would refuse needs no care; `)` alone needs to know what it closes. */
#include "filter/shell_private.h"

/* ---- what all use ---- */

int shell_status(const struct shell *s)
{
    const struct buf *bufs[] = {&s->text,       &s->pieces, &s->braces, &s->heres,
                                &s->delimiters, &s->piped,  &s->words,  &s->full};

    for (size_t i = 0; i < ARRAY_LEN(bufs); i++) {
        if (bufs[i]->error)
            return shell_error_of(bufs[i]);
    }
    return 0;
}

int shell_charge(struct shell *s, size_t bytes)
{
    if (bytes > LIMIT_SHELL_WORK - s->work->bytes)
        return -E2BIG;
    s->work->bytes += bytes;
    return 0;
}

int shell_enter(struct shell *s, uint8_t nest)
{
    if (s->work->depth == LIMIT_SHELL_DEPTH)
        return -E2BIG;
    s->nest[s->work->depth++] = nest;
    return 0;
}

void shell_leave(struct shell *s)
{
    s->work->depth--;
}

/* ---- operators ---- */

/* Behind ';': of those in a case, ;; ;& ;;& and zsh's ;| a pattern follows. */
static int step_semicolon(struct shell *s, struct shell_list *l)
{
    bool next = shell_eat(s, ';');
    bool falls = shell_eat(s, '&') || (!next && shell_peek(s) == '|' && shell_eat(s, '|'));

    return shell_end_command(s, l,
                             (next || falls) && shell_is_in(s, l, SHELL_NEST_CASE)
                                 ? SHELL_PLACE_PATTERN
                                 : SHELL_PLACE_COMMAND);
}

static int step_newline(struct shell *s, struct shell_list *l)
{
    int c, rc;

    switch (l->place) {
    case SHELL_PLACE_COMMAND:
    case SHELL_PLACE_WORDS:
    case SHELL_PLACE_FOR_WORDS:
        rc = shell_end_command(s, l, SHELL_PLACE_COMMAND);
        return rc ? rc : shell_newline(s, l->until);
    case SHELL_PLACE_TEST: /* a shell without [[ ends the command here; one that has it goes on with
                              these */
        rc = shell_newline(s, l->until);
        while (shell_is_blank(c = shell_peek(s)) || c == '\n')
            s->at++;
        if (l->operand && c != ']' && c != '&' && c != '|' && c != ')')
            shell_begin(s, l, SHELL_PLACE_COMMAND);
        return rc;
    case SHELL_PLACE_FOR_NAME:
    case SHELL_PLACE_FOR_IN:
    case SHELL_PLACE_CASE_WORD:
    case SHELL_PLACE_CASE_IN:
    case SHELL_PLACE_PATTERN:
    case SHELL_PLACE_FUNCTION:
        return shell_newline(s, l->until);
    }
    return 0;
}

static bool is_operand(char c)
{
    return ascii_digit(c) || c == '_' || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* Two operands in a row are no arithmetic: only a shell without (( reads on, and executes them. */
static int read_operands(struct shell *s, struct str text)
{
    bool apart = false;

    for (size_t i = 1; i + 1 < text.len && !apart; i++) {
        size_t from = i;

        while (i + 1 < text.len && (shell_is_blank(text.bytes[i]) || text.bytes[i] == '\n'))
            i++;
        apart = i > from && is_operand(text.bytes[from - 1]) && is_operand(text.bytes[i]);
    }
    if (!apart)
        return 0;
    if (shell_charge(s, text.len) != 0)
        return -E2BIG;
    return shell_script_inside(s, text);
}

/* Behind the first '(' of two. */
static int open_arithmetic(struct shell *s, struct shell_list *l, bool *is)
{
    size_t from = ++s->at, end;
    int rc = shell_enter(s, SHELL_NEST_LIST);

    if (rc != 0)
        return rc;
    rc = shell_arithmetic(s, is);
    shell_leave(s);
    end = s->at;
    if (rc == 0 && *is && l->place == SHELL_PLACE_COMMAND)
        rc = read_operands(s, str_slice(s->script, from, end - 2));
    s->at = *is ? end : from - 1;
    return rc;
}

static int open_paren(struct shell *s, struct shell_list *l)
{
    bool is = false;
    int rc = 0;

    if (shell_peek(s) == '(' &&
        (l->place == SHELL_PLACE_COMMAND || l->place == SHELL_PLACE_FOR_NAME)) {
        rc = open_arithmetic(s, l, &is);
        if (rc != 0 || is) {
            shell_begin(s, l, SHELL_PLACE_COMMAND);
            return rc;
        }
    }
    rc = shell_end_command(s, l, SHELL_PLACE_COMMAND);
    return rc ? rc : shell_enter(s, SHELL_NEST_PAREN);
}

/* Whether "()" follows the one word: a function's name, which is dropped. */
static bool is_function(struct shell *s, struct shell_list *l)
{
    size_t at = s->at;

    if (s->pieces.len - l->pieces != sizeof(struct shell_piece))
        return false;
    while (shell_is_blank(shell_peek(s)))
        s->at++;
    if (shell_eat(s, ')'))
        return true;
    s->at = at;
    return false;
}

static int step_open(struct shell *s, struct shell_list *l)
{
    switch (l->place) {
    case SHELL_PLACE_WORDS:
        if (is_function(s, l)) {
            s->pieces.len = l->pieces;
            return shell_end_command(s, l, SHELL_PLACE_COMMAND);
        }
        return open_paren(s, l);
    case SHELL_PLACE_COMMAND:
    case SHELL_PLACE_FOR_NAME:
        return open_paren(s, l);
    case SHELL_PLACE_PATTERN:
        l->pattern = true;
        return 0;
    case SHELL_PLACE_TEST:
        l->operand = false;
        return 0;
    case SHELL_PLACE_FOR_IN:
    case SHELL_PLACE_FOR_WORDS:
    case SHELL_PLACE_CASE_WORD:
    case SHELL_PLACE_CASE_IN:
    case SHELL_PLACE_FUNCTION:
        return 0;
    }
    return 0;
}

static int step_close(struct shell *s, struct shell_list *l)
{
    if (l->place == SHELL_PLACE_TEST)
        return 0;
    if (l->place == SHELL_PLACE_PATTERN) {
        shell_begin(s, l, SHELL_PLACE_COMMAND);
        return 0;
    }
    if (shell_is_in(s, l, SHELL_NEST_PAREN))
        shell_leave(s);
    else if (l->until == SHELL_UNTIL_PAREN && s->work->depth == l->depth)
        l->ended = true;
    return shell_end_command(s, l, SHELL_PLACE_COMMAND);
}

/* ---- redirections ---- */

static int step_target(struct shell *s, struct shell_list *l, bool string)
{
    struct shell_spelling w;
    int c = shell_peek(s), rc;

    if (shell_ends_word(c) && !((c == '<' || c == '>') && shell_peek_second(s) == '('))
        return 0;
    rc = shell_spell(s, &w, false);
    if (string) {
        l->string = w.text;
        l->length = s->text.len - w.text;
        l->has_string = true;
        s->braces.len = w.braces;
    } else {
        shell_drop(s, &w);
    }
    return rc;
}

/* At < or >, or behind the & of &>. */
static int step_redirection(struct shell *s, struct shell_list *l)
{
    bool here = false, string = false, tabs = false, copies;

    l->begun = true;
    if (shell_eat(s, '<')) {
        here = shell_eat(s, '<');
        string = here && shell_eat(s, '<');
        tabs = here && !string && shell_eat(s, '-');
        copies = !here && shell_eat(s, '&');
        if (!here && !copies)
            shell_eat(s, '>');
    } else {
        s->at++;
        copies = !shell_eat(s, '>') && shell_eat(s, '&');
        if (!copies)
            shell_eat(s, '|');
    }
    if (copies && shell_eat(s, '-')) /* closes: what follows is a word of its own */
        return 0;
    while (shell_is_blank(shell_peek(s)))
        s->at++;
    if (here && !string)
        return shell_here_begin(s, tabs);
    return step_target(s, l, string);
}

static int step_and(struct shell *s, struct shell_list *l)
{
    bool both;

    s->at++;
    if (l->place != SHELL_PLACE_TEST && shell_peek(s) == '>') {
        l->apart = s->pieces.len;
        return step_redirection(s, l);
    }
    both = shell_eat(s, '&');
    if (l->place == SHELL_PLACE_TEST && both) {
        l->operand = false;
        return 0;
    }
    return l->place == SHELL_PLACE_PATTERN ? 0 : shell_end_command(s, l, SHELL_PLACE_COMMAND);
}

static int step_or(struct shell *s, struct shell_list *l)
{
    s->at++;
    l->operand = false;
    if (!shell_eat(s, '|')) {
        shell_eat(s, '&');
        if (l->place == SHELL_PLACE_WORDS)
            return shell_pass_on(s, l);
    }
    return l->place == SHELL_PLACE_PATTERN || l->place == SHELL_PLACE_TEST
               ? 0
               : shell_end_command(s, l, SHELL_PLACE_COMMAND);
}

/* ---- the loop ---- */

static int step_angle(struct shell *s, struct shell_list *l)
{
    if (shell_peek_second(s) == '(')
        return shell_step_word(s, l);
    if (l->place != SHELL_PLACE_TEST)
        return step_redirection(s, l);
    s->at++;
    l->operand = false;
    return 0;
}

static int step(struct shell *s, struct shell_list *l)
{
    int c = shell_peek(s);

    switch (c) {
    case SHELL_END:
        l->ended = true;
        return shell_end_command(s, l, SHELL_PLACE_COMMAND);
    case ' ':
    case '\t':
        s->at++;
        return 0;
    case '#':
        s->at += str_find(str_slice(s->script, s->at, s->script.len), '\n');
        return 0;
    case '\n':
        s->at++;
        return step_newline(s, l);
    case ';':
        s->at++;
        return step_semicolon(s, l);
    case '&':
        return step_and(s, l);
    case '|':
        return step_or(s, l);
    case '(':
        s->at++;
        return step_open(s, l);
    case ')':
        s->at++;
        return step_close(s, l);
    case '<':
    case '>':
        return step_angle(s, l);
    default:
        return shell_step_word(s, l);
    }
}

int shell_commands(struct shell *s, enum shell_until until)
{
    struct shell_list l = {
        .until = until, .pieces = s->pieces.len, .text = s->text.len, .piped = s->piped.len};
    size_t base = s->here_base;
    unsigned depth = s->work->depth;
    int rc = shell_enter(s, SHELL_NEST_LIST);

    if (rc != 0)
        return rc;
    l.depth = s->work->depth;
    s->here_base = s->heres.len / sizeof(struct shell_here);
    shell_begin(s, &l, SHELL_PLACE_COMMAND);
    while (rc == 0 && !l.ended)
        rc = step(s, &l);
    shell_here_leave(s, base);
    s->piped.len = l.piped;
    s->work->depth = depth;
    return rc;
}

int shell_script_inside(struct shell *s, struct str script)
{
    struct str around = s->script;
    size_t at = s->at;
    int rc;

    s->script = script;
    s->at = 0;
    rc = shell_commands(s, SHELL_UNTIL_END);
    s->script = around;
    s->at = at;
    return rc;
}

int shell_run(struct str script, struct shell_work *work, shell_heard heard, void *payload)
{
    struct shell s = {
        .script = script,
        .work = work,
        .heard = heard,
        .payload = payload,
        .text = BUF_INIT(4 * LIMIT_SHELL_BYTES),
        .pieces = BUF_INIT(LIMIT_SHELL_WORDS * sizeof(struct shell_piece)),
        .braces = BUF_INIT(LIMIT_SHELL_BYTES * sizeof(struct shell_brace)),
        .heres = BUF_INIT(LIMIT_SHELL_HERE * sizeof(struct shell_here)),
        .delimiters = BUF_INIT(LIMIT_SHELL_BYTES),
        .piped = BUF_INIT(2 * LIMIT_SHELL_BYTES),
        .words = BUF_INIT(LIMIT_SHELL_WORDS * sizeof(struct shell_word)),
        .full = BUF_INIT(LIMIT_SHELL_WORDS * sizeof(struct str)),
    };
    int rc = script.len > LIMIT_SHELL_BYTES ? -E2BIG : shell_charge(&s, script.len);

    if (rc == 0)
        rc = shell_commands(&s, SHELL_UNTIL_END);
    buf_deinit(&s.text);
    buf_deinit(&s.pieces);
    buf_deinit(&s.braces);
    buf_deinit(&s.heres);
    buf_deinit(&s.delimiters);
    buf_deinit(&s.piped);
    buf_deinit(&s.words);
    buf_deinit(&s.full);
    return rc;
}
