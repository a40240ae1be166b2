/* SPDX-License-Identifier: Apache-2.0
 * clean_codes.c - the lists of what passes, and of how it is put back. */
#include "cli/clean_codes.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the lists ---- */

/* Of ESC. Not among them: ESC Z, which answers; ESC N, O, single shifts that nobody uses; ESC \;
 * and ESC c, which resets what others have set, as bracketed paste */
static const char escapes[] = "78=>DEHM";

/* ESC ( and its kind choose a character set: British, ASCII, line drawing. Others are national. */
static const char charset_places[] = "()*+";
static const char charsets[] = "0AB";

/* What DECSET and SM may change, and how it is put back: 'h' where a terminal has it on, 0 where
 * that is not known. 2026 first: until it is off the terminal shows nothing. Alternate screens
 * last: leaving one puts the cursor back. */
static const struct mode {
    char prefix;
    unsigned number;
    char back;
} modes[] = {
    {'?', 2026, 'l'}, /* synchronized output         */
    {'?', 6, 'l'},    /* origin                      */
    {'?', 1, 'l'},    /* cursor keys                 */
    {'?', 5, 'l'},    /* reverse video               */
    {'?', 7, 'h'},    /* auto wrap                   */
    {'?', 12, 0},     /* blinking cursor             */
    {'?', 25, 'h'},   /* visible cursor              */
    {'?', 45, 'l'},   /* reverse wrap                */
    {'?', 1000, 'l'}, /* mouse: buttons              */
    {'?', 1002, 'l'}, /* mouse: drags                */
    {'?', 1003, 'l'}, /* mouse: moves                */
    {'?', 1006, 'l'}, /* mouse: how it is told       */
    {'?', 1015, 'l'}, /* mouse: the same, older      */
    {'?', 1004, 'l'}, /* focus                       */
    {'?', 2004, 'l'}, /* bracketed paste: see passes */
    {0, 4, 'l'},      /* insert                      */
    {0, 20, 'l'},     /* new line                    */
    {'?', 1048, 0},   /* saves the cursor            */
    {'?', 47, 'l'},   /* alternate screen            */
    {'?', 1047, 'l'}, /* the same, cleared           */
    {'?', 1049, 'l'}, /* the same, and the cursor    */
};
_Static_assert(COUNT(modes) <= 32, "they are bits of clean_text.modes");

#define PASTE 2004

struct csi {
    char prefix, middle, last; /* 0: none */
    bool colons;
    unsigned count;
    int values[CLEAN_TEXT_PARAMS]; /* -1: left out */
};

static bool is_bare(const struct csi *c)
{
    return c->count == 0;
}

static bool is_single(const struct csi *c)
{
    return c->count <= 1;
}

static bool is_pair(const struct csi *c)
{
    return c->count <= 2;
}

static bool is_any(const struct csi *c)
{
    (void)c;
    return true;
}

static bool is_zero(const struct csi *c)
{
    return c->count == 0 || (c->count == 1 && c->values[0] <= 0);
}

static bool is_repeat(const struct csi *c)
{
    return c->count == 0 || (c->count == 1 && c->values[0] <= CLEAN_TEXT_REPEAT);
}

static bool is_shape(const struct csi *c)
{
    return c->count == 0 || (c->count == 1 && c->values[0] <= 6);
}

/* "are you there", and where the cursor is: neither answer can be chosen by the command */
static bool is_status(const struct csi *c)
{
    return c->count == 1 && (c->values[0] == 5 || c->values[0] == 6);
}

static bool is_place(const struct csi *c)
{
    return c->count == 1 && c->values[0] == 6;
}

/* Of CSI, but for modes. Not among them: t, which moves windows and types their title; i, which
 * prints; what sets up keyboards, and asks for versions, modes, checksums and macros. */
static const struct csi_rule {
    char prefix, middle;
    const char *last;
    bool (*fits)(const struct csi *c);
} rules[] = {
    {0, 0, "@ABCDEFGHIJKLMPSXZ`adefg", is_pair}, /* cursor, erase, insert, delete, scroll, tabs */
    {0, 0, "T", is_single},                      /* scroll; with five numbers it tracks a mouse */
    {0, 0, "m", is_any},                         /* colours                                     */
    {0, 0, "r", is_pair},                        /* what scrolls                                */
    {0, 0, "b", is_repeat},                      /* the last character, again                   */
    {0, 0, "n", is_status},                      /*                                             */
    {0, 0, "c", is_zero},                        /* what terminal it is: a few numbers          */
    {0, 0, "su", is_bare},                       /* cursor; with numbers margins and keyboards  */
    {0, ' ', "q", is_shape},                     /* the cursor's shape                          */
    {'?', 0, "JK", is_single},                   /* erase what is not protected                 */
    {'?', 0, "n", is_place},                     /*                                             */
    {'>', 0, "c", is_zero},                      /* its version                                 */
};

/* ---- modes ---- */

static const struct mode *find_mode(char prefix, int number)
{
    for (size_t i = 0; i < COUNT(modes); i++) {
        if (modes[i].prefix == prefix && (int)modes[i].number == number)
            return &modes[i];
    }
    return NULL;
}

/* Whoever turns bracketed paste off for the program in front of him has what is pasted there run,
 * line by line: that program alone may. */
static bool passes(const struct clean_text *t, const struct mode *mode, char last)
{
    if (!mode)
        return false;
    return mode->number != PASTE || last == 'h' || (t->modes >> (mode - modes) & 1);
}

/* A list may hold both kinds: those that pass are written anew, which is never longer. */
static char *set_modes(struct clean_text *t, char *out, const struct csi *c)
{
    bool dropped = c->count == 0, begun = false;

    for (unsigned i = 0; i < c->count; i++) {
        const struct mode *mode = find_mode(c->prefix, c->values[i]);

        if (!passes(t, mode, c->last)) {
            dropped = dropped || c->last == 'h'; /* to be sure, programs turn off what is not on */
            continue;
        }
        if (mode->back != 0 && mode->back != c->last)
            t->modes |= UINT32_C(1) << (mode - modes);
        else
            t->modes &= ~(UINT32_C(1) << (mode - modes));
        out += sprintf(out, begun ? ";%u" : c->prefix ? "\x1b[?%u" : "\x1b[%u", mode->number);
        begun = true;
    }
    if (begun)
        *out++ = c->last;
    t->other += dropped;
    return out;
}

/* ---- codes ---- */

static char *put_held(char *out, const struct clean_text *t)
{
    memcpy(out, t->held, t->nheld);
    return out + t->nheld;
}

char *clean_codes_escape(struct clean_text *t, char *out)
{
    char kind = (char)t->held[1], last = (char)t->held[t->nheld - 1];
    const char *place = t->nheld == 3 ? strchr(charset_places, kind) : NULL;

    if (!t->too_long && t->nheld == 2 && strchr(escapes, kind)) {
        if (kind == '=' || kind == '>')
            t->keypad = kind == '=';
    } else if (!t->too_long && place && strchr(charsets, last)) {
        unsigned bit = 1U << (place - charset_places);

        t->charsets = last == 'B' ? t->charsets & ~bit : t->charsets | bit;
    } else {
        t->other++;
        return out;
    }
    return put_held(out, t);
}

/* ESC [ ... as what it says. False where it has no such form, or is too much of it. */
static bool read_csi(struct csi *out, const uint8_t *at, const uint8_t *end)
{
    int digits = 0;

    *out = (struct csi){.last = (char)end[-1]};
    at += 2;
    if (*at >= '<' && *at <= '?')
        out->prefix = (char)*at++;
    if (*at >= '0' && *at <= ';')
        out->values[out->count++] = -1;
    for (; *at >= '0' && *at <= ';'; at++) {
        int *value = &out->values[out->count - 1];

        if (*at >= ':') {
            if (out->count == CLEAN_TEXT_PARAMS)
                return false;
            out->colons = out->colons || *at == ':';
            out->values[out->count++] = -1;
            digits = 0;
        } else if (digits++ == CLEAN_TEXT_DIGITS) {
            return false;
        } else {
            *value = (*value < 0 ? 0 : *value * 10) + (*at - '0');
        }
    }
    if (*at >= ' ' && *at <= '/')
        out->middle = (char)*at++;
    return at == end - 1;
}

static const struct csi_rule *find_rule(const struct csi *c)
{
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (rules[i].prefix == c->prefix && rules[i].middle == c->middle &&
            strchr(rules[i].last, c->last))
            return &rules[i];
    }
    return NULL;
}

/* What is not worth a word: programs of the whole screen put the title aside at each start, and set
 * up a keyboard, and do without. */
static bool is_usual(const struct csi *c)
{
    return (c->last == 't' && c->count > 0 && (c->values[0] == 22 || c->values[0] == 23)) ||
           (c->last == 'm' && c->prefix != 0);
}

static void remember(struct clean_text *t, const struct csi *c)
{
    if (c->last == 'm')
        t->styled = !is_zero(c);
    else if (c->last == 'q')
        t->shaped = !is_zero(c);
    else if (c->last == 'r')
        t->scrolls = !is_bare(c);
}

char *clean_codes_csi(struct clean_text *t, char *out)
{
    const struct csi_rule *rule;
    struct csi c;

    if (t->too_long || !read_csi(&c, t->held, t->held + t->nheld) || (c.colons && c.last != 'm')) {
        t->other++;
        return out;
    }
    if ((c.last == 'h' || c.last == 'l') && c.middle == 0 && (c.prefix == 0 || c.prefix == '?')) {
        return set_modes(t, out, &c);
    }
    rule = find_rule(&c);
    if (!rule || !rule->fits(&c)) {
        t->other += !is_usual(&c);
        return out;
    }
    remember(t, &c);
    return put_held(out, t);
}

/* ---- the end ---- */

static void forget_changes(struct clean_text *t)
{
    t->modes = t->charsets = 0;
    t->keypad = t->shifted = t->styled = t->shaped = t->scrolls = false;
}

size_t clean_codes_back(struct clean_text *text, char *out)
{
    const uint32_t screen = UINT32_C(1) << (COUNT(modes) - 1); /* 1049 */
    char *at = out;

    if (text->scrolls) /* which puts the cursor into the corner */
        at = stpcpy(at, text->modes & screen ? "\x1b[r"
                                             : "\x1b"
                                               "7\x1b[r\x1b"
                                               "8");
    for (size_t i = 0; i < COUNT(modes); i++) {
        if (text->modes >> i & 1)
            at += sprintf(at, modes[i].prefix ? "\x1b[?%u%c" : "\x1b[%u%c", modes[i].number,
                          modes[i].back);
    }
    for (size_t i = 0; i < 4; i++) {
        if (text->charsets >> i & 1)
            at += sprintf(at, "\x1b%cB", charset_places[i]);
    }
    at = stpcpy(at, text->shifted ? "\x0f" : "");
    at = stpcpy(at, text->keypad ? "\x1b>" : "");
    at = stpcpy(at, text->shaped ? "\x1b[0 q" : "");
    at = stpcpy(at, text->styled ? "\x1b[m" : "");
    forget_changes(text);
    return (size_t)(at - out);
}
