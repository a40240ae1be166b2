/* SPDX-License-Identifier: Apache-2.0
 * shell_unwrap.c - programs whose words are options, operands, and then a command. */
#include "filter/shell_walk.h"

static int walk_rest(struct shell_walk *walk, const struct shell_command *command, size_t from,
                     bool *input)
{
    struct shell_command rest = shell_rest(command, from);

    return shell_walk_command(walk, &rest, input);
}

/* Behind the options. */
static int unwrap_rest(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, size_t at, bool *input)
{
    while (wrapper->assignments && at < command->count &&
           str_find(command->words[at].text, '=') < command->words[at].text.len)
        at++;
    return walk_rest(walk, command, at + wrapper->operands, input);
}

/* `npm exec`: moves behind the subcommand, or says no. */
static bool eat_subcommand(const struct shell_wrapper *wrapper, const struct shell_command *command,
                           size_t *at)
{
    struct shell_option option;

    if (!wrapper->subcommands)
        return true;
    while (shell_option_read(&option, wrapper, command, at))
        continue;
    if (*at >= command->count || !command->words[*at].whole ||
        !shell_listed(wrapper->subcommands, command->words[*at].text, false))
        return false;
    ++*at;
    return true;
}

int shell_unwrap_prefix(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                        const struct shell_command *command, bool *input)
{
    struct shell_option option;
    bool script = false;
    size_t at = 1;
    int rc = 0;

    if (!eat_subcommand(wrapper, command, &at))
        return 0;
    while (rc == 0 && shell_option_read(&option, wrapper, command, &at)) {
        if (option.is_script)
            rc = shell_walk_script(walk, option.value);
        script |= option.is_script;
    }
    if (rc != 0 || script)
        return rc;
    /* flock FILE -c SCRIPT */
    at += wrapper->script ? wrapper->operands : 0;
    while (rc == 0 && wrapper->script && shell_option_read(&option, wrapper, command, &at)) {
        if (option.is_script)
            return shell_walk_script(walk, option.value);
    }
    if (wrapper->script)
        return walk_rest(walk, command, at, input);
    return unwrap_rest(walk, wrapper, command, at, input);
}

/* -v and -V tell where it is, and execute nothing. */
int shell_unwrap_command(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                         const struct shell_command *command, bool *input)
{
    struct shell_option option;
    size_t at = 1;

    while (shell_option_read(&option, wrapper, command, &at)) {
        if (shell_option_has(&option, 'v') || shell_option_has(&option, 'V'))
            return 0;
    }
    return walk_rest(walk, command, at, input);
}

/* -S: its value is split into words of env's own, which the rest follows. */
int shell_unwrap_env(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                     const struct shell_command *command, bool *input)
{
    struct shell_option option;
    size_t at = 1;

    while (shell_option_read(&option, wrapper, command, &at)) {
        if (option.has_value &&
            (shell_option_has(&option, 'S') || shell_listed("split-string", option.name, true)))
            return shell_walk_split(walk, STR("env"), option.value, command, at);
    }
    return unwrap_rest(walk, wrapper, command, at, input);
}

/* su, runuser and script take options anywhere; behind -u, or --, or script's file, there may be a
 * command. What follows su's -- are the options of its shell. */
int shell_unwrap_su(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                    const struct shell_command *command, bool *input)
{
    struct shell_option option;
    bool user = false;
    size_t at = 1;
    int rc = 0;

    while (rc == 0 && at < command->count) {
        size_t before = at;

        if (shell_option_read(&option, wrapper, command, &at)) {
            if (option.is_script)
                rc = shell_walk_script(walk, option.value);
            user |= shell_option_has(&option, 'u') || shell_listed("user", option.name, false);
        } else if (user || (wrapper->operands > 0 && at > before)) {
            return walk_rest(walk, command, at, input);
        } else if (wrapper->operands > 0) {
            at += wrapper->operands;
            return walk_rest(walk, command, at + shell_word_is(command, at, STR("--")), input);
        } else {
            at += at == before;
        }
    }
    return rc;
}

/* busybox APPLET */
int shell_unwrap_applet(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                        const struct shell_command *command, bool *input)
{
    (void)wrapper;
    if (command->count > 1 && command->words[1].text.len > 0 &&
        command->words[1].text.bytes[0] == '-')
        return 0;
    return walk_rest(walk, command, 1, input);
}

/* coreutils --coreutils-prog=APPLET */
int shell_unwrap_coreutils(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                           const struct shell_command *command, bool *input)
{
    struct shell_option option;
    size_t at = 1;

    (void)input;
    if (!shell_option_read(&option, wrapper, command, &at) || !option.has_value ||
        !str_has_prefix(option.name, STR("coreutils-prog")))
        return 0;
    return shell_walk_split(walk, option.value, STR(""), command, at);
}

/* -exec CMD ; and -exec CMD {} +, as many as there are. */
int shell_unwrap_find(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                      const struct shell_command *command, bool *input)
{
    int rc = 0;

    (void)wrapper;
    (void)input;
    for (size_t i = 1; i < command->count && rc == 0; i++) {
        size_t from = i + 1, to = from;
        struct shell_command part;
        bool none = false;

        if (!command->words[i].whole ||
            !shell_listed("-exec -execdir -ok -okdir", command->words[i].text, false))
            continue;
        while (to < command->count && !shell_word_is(command, to, STR(";")) &&
               !(shell_word_is(command, to, STR("+")) && shell_word_is(command, to - 1, STR("{}"))))
            to++;
        part = shell_rest(command, from);
        part.count = to - from;
        rc = shell_walk_command(walk, &part, &none);
        i = to;
    }
    return rc;
}

/* -x CMD, to a ';' or the end. */
int shell_unwrap_fd(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                    const struct shell_command *command, bool *input)
{
    int rc = 0;

    (void)wrapper;
    (void)input;
    for (size_t i = 1; i < command->count && rc == 0; i++) {
        const struct shell_word *word = &command->words[i];
        struct shell_command part = shell_rest(command, i + 1);
        bool none = false;

        if (!word->whole || !shell_listed("-x -X --exec --exec-batch", word->text, false))
            continue;
        for (size_t n = 0; n < part.count; n++) {
            if (shell_word_is(&part, n, STR(";")))
                part.count = n;
        }
        rc = shell_walk_command(walk, &part, &none);
        i += part.count + 1;
    }
    return rc;
}
