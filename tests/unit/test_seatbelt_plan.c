/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_plan.c - settings made by chance over one tree: what a profile opens, the plan of
 * the same settings has open; and what the plan has open is open in the profile, but for the names
 * that a pattern closes before somebody makes them. And what a profile closes no rename opens,
 * unless it is said that it does. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/pattern.h"
#include "sandbox/seatbelt_files.h"
#include "sandbox/seatbelt_told.h"
#include "support/config_of.h"
#include "support/sbpl_ask.h"
#include "unit/tree.h"

#define ROUNDS  1500
#define RENAMES 24 /* of each round */
#define PATHS   64

static const char *const tree[] = {"@/u/p/a/b/c/d",   "@/u/p/a/b/e",  "@/u/p/a/f.key",
                                   "@/u/p/.env",      "@/u/p/g/.env", "@/u/p/g/h/x.key",
                                   "@/u/p-2/a/b",     "@/u/q/a/b/c",  "@/u/q/.vscode/t",
                                   "@/u/q/link -> a", "@/u/r/s",      NULL};

/* What a list may have. */
static const char *const texts[] = {
    "~/p",         "~/p/a",    "~/p/a/b",   "~/p/a/b/c",  "~/p/g",         "~/q",
    "~/q/a",       "~/p-2",    "~/r",       "~",          "~/p/**/.env",   "~/**/b",
    "~/p/*/*.key", "~/q/link", "~/p/a/new", "~/q/[a-m]*", "~/p/g/h/x.key", "~/q/a/b/c"};

static const char *const lists[] = {"allowWrite", "denyWrite", "denyRead", "allowRead"};

/* Asked about beside what is there. */
static const char *const new_paths[] = {"/u/p/a/b/new", "/u/p/g/h/.env", "/u/r/.vscode",
                                        "/u/q/a/b/new"};

/* Numerical Recipes' generator: the same rounds on every machine. */
static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

/* ---- one round ---- */

struct round {
    uint32_t seed;
    char json[2048];
    struct files files;
    struct plan *plan;
    struct sbpl *profile;
    const char *text;
    bool told; /* of patterns that a rename gets round */
};

static void hear(void *payload, const char *text)
{
    struct round *r = payload;

    r->told = r->told || strstr(text, "patterns with a folder of any name");
}

static void settle(struct round *r)
{
    size_t len = (size_t)snprintf(r->json, sizeof r->json, "{\"filesystem\": {");
    uint32_t state = r->seed;

    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        size_t count = next(&state) % 4;

        len += (size_t)snprintf(r->json + len, sizeof r->json - len, "\"%s\": [", lists[i]);
        for (size_t k = 0; k < count; k++)
            len += (size_t)snprintf(r->json + len, sizeof r->json - len, "%s\"%s\"", k ? ", " : "",
                                    texts[next(&state) % ARRAY_LEN(texts)]);
        len += (size_t)snprintf(r->json + len, sizeof r->json - len, "], ");
    }
    snprintf(r->json + len, sizeof r->json - len, "\"defaultDenyRead\": %s}}",
             next(&state) % 4 == 0 ? "true" : "false");
}

static void ignore(void *payload, const char *text)
{
    (void)payload;
    (void)text;
}

/* False where the settings are refused. */
static bool prepare(struct round *r, struct buf *profile, const char *cwd)
{
    fence_config *config = config_of(r->json);
    bool deny_read = config->default_deny_read;
    fence_error err = {0};
    int rc = files_resolve(&r->files, config, cwd, tree_at("@/u"), ignore, NULL, &err);
    struct plan_input in = {.cwd = cwd, .deny_read = deny_read, .ordinary_user = true};

    if (rc == 0)
        rc = seatbelt_tell(&(struct seatbelt_input){
            .config = config, .files = &r->files, .told = hear, .payload = r});
    fence_config_unref(config);
    if (rc < 0)
        return false;
    in.wishes = r->files.wishes;
    in.nwishes = r->files.nwishes;
    if (plan_make(&r->plan, &in, &err) != 0)
        fail_msg("%u: %s: %s", r->seed, r->json, err.message);
    buf_append_text(profile, "(version 1)\n(deny default)\n");
    assert_int_equal(seatbelt_files(profile, &(struct seatbelt_places){.files = &r->files,
                                                                       .cwd = cwd,
                                                                       .deny_read = deny_read,
                                                                       .system = true}),
                     0);
    r->profile = sbpl_of(r->json, profile);
    r->text = profile->bytes;
    return true;
}

/* A name that a profile protects below all roots, and a plan not below the home folder. */
static bool is_protected(const char *path)
{
    return strstr(path, "/.vscode") != NULL;
}

/* Is the path one that a pattern of this kind closes? */
static bool is_ruled(const struct round *r, const char *path, bool reading)
{
    for (size_t i = 0; i < r->files.nrules; i++) {
        const struct file_rule *rule = &r->files.rules[i];
        size_t base = strlen(rule->base);
        char part[TREE_PATH];

        if ((rule->kind == FILE_DENY_READ) < reading || !plan_covers(rule->base, path) ||
            strcmp(rule->base, path) == 0)
            continue;
        snprintf(part, sizeof part, "%s", path + base + (base > 1));
        for (char *slash = part; slash; slash = strrchr(part, '/')) {
            if (slash != part)
                *slash = '\0';
            if (pattern_match(rule->rest, part))
                return true;
            if (!strchr(part, '/'))
                break;
        }
    }
    return false;
}

static bool plan_reads(const struct round *r, const char *path)
{
    switch (plan_mount_at(r->plan, path)->kind) {
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
    case MOUNT_WRITABLE:
        return true;
    default:
        return false;
    }
}

/* The host's own: what a sandbox has to itself is nothing of it. */
static bool plan_writes(const struct round *r, const char *path)
{
    return plan_mount_at(r->plan, path)->kind == MOUNT_WRITABLE;
}

static void compare(const struct round *r, const char *operation, const char *path, bool plan,
                    bool ruled)
{
    struct sbpl_question question = {.operation = operation, .path = path};
    unsigned line;
    bool profile = sbpl_allows(r->profile, &question, &line);

    if (profile && !plan)
        fail_msg("%u: %s: the profile opens %s %s, by line %u of\n%s", r->seed, r->json, operation,
                 path, line, r->text);
    if (!profile && plan && !ruled)
        fail_msg("%u: %s: the profile closes %s %s, by line %u of\n%s", r->seed, r->json, operation,
                 path, line, r->text);
}

/* ---- the paths ---- */

static char paths[PATHS][TREE_PATH];
static bool is_folder[PATHS];
static size_t npaths, nthere; /* of them, those that are there */

static int note(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (kind == FTW_SL || npaths == PATHS)
        return 0;
    is_folder[npaths] = kind == FTW_D;
    snprintf(paths[npaths++], TREE_PATH, "%s", path);
    return 0;
}

/* ---- renames ---- */

static bool may(const struct round *r, const char *operation, const char *path)
{
    return sbpl_allows(r->profile, &(struct sbpl_question){.operation = operation, .path = path},
                       NULL);
}

/* A folder gets another name: whatever lies in it, or comes there, is what it was. */
static unsigned renamed; /* how many were allowed */

static void try_rename(const struct round *r, const char *from, const char *to)
{
    static const char *const names[] = {"",   "/b",         "/x.key", "/a/b/new", "/.env",
                                        "/h", "/.vscode/t", "/new",   "/b/c/d"};
    char old[TREE_PATH + 32], new[TREE_PATH + 32];

    if (!may(r, "file-write-unlink", from) || !may(r, "file-write-create", to) ||
        (access(to, F_OK) == 0 && !may(r, "file-write-unlink", to)))
        return;
    renamed++;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(old, sizeof old, "%s%s", from, names[i]);
        snprintf(new, sizeof new, "%s%s", to, names[i]);
        if (may(r, "file-write-data", old) != may(r, "file-write-data", new))
            fail_msg("%u: %s: %s -> %s: writing\n%s", r->seed, r->json, old, new, r->text);
        if (!may(r, "file-read-data", old) && may(r, "file-read-data", new))
            fail_msg("%u: %s: %s -> %s: reading\n%s", r->seed, r->json, old, new, r->text);
    }
}

static void try_renames(const struct round *r)
{
    static const char *const names[] = {"b", "g", "moved", ".vscode", "c"};
    uint32_t state = r->seed ^ 0x5eed;

    for (size_t i = 0; !r->told && i < RENAMES; i++) {
        size_t from = next(&state) % nthere, into = next(&state) % nthere;
        char to[TREE_PATH + 16];

        snprintf(to, sizeof to, "%s/%s", paths[into], names[next(&state) % ARRAY_LEN(names)]);
        if (is_folder[from] && is_folder[into] && !plan_covers(paths[from], to))
            try_rename(r, paths[from], to);
    }
}

static void test_rounds(void **state)
{
    unsigned settled = 0;

    (void)state;
    tree_add_all(tree);
    npaths = renamed = 0;
    nftw(tree_root, note, 16, FTW_PHYS);
    nthere = npaths;
    for (size_t i = 0; i < ARRAY_LEN(new_paths); i++)
        snprintf(paths[npaths++], TREE_PATH, "%s%s", tree_root, new_paths[i]);
    for (uint32_t seed = 1; seed <= ROUNDS; seed++) {
        auto_buf struct buf profile = BUF_INIT(1024 * 1024);
        struct round round = {.seed = seed};
        const char *cwd = tree_at("@/u/p");

        settle(&round);
        if (prepare(&round, &profile, cwd)) {
            settled++;
            for (size_t i = 0; i < npaths; i++) {
                bool absent = i >= nthere;
                bool hidden = absent && is_ruled(&round, paths[i], true);

                compare(&round, "file-read-data", paths[i], plan_reads(&round, paths[i]), hidden);
                compare(&round, "file-write-data", paths[i], plan_writes(&round, paths[i]),
                        hidden || is_protected(paths[i]) ||
                            (absent && is_ruled(&round, paths[i], false)));
            }
            try_renames(&round);
        }
        sbpl_free(round.profile);
        plan_free(round.plan);
        files_deinit(&round.files);
    }
    assert_true(settled > ROUNDS / 2);
    assert_true(renamed > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rounds, tree_setup, tree_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
