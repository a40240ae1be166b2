/* SPDX-License-Identifier: Apache-2.0
 * guard_rules.c - which rule is about a path, and which mount of the plan. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/guard_private.h"

static int compare_rules(const void *left, const void *right)
{
    const struct file_rule *a = *(const struct file_rule *const *)left;
    const struct file_rule *b = *(const struct file_rule *const *)right;

    return strcmp(a->base, b->base);
}

static int add_group(struct guard *g, const struct file_rule **rules, size_t count)
{
    struct guard_group *group = &g->groups[g->ngroups++];
    size_t len = strlen(rules[0]->base);

    *group = (struct guard_group){.base = rules[0]->base,
                                  .base_len = len == 1 ? 1 : len + 1,
                                  .rules = calloc(count, sizeof(void *)),
                                  .patterns = calloc(count, sizeof *group->patterns),
                                  .count = count};
    if (!group->rules || !group->patterns)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        group->rules[i] = rules[i];
        group->patterns[i] = rules[i]->rest;
    }
    return names_new(&group->names, group->patterns, count);
}

static int remember_links(struct guard *g)
{
    const struct file_list *links = &g->files->links;
    char target[4096];

    g->links = calloc(links->count + 1, sizeof *g->links);
    if (!g->links)
        return -ENOMEM;
    for (size_t i = 0; i < links->count; i++) {
        ssize_t len = readlink(links->items[i], target, sizeof target - 1);

        if (len < 0)
            continue;
        target[len] = '\0';
        g->links[g->nlinks] = (struct guard_link){links->items[i], strdup(target)};
        if (!g->links[g->nlinks++].target)
            return -ENOMEM;
    }
    return 0;
}

/* Those of git stand for what guard_repository.c looks for in a repository that is new. */
static int learn_spellings(struct guard *g)
{
    static const char *const git[] = {".git",      "hooks",   "config",  "config.worktree",
                                      "commondir", "modules", "objects", "HEAD"};
    size_t count = ARRAY_LEN(git);
    auto_free const char **words = calloc(count + g->files->nrules, sizeof *words);

    if (!words)
        return -ENOMEM;
    memcpy(words, git, sizeof git);
    for (size_t i = 0; i < g->files->nrules; i++)
        words[count++] = g->files->rules[i].rest;
    return spellings_new(&g->spellings, words, count);
}

int guard_rules_init(struct guard *g)
{
    size_t count = g->files->nrules;
    auto_free const struct file_rule **rules = calloc(count + 1, sizeof(void *));
    int rc = 0;

    g->groups = calloc(count + 1, sizeof *g->groups);
    if (!rules || !g->groups)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        rules[i] = &g->files->rules[i];
    if (count > 1)
        qsort(rules, count, sizeof(void *), compare_rules);
    for (size_t i = 0, end; rc == 0 && i < count; i = end) {
        for (end = i + 1; end < count && strcmp(rules[end]->base, rules[i]->base) == 0;)
            end++;
        rc = add_group(g, rules + i, end - i);
    }
    if (rc == 0)
        rc = learn_spellings(g);
    return rc == 0 ? remember_links(g) : rc;
}

void guard_rules_deinit(struct guard *g)
{
    for (size_t i = 0; i < g->ngroups; i++) {
        names_free(g->groups[i].names);
        free(g->groups[i].rules);
        free(g->groups[i].patterns);
    }
    free(g->groups);
    spellings_free(g->spellings);
    for (size_t i = 0; i < g->nlinks; i++)
        free(g->links[i].target);
    free(g->links);
}

void guard_spell(const struct guard *g, char *path)
{
    const char *slash = strrchr(path, '/'), *word;
    char folder[LIMIT_PATH];
    auto_fd int fd = -1;

    if (!spellings_may_know(g->spellings, slash + 1))
        return;
    snprintf(folder, sizeof folder, "%.*s", slash > path ? (int)(slash - path) : 1, path);
    fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    word = fd < 0 ? slash + 1 : spellings_at(g->spellings, fd, slash + 1);
    if (word != slash + 1 && (size_t)(slash + 1 - path) + strlen(word) < LIMIT_PATH)
        memcpy(path + (slash + 1 - path), word, strlen(word) + 1);
}

/* What of `path` lies below the group's folder, or NULL. */
static const char *below(const struct guard_group *group, const char *path)
{
    size_t len = group->base_len - 1;

    if (group->base_len > 1 && (strncmp(path, group->base, len) != 0 || path[len] != '/'))
        return NULL;
    return path + group->base_len;
}

/* Of those that say no more than `most`. */
static const struct file_rule *find_rule(const struct guard *g, const char *path,
                                         enum file_rule_kind most)
{
    const struct file_rule *best = NULL;

    for (size_t i = 0; i < g->ngroups; i++) {
        const char *rest = below(&g->groups[i], path);
        const char *slash = strrchr(path, '/');
        struct names_cursor cursor = {0};
        size_t index;

        if (!rest || !*rest)
            continue;
        while ((index = names_find(g->groups[i].names, rest, slash + 1, &cursor)) != NAMES_NONE) {
            const struct file_rule *rule = g->groups[i].rules[index];

            if (rule->kind <= most && (!best || rule->kind > best->kind))
                best = rule;
        }
    }
    return best;
}

const struct file_rule *guard_rule_at(const struct guard *g, const char *path)
{
    return find_rule(g, path, FILE_DENY_READ); /* hiding closes more than protecting */
}

bool guard_is_unwritable(const struct guard *g, const char *path)
{
    return find_rule(g, path, FILE_DENY_WRITE) != NULL;
}

bool guard_leads_below(const struct guard *g, const char *path)
{
    for (size_t i = 0; i < g->ngroups; i++) {
        const char *rest = below(&g->groups[i], path);

        if (strcmp(path, g->groups[i].base) == 0 ||
            (rest && names_lead_below(g->groups[i].names, rest)))
            return true;
    }
    return false;
}

const struct mount *guard_mount_at(const struct guard *g, const char *path)
{
    const struct mount *mount = plan_mount_at(g->plan, path);

    if (!mount || strcmp(mount->path, path) != 0)
        return NULL;
    return mount->kind == MOUNT_READ_ONLY || mount->kind == MOUNT_HIDDEN_FILE ||
                   mount->kind == MOUNT_HIDDEN_FOLDER
               ? mount
               : NULL;
}
