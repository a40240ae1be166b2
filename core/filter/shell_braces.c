/* SPDX-License-Identifier: Apache-2.0
 * shell_braces.c - {a,b}, as bash, ksh and zsh have it. A sequence {1..9} is left unknown, and so
 * is what is larger than anybody writes.
 *
 * A word is a row of cells here: bytes, of which the unquoted braces and commas are marked. */
#include "filter/shell_private.h"

#define MARKED 0x100 /* a { , or } that is not quoted */

struct group { /* the outermost braces with a comma between, or a sequence */
    size_t open, close;
    bool sequence;
};

struct open_brace {
    uint16_t at;
    bool comma;
};

static bool is_sequence(const uint16_t *cells, size_t from, size_t to)
{
    for (size_t i = from; i + 1 < to; i++) {
        if (cells[i] == '.' && cells[i + 1] == '.')
            return true;
    }
    return false;
}

/* One pass: what closes later and began earlier is further out. */
static bool find_group(struct group *found, const uint16_t *cells, size_t len)
{
    struct open_brace open[LIMIT_SHELL_BRACES];
    size_t depth = 0;

    *found = (struct group){len, 0, false};
    for (size_t i = 0; i < len; i++) {
        if (cells[i] == (MARKED | '{') && depth < LIMIT_SHELL_BRACES) {
            open[depth++] = (struct open_brace){(uint16_t)i, false};
        } else if (cells[i] == (MARKED | ',') && depth > 0) {
            open[depth - 1].comma = true;
        } else if (cells[i] == (MARKED | '}') && depth > 0) {
            struct open_brace last = open[--depth];
            bool sequence = !last.comma && is_sequence(cells, last.at, i);

            if ((last.comma || sequence) && last.at < found->open)
                *found = (struct group){last.at, i, sequence};
        }
    }
    return found->open < len;
}

/* ---- the words still to be looked at: a stack of rows, the next one on top ---- */

struct rows {
    struct buf cells;
    size_t ends[LIMIT_SHELL_EXPANDED];
    size_t count;
};

static void put_cells(struct rows *rows, const uint16_t *cells, size_t count)
{
    buf_append(&rows->cells, cells, count * sizeof *cells);
}

/* Puts the alternatives of a row, the last one first. */
static bool put_alternatives(struct rows *rows, const uint16_t *row, size_t len,
                             const struct group *g)
{
    size_t to = g->close, depth = 0;

    for (size_t i = g->close; i-- > g->open;) {
        depth += row[i] == (MARKED | '}');
        if (row[i] == (MARKED | '{') && i > g->open)
            depth -= depth > 0;
        if (i > g->open && (row[i] != (MARKED | ',') || depth > 0))
            continue;
        if (rows->count == LIMIT_SHELL_EXPANDED)
            return false;
        put_cells(rows, row, g->open);
        put_cells(rows, row + i + 1, to - i - 1);
        put_cells(rows, row + g->close + 1, len - g->close - 1);
        rows->ends[rows->count++] = rows->cells.len;
        to = i;
    }
    return true;
}

static int put_word(struct shell *s, const uint16_t *row, size_t len)
{
    size_t at = s->text.len;

    for (size_t i = 0; i < len; i++)
        shell_put(s, row[i] & 0xff);
    return shell_put_piece(s, at, len);
}

/* Takes the row on top: a word is put, or its alternatives are. False when there are too many. */
static bool expand_row(struct shell *s, struct rows *rows, int *rc)
{
    size_t from = --rows->count > 0 ? rows->ends[rows->count - 1] : 0;
    size_t len = (rows->cells.len - from) / sizeof(uint16_t);
    uint16_t row[LIMIT_SHELL_BRACED];
    struct group g;

    if (len > 0)
        memcpy(row, rows->cells.bytes + from, len * sizeof *row);
    rows->cells.len = from;
    *rc = shell_charge(s, len);
    if (*rc != 0)
        return true;
    if (!find_group(&g, row, len)) {
        *rc = put_word(s, row, len);
        return true;
    }
    if (g.sequence) {
        row[g.open] = SHELL_UNKNOWN;
        *rc = put_word(s, row, len);
        return true;
    }
    if (!put_alternatives(rows, row, len, &g))
        return false;
    *rc = shell_error_of(&rows->cells);
    return true;
}

/* The word as one row. False when it is too long. */
static bool put_first(struct shell *s, const struct shell_spelling *w, struct rows *rows)
{
    const struct shell_brace *brace = (const void *)(s->braces.bytes + w->braces);
    size_t marks = (s->braces.len - w->braces) / sizeof *brace;
    size_t len = s->text.len - w->text;

    if (len > LIMIT_SHELL_BRACED)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint16_t cell = (unsigned char)s->text.bytes[w->text + i];

        if (marks > 0 && brace->at == w->text + i) {
            cell |= MARKED;
            brace++;
            marks--;
        }
        put_cells(rows, &cell, 1);
    }
    rows->ends[rows->count++] = rows->cells.len;
    return true;
}

int shell_add_expanded(struct shell *s, const struct shell_spelling *w)
{
    struct rows rows = {
        BUF_INIT(LIMIT_SHELL_BRACED * LIMIT_SHELL_EXPANDED * sizeof(uint16_t)), {0}, 0};
    const struct shell_brace *brace = (const void *)(s->braces.bytes + w->braces);
    size_t first = brace->at, pieces = s->pieces.len, made = 0;
    bool fits = put_first(s, w, &rows);
    int rc = shell_error_of(&rows.cells);

    while (fits && rc == 0 && rows.count > 0) {
        fits = made++ < LIMIT_SHELL_EXPANDED * 2;
        fits = fits && expand_row(s, &rows, &rc);
    }
    if (!fits) {
        s->pieces.len = pieces;
        s->text.len = first;
        shell_put_unknown(s);
        rc = shell_put_piece(s, w->text, s->text.len - w->text);
    }
    s->braces.len = w->braces;
    buf_deinit(&rows.cells);
    return rc;
}
