/* SPDX-License-Identifier: Apache-2.0
 * shell_wrappers.c - from a command to what it wraps, and on. */
#include "filter/shell_wrappers.h"

#include "filter/shell_walk.h"

struct shell_command shell_rest(const struct shell_command *command, size_t from)
{
    if (from > command->count)
        from = command->count;
    return (struct shell_command){command->words + from, command->full + from,
                                  command->count - from};
}

int shell_walk_command(struct shell_walk *walk, const struct shell_command *command, bool *input)
{
    const struct shell_wrapper *wrapper;
    struct str name;
    int rc;

    if (command->count == 0)
        return 0;
    if (walk->work->depth == LIMIT_SHELL_DEPTH)
        return -E2BIG;
    rc = walk->found(walk->payload, command->words, command->count);
    if (rc != 0)
        return rc;
    name = str_base_name(command->full[0]); /* known though its folder is not: $HOME/bin/env */
    wrapper = shell_wrapper_of(name);
    if (!wrapper || (walk->only_programs && !wrapper->holds_programs))
        return 0;
    walk->work->depth++;
    rc = wrapper->unwrap(walk, wrapper, command, input);
    walk->work->depth--;
    return rc;
}

static int on_heard(void *payload, const struct shell_command *command, bool *input)
{
    return shell_walk_command(payload, command, input);
}

int shell_walk_script(struct shell_walk *walk, struct str script)
{
    return shell_run(script, walk->work, on_heard, walk);
}

/* ---- words made anew ---- */

int shell_walk_joined(struct shell_walk *walk, const struct shell_command *command, size_t from,
                      size_t to)
{
    auto_buf struct buf script = BUF_INIT(LIMIT_SHELL_BYTES);

    for (size_t i = from; i < to; i++) {
        if (i > from)
            buf_append_text(&script, " ");
        buf_append_str(&script, command->full[i]);
    }
    if (script.error)
        return shell_error_of(&script);
    return shell_walk_script(walk, buf_str(&script));
}

struct made { /* a command of words that stand in none */
    struct buf words, full;
};

static void put_word(struct made *made, struct str full)
{
    size_t known = str_find(full, SHELL_UNKNOWN);
    struct shell_word word = {str_slice(full, 0, known), known == full.len};

    buf_append(&made->words, &word, sizeof word);
    buf_append(&made->full, &full, sizeof full);
}

/* As env -S and git's aliases are split: at blanks, with quotes and backslashes, and no more. The
 * bytes are written to `out`, which has room for all. */
static void split_words(struct made *made, char *out, struct str text)
{
    size_t at = 0;

    while (at < text.len) {
        char *word = out, quote = '\0';

        while (at < text.len && strchr(" \t\n\r\f\v", text.bytes[at]) && text.bytes[at])
            at++;
        if (at == text.len)
            return;
        for (; at < text.len; at++) {
            char c = text.bytes[at];

            if (!quote && c && strchr(" \t\n\r\f\v", c))
                break;
            if (quote ? c == quote : c == '\'' || c == '"')
                quote = quote ? '\0' : c;
            else if (c == '\\' && quote != '\'' && at + 1 < text.len)
                *out++ = text.bytes[++at];
            else
                *out++ = c == '$' && quote != '\'' ? SHELL_UNKNOWN : c; /* env's ${NAME} */
        }
        put_word(made, (struct str){word, (size_t)(out - word)});
    }
}

int shell_walk_split(struct shell_walk *walk, struct str first, struct str split,
                     const struct shell_command *command, size_t from)
{
    struct made made = {BUF_INIT(LIMIT_SHELL_BYTES), BUF_INIT(LIMIT_SHELL_BYTES)};
    auto_free char *bytes = malloc(split.len + 1);
    struct shell_command whole;
    bool input = false;
    int rc;

    if (!bytes)
        return -ENOMEM;
    if (first.len > 0)
        put_word(&made, first);
    split_words(&made, bytes, split);
    for (size_t i = from; i < command->count; i++)
        put_word(&made, command->full[i]);
    whole = (struct shell_command){(const void *)made.words.bytes, (const void *)made.full.bytes,
                                   made.full.len / sizeof(struct str)};
    rc = made.words.error ? shell_error_of(&made.words) : shell_error_of(&made.full);
    if (rc == 0)
        rc = shell_walk_command(walk, &whole, &input);
    buf_deinit(&made.words);
    buf_deinit(&made.full);
    return rc;
}

/* ---- where it begins ---- */

int shell_walk(struct str script, shell_found found, void *payload)
{
    struct shell_work work = {0, 0};
    struct shell_walk walk = {&work, found, payload, false};

    return shell_walk_script(&walk, script);
}

static int walk_words(struct shell_walk *walk, const struct shell_word *words, size_t count)
{
    struct shell_command command = {words, NULL, count};
    auto_buf struct buf text = BUF_INIT(LIMIT_SHELL_BYTES);
    auto_free struct str *full = count > LIMIT_SHELL_WORDS ? NULL : calloc(count + 1, sizeof *full);
    bool input = false;
    size_t at = 0;

    if (!full)
        return count > LIMIT_SHELL_WORDS ? -E2BIG : -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        buf_append_str(&text, words[i].text);
        if (!words[i].whole)
            buf_append(&text, "", 1); /* SHELL_UNKNOWN */
    }
    if (text.error)
        return shell_error_of(&text);
    for (size_t i = 0; i < count; i++) {
        size_t len = words[i].text.len + !words[i].whole;

        full[i] = str_slice(buf_str(&text), at, at + len);
        at += len;
    }
    command.full = full;
    return shell_walk_command(walk, &command, &input);
}

int shell_walk_words(const struct shell_word *words, size_t count, shell_found found, void *payload)
{
    struct shell_work work = {0, 0};
    struct shell_walk walk = {&work, found, payload, false};

    return walk_words(&walk, words, count);
}

int shell_walk_programs(const struct shell_word *words, size_t count, shell_found found,
                        void *payload)
{
    struct shell_work work = {0, 0};
    struct shell_walk walk = {&work, found, payload, true};

    return walk_words(&walk, words, count);
}

bool shell_holds_programs(struct str name)
{
    const struct shell_wrapper *wrapper = shell_wrapper_of(name);

    return wrapper && wrapper->holds_programs;
}
