/* SPDX-License-Identifier: Apache-2.0
 * shell_option.c - one option of a program, as getopt_long(3) reads it. */
#include "filter/shell_walk.h"

bool shell_word_is(const struct shell_command *command, size_t at, struct str text)
{
    return at < command->count && command->words[at].whole &&
           str_equal(command->words[at].text, text);
}

bool shell_listed(const char *names, struct str name, bool beginning)
{
    struct str rest = str_of(names ? names : "");

    while (rest.len > 0 && name.len > 0) {
        size_t end = str_find(rest, ' ');
        struct str one = str_slice(rest, 0, end);

        if (beginning ? str_has_prefix(one, name) : str_equal(one, name))
            return true;
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    return false;
}

bool shell_option_has(const struct shell_option *option, char letter)
{
    return str_find(option->letters, letter) < option->letters.len;
}

/* The next word is the value. */
static void take_value(struct shell_option *option, const struct shell_command *command, size_t *at)
{
    if (*at >= command->count)
        return;
    option->value = command->full[(*at)++];
    option->has_value = true;
}

static void read_long(struct shell_option *option, const struct shell_wrapper *wrapper,
                      const struct shell_command *command, size_t *at)
{
    const struct shell_word *word = &command->words[*at];
    struct str full = command->full[(*at)++];
    size_t equals = str_find(word->text, '=');

    option->name = str_slice(word->text, 2, equals);
    if (equals < word->text.len) {
        option->value = str_slice(full, equals + 1, full.len);
        option->has_value = true;
    } else if (word->whole && shell_listed(wrapper->longs, option->name, true) &&
               !shell_listed(wrapper->flags, option->name, false)) {
        take_value(option, command, at);
    }
    option->is_script = option->has_value && wrapper->script && option->name.len > 0 &&
                        str_has_prefix(str_of(wrapper->script + 1), option->name);
}

static void read_letters(struct shell_option *option, const struct shell_wrapper *wrapper,
                         const struct shell_command *command, size_t *at)
{
    const struct shell_word *word = &command->words[*at];
    struct str full = command->full[(*at)++];

    option->letters = str_slice(word->text, 1, word->text.len);
    for (size_t i = 1; i < word->text.len; i++) {
        char letter = word->text.bytes[i];

        if (!wrapper->letters || !letter || !strchr(wrapper->letters, letter))
            continue;
        option->letters = str_slice(word->text, 1, i + 1);
        if (i + 1 < full.len) {
            option->value = str_slice(full, i + 1, full.len);
            option->has_value = true;
        } else {
            take_value(option, command, at);
        }
        option->is_script = option->has_value && wrapper->script && letter == wrapper->script[0];
        return;
    }
}

bool shell_option_read(struct shell_option *option, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, size_t *at)
{
    struct str text = *at < command->count ? command->words[*at].text : STR("");

    *option = (struct shell_option){.value = STR("")};
    if (text.len == 0 || text.bytes[0] != '-')
        return false;
    if (shell_word_is(command, *at, STR("--"))) {
        ++*at;
        return false;
    }
    if (text.len > 1 && text.bytes[1] == '-')
        read_long(option, wrapper, command, at);
    else
        read_letters(option, wrapper, command, at);
    return true;
}
