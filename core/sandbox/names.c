/* SPDX-License-Identifier: Apache-2.0
 * names.c - three tables: patterns whose last component is a plain name, by its hash; those whose
 * last component is a star and an end ("*.pem"), by the last byte; and all the others. */
#include "sandbox/names.h"

#include <errno.h>
#include <string.h>

#include "sandbox/pattern.h"

#define END 0 /* of a chain: the others are index + 1 */

enum stage { EXACT, SUFFIX, OTHERS, DONE };

struct entry {
    const char *pattern, *last;
    size_t last_len;
    size_t next; /* in its chain */
};

struct names {
    struct entry *entries;
    size_t count;
    size_t *exact, exact_mask; /* chains by hash */
    size_t suffix[256];        /* chains by last byte */
    size_t others;
};

static size_t hash(const char *bytes, size_t len)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return (size_t)(h ^ h >> 32);
}

static void push(struct names *names, size_t *chain, size_t index)
{
    names->entries[index].next = *chain;
    *chain = index + 1;
}

static void sort_in(struct names *names, size_t index, const char *pattern)
{
    struct entry *entry = &names->entries[index];
    const char *slash = strrchr(pattern, '/');

    entry->pattern = pattern;
    entry->last = slash ? slash + 1 : pattern;
    entry->last_len = strlen(entry->last);
    if (!pattern_is_wild(entry->last))
        push(names, &names->exact[hash(entry->last, entry->last_len) & names->exact_mask], index);
    else if (entry->last_len > 1 && entry->last[0] == '*' && !pattern_is_wild(entry->last + 1))
        push(names, &names->suffix[(unsigned char)entry->last[entry->last_len - 1]], index);
    else
        push(names, &names->others, index);
}

int names_new(struct names **out, const char *const *patterns, size_t count)
{
    struct names *names = calloc(1, sizeof *names);
    size_t room = 16;

    while (room < count * 2)
        room *= 2;
    if (!names)
        return -ENOMEM;
    names->count = count;
    names->exact_mask = room - 1;
    names->entries = calloc(count + 1, sizeof *names->entries);
    names->exact = calloc(room, sizeof *names->exact);
    if (!names->entries || !names->exact) {
        names_free(names);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        sort_in(names, i, patterns[i]);
    *out = names;
    return 0;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    free(names->entries);
    free(names->exact);
    free(names);
}

static size_t chain_of(const struct names *names, enum stage stage, const char *name, size_t len)
{
    switch (stage) {
    case EXACT:
        return names->exact[hash(name, len) & names->exact_mask];
    case SUFFIX:
        return len > 0 ? names->suffix[(unsigned char)name[len - 1]] : END;
    case OTHERS:
        return names->others;
    case DONE:
        break;
    }
    return END;
}

/* Its last component alone, which spares the others for most. */
static bool may_match(const struct entry *entry, enum stage stage, const char *name, size_t len)
{
    switch (stage) {
    case EXACT:
        return len == entry->last_len && memcmp(name, entry->last, len) == 0;
    case SUFFIX:
        return len >= entry->last_len - 1 && memcmp(name + len - (entry->last_len - 1),
                                                    entry->last + 1, entry->last_len - 1) == 0;
    case OTHERS:
    case DONE:
        break;
    }
    return true;
}

size_t names_find(const struct names *names, const char *path, const char *name,
                  struct names_cursor *cursor)
{
    size_t len = strlen(name);

    if (cursor->stage == EXACT && cursor->next == 0)
        cursor->next = chain_of(names, EXACT, name, len);
    while (cursor->stage < DONE) {
        while (cursor->next != END) {
            size_t index = cursor->next - 1;
            const struct entry *entry = &names->entries[index];

            cursor->next = entry->next;
            if (may_match(entry, cursor->stage, name, len) && pattern_match(entry->pattern, path)) {
                if (cursor->next == END)
                    cursor->next = chain_of(names, ++cursor->stage, name, len);
                return index;
            }
        }
        cursor->next = chain_of(names, ++cursor->stage, name, len);
    }
    return NAMES_NONE;
}

bool names_lead_below(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (pattern_leads_below(names->entries[i].pattern, path))
            return true;
    }
    return false;
}
