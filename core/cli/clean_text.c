/* SPDX-License-Identifier: Apache-2.0
 * clean_text.c - the DEC parser (vt100.net/emu/dec_ansi_parser), whose states all terminals share,
 * with lists of what may leave it. A sequence is written when its last byte has come, or not at
 * all: so the terminal never waits for the end of one. */
#include "cli/clean_text.h"

#include <stdio.h>
#include <string.h>

#include "cli/clean_codes.h"

#define NO_NUMBER 99999

enum { BEL = 0x07, SO = 0x0e, SI = 0x0f, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f };

/* ---- out ---- */

struct sink {
    char *at;
};

static void put(struct sink *out, char c)
{
    *out->at++ = c;
}

static void put_held(struct clean_text *t, struct sink *out)
{
    memcpy(out->at, t->held, t->nheld);
    out->at += t->nheld;
}

static void hold(struct clean_text *t, uint8_t c)
{
    if (t->nheld < sizeof t->held)
        t->held[t->nheld++] = c;
    else
        t->too_long = true;
}

static void begin(struct clean_text *t, enum clean_state state, uint8_t c)
{
    t->state = state;
    t->nheld = 0;
    t->too_long = false;
    hold(t, c);
}

static void drop(struct clean_text *t)
{
    t->state = CLEAN_GROUND;
    t->other++;
}

/* ---- strings ---- */

/* ESC k ... ESC \ is how screen and tmux are told a title. */
static bool begins_string(uint8_t c)
{
    return c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_' || c == 'k';
}

static void begin_string(struct clean_text *t, uint8_t c)
{
    t->state = CLEAN_STRING;
    t->string = c == 'k' ? ']' : (char)c;
    t->number = c == 'k' ? 2 : NO_NUMBER;
    t->number_known = c == 'k';
}

static void end_string(struct clean_text *t)
{
    t->state = CLEAN_GROUND;
    if (t->string == 'P')
        t->dcs++;
    else if (t->string != ']')
        t->other++;
    if (t->string != ']')
        return;
    t->osc++;
    t->title = t->title || t->number <= 2;
    t->clipboard = t->clipboard || t->number == 52;
    t->links = t->links || t->number == 8;
}

/* ---- a byte ---- */

/* Those that pass do so within a sequence as well: a terminal obeys them there. */
static void control(struct clean_text *t, struct sink *out, uint8_t c)
{
    if (c == SO || c == SI)
        t->shifted = c == SO;
    if (c >= BEL && c <= SI)
        put(out, (char)c);
}

/* The length that a first byte promises, RFC 3629; 0: it is none. */
static size_t promised(uint8_t c)
{
    return c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static void ground(struct clean_text *t, struct sink *out, uint8_t c)
{
    t->state = CLEAN_GROUND;
    if (c == ESC) {
        begin(t, CLEAN_ESCAPE, c);
    } else if (c < ' ') {
        control(t, out, c);
    } else if (c < DEL) {
        put(out, (char)c);
    } else if (c >= 0x80 && c < 0xa0) {
        t->other++; /* C1: the same codes in one byte */
    } else if (promised(c) > 0) {
        begin(t, CLEAN_CHARACTER, c);
        t->character = promised(c);
    } else if (c != DEL) {
        put(out, '?');
    }
}

/* The second byte tells what is too long, half of a pair, or beyond U+10FFFF. */
static bool continues(const struct clean_text *t, uint8_t c)
{
    uint8_t first = t->held[0];

    if ((c & 0xc0) != 0x80)
        return false;
    if (t->nheld > 1)
        return true;
    return !(first == 0xe0 && c < 0xa0) && !(first == 0xed && c >= 0xa0) &&
           !(first == 0xf0 && c < 0x90) && !(first == 0xf4 && c >= 0x90);
}

static void character(struct clean_text *t, struct sink *out, uint8_t c)
{
    if (!continues(t, c)) {
        put(out, '?');
        ground(t, out, c);
        return;
    }
    hold(t, c);
    if (t->nheld < t->character)
        return;
    if (t->held[0] == 0xc2 && c < 0xa0) { /* C1, as UTF-8 */
        drop(t);
        return;
    }
    put_held(t, out);
    t->state = CLEAN_GROUND;
}

/* After ESC. Bytes that are not ASCII are no part of a code; terminals differ in what they make of
 * that, and none of it matters: neither the code nor its end is written. */
static void code(struct clean_text *t, struct sink *out, uint8_t c)
{
    bool is_csi = t->state == CLEAN_CSI;

    if (c == ESC || c > DEL) {
        drop(t);
        ground(t, out, c);
    } else if (c == CAN || c == SUB) {
        drop(t);
    } else if (c < ' ' || c == DEL) {
        control(t, out, c);
    } else if (!is_csi && t->nheld == 1 && begins_string(c)) {
        begin_string(t, c);
    } else {
        hold(t, c);
        if (!is_csi && c == '[' && t->nheld == 2) {
            t->state = CLEAN_CSI;
        } else if (c >= (is_csi ? '@' : '0')) {
            t->state = CLEAN_GROUND;
            out->at = is_csi ? clean_codes_csi(t, out->at) : clean_codes_escape(t, out->at);
        }
    }
}

static void string(struct clean_text *t, uint8_t c)
{
    if (c == ESC)
        t->state = CLEAN_STRING_ESCAPE;
    else if (c == CAN || c == SUB || (c == BEL && t->string == ']'))
        end_string(t);
    else if (c < '0' || c > '9')
        t->number_known = true;
    else if (!t->number_known && (t->number == NO_NUMBER || t->number < 1000))
        t->number = (t->number == NO_NUMBER ? 0 : t->number * 10) + (c - '0');
}

static void feed(struct clean_text *t, struct sink *out, uint8_t c)
{
    switch (t->state) {
    case CLEAN_GROUND:
        ground(t, out, c);
        return;
    case CLEAN_CHARACTER:
        character(t, out, c);
        return;
    case CLEAN_ESCAPE:
    case CLEAN_CSI:
        code(t, out, c);
        return;
    case CLEAN_STRING:
        string(t, c);
        return;
    case CLEAN_STRING_ESCAPE:
        end_string(t);
        if (c == '\\')
            return;
        begin(t, CLEAN_ESCAPE, ESC);
        code(t, out, c);
        return;
    }
}

/* ---- the door ---- */

/* Most of what is printed, 16 times as fast. */
static size_t plain(const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    while (n < len && bytes[n] >= ' ' && bytes[n] < DEL)
        n++;
    return n;
}

size_t clean_text_feed(struct clean_text *text, char *out, const void *bytes, size_t len)
{
    const uint8_t *at = bytes, *end = at + len;
    struct sink sink = {out};

    while (at < end) {
        size_t run = text->state == CLEAN_GROUND ? plain(at, (size_t)(end - at)) : 0;

        memcpy(sink.at, at, run);
        sink.at += run;
        at += run;
        if (at < end)
            feed(text, &sink, *at++);
    }
    return (size_t)(sink.at - out);
}

size_t clean_text_end(struct clean_text *text, char *out)
{
    if (text->state == CLEAN_STRING || text->state == CLEAN_STRING_ESCAPE)
        end_string(text);
    text->state = CLEAN_GROUND;
    return clean_codes_back(text, out);
}

bool clean_text_dropped(char out[160], const struct clean_text *text)
{
    const char *words[3];
    size_t count = 0;
    char *at = out;

    *at = '\0';
    if (text->clipboard)
        words[count++] = "clipboard";
    if (text->title)
        words[count++] = "title";
    if (text->links)
        words[count++] = "links";
    if (text->osc > 0)
        at += sprintf(at, "%lu OSC", text->osc);
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "%s%s%s", i == 0 ? " (" : ", ", words[i], i + 1 == count ? ")" : "");
    if (text->dcs > 0)
        at += sprintf(at, "%s%lu DCS", at == out ? "" : ", ", text->dcs);
    if (text->other > 0)
        sprintf(at, "%s%lu other%s", at == out ? "" : ", ", text->other,
                text->other == 1 ? "" : "s");
    return out[0] != '\0';
}
