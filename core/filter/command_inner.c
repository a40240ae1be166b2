/* SPDX-License-Identifier: Apache-2.0
 * command_inner.c - see command_inner.h. */
#include "filter/command_inner.h"

#include "base/base.h"

/* ld.so(8): those whose value is the next word. */
static const char *const loader_values[] = {
    "--library-path",         "--preload",          "--argv0", "--audit", "--inhibit-rpath",
    "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask"};

static bool is_loader(struct str name)
{
    return str_has_prefix(name, STR("ld-linux")) || str_has_prefix(name, STR("ld-musl")) ||
           (str_has_prefix(name, STR("ld-")) && str_has_suffix(name, STR(".so"))) ||
           (str_has_prefix(name, STR("ld")) && memmem(name.bytes, name.len, ".so.", 4));
}

static bool is_box(struct str name)
{
    return str_equal(name, STR("busybox")) || str_equal(name, STR("toybox"));
}

static bool is_coreutils(struct str name)
{
    return str_equal(name, STR("coreutils"));
}

bool command_has_inner(struct str name)
{
    return is_box(name) || is_coreutils(name) || is_loader(name);
}

static bool takes_value(struct str option)
{
    for (size_t i = 0; i < ARRAY_LEN(loader_values); i++) {
        if (str_equal(option, str_of(loader_values[i])))
            return true;
    }
    return false;
}

/* --coreutils-prog=NAME, and --coreutils-prog-shebang=NAME of a script's first line, as which the
 * name that follows is one word more. */
static struct str coreutils_program(const struct shell_word *word)
{
    size_t equals = str_find(word->text, '=');

    if (!str_has_prefix(word->text, STR("--coreutils-prog")) || equals == word->text.len)
        return (struct str){"", 0};
    return str_slice(word->text, equals + 1, word->text.len);
}

struct str command_inner(size_t *at, struct str name, const struct shell_word *words, size_t count)
{
    *at = 1;
    if (count < 2)
        return (struct str){"", 0};
    if (is_coreutils(name))
        return coreutils_program(&words[1]);
    if (is_box(name))
        return words[1].text;
    if (!is_loader(name))
        return (struct str){"", 0};
    while (*at < count && words[*at].text.len > 1 && words[*at].text.bytes[0] == '-')
        *at += takes_value(words[*at].text) ? 2 : 1;
    return *at < count ? words[*at].text : (struct str){"", 0};
}
