/* SPDX-License-Identifier: Apache-2.0
 * env.c - the command's environment. What passes does so byte for byte and in its order. Knows
 * nothing of what values mean: a secret in the environment is seen by the command, as without a
 * sandbox, unless the settings deny its name. */
#include "sandbox/env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "filter/env_pattern.h"
#include "sandbox/env_socket.h"
#include "sandbox/env_tables.h"

#define ENV_TMP "/tmp" /* empty, writable and the sandbox's own: plan.h */
#define BLANKS  " \t\r\n\v\f"

/* A variable that is to be: the first of a name wins. */
struct entry {
    const char *text;
    struct str name;
    size_t position;
};

struct making {
    const struct env_input *in;
    struct entry *entries;
    size_t count;
    char **made; /* texts of ours that entries borrow */
    size_t nmade;
    bool failed; /* no memory */
};

static struct str name_of(const char *text)
{
    return (struct str){text, (size_t)(strchrnul(text, '=') - text)};
}

static void add(struct making *m, const char *text)
{
    m->entries[m->count] = (struct entry){text, name_of(text), m->count};
    m->count++;
}

/* NULL without memory. */
static char *text_of(struct str name, const char *value)
{
    char *text;

    return asprintf(&text, STR_FMT "=%s", STR_ARG(name), value) < 0 ? NULL : text;
}

/* Takes `text`, which may be NULL: out of memory. */
static void add_made(struct making *m, char *text)
{
    if (!text) {
        m->failed = true;
        return;
    }
    m->made[m->nmade++] = text;
    add(m, text);
}

static void tell(const struct making *m, const struct env_rule *rule, struct str name,
                 const char *how)
{
    if (m->in->told && rule->why)
        m->in->told(m->in->context, name, how, rule->why);
}

/* ---- the settings ---- */

static bool matches(const struct config_texts *patterns, struct str name, bool in_full)
{
    for (size_t i = 0; i < patterns->count; i++) {
        struct str pattern = str_of(patterns->items[i]);

        if (env_pattern_match(pattern, name) && (!in_full || env_pattern_is_name(pattern)))
            return true;
    }
    return false;
}

static bool denied(const struct making *m, struct str name)
{
    return matches(&m->in->config->env_deny, name, false);
}

/* ---- values that pass in part ---- */

static bool is_harmless(struct str word, const struct str *words)
{
    for (; words->len > 0; words++) {
        if (str_has_prefix(word, *words))
            return true;
    }
    return false;
}

static struct str first_word(struct str text)
{
    size_t from = strspn(text.bytes, BLANKS);

    return (struct str){text.bytes + from, strcspn(text.bytes + from, BLANKS)};
}

/* Writes the words of `value` that are harmless, with a space between them; `out` has room for all
 * of it. A value with quotes is not taken apart: nothing is written. Returns whether all pass. */
static bool harmless(char *out, const char *value, const struct str *words)
{
    struct str word = first_word(str_of(value));
    char *at = out;
    bool all = true;

    *out = '\0';
    if (strpbrk(value, "'\"\\"))
        return false;
    for (; word.len > 0; word = first_word(str_of(word.bytes + word.len))) {
        if (!is_harmless(word, words)) {
            all = false;
            continue;
        }
        if (at > out)
            *at++ = ' ';
        at = mempcpy(at, word.bytes, word.len);
        *at = '\0';
    }
    return all;
}

/* Options for Node or Java. Where fence has options of its own to give, they stand behind them. */
static void add_options(struct making *m, const struct env_rule *rule, const char *value,
                        bool allowed)
{
    auto_free char *kept = strdup(value);
    bool all = true;

    if (kept && !allowed)
        all = harmless(kept, value, rule->words);
    if (kept && str_equal(rule->name, STR("JAVA_TOOL_OPTIONS"))) {
        char *merged = env_java(&m->in->places, kept);

        free(kept);
        kept = merged;
    }
    if (!kept)
        m->failed = true;
    else if (*kept)
        add_made(m, text_of(rule->name, kept));
    if (!all)
        tell(m, rule, rule->name, "passes in part");
}

/* ---- the variables of the caller's ---- */

static bool reachable(const struct making *m, enum env_kind kind, struct str value)
{
    const struct fence_config *config = m->in->config;
    struct env_sockets sockets = {&config->unix_sockets, config->all_unix_sockets, m->in->home,
                                  m->in->places.runtime_dir};

    return env_reachable(&sockets, kind, value);
}

/* What nobody's settings have an opinion on. */
static bool passes(const struct making *m, const struct env_rule *rule, struct str value)
{
    switch (rule->kind) {
    case ENV_OURS:
    case ENV_PROXY:
    case ENV_LOADER:
    case ENV_CODE:
    case ENV_HANDLE:
        return false;
    case ENV_CODE_FILE:
        return str_equal(value, STR("/dev/null"));
    case ENV_SOCKET:
    case ENV_FILE:
    case ENV_DISPLAY:
    case ENV_WAYLAND:
    case ENV_X_COOKIE:
        return reachable(m, rule->kind, value);
    case ENV_OPTIONS:
    case ENV_TEMPORARY:
    case ENV_PASSES:
        return true;
    }
    return false;
}

static void inherit(struct making *m, const char *text)
{
    const struct fence_config *config = m->in->config;
    struct str name = name_of(text);
    const struct env_rule *rule = env_rule_of(name);
    enum env_kind kind = rule ? rule->kind : ENV_PASSES;
    const char *value = text + name.len + 1;
    bool allowed, pass;

    if (name.len == 0 || text[name.len] != '=' || denied(m, name))
        return;
    allowed = matches(&config->env_allow, name, kind == ENV_LOADER);
    if (!allowed && !config->env_inherit && !env_is_base(name))
        return;
    pass = rule ? passes(m, rule, str_of(value)) : true;
    if (allowed && kind != ENV_OURS && kind != ENV_PROXY)
        pass = true;
    if (kind == ENV_OPTIONS)
        add_options(m, rule, value, allowed);
    else if (pass && kind == ENV_TEMPORARY)
        add_made(m, text_of(name, ENV_TMP));
    else if (pass)
        add(m, text);
    if (!pass)
        tell(m, rule, name, "does not pass");
    else if (kind == ENV_LOADER)
        tell(m, rule, name, "passes, as environment.allow names it");
}

/* ---- the list ---- */

/* Returns false behind the last. */
static bool add_tool(struct making *m, size_t index)
{
    char *text = NULL;
    int rc = env_tool(&text, &m->in->places, index);

    if (rc < 0) {
        m->failed = rc == -ENOMEM;
        return false;
    }
    if (rc == 1 && denied(m, name_of(text)) && !str_equal(name_of(text), STR("FENCE_SANDBOX")))
        free(text);
    else if (rc == 1)
        add_made(m, text);
    return true;
}

static void collect(struct making *m)
{
    const struct config_texts *set = &m->in->config->env_set;

    if (m->in->cwd)
        add_made(m, text_of(STR("PWD"), m->in->cwd));
    for (size_t i = 0; i < set->count; i++)
        add(m, set->items[i]);
    for (size_t i = 0; m->in->base[i] && !m->failed; i++)
        inherit(m, m->in->base[i]);
    for (size_t i = 0; !m->failed && add_tool(m, i); i++)
        continue;
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

/* Drops later doubles of a name, and keeps the order. An environment has up to 100,000 variables,
 * hence sorting. */
static void unite(struct making *m)
{
    size_t kept = 0;

    qsort(m->entries, m->count, sizeof *m->entries, compare_names);
    for (size_t i = 0; i < m->count; i++) {
        if (kept == 0 || !str_equal(m->entries[kept - 1].name, m->entries[i].name))
            m->entries[kept++] = m->entries[i];
    }
    qsort(m->entries, kept, sizeof *m->entries, compare_positions);
    m->count = kept;
}

/* Returns false without memory. */
static bool write_down(struct env *out, const struct making *m)
{
    out->items = calloc(m->count + 1, sizeof *out->items);
    for (size_t i = 0; out->items && i < m->count; i++) {
        out->items[i] = strdup(m->entries[i].text);
        if (!out->items[i])
            return false;
    }
    return out->items;
}

/* Room for all that can come. */
static bool make_room(struct making *m)
{
    size_t most = 1 + ENV_TOOLS_MOST + m->in->config->env_set.count;

    for (size_t i = 0; m->in->base[i]; i++)
        most++;
    m->entries = calloc(most, sizeof *m->entries);
    m->made = calloc(most, sizeof *m->made);
    return m->entries && m->made;
}

int env_make(struct env *out, const struct env_input *in)
{
    struct making m = {.in = in};
    struct env env = {0};
    bool done = false;

    if (make_room(&m)) {
        collect(&m);
        unite(&m);
        done = !m.failed && write_down(&env, &m);
    }
    for (size_t i = 0; i < m.nmade; i++)
        free(m.made[i]);
    free(m.made);
    free(m.entries);
    if (!done) {
        env_deinit(&env);
        return -ENOMEM;
    }
    *out = env;
    return 0;
}

void env_deinit(struct env *env)
{
    for (size_t i = 0; env->items && env->items[i]; i++)
        free(env->items[i]);
    free(env->items);
    *env = (struct env){0};
}

const char *env_value(const char *const *env, const char *name)
{
    size_t len = strlen(name);

    for (; *env; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    }
    return NULL;
}
