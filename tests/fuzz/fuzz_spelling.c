/* SPDX-License-Identifier: Apache-2.0
 * fuzz_spelling.c - a name folds to no more than its own length, case changes nothing of that, and
 * a word is known by every spelling of it. */
#include <string.h>

#include "base/base.h"
#include "sandbox/spelling.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void turn(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z'))
            text[i] = (char)(text[i] ^ 0x20);
    }
}

/* Both in memory of just the length promised. */
static void check_folding(struct str in)
{
    auto_free char *one = malloc(in.len), *two = malloc(in.len), *turned = malloc(in.len);
    size_t len;

    require((one && two && turned) || in.len == 0);
    len = spelling_fold(one, in);
    require(len <= in.len);
    if (in.len > 0)
        memcpy(turned, in.bytes, in.len);
    turn(turned, in.len);
    require(spelling_fold(two, (struct str){turned, in.len}) == len);
    require(len == 0 || memcmp(one, two, len) == 0);
}

static void check_word(struct str in)
{
    auto_free char *word = strndup(in.bytes, in.len), *turned = strndup(in.bytes, in.len);
    const char *const words[] = {word};
    struct spellings *s;

    require(word && turned);
    require(spellings_new(&s, words, 1) == 0);
    turn(turned, strlen(turned));
    if (strcmp(word, turned) != 0 && strlen(word) <= 255 && !strpbrk(word, "/*?["))
        require(spellings_may_know(s, turned));
    require(strchr(word, '~') || !spellings_may_know(s, word) || strchr(word, '/'));
    spellings_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str in = {(const char *)bytes, len};

    check_folding(in);
    check_word(in);
    return 0;
}
