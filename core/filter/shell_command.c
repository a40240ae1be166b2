/* SPDX-License-Identifier: Apache-2.0
 * shell_command.c - the end of a simple command: it is told, and so is what it reads, where that is
 * a script that stands here. */
#include "filter/shell_private.h"

static int tell(struct shell *s, size_t from, bool *input)
{
    const struct shell_piece *piece = (const void *)(s->pieces.bytes + from);
    size_t count = (s->pieces.len - from) / sizeof *piece;
    struct shell_command command;

    s->words.len = s->full.len = 0;
    for (size_t i = 0; i < count; i++) {
        struct str full = str_slice(buf_str(&s->text), piece[i].at, piece[i].at + piece[i].len);
        size_t known = str_find(full, SHELL_UNKNOWN);
        struct shell_word word = {str_slice(full, 0, known), known == full.len};

        buf_append(&s->words, &word, sizeof word);
        buf_append(&s->full, &full, sizeof full);
    }
    if (shell_status(s) != 0)
        return shell_status(s);
    command.words = (const void *)s->words.bytes;
    command.full = (const void *)s->full.bytes;
    command.count = count;
    return s->heard(s->payload, &command, input);
}

/* What the command reads is a script: here-documents that are to come, a here-string, or what the
 * command in front of it prints. */
static int read_input(struct shell *s, const struct shell_list *l)
{
    auto_buf struct buf script = BUF_INIT(LIMIT_SHELL_BYTES);
    struct shell_here *here = (struct shell_here *)(void *)s->heres.bytes;
    int rc;

    for (size_t i = l->heres; i < s->heres.len / sizeof *here; i++)
        here[i].script = true;
    if (l->has_string)
        buf_append(&script, s->text.bytes + l->string, l->length);
    else if (l->has_piped)
        buf_append_str(&script, str_slice(buf_str(&s->piped), l->piped, s->piped.len));
    else
        return 0;
    rc = script.error ? shell_error_of(&script) : shell_charge(s, script.len);
    return rc ? rc : shell_script_inside(s, buf_str(&script));
}

void shell_begin(struct shell *s, struct shell_list *l, enum shell_place place)
{
    l->place = place;
    l->apart = s->pieces.len;
    l->heres = s->heres.len / sizeof(struct shell_here);
    l->has_string = l->has_piped = l->begun = l->coproc = l->pattern = l->operand = false;
}

/* Tells the command, and begins anew. */
int shell_end_command(struct shell *s, struct shell_list *l, enum shell_place place)
{
    bool input = false;
    int rc = 0;

    if (s->pieces.len > l->pieces && !s->quiet)
        rc = tell(s, l->pieces, &input);
    if (rc == 0 && l->apart > l->pieces && l->apart < s->pieces.len && !s->quiet)
        rc = tell(s, l->apart, &input);
    if (rc == 0 && input)
        rc = read_input(s, l);
    s->pieces.len = l->pieces;
    s->text.len = l->text;
    s->piped.len = l->piped;
    shell_begin(s, l, place);
    return rc;
}

/* What echo and printf print, nearly: options are dropped, and \n is a line's end. */
static void print(struct buf *out, struct str word, bool first)
{
    if (first && word.len > 0 && word.bytes[0] == '-')
        return;
    for (size_t i = 0; i < word.len; i++) {
        bool line = word.bytes[i] == '\\' && i + 1 < word.len && word.bytes[i + 1] == 'n';

        buf_append(out, line ? "\n" : &word.bytes[i], 1);
        i += line;
    }
    buf_append_text(out, " ");
}

/* At the '|' behind a command: `echo SCRIPT | sh`, and `cat <<EOF | sh`. */
int shell_pass_on(struct shell *s, struct shell_list *l)
{
    const struct shell_piece *piece = (const void *)(s->pieces.bytes + l->pieces);
    size_t count = (s->pieces.len - l->pieces) / sizeof *piece, heres = l->heres;
    struct str text = buf_str(&s->text), name = STR("");
    auto_buf struct buf printed = BUF_INIT(LIMIT_SHELL_BYTES);
    bool cat;
    int rc;

    if (count > 0)
        name = str_slice(text, piece->at, piece->at + piece->len);
    if (str_equal(name, STR("echo")) || str_equal(name, STR("printf"))) {
        for (size_t i = 1; i < count; i++)
            print(&printed, str_slice(text, piece[i].at, piece[i].at + piece[i].len), i == 1);
    }
    cat = count == 1 && str_equal(name, STR("cat"));
    rc = shell_end_command(s, l, SHELL_PLACE_COMMAND);
    if (cat)
        l->heres = heres;
    l->has_piped = printed.len > 0;
    buf_append_str(&s->piped, buf_str(&printed));
    return rc ? rc : shell_error_of(&printed);
}
