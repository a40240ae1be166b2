/* SPDX-License-Identifier: Apache-2.0
 * inside_names.c - see inside_names.h. A ring of the latest names; each is found by its number,
 * which is in its addresses, and by its name, over chains of a keyed hash: the names are a
 * stranger's. */
#include "proxy/inside_names.h"

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "base/limits.h"
#include "filter/domains_hash.h"

#define FIRST 1U
#define LAST  131069U /* 198.19.255.253: the next is inside_own4, and then broadcast */
#define NONE  0U      /* no number */

const struct addr inside_own4 = INSIDE_OWN4;
const struct addr inside_own6 = INSIDE_OWN6;

static const uint8_t network4[] = {198, 18};
static const uint8_t network6[12] = {0xfd, 0xfe, 0x0c, 0xe0};

struct entry {
    uint32_t number; /* NONE: free */
    uint32_t next;   /* the number behind it in its chain */
    char *name;
};

struct inside_names {
    struct domains_key key;
    uint32_t latest;
    struct entry *entries; /* number n at n % LIMIT_INSIDE_NAMES; NULL until there is a name */
    uint32_t *chains;      /* the first number of each, as many */
};

struct inside_names *inside_names_new(void)
{
    return calloc(1, sizeof(struct inside_names));
}

/* Most sandboxes ask for no name. False without memory. */
static bool begin(struct inside_names *names)
{
    if (names->entries)
        return true;
    names->chains = calloc(LIMIT_INSIDE_NAMES, sizeof *names->chains);
    names->entries = names->chains ? calloc(LIMIT_INSIDE_NAMES, sizeof *names->entries) : NULL;
    if (names->entries)
        domains_hash_init(&names->key);
    else
        free(take(&names->chains));
    return names->entries != NULL;
}

void inside_names_free(struct inside_names *names)
{
    if (!names)
        return;
    for (size_t i = 0; names->entries && i < LIMIT_INSIDE_NAMES; i++)
        free(names->entries[i].name);
    free(names->entries);
    free(names->chains);
    free(names);
}

static const struct entry *entry_of(const struct inside_names *names, uint32_t number)
{
    const struct entry *entry;

    if (number == NONE || !names->entries)
        return NULL;
    entry = &names->entries[number % LIMIT_INSIDE_NAMES];
    return entry->number == number ? entry : NULL;
}

static uint32_t *chain_of(struct inside_names *names, struct str name)
{
    struct domains_suffix suffixes[DOMAINS_LABELS];
    size_t count = domains_hash_suffixes(suffixes, &names->key, name.bytes, name.len);

    return &names->chains[domains_hash_slot(&names->key, suffixes[count - 1].hash, 0) %
                          LIMIT_INSIDE_NAMES];
}

/* Takes the entry out of its chain. */
static void forget(struct inside_names *names, struct entry *entry)
{
    uint32_t *link;

    if (entry->number == NONE)
        return;
    link = chain_of(names, str_of(entry->name));
    while (*link != entry->number)
        link = &names->entries[*link % LIMIT_INSIDE_NAMES].next;
    *link = entry->next;
    free(take(&entry->name));
    entry->number = NONE;
}

static uint32_t find(struct inside_names *names, struct str name)
{
    uint32_t number = *chain_of(names, name);
    const struct entry *entry;

    while ((entry = entry_of(names, number)) && !str_equal(str_of(entry->name), name))
        number = entry->next;
    return entry ? number : NONE;
}

static uint32_t add(struct inside_names *names, const struct host *host)
{
    uint32_t number = names->latest == LAST ? FIRST : names->latest + 1;
    struct entry *entry = &names->entries[number % LIMIT_INSIDE_NAMES];
    char *name = strdup(host->text);
    uint32_t *chain;

    if (!name)
        return NONE;
    forget(names, entry);
    chain = chain_of(names, host_str(host));
    *entry = (struct entry){number, *chain, name};
    *chain = names->latest = number;
    return number;
}

int inside_names_addr(struct addr *out, struct inside_names *names, const struct host *host,
                      uint8_t family)
{
    uint32_t number = begin(names) ? find(names, host_str(host)) : NONE;
    size_t at = family == 4 ? 0 : 12;

    if (number == NONE && names->entries)
        number = add(names, host);
    if (number == NONE)
        return -ENOMEM;
    *out = (struct addr){.family = family};
    if (family == 6)
        memcpy(out->bytes, network6, sizeof network6);
    for (size_t i = 0; i < 4; i++)
        out->bytes[at + i] = (uint8_t)(number >> 8 * (3 - i));
    if (family == 4) { /* 198.18.0.0 has a second byte that is even */
        out->bytes[0] = network4[0];
        out->bytes[1] |= network4[1];
    }
    return 0;
}

/* Whether it is an address of ours, and its number. */
static bool number_of(uint32_t *out, const struct addr *addr)
{
    const uint8_t *at = addr->bytes + (addr->family == 4 ? 0 : 12);
    bool ours = addr->family == 4
                    ? addr->bytes[0] == network4[0] && (addr->bytes[1] & 0xfe) == network4[1]
                    : memcmp(addr->bytes, network6, sizeof network6) == 0;

    *out = (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    if (addr->family == 4)
        *out &= 0x1ffff;
    else if (at[0] != 0)
        *out = NONE;
    return ours;
}

bool inside_names_could_have(const struct addr *addr)
{
    uint32_t number;

    return number_of(&number, addr) && number != NONE && number <= LAST;
}

enum inside_name inside_names_find(struct host *out, const struct inside_names *names,
                                   const struct addr *addr)
{
    const struct entry *entry;
    uint32_t number;

    if (!number_of(&number, addr))
        return INSIDE_ADDRESS;
    entry = entry_of(names, number);
    if (!entry || host_parse(out, str_of(entry->name)))
        return INSIDE_FORGOTTEN;
    return INSIDE_NAME;
}
