/* SPDX-License-Identifier: Apache-2.0
 * shell_clause.c - what a word is where it stands: reserved, an assignment, of a clause such as
 * `for x in a b`, or of a command. XCU 2.4 and 2.10.2. */
#include "filter/shell_private.h"

enum reserved {
    RESERVED_NONE,
    RESERVED_AGAIN, /* a command may begin behind it */
    RESERVED_OPEN,
    RESERVED_CLOSE,
    RESERVED_FOR,
    RESERVED_CASE,
    RESERVED_ESAC,
    RESERVED_FUNCTION,
    RESERVED_TEST,
    RESERVED_TIME,
    RESERVED_COPROC
};

static enum reserved reserved_of(const struct shell *s, const struct shell_spelling *w)
{
    static const struct {
        struct str word;
        enum reserved reserved;
    } table[] = {
        {STR("!"), RESERVED_AGAIN},     {STR("{"), RESERVED_OPEN},
        {STR("}"), RESERVED_CLOSE},     {STR("if"), RESERVED_AGAIN},
        {STR("then"), RESERVED_AGAIN},  {STR("elif"), RESERVED_AGAIN},
        {STR("else"), RESERVED_AGAIN},  {STR("fi"), RESERVED_AGAIN},
        {STR("while"), RESERVED_AGAIN}, {STR("until"), RESERVED_AGAIN},
        {STR("do"), RESERVED_AGAIN},    {STR("done"), RESERVED_AGAIN},
        {STR("for"), RESERVED_FOR},     {STR("select"), RESERVED_FOR},
        {STR("case"), RESERVED_CASE},   {STR("esac"), RESERVED_ESAC},
        {STR("[["), RESERVED_TEST},     {STR("function"), RESERVED_FUNCTION},
        {STR("time"), RESERVED_TIME},   {STR("coproc"), RESERVED_COPROC},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (shell_is(s, w, table[i].word))
            return table[i].reserved;
    }
    return RESERVED_NONE;
}

/* Behind `time`: -p and -- are the shell's; with another option it is a program of that name. */
static bool is_reserved_time(struct shell *s)
{
    size_t at = s->at;

    for (;;) {
        int option;

        while (shell_is_blank(shell_peek(s)))
            s->at++;
        if (!shell_eat(s, '-'))
            return true;
        option = shell_peek(s);
        s->at += option != SHELL_END;
        if ((option != 'p' && option != '-') || !shell_ends_word(shell_peek(s)))
            break;
    }
    s->at = at;
    return false;
}

static int step_reserved(struct shell *s, struct shell_list *l, enum reserved reserved)
{
    enum shell_place place = SHELL_PLACE_COMMAND;
    bool coproc = false;

    switch (reserved) {
    case RESERVED_NONE:
    case RESERVED_AGAIN:
    case RESERVED_TIME:
        break;
    case RESERVED_COPROC:
        coproc = true;
        break;
    case RESERVED_OPEN:
        l->braces++;
        break;
    case RESERVED_CLOSE:
        if (l->braces > 0)
            l->braces--;
        else
            l->ended = l->until == SHELL_UNTIL_BRACE;
        break;
    case RESERVED_FOR:
        place = SHELL_PLACE_FOR_NAME;
        break;
    case RESERVED_CASE:
        place = SHELL_PLACE_CASE_WORD;
        break;
    case RESERVED_ESAC:
        if (shell_is_in(s, l, SHELL_NEST_CASE))
            shell_leave(s);
        break;
    case RESERVED_FUNCTION:
        place = SHELL_PLACE_FUNCTION;
        break;
    case RESERVED_TEST:
        place = SHELL_PLACE_TEST;
        break;
    }
    shell_begin(s, l, place);
    l->coproc = coproc;
    return 0;
}

/* `2>` and `{fd}>`: the word in front of the redirection is part of it. */
static bool is_descriptor(struct shell *s, const struct shell_spelling *w)
{
    struct str text = shell_spelled(s, w);
    int c = shell_peek(s);
    size_t digits = 0;

    if (w->quoted || text.len == 0 || (c != '<' && c != '>'))
        return false;
    while (digits < text.len && ascii_digit(text.bytes[digits]))
        digits++;
    return digits == text.len ||
           (text.len > 2 && text.bytes[0] == '{' && text.bytes[text.len - 1] == '}' &&
            shell_is_name(str_slice(text, 1, text.len - 1)));
}

/* Where a command may begin. */
static int step_first(struct shell *s, struct shell_list *l, struct shell_spelling *w)
{
    enum reserved reserved = l->begun ? RESERVED_NONE : reserved_of(s, w);

    if (reserved == RESERVED_TIME && !is_reserved_time(s))
        reserved = RESERVED_NONE;
    if (reserved != RESERVED_NONE) {
        shell_drop(s, w);
        return step_reserved(s, l, reserved);
    }
    if (w->assigns) {
        shell_drop(s, w);
        l->begun = true;
        return 0;
    }
    l->place = SHELL_PLACE_WORDS;
    return shell_add(s, w);
}

/* `coproc NAME {`: only the second word tells that the first one is a name. */
static int step_second(struct shell *s, struct shell_list *l, struct shell_spelling *w)
{
    enum reserved reserved = reserved_of(s, w);

    l->coproc = false;
    if (reserved == RESERVED_NONE)
        return shell_add(s, w);
    s->pieces.len = l->pieces;
    s->text.len = l->text;
    s->braces.len = w->braces;
    return step_reserved(s, l, reserved);
}

/* Words of compound commands, that none executes. */
static int step_clause(struct shell *s, struct shell_list *l, const struct shell_spelling *w)
{
    switch (l->place) {
    case SHELL_PLACE_FOR_NAME:
        l->place = SHELL_PLACE_FOR_IN;
        return 0;
    case SHELL_PLACE_FOR_IN:
        l->place = shell_is(s, w, STR("in")) ? SHELL_PLACE_FOR_WORDS : SHELL_PLACE_COMMAND;
        return 0;
    case SHELL_PLACE_CASE_WORD:
        l->place = SHELL_PLACE_CASE_IN;
        return 0;
    case SHELL_PLACE_CASE_IN:
        shell_begin(s, l, SHELL_PLACE_PATTERN);
        return shell_enter(s, SHELL_NEST_CASE);
    case SHELL_PLACE_PATTERN:
        if (!l->pattern && shell_is(s, w, STR("esac")))
            return step_reserved(s, l, RESERVED_ESAC);
        l->pattern = true;
        return 0;
    case SHELL_PLACE_FUNCTION:
        shell_begin(s, l, SHELL_PLACE_COMMAND);
        return 0;
    case SHELL_PLACE_TEST:
        if (shell_is(s, w, STR("]]")))
            shell_begin(s, l, SHELL_PLACE_COMMAND);
        l->operand = !shell_is(s, w, STR("!"));
        return 0;
    case SHELL_PLACE_COMMAND:
    case SHELL_PLACE_WORDS:
    case SHELL_PLACE_FOR_WORDS:
        return 0;
    }
    return 0;
}

int shell_step_word(struct shell *s, struct shell_list *l)
{
    struct shell_spelling w;
    bool command = l->place == SHELL_PLACE_COMMAND || l->place == SHELL_PLACE_WORDS;
    int rc = shell_spell(s, &w, l->place == SHELL_PLACE_COMMAND);

    if (rc != 0)
        return rc;
    if (command && is_descriptor(s, &w)) {
        shell_drop(s, &w);
        return 0;
    }
    if (l->place == SHELL_PLACE_COMMAND)
        return step_first(s, l, &w);
    if (l->place == SHELL_PLACE_WORDS)
        return l->coproc ? step_second(s, l, &w) : shell_add(s, &w);
    rc = step_clause(s, l, &w);
    shell_drop(s, &w);
    return rc;
}
