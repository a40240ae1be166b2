/* SPDX-License-Identifier: Apache-2.0
 * spelling.c - see spelling.h. Folding is only to find whom to ask about: it may take more names
 * for one another than any file system does. */
#include "sandbox/spelling.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/base.h"
#include "base/limits.h"

/* ---- folding ---- */

/* What Unicode folds to letters of ASCII: CaseFolding.txt, status C and F. All of them are longer
 * in UTF-8 than what they become. */
static const struct {
    uint32_t from;
    const char *to;
} letters[] = {{0xdf, "ss"},    {0x17f, "s"},   {0x1e9e, "ss"}, {0x212a, "k"},
               {0xfb00, "ff"},  {0xfb01, "fi"}, {0xfb02, "fl"}, {0xfb03, "ffi"},
               {0xfb04, "ffl"}, {0xfb05, "st"}, {0xfb06, "st"}};

/* Default_Ignorable_Code_Point of DerivedCoreProperties.txt: they are as if they were not there. */
static const struct {
    uint32_t from, to;
} ignored[] = {{0xad, 0xad},      {0x34f, 0x34f},   {0x61c, 0x61c},     {0x115f, 0x1160},
               {0x17b4, 0x17b5},  {0x180b, 0x180f}, {0x200b, 0x200f},   {0x202a, 0x202e},
               {0x2060, 0x206f},  {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
               {0xffa0, 0xffa0},  {0xfff0, 0xfff8}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
               {0xe0000, 0xe0fff}};

#define NO_CODE UINT32_MAX /* a byte that is no UTF-8 */

/* The length of the sequence that `s` begins with, 1 where it is none. */
static size_t decode(uint32_t *out, struct str s)
{
    unsigned char first = (unsigned char)s.bytes[0];
    size_t len = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
    uint32_t code = first & (0x7fU >> len);

    *out = NO_CODE;
    if (len == 1 || len > s.len)
        return 1;
    for (size_t i = 1; i < len; i++) {
        if ((s.bytes[i] & 0xc0) != 0x80)
            return 1;
        code = code << 6 | (s.bytes[i] & 0x3f);
    }
    *out = code;
    return len;
}

/* Writes what the sequence `from` becomes; it never grows. */
static size_t fold_wide(char *out, uint32_t code, struct str from)
{
    size_t len;

    for (size_t i = 0; i < ARRAY_LEN(ignored); i++) {
        if (code >= ignored[i].from && code <= ignored[i].to)
            return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        if (code == letters[i].from) {
            len = strlen(letters[i].to);
            memcpy(out, letters[i].to, len);
            return len;
        }
    }
    memcpy(out, from.bytes, from.len);
    return from.len;
}

size_t spelling_fold(char *out, struct str name)
{
    size_t len = 0, step;

    for (size_t i = 0; i < name.len; i += step) {
        uint32_t code;

        step = 1;
        if ((unsigned char)name.bytes[i] < 0x80) {
            out[len++] = ascii_lower(name.bytes[i]);
            continue;
        }
        step = decode(&code, str_slice(name, i, name.len));
        len += fold_wide(out + len, code, str_slice(name, i, i + step));
    }
    while (len > 0 && (out[len - 1] == '.' || out[len - 1] == ' ')) /* vfat, NTFS */
        len--;
    return len;
}

/* ---- words ---- */

struct word {
    char *text;              /* terminated, and what it folds to behind it */
    struct str word, folded; /* in `text`                                  */
    size_t next;             /* in its chain: index + 1 */
};

struct spellings {
    struct word *words;
    size_t count, mask;
    size_t *chains; /* by the hash of what is folded */
};

static size_t hash(struct str s)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.bytes[i]) * 0x100000001b3;
    return (size_t)(h ^ h >> 32);
}

static bool is_plain(struct str text)
{
    return text.len > 0 && text.len <= NAME_MAX && str_find(text, '*') == text.len &&
           str_find(text, '?') == text.len && str_find(text, '[') == text.len;
}

static int add_word(struct spellings *s, struct str text)
{
    char room[NAME_MAX];
    struct str folded = {room, spelling_fold(room, text)};
    size_t *chain = &s->chains[hash(folded) & s->mask];
    struct word *word = &s->words[s->count];

    for (size_t i = *chain; i != 0; i = s->words[i - 1].next) {
        if (str_equal(s->words[i - 1].word, text))
            return 0;
    }
    word->text = malloc(text.len + 1 + folded.len);
    if (!word->text)
        return -ENOMEM;
    memcpy(word->text, text.bytes, text.len);
    word->text[text.len] = '\0';
    memcpy(word->text + text.len + 1, folded.bytes, folded.len);
    word->word = (struct str){word->text, text.len};
    word->folded = (struct str){word->text + text.len + 1, folded.len};
    word->next = *chain;
    *chain = ++s->count;
    return 0;
}

static int add_pattern(struct spellings *s, struct str pattern)
{
    int rc = 0;

    while (rc == 0 && pattern.len > 0) {
        size_t end = str_find(pattern, '/');
        struct str word = str_slice(pattern, 0, end);

        if (is_plain(word))
            rc = add_word(s, word);
        pattern = str_slice(pattern, end < pattern.len ? end + 1 : end, pattern.len);
    }
    return rc;
}

static size_t count_words(const char *const *patterns, size_t count)
{
    size_t most = 0;

    for (size_t i = 0; i < count; i++) {
        most++;
        for (const char *c = patterns[i]; *c; c++)
            most += *c == '/';
    }
    return most;
}

int spellings_new(struct spellings **out, const char *const *patterns, size_t count)
{
    struct spellings *s = calloc(1, sizeof *s);
    size_t most = count_words(patterns, count), room = 64;
    int rc = 0;

    *out = s;
    if (!s)
        return -ENOMEM;
    while (room < most * 2)
        room *= 2;
    s->mask = room - 1;
    s->words = calloc(most + 1, sizeof *s->words);
    s->chains = calloc(room, sizeof *s->chains);
    if (!s->words || !s->chains)
        rc = -ENOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_pattern(s, str_of(patterns[i]));
    if (rc < 0)
        spellings_free(take(out));
    return rc;
}

void spellings_free(struct spellings *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->count; i++)
        free(s->words[i].text);
    free(s->words);
    free(s->chains);
    free(s);
}

/* "GIT~1" is a name that vfat and NTFS make up, and any word may have it. */
static bool is_short_name(const char *name)
{
    const char *tilde = strchr(name, '~');

    return tilde && ascii_digit(tilde[1]);
}

/* The next word from `*at` on (index + 1) that may be meant; NULL when there is none. */
static const char *next_word(const struct spellings *s, const char *name, struct str fold,
                             size_t *at)
{
    bool any = is_short_name(name);

    while (*at != 0) {
        const struct word *word = &s->words[*at - 1];

        *at = any ? *at - 1 : word->next;
        if ((any || str_equal(word->folded, fold)) && strcmp(word->text, name) != 0)
            return word->text;
    }
    return NULL;
}

/* Where next_word() begins; `fold` points to `room`. */
static size_t begin(const struct spellings *s, const char *name, struct str *fold,
                    char room[NAME_MAX + 1])
{
    size_t len = strlen(name);

    if (len > NAME_MAX)
        return 0;
    *fold = (struct str){room, spelling_fold(room, (struct str){name, len})};
    return is_short_name(name) ? s->count : s->chains[hash(*fold) & s->mask];
}

bool spellings_may_know(const struct spellings *s, const char *name)
{
    char room[NAME_MAX + 1];
    struct str fold = {0};
    size_t at = begin(s, name, &fold, room);

    return next_word(s, name, fold, &at) != NULL;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

const char *spellings_at(const struct spellings *s, int folder, const char *name)
{
    char room[NAME_MAX + 1];
    struct str fold = {0};
    size_t at = begin(s, name, &fold, room);
    const char *word = next_word(s, name, fold, &at);
    struct stat meant, found;

    if (!word || fstatat(folder, name, &meant, AT_SYMLINK_NOFOLLOW) < 0)
        return name;
    for (; word; word = next_word(s, name, fold, &at)) {
        if (fstatat(folder, word, &found, AT_SYMLINK_NOFOLLOW) == 0 && is_same(&found, &meant))
            return word;
    }
    return name;
}

/* ---- paths ---- */

bool spelling_turn(char out[4096], const char *path)
{
    bool turned = false;

    if (snprintf(out, LIMIT_PATH, "%s", path) >= LIMIT_PATH)
        return false;
    for (char *c = strrchr(out, '/'); c && *c; c++) {
        if ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')) {
            *c = (char)(*c ^ 0x20);
            turned = true;
        }
    }
    return turned;
}

/* Does case not count in the folder of `path`? */
static bool is_loose(const char *path)
{
    char turned[LIMIT_PATH];
    struct stat st, other;

    return spelling_turn(turned, path) && lstat(turned, &other) == 0 && lstat(path, &st) == 0 &&
           is_same(&st, &other);
}

/* Writes the last name of `path` as its folder has it; leaves it where that cannot be told. */
static void write_true_name(char *path)
{
    char *name = strrchr(path, '/') + 1, *best = NULL;
    const struct dirent *entry;
    struct stat st, other;
    DIR *folder;

    if (lstat(path, &st) < 0)
        return;
    name[-1] = '\0';
    folder = opendir(*path ? path : "/");
    name[-1] = '/';
    while (folder && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, name) == 0) {
            free(take(&best));
            break;
        }
        if (!best && str_equal_nocase(str_of(entry->d_name), str_of(name)) &&
            fstatat(dirfd(folder), entry->d_name, &other, AT_SYMLINK_NOFOLLOW) == 0 &&
            is_same(&st, &other))
            best = strdup(entry->d_name);
    }
    if (best)
        memcpy(name, best, strlen(best));
    free(best);
    if (folder)
        closedir(folder);
}

char *spelling_true(const char *path)
{
    char *copy = strdup(path);

    if (!copy || !is_loose(copy))
        return copy;
    for (char *end = copy; end;) {
        end = strchr(end + 1, '/');
        if (end)
            *end = '\0';
        if (copy[0] && is_loose(copy))
            write_true_name(copy);
        if (end)
            *end = '/';
    }
    return copy;
}

char *spelling_real(const char *path)
{
    auto_free char *canonical = realpath(path, NULL);

    return canonical ? spelling_true(canonical) : NULL;
}
