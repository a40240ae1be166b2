/* SPDX-License-Identifier: Apache-2.0
 * shell_unwrap_script.c - programs that take a script of shell, or several. */
#include "filter/shell_walk.h"

/* ---- sh and its kin ---- */

struct flags {
    bool script; /* -c: the first operand is one */
    bool input;  /* -s: it stands on the input   */
    bool unsure; /* a word is unknown            */
};

/* -euo pipefail -c, +e: -o and -O take the next word. Returns how many they take. */
static size_t read_flags(struct flags *flags, struct str text)
{
    size_t values = 0;

    for (size_t i = 1; i < text.len; i++) {
        flags->script |= text.bytes[0] == '-' && text.bytes[i] == 'c';
        flags->input |= text.bytes[0] == '-' && text.bytes[i] == 's';
        values += text.bytes[i] == 'o' || text.bytes[i] == 'O';
    }
    return values;
}

/* fish has the scripts as values: --command=SCRIPT, -C SCRIPT. */
static int read_fish(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                     const struct shell_command *command, size_t *at, bool *is)
{
    struct shell_option option;
    size_t behind = *at;

    *is = shell_option_read(&option, wrapper, command, &behind) && option.has_value &&
          (shell_listed("command init-command", option.name, false) ||
           (str_equal(option.letters, STR("C")) && wrapper->script));
    if (!*is)
        return 0;
    *at = behind;
    return shell_walk_script(walk, option.value);
}

/* sh -c 'exec "$@"' NAME CMD: the words behind are all that it executes. */
static int walk_operands(struct shell_walk *walk, const struct shell_command *command, size_t at)
{
    struct shell_command rest = shell_rest(command, at + 2);
    struct str script = str_trim(command->full[at]);
    bool input = false;

    if (str_has_prefix(script, STR("exec ")))
        script = str_trim(str_slice(script, 5, script.len));
    if (!str_equal(script, STR("\"$@\"")) && !str_equal(script, STR("$@")))
        return 0;
    return shell_walk_command(walk, &rest, &input);
}

int shell_unwrap_shell(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, bool *input)
{
    struct flags flags = {false, false, false};
    size_t at = 1;
    bool fish;

    while (at < command->count) {
        struct str text = command->words[at].text;
        int rc = read_fish(walk, wrapper, command, &at, &fish);

        if (rc != 0)
            return rc;
        if (fish)
            continue;
        flags.unsure |= !command->words[at].whole;
        if (shell_word_is(command, at, STR("--")) || shell_word_is(command, at, STR("-"))) {
            at++;
            break;
        }
        if (text.len > 1 && text.bytes[0] == '-' && text.bytes[1] == '-')
            at += shell_listed("rcfile init-file", str_slice(text, 2, text.len), false);
        else if (text.len > 1 && (text.bytes[0] == '-' || text.bytes[0] == '+'))
            at += read_flags(&flags, text);
        else if (command->words[at].whole || text.len > 0 || flags.script)
            break;
        at++;
    }
    if (flags.script && at < command->count) {
        int rc = shell_walk_script(walk, command->full[at]);

        return rc ? rc : walk_operands(walk, command, at);
    }
    *input = !flags.script && (flags.input || (at >= command->count && !flags.unsure));
    return 0;
}

/* ---- words that are joined ---- */

int shell_unwrap_joined(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                        const struct shell_command *command, bool *input)
{
    struct shell_option option;
    size_t at = 1;

    (void)input;
    while (shell_option_read(&option, wrapper, command, &at))
        continue;
    return shell_walk_joined(walk, command, at, command->count);
}

static bool is_arguments(const struct shell_command *command, size_t at)
{
    return command->words[at].whole &&
           shell_listed("::: :::+ :::: ::::+", command->words[at].text, false);
}

/* parallel CMD ::: ARGS; without a command each of ARGS is one. */
int shell_unwrap_parallel(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                          const struct shell_command *command, bool *input)
{
    struct shell_option option;
    size_t at = 1, end;
    int rc = 0;

    (void)input;
    while (shell_option_read(&option, wrapper, command, &at))
        continue;
    for (end = at; end < command->count && !is_arguments(command, end);)
        end++;
    if (end > at)
        return shell_walk_joined(walk, command, at, end);
    for (size_t i = end; i < command->count && rc == 0; i++) {
        if (!is_arguments(command, i))
            rc = shell_walk_script(walk, command->full[i]);
    }
    return rc;
}

/* ---- scripts for later ---- */

/* alias NAME=SCRIPT... */
int shell_unwrap_alias(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, bool *input)
{
    int rc = 0;

    (void)wrapper;
    (void)input;
    for (size_t i = 1; i < command->count && rc == 0; i++) {
        struct str full = command->full[i];
        size_t equals = str_find(full, '=');

        if (equals < full.len)
            rc = shell_walk_script(walk, str_slice(full, equals + 1, full.len));
    }
    return rc;
}

/* trap SCRIPT SIGNAL...; a signal alone, and "-", are none. */
int shell_unwrap_trap(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                      const struct shell_command *command, bool *input)
{
    size_t at = 1;

    (void)wrapper;
    (void)input;
    if (shell_word_is(command, at, STR("--")))
        at++;
    if (at + 1 >= command->count ||
        (command->full[at].len > 0 && command->full[at].bytes[0] == '-'))
        return 0;
    return shell_walk_script(walk, command->full[at]);
}

/* ---- git ---- */

/* The value of the last `-c alias.NAME=` in front of the subcommand at `end`. */
static bool find_alias(struct str *value, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, size_t end)
{
    struct str name = command->words[end].text, prefix = STR("alias.");
    struct shell_option option;
    bool found = false;
    size_t at = 1;

    while (at < end && shell_option_read(&option, wrapper, command, &at)) {
        size_t equals = str_find(option.value, '=');
        struct str key = str_slice(option.value, 0, equals);

        if (!shell_option_has(&option, 'c') || equals == option.value.len ||
            key.len != prefix.len + name.len ||
            !str_equal_nocase(str_slice(key, 0, prefix.len), prefix) ||
            !str_equal_nocase(str_slice(key, prefix.len, key.len), name))
            continue;
        *value = str_slice(option.value, equals + 1, option.value.len);
        found = true;
    }
    return found;
}

static void put_quoted(struct buf *out, struct str word)
{
    buf_append_text(out, " '");
    for (size_t i = 0; i < word.len; i++) {
        if (word.bytes[i] == '\'')
            buf_append_text(out, "'\\'");
        buf_append(out, &word.bytes[i], 1);
    }
    buf_append_text(out, "'");
}

/* `!cmd`: a script, which the words behind the alias follow. */
static int walk_alias_script(struct shell_walk *walk, struct str script,
                             const struct shell_command *command, size_t from)
{
    auto_buf struct buf whole = BUF_INIT(LIMIT_SHELL_BYTES);

    buf_append_str(&whole, script);
    for (size_t i = from; i < command->count; i++)
        put_quoted(&whole, command->full[i]);
    if (whole.error)
        return shell_error_of(&whole);
    return shell_walk_script(walk, buf_str(&whole));
}

/* rebase -x SCRIPT, and what reads alike. */
static int walk_exec_options(struct shell_walk *walk, const struct shell_command *command,
                             size_t at)
{
    static const struct shell_wrapper exec = {.letters = "x", .longs = "exec", .script = "xexec"};
    struct shell_option option;
    int rc = 0;

    while (at < command->count && rc == 0) {
        if (!shell_option_read(&option, &exec, command, &at))
            at++;
        else if (option.is_script)
            rc = shell_walk_script(walk, option.value);
    }
    return rc;
}

static int walk_subcommand(struct shell_walk *walk, const struct shell_command *command, size_t at)
{
    static const struct shell_wrapper none = {.letters = ""};
    struct shell_command rest = shell_rest(command, at + 2);
    struct shell_option option;
    bool input = false;

    if (shell_word_is(command, at, STR("bisect")) && shell_word_is(command, at + 1, STR("run")))
        return shell_walk_command(walk, &rest, &input);
    if (shell_word_is(command, at, STR("rebase")))
        return walk_exec_options(walk, command, at + 1);
    if (!shell_word_is(command, at, STR("submodule")))
        return 0;
    for (at++; shell_option_read(&option, &none, command, &at);)
        continue;
    if (!shell_word_is(command, at, STR("foreach")))
        return 0;
    for (at++; shell_option_read(&option, &none, command, &at);)
        continue;
    return shell_walk_joined(walk, command, at, command->count);
}

int shell_unwrap_git(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                     const struct shell_command *command, bool *input)
{
    struct shell_option option;
    struct str value;
    size_t at = 1;

    (void)input;
    while (shell_option_read(&option, wrapper, command, &at))
        continue;
    if (at >= command->count || !command->words[at].whole)
        return 0;
    if (!find_alias(&value, wrapper, command, at))
        return walk_subcommand(walk, command, at);
    if (value.len > 0 && value.bytes[0] == '!')
        return walk_alias_script(walk, str_slice(value, 1, value.len), command, at + 1);
    return shell_walk_split(walk, command->words[0].text, value, command, at + 1);
}
