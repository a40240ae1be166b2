/* SPDX-License-Identifier: Apache-2.0
 * clean_text.h - what a command prints at a terminal, without what would do more there than show
 * text: ECMA-48 and xterm's control sequences as a parser. Bytes in, bytes out; any split of the
 * input gives the same result. No input or output, no allocation.
 *
 * What stands on its lists passes, everything else is dropped: a terminal has a thousand codes,
 * and next year more. The terminal is taken for one of UTF-8. */
#ifndef FENCE_CLI_CLEAN_TEXT_H
#define FENCE_CLI_CLEAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLEAN_TEXT_SEQUENCE 128  /* bytes of one that passes: two colours of 24 bits have 45    */
#define CLEAN_TEXT_PARAMS   32   /* numbers in one; xterm takes 30                              */
#define CLEAN_TEXT_DIGITS   5    /* of a number: no mode, colour or screen has more             */
#define CLEAN_TEXT_REPEAT   1000 /* times a character is repeated by one code: a wide line      */
#define CLEAN_TEXT_ROOM     CLEAN_TEXT_SEQUENCE /* what comes out beyond what was put in       */
#define CLEAN_TEXT_END      256                 /* bytes of clean_text_end(): all of it has 180 */

enum clean_state {
    CLEAN_GROUND,
    CLEAN_CHARACTER,     /* within one of UTF-8                                     */
    CLEAN_ESCAPE,        /* after ESC, and bytes between it and its last one        */
    CLEAN_CSI,           /* after ESC [                                             */
    CLEAN_STRING,        /* in one that is swallowed, to its end                    */
    CLEAN_STRING_ESCAPE, /* after an ESC in it: the end, or the beginning of another */
};

struct clean_text {
    enum clean_state state;
    uint8_t held[CLEAN_TEXT_SEQUENCE]; /* what has come of a code or a character */
    size_t nheld;
    bool too_long;     /* what did not fit in there is a part of it */
    size_t character;  /* bytes of the one that has begun           */
    char string;       /* which: ']' OSC, 'P' DCS, 'X', '^', '_'    */
    unsigned number;   /* of an OSC, as far as it has come          */
    bool number_known; /* and no further                            */

    /* what the command has left other than it was */
    uint32_t modes;    /* bits, as the table of modes counts */
    unsigned charsets; /* bits: G0 to G3                     */
    bool keypad, shifted, styled, shaped, scrolls;

    /* what was dropped */
    unsigned long osc, dcs, other;
    bool title, clipboard, links;
};

/* Eats all of `bytes`. Writes at most len + CLEAN_TEXT_ROOM to `out`; returns how many. A zeroed
 * struct is the beginning. */
size_t clean_text_feed(struct clean_text *text, char *out, const void *bytes, size_t len);

/* The command is gone: writes at most CLEAN_TEXT_END bytes that put back what it has left changed,
 * and forgets it. Returns how many. */
size_t clean_text_end(struct clean_text *text, char *out);

/* "3 OSC (clipboard, title), 1 DCS": what was dropped so far. False: nothing was. */
bool clean_text_dropped(char out[160], const struct clean_text *text);

#endif
