/* SPDX-License-Identifier: Apache-2.0
 * test_walk.c - what of a tree is found, which folders are read for it, and what ends it. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "base/limits.h"
#include "sandbox/walk.h"

#define MOST 8

static const char *const tree[] = {"@/a/b/c/deep.pem",
                                   "@/a/x.pem",
                                   "@/top.pem",
                                   "@/.env",
                                   "@/a/.env/inside",
                                   "@/file",
                                   "@/loop -> .",
                                   "@/a/up -> ..",
                                   "@/a/away -> /etc",
                                   "@/link.pem -> file",
                                   "@/gone.pem -> gone",
                                   "@/a/tight -> tight",
                                   "@/empty/",
                                   "@/a*b/literal.pem",
                                   NULL};

/* ---- what is found ---- */

struct seen {
    char found[4096]; /* "index path kind", sorted */
    char folders[4096];
    const char *leave_out;
    int end_with, folder_end_with;
};

static void add_sorted(char *text, size_t cap, const char *item)
{
    char copy[4096];
    char *at = copy, *next;
    size_t len = 0;
    bool added = false;

    snprintf(copy, sizeof copy, "%s", text);
    for (; *at; at = next) {
        next = at + strcspn(at, "\n");
        if (*next)
            *next++ = '\0';
        if (!added && strcmp(item, at) < 0) {
            len += (size_t)snprintf(text + len, cap - len, "%s\n", item);
            added = true;
        }
        len += (size_t)snprintf(text + len, cap - len, "%s\n", at);
    }
    if (!added)
        len += (size_t)snprintf(text + len, cap - len, "%s\n", item);
    assert_true(len < cap);
}

static char kind_letter(unsigned char kind)
{
    return kind == DT_DIR ? 'd' : kind == DT_LNK ? 'l' : kind == DT_REG ? 'f' : '?';
}

static int on_found(void *payload, size_t index, const char *path, unsigned char kind)
{
    struct seen *seen = payload;
    char line[600], shown[500];

    tree_shorten(shown, sizeof shown, path);
    snprintf(line, sizeof line, "%zu%c %s", index, kind_letter(kind), shown);
    add_sorted(seen->found, sizeof seen->found, line);
    return seen->end_with;
}

static int on_folder(void *payload, const char *path, int error)
{
    struct seen *seen = payload;
    char line[600], shown[500];

    tree_shorten(shown, sizeof shown, path);
    snprintf(line, sizeof line, "%s%s%s", shown, error ? " " : "", error ? strerror(error) : "");
    add_sorted(seen->folders, sizeof seen->folders, line);
    if (seen->leave_out && strcmp(seen->leave_out, shown) == 0)
        return 1;
    return seen->folder_end_with;
}

static int look(struct seen *seen, const char *base, const char *const *patterns, fence_error *err)
{
    char path[TREE_PATH];
    struct walk walk = {.base = path,
                        .patterns = patterns,
                        .payload = seen,
                        .found = on_found,
                        .folder = on_folder};

    while (walk.npatterns < MOST && patterns[walk.npatterns])
        walk.npatterns++;
    tree_expand(path, sizeof path, base);
    return walk_tree(&walk, err);
}

static const struct {
    const char *name, *base, *patterns[MOST], *leave_out;
    const char *found, *folders;
} rows[] = {
    {"a name at the top", "@", {"top.pem"}, NULL, "0f @/top.pem\n", "@\n"},
    {"a name that is not there", "@", {"nothing"}, NULL, "", "@\n"},
    {"a path reads no other folder",
     "@",
     {"a/b/c/deep.pem"},
     NULL,
     "0f @/a/b/c/deep.pem\n",
     "@\n@/a\n@/a/b\n@/a/b/c\n"},
    {"links are found",
     "@",
     {"*.pem"},
     NULL,
     "0f @/top.pem\n0l @/gone.pem\n0l @/link.pem\n",
     "@\n"},
    {"142 links are not followed",
     "@",
     {"**/x.pem"},
     NULL,
     "0f @/a/x.pem\n",
     "@\n@/a\n@/a*b\n@/a/.env\n@/a/b\n@/a/b/c\n@/empty\n"},
    {"171 nor is one that a pattern names",
     "@",
     {"a/away/passwd", "loop/file"},
     NULL,
     "",
     "@\n@/a\n"},
    {"142 a link of itself is a link", "@", {"a/tight"}, NULL, "0l @/a/tight\n", "@\n@/a\n"},
    {"folders and files",
     "@",
     {"**/.env"},
     NULL,
     "0d @/a/.env\n0f @/.env\n",
     "@\n@/a\n@/a*b\n@/a/.env\n@/a/b\n@/a/b/c\n@/empty\n"},
    {"several that fit one path",
     "@",
     {"**/*.pem", "top.*", "t*", "file"},
     "@/a",
     "0f @/a*b/literal.pem\n0f @/top.pem\n0l @/gone.pem\n0l @/link.pem\n1f @/top.pem\n"
     "2f @/top.pem\n3f @/file\n",
     "@\n@/a\n@/a*b\n@/empty\n"},
    {"a folder that is left out",
     "@",
     {"**/*.pem"},
     "@/a/b",
     "0f @/a*b/literal.pem\n0f @/a/x.pem\n0f @/top.pem\n0l @/gone.pem\n0l @/link.pem\n",
     "@\n@/a\n@/a*b\n@/a/.env\n@/a/b\n@/empty\n"},
    {"all of it left out", "@", {"**/*.pem"}, "@", "", "@\n"},
    {"the same pattern twice",
     "@",
     {"top.pem", "top.pem"},
     NULL,
     "0f @/top.pem\n1f @/top.pem\n",
     "@\n"},
    {"a folder whose name is a pattern",
     "@/a*b",
     {"*.pem"},
     NULL,
     "0f @/a*b/literal.pem\n",
     "@/a*b\n"},
    {"an empty folder", "@/empty", {"**/x"}, NULL, "", "@/empty\n"},
    {"a file is no tree", "@/file", {"**/x"}, NULL, "", ""},
    {"nothing is no tree", "@/nothing", {"**/x"}, NULL, "", ""},
    {"a link is no tree", "@/loop", {"**/x"}, NULL, "", ""},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct seen seen = {.leave_out = rows[i].leave_out};
        fence_error err = {0};

        if (look(&seen, rows[i].base, rows[i].patterns, &err) != 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        if (strcmp(seen.found, rows[i].found) != 0)
            fail_msg("%s: found\n%s", rows[i].name, seen.found);
        if (strcmp(seen.folders, rows[i].folders) != 0)
            fail_msg("%s: folders\n%s", rows[i].name, seen.folders);
    }
}

/* The path of the root has no slash to add. */
static void test_root(void **state)
{
    static const char *const patterns[] = {"etc", "proc/self", "dev/null", NULL};
    struct seen seen = {.leave_out = "/proc"};

    (void)state;
    assert_int_equal(look(&seen, "/", patterns, NULL), 0);
    assert_non_null(strstr(seen.found, "0d /etc\n"));
    assert_null(strstr(seen.found, "/proc/self"));
    assert_non_null(strstr(seen.found, "2? /dev/null\n"));
    assert_string_equal(seen.folders, "/\n/dev\n/proc\n");
}

/* ---- what ends it ---- */

static void test_callbacks(void **state)
{
    static const char *const patterns[] = {"**/*.pem", NULL};
    struct seen at_found = {.end_with = -7}, at_folder = {.folder_end_with = -8};
    struct seen positive = {.end_with = 9};

    (void)state;
    assert_int_equal(look(&at_found, "@", patterns, NULL), -7);
    assert_null(strchr(strchr(at_found.found, '\n') + 1, '\n')); /* once */
    assert_int_equal(look(&at_folder, "@", patterns, NULL), -8);
    assert_string_equal(at_folder.folders, "@\n");
    assert_string_equal(at_folder.found, "");
    look(&positive, "@", patterns, NULL); /* stops, as nothing says that it may be positive */
}

static void test_without_folder(void **state)
{
    static const char *const patterns[] = {"a/x.pem"};
    struct seen seen = {0};
    struct walk walk = {.base = tree_root,
                        .patterns = patterns,
                        .npatterns = 1,
                        .payload = &seen,
                        .found = on_found};

    (void)state;
    assert_int_equal(walk_tree(&walk, NULL), 0);
    assert_string_equal(seen.found, "0f @/a/x.pem\n");
    walk.npatterns = 0;
    assert_int_equal(walk_tree(&walk, NULL), 0);
}

/* ---- folders that cannot be read ---- */

static int look_at_closed(void)
{
    static const char *const patterns[] = {"**/secret", NULL};
    struct seen seen = {0};

    return look(&seen, "@/closed", patterns, NULL) == 0 &&
                   strcmp(seen.found, "0f @/closed/open/secret\n") == 0 &&
                   strcmp(seen.folders, "@/closed\n@/closed/none Permission denied\n"
                                        "@/closed/open\n") == 0
               ? 0
               : 1;
}

static void test_unreadable(void **state)
{
    (void)state;
    tree_add("@/closed/none/secret");
    tree_add("@/closed/open/secret");
    assert_int_equal(chmod(tree_at("@/closed/none"), 0), 0);
    assert_int_equal(tree_as_user(look_at_closed), 0);
    chmod(tree_at("@/closed/none"), 0755);
    tree_remove(tree_at("@/closed"));
}

/* ---- long names ---- */

static int count_found(void *payload, size_t index, const char *path, unsigned char kind)
{
    size_t *longest = payload;

    (void)index;
    (void)kind;
    if (strlen(path) > *longest)
        *longest = strlen(path);
    return 0;
}

/* Folders within folders, further than a path reaches: as far as one does, all is found. */
static void make_deep(size_t name_len, size_t depth)
{
    char name[256];
    int at = open(tree_at("@/deep"), O_PATH | O_DIRECTORY | O_CLOEXEC);

    memset(name, 'n', name_len);
    name[name_len] = '\0';
    for (size_t i = 0; i < depth; i++) {
        int next;

        assert_int_equal(mkdirat(at, name, 0755), 0);
        next = openat(at, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
    }
    close(at);
}

static const struct {
    const char *name;
    size_t name_len, depth, at_least;
} deep_rows[] = {
    {"255 bytes", 255, 1, 255},
    {"255 bytes, until no path reaches", 255, 20, 3800},
    {"one byte, 1,000 deep", 1, 1000, 2000},
};

static void test_deep(void **state)
{
    static const char *const patterns[] = {"**/n*"};
    static const char *const removal[] = {"rm", "-rf", "@/deep", NULL}; /* by no path of ours */

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(deep_rows); i++) {
        char base[TREE_PATH];
        size_t longest = 0;
        struct walk walk = {.base = base,
                            .patterns = patterns,
                            .npatterns = 1,
                            .payload = &longest,
                            .found = count_found};
        fence_error err = {0};

        tree_add("@/deep/");
        tree_expand(base, sizeof base, "@/deep");
        make_deep(deep_rows[i].name_len, deep_rows[i].depth);
        if (walk_tree(&walk, &err) != 0)
            fail_msg("%s: %s", deep_rows[i].name, err.message);
        if (longest < deep_rows[i].at_least || longest >= LIMIT_PATH)
            fail_msg("%s: %zu", deep_rows[i].name, longest);
        assert_true(tree_run(removal));
    }
}

static void test_long_base(void **state)
{
    static const char *const patterns[] = {"**/x"};
    static char base[LIMIT_PATH + 10];
    struct seen seen = {0};
    struct walk walk = {
        .base = base, .patterns = patterns, .npatterns = 1, .payload = &seen, .found = on_found};

    (void)state;
    memset(base, '/', sizeof base - 1);
    assert_int_equal(walk_tree(&walk, NULL), 0);
}

static int setup(void **state)
{
    if (tree_setup(state) != 0)
        return -1;
    tree_add_all(tree);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),       cmocka_unit_test(test_root),
        cmocka_unit_test(test_callbacks),  cmocka_unit_test(test_without_folder),
        cmocka_unit_test(test_unreadable), cmocka_unit_test(test_deep),
        cmocka_unit_test(test_long_base),
    };

    return cmocka_run_group_tests(tests, setup, tree_teardown);
}
