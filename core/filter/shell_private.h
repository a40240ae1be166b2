/* SPDX-License-Identifier: Apache-2.0
 * shell_private.h - what the files of the reader of shell share.
 *
 * The script is read once, from its front to its end, by recursive descent over what nests in
 * words: $(...), ${...}, `...`, "...". Lists, loops and groups need no descent: in a flat loop it
 * is known where a command may begin, and a small stack tells a subshell's ')' from that of a case.
 *
 * Words are told twice: as far as they are known, and in full, with a NUL for each part that is
 * not. So `sh -c "cd $x && git push"` is read as a script whose cd has an unknown word. */
#ifndef FENCE_FILTER_SHELL_PRIVATE_H
#define FENCE_FILTER_SHELL_PRIVATE_H

#include <errno.h>

#include "base/buf.h"
#include "base/limits.h"
#include "filter/shell.h"

#define SHELL_END     (-1)
#define SHELL_UNKNOWN '\0' /* in a script, and in a word in full: no argument can hold one */

/* What one script and all that it nests may use up. */
struct shell_work {
    unsigned depth;
    size_t bytes; /* of every script in it, and those looked ahead at or copied */
};

struct shell_command {
    const struct shell_word *words;
    const struct str *full; /* as many: with SHELL_UNKNOWN in the place of each unknown part */
    size_t count;
};

/* As shell_found; sets `input` when the command reads a script from its input. */
typedef int (*shell_heard)(void *payload, const struct shell_command *command, bool *input);

struct shell_piece { /* a finished word, in shell.text */
    size_t at, len;
};

struct shell_here { /* a here-document that waits for the end of its line */
    size_t at, len; /* its delimiter, in shell.delimiters */
    bool quoted;    /* nothing is expanded in it */
    bool tabs;      /* <<-: leading ones are dropped */
    bool script;    /* what reads it executes it */
};

struct shell {
    struct str script;
    size_t at;
    struct shell_work *work;
    shell_heard heard;
    void *payload;
    unsigned quiet; /* looking ahead: nothing is told */

    /* Stacks: a command within a word stands above the words in front of it. */
    struct buf text;
    struct buf pieces;     /* struct shell_piece */
    struct buf braces;     /* struct shell_brace, of words being read */
    struct buf heres;      /* struct shell_here */
    struct buf delimiters; /* text of theirs */
    size_t here_base;      /* the innermost list's first of `heres` */

    struct buf piped;       /* what commands print for the next one of their pipelines */
    struct buf words, full; /* of the command that is told */
    uint8_t nest[LIMIT_SHELL_DEPTH];
};

struct shell_brace { /* an unquoted { , or } */
    size_t at;       /* in shell.text */
};

struct shell_spelling { /* of the word being read */
    size_t text;        /* where it begins in shell.text */
    size_t braces;      /* its first in shell.braces, in bytes */
    size_t bracket;     /* its first unquoted '[', in shell.text; SIZE_MAX without */
    bool first;         /* it may be an assignment */
    bool equals;        /* an unquoted '=' has been seen */
    bool assigns;       /* it is name=..., name+=... or name[...]=... */
    bool quoted;        /* some of it is quoted, or unknown */
    bool pattern;       /* its last byte, unquoted, makes a pattern of a '(' behind it */
    bool glob;          /* a ']' closes `bracket` */
};

enum shell_until {
    SHELL_UNTIL_END,
    SHELL_UNTIL_PAREN, /* $( and <(               */
    SHELL_UNTIL_BRACE  /* ${ : `}` as a command */
};

enum shell_place {
    SHELL_PLACE_COMMAND,   /* a command may begin, or go on with assignments and redirections */
    SHELL_PLACE_WORDS,     /* behind its first word                            */
    SHELL_PLACE_FOR_NAME,  /* for, select                                      */
    SHELL_PLACE_FOR_IN,    /* behind the name: in, do, or a separator          */
    SHELL_PLACE_FOR_WORDS, /* behind in                                        */
    SHELL_PLACE_CASE_WORD, /* case                                             */
    SHELL_PLACE_CASE_IN,   /* behind the word                                  */
    SHELL_PLACE_PATTERN,   /* behind in, and behind ;;                         */
    SHELL_PLACE_FUNCTION,  /* function                                         */
    SHELL_PLACE_TEST       /* behind [[                                        */
};

enum shell_nest { SHELL_NEST_LIST, SHELL_NEST_PAREN, SHELL_NEST_CASE };

struct shell_list {
    enum shell_place place;
    enum shell_until until;
    unsigned depth;        /* the list's own */
    unsigned braces;       /* open ones: the `}` of ${ is another */
    size_t pieces, text;   /* where the command's begin */
    size_t apart;          /* where other shells end it: at the & of &> */
    size_t heres;          /* its first here-document */
    size_t string, length; /* its here-string, in shell.text */
    size_t piped;          /* where text for it begins, in shell.piped */
    bool has_string, has_piped;
    bool begun;   /* by an assignment or a redirection: no reserved word follows */
    bool coproc;  /* its first word may turn out to be a name */
    bool pattern; /* SHELL_PLACE_PATTERN: one has begun, so `esac` is another */
    bool operand; /* SHELL_PLACE_TEST: no operator stands in front */
    bool ended;
};

/* Every function below returns 0, or what shell_read() is to return. */

/* ---- shell_read.c: lists of commands ---- */
int shell_run(struct str script, struct shell_work *work, shell_heard heard, void *payload);
int shell_commands(struct shell *s, enum shell_until until);
int shell_script_inside(struct shell *s, struct str script); /* instead of what is being read */

/* ---- shell_command.c ---- */
void shell_begin(struct shell *s, struct shell_list *l, enum shell_place place); /* tells nothing */
int shell_end_command(struct shell *s, struct shell_list *l, enum shell_place place);
int shell_pass_on(struct shell *s, struct shell_list *l); /* at the '|' that ends it */

/* ---- shell_clause.c ---- */
int shell_step_word(struct shell *s, struct shell_list *l);

/* ---- shell_word.c ---- */
int shell_spell(struct shell *s, struct shell_spelling *w, bool first); /* one word */
int shell_put_piece(struct shell *s, size_t at, size_t len);
int shell_add(struct shell *s, const struct shell_spelling *w); /* to the command's words */
void shell_drop(struct shell *s, const struct shell_spelling *w);
bool shell_is(const struct shell *s, const struct shell_spelling *w, struct str plain);
struct str shell_spelled(const struct shell *s, const struct shell_spelling *w);
bool shell_is_name(struct str text);
bool shell_ends_word(int c);

/* ---- shell_braces.c: {a,b} ---- */
int shell_add_expanded(struct shell *s, const struct shell_spelling *w);

/* ---- shell_quotes.c ---- */
int shell_single(struct shell *s); /* behind ' */
int shell_double(struct shell *s); /* behind " */
int shell_ansi(struct shell *s);   /* behind $' */
int shell_body(struct shell *s);   /* to the end: as in "..." but for " */
int shell_balanced(struct shell *s, char open, char close,
                   bool *closed); /* dropped, with `close` */

/* ---- shell_dollar.c: substitutions, where they begin ---- */
int shell_dollar(struct shell *s, bool quoted);
int shell_backticks(struct shell *s, bool quoted);
int shell_process(struct shell *s);              /* <( or >( */
int shell_arithmetic(struct shell *s, bool *is); /* behind "((": read if it is */
int shell_nested(struct shell *s, enum shell_until until);

/* ---- shell_here.c ---- */
int shell_here_begin(struct shell *s, bool tabs);           /* behind << or <<- */
int shell_newline(struct shell *s, enum shell_until until); /* behind it: the documents follow */
void shell_here_leave(struct shell *s, size_t base); /* the list ends without its line's end */

/* ---- what all use ---- */

/* The next byte as an unsigned char, or SHELL_END. A backslash and a newline are no bytes at all:
 * XCU 2.2.1. Not where single quotes are. */
static inline int shell_peek(struct shell *s)
{
    while (s->at + 1 < s->script.len && s->script.bytes[s->at] == '\\' &&
           s->script.bytes[s->at + 1] == '\n')
        s->at += 2;
    return s->at < s->script.len ? (unsigned char)s->script.bytes[s->at] : SHELL_END;
}

static inline bool shell_eat(struct shell *s, char want)
{
    if (shell_peek(s) != (unsigned char)want)
        return false;
    s->at++;
    return true;
}

/* The byte behind the next one. */
static inline int shell_peek_second(struct shell *s)
{
    size_t at = s->at;
    int c = shell_peek(s);

    if (c != SHELL_END) {
        s->at++;
        c = shell_peek(s);
    }
    s->at = at;
    return c;
}

static inline void shell_put(struct shell *s, int c)
{
    char byte = (char)c;

    buf_append(&s->text, &byte, 1);
}

static inline void shell_put_unknown(struct shell *s)
{
    shell_put(s, SHELL_UNKNOWN);
}

static inline bool shell_is_blank(int c)
{
    return c == ' ' || c == '\t';
}

static inline bool shell_is_in(const struct shell *s, const struct shell_list *l,
                               enum shell_nest nest)
{
    return s->work->depth > l->depth && s->nest[s->work->depth - 1] == nest;
}

static inline int shell_error_of(const struct buf *b)
{
    return b->error == -ENOSPC ? -E2BIG : b->error;
}

int shell_status(const struct shell *s);         /* of the buffers */
int shell_charge(struct shell *s, size_t bytes); /* to the work done */
int shell_enter(struct shell *s, uint8_t nest);  /* one level more */
void shell_leave(struct shell *s);

#endif
