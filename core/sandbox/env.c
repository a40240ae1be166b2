/* SPDX-License-Identifier: Apache-2.0
 * env.c - the command's environment. What would load code into programs or lead around the proxy
 * goes; everything else passes byte for byte and in order. Knows nothing of what values mean: a
 * secret in the environment is seen by the command, as without a sandbox. */
#include "sandbox/env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define ENV_TMP      "/tmp" /* empty, writable and the sandbox's own: plan.h */
#define ENV_NO_PROXY "localhost,127.0.0.1,::1"

/* Gone whatever follows the prefix; in this case only, as their readers have it. */
static const struct str env_dropped_prefixes[] = {
    STR("LD_"),   /* ld.so(8): LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH...       */
    STR("DYLD_"), /* the same of macOS                                        */
    STR("FENCE_") /* our own: what the outer process was told is not for them */
};

/* Gone: names that are set anew below, or not at all. */
static const struct str env_dropped[] = {STR("GLIBC_TUNABLES"), STR("NODE_USE_ENV_PROXY"),
                                         STR("XDG_RUNTIME_DIR")};

/* Gone in any case, as programs differ. They lead to proxies that cannot be reached from inside,
 * and may hold a password. */
static const struct str env_proxies[] = {
    STR("http_proxy"),             /* nearly everything                          */
    STR("https_proxy"),            /* nearly everything                          */
    STR("all_proxy"),              /* curl, and what follows it                  */
    STR("no_proxy"),               /* nearly everything                          */
    STR("ftp_proxy"),              /* curl, wget                                 */
    STR("ws_proxy"),               /* curl, for WebSocket                        */
    STR("wss_proxy"),              /* curl, for WebSocket over TLS               */
    STR("socks_proxy"),            /* desktop settings, handed on by some        */
    STR("rsync_proxy"),            /* rsync                                      */
    STR("grpc_proxy"),             /* gRPC                                       */
    STR("npm_config_proxy"),       /* npm: its settings as variables             */
    STR("npm_config_http_proxy"),  /* npm, an older name                         */
    STR("npm_config_https_proxy"), /* npm                                        */
    STR("npm_config_noproxy"),     /* npm                                        */
    STR("pip_proxy"),              /* pip                                        */
    STR("cargo_http_proxy"),       /* cargo                                      */
};

/* Kept, with /tmp as the value: theirs need not exist inside. */
static const struct str env_temporary[] = {STR("TMPDIR"), STR("TMP"), STR("TEMP")};

/* An entry of the input while it is judged. */
struct entry {
    const char *text;
    struct str name;
    size_t position; /* among the input's */
};

static bool listed(const struct str *list, size_t len, struct str name)
{
    for (size_t i = 0; i < len; i++) {
        if (str_equal(list[i], name))
            return true;
    }
    return false;
}

static bool dropped(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(env_dropped_prefixes); i++) {
        if (str_has_prefix(name, env_dropped_prefixes[i]))
            return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(env_proxies); i++) {
        if (str_equal_nocase(name, env_proxies[i]))
            return true;
    }
    return listed(env_dropped, ARRAY_LEN(env_dropped), name);
}

static int compare_names(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = memcmp(a->name.bytes, b->name.bytes, len);

    if (order)
        return order;
    if (a->name.len != b->name.len)
        return a->name.len < b->name.len ? -1 : 1;
    return a->position < b->position ? -1 : 1;
}

static int compare_positions(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    return a->position < b->position ? -1 : 1;
}

/* What is kept of `base`, in its order, without later doubles of a name. Returns how many. An
 * environment has up to 100,000 entries, hence sorting. */
static size_t keep(struct entry *entries, const char *const *base)
{
    size_t n = 0, kept = 0;

    for (size_t i = 0; base[i]; i++) {
        struct str text = str_of(base[i]);
        struct str name = str_slice(text, 0, str_find(text, '='));

        if (name.len > 0 && name.len < text.len && !dropped(name))
            entries[n++] = (struct entry){base[i], name, i};
    }
    qsort(entries, n, sizeof(*entries), compare_names);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !str_equal(entries[kept - 1].name, entries[i].name))
            entries[kept++] = entries[i];
    }
    qsort(entries, kept, sizeof(*entries), compare_positions);
    return kept;
}

/* A list being written. */
struct list {
    char **items;
    size_t count;
    bool failed;
};

static void list_set(struct list *list, const char *name, const char *value)
{
    char *item = NULL;

    if (!value)
        return;
    if (asprintf(&item, "%s=%s", name, value) < 0) {
        list->failed = true;
        return;
    }
    list->items[list->count++] = item;
}

static void list_keep(struct list *list, const struct entry *entry)
{
    if (listed(env_temporary, ARRAY_LEN(env_temporary), entry->name)) {
        char name[8]; /* the longest is TMPDIR */

        memcpy(name, entry->name.bytes, entry->name.len);
        name[entry->name.len] = '\0';
        list_set(list, name, ENV_TMP);
        return;
    }
    list->items[list->count] = strdup(entry->text);
    if (!list->items[list->count])
        list->failed = true;
    else
        list->count++;
}

int env_make(char ***out, const struct env_input *in)
{
    const struct {
        const char *name, *value;
    } added[] = {
        {"HTTP_PROXY", in->proxy},   {"HTTPS_PROXY", in->proxy},
        {"http_proxy", in->proxy},   {"https_proxy", in->proxy},
        {"ALL_PROXY", in->socks},    {"all_proxy", in->socks},
        {"NO_PROXY", ENV_NO_PROXY},  {"no_proxy", ENV_NO_PROXY},
        {"NODE_USE_ENV_PROXY", "1"}, /* Node's fetch looks at no variable without it */
        {"FENCE_SANDBOX", "1"},      {"XDG_RUNTIME_DIR", in->runtime_dir},
    };
    auto_free struct entry *entries = NULL;
    struct list list = {0};
    size_t n = 0;

    while (in->base[n])
        n++;
    entries = calloc(n + 1, sizeof(*entries));
    list.items = calloc(n + ARRAY_LEN(added) + 1, sizeof(*list.items));
    if (!entries || !list.items) {
        free(list.items);
        return -ENOMEM;
    }
    n = keep(entries, in->base);
    for (size_t i = 0; i < n; i++)
        list_keep(&list, &entries[i]);
    for (size_t i = 0; i < ARRAY_LEN(added); i++)
        list_set(&list, added[i].name, added[i].value);
    if (list.failed) {
        env_free(list.items);
        return -ENOMEM;
    }
    *out = list.items;
    return 0;
}

void env_free(char **env)
{
    for (size_t i = 0; env && env[i]; i++)
        free(env[i]);
    free(env);
}
