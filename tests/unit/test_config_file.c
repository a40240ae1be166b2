/* SPDX-License-Identifier: Apache-2.0
 * test_config_file.c - files that can be read and those that must not be, and where they are
 * looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "filter/config.h"

#define NOBODY 65534

struct place { /* a folder of the test's own */
    char root[64];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    snprintf(place->root, sizeof place->root, "/tmp/fence-test-XXXXXX");
    *state = place;
    return mkdtemp(place->root) && chmod(place->root, 0755) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[96];
    int rc;

    snprintf(command, sizeof command, "rm -rf '%s'", place->root);
    rc = system(command);
    free(place);
    return rc;
}

static const char *path_in(const struct place *place, const char *name, char out[256])
{
    snprintf(out, 256, "%s/%s", place->root, name);
    return out;
}

/* Writes a file and the folders above it. */
static void write_file(const struct place *place, const char *name, const char *text)
{
    char path[256];
    FILE *f;

    path_in(place, name, path);
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void check_load(const struct place *place, const char *name, const char *error)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char path[256], expected[512];
    int rc = fence_config_load(&config, path_in(place, name, path), NULL, 0, &err);

    snprintf(expected, sizeof expected, "'%s' %s", path, error);
    if (rc != FENCE_ECONFIG || config)
        fail_msg("%s: returned %d", name, rc);
    if (strcmp(err.message, expected) != 0)
        fail_msg("%s: %s", name, err.message);
}

static void test_load(void **state)
{
    const struct place *place = *state;
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char path[256], expected[512];

    write_file(place, "good.json", "{\"network\": {\"allowedDomains\": [\"a.test\"]}}");
    assert_int_equal(fence_config_load(&config, path_in(place, "good.json", path), NULL, 0, &err),
                     0);
    assert_int_equal(domains_count(config->allowed.set), 1);
    config = fence_config_unref(config);

    assert_int_equal(fence_config_load(&config, NULL, NULL, 0, &err), 0);
    assert_int_equal(domains_count(config->allowed.set), 0);
    config = fence_config_unref(config);

    write_file(place, "bad.json", "{\n \"x\": 1}");
    assert_int_equal(fence_config_load(&config, path_in(place, "bad.json", path), NULL, 0, &err),
                     FENCE_ECONFIG);
    snprintf(expected, sizeof expected, "%s:2:2: x: unknown key 'x'", path);
    assert_string_equal(err.message, expected);

    write_file(place, "empty.json", "");
    assert_int_equal(fence_config_load(&config, path_in(place, "empty.json", path), NULL, 0, &err),
                     FENCE_ECONFIG);
    assert_non_null(strstr(err.message, ":1:1: the configuration is empty: write {}"));
    assert_null(config);
}

static void test_no_file(void **state)
{
    const struct place *place = *state;
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    char path[256];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    check_load(place, "missing.json", "does not exist");
    check_load(place, "good/under/nothing.json", "does not exist");
    write_file(place, "folder/file", "");
    check_load(place, "folder", "is a folder: name the file in it");
    check_load(place, "folder/file/x", "cannot be read: Not a directory");
    assert_int_equal(mkfifo(path_in(place, "fifo", path), 0644), 0); /* must not hang */
    check_load(place, "fifo", "is a pipe: write the settings to a regular file");
    snprintf(sa.sun_path, sizeof sa.sun_path, "%s/socket", place->root);
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof sa), 0);
    check_load(place, "socket", "is a socket or a device: name a regular file");
    close(fd);
    assert_int_equal(symlink("loop", path_in(place, "loop", path)), 0);
    check_load(place, "loop", "cannot be read: Too many levels of symbolic links");
    assert_int_equal(symlink("gone", path_in(place, "dangling", path)), 0);
    check_load(place, "dangling", "does not exist");
}

static void test_device(void **state)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};

    (void)state;
    assert_int_equal(fence_config_load(&config, "/dev/zero", NULL, 0, &err), FENCE_ECONFIG);
    assert_string_equal(err.message, "'/dev/zero' is a device: name a regular file");
    assert_int_equal(fence_config_load(&config, "", NULL, 0, &err), FENCE_ECONFIG);
    assert_string_equal(err.message, "'' does not exist");
    assert_int_equal(fence_config_load(&config, "a\x1b[2J", NULL, 0, &err), FENCE_ECONFIG);
    assert_string_equal(err.message, "'a\\x1b[2J' does not exist");
    assert_null(config);
}

static void test_too_large(void **state)
{
    const struct place *place = *state;
    char path[256];

    write_file(place, "large.json", "{}");
    assert_int_equal(truncate(path_in(place, "large.json", path), LIMIT_CONFIG_BYTES + 1L), 0);
    check_load(place, "large.json", "has more than 64 MiB");
}

static void test_unreadable(void **state)
{
    const struct place *place = *state;
    char path[256];
    bool root = geteuid() == 0;

    write_file(place, "secret.json", "{}");
    assert_int_equal(chmod(path_in(place, "secret.json", path), 0), 0);
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    check_load(place, "secret.json", "cannot be read: Permission denied");
    if (root)
        assert_int_equal(seteuid(0), 0);
}

/* ---- the search ---- */

struct find_row {
    const char *name;
    const char *files[3];
    const char *xdg, *home; /* NULL: unset; "@..." is below the test's folder */
    const char *found;      /* the same; "": nothing                          */
    const char *error;      /* a part of it                                   */
};

#define XDG_ERROR "set it to an absolute path without '..'"

/* clang-format off */
static const struct find_row find_rows[] = {
    {"nothing anywhere",          {NULL}, "@x", "@h", "", NULL},
    {"no variables at all",       {"x/fence/fence.json"}, NULL, NULL, "", NULL},
    {"empty variables",           {"x/fence/fence.json"}, "", "", "", NULL},
    {"jsonc in XDG",              {"x/fence/fence.jsonc", "h/.fence.json"}, "@x", "@h", "@x/fence/fence.jsonc", NULL},
    {"json in XDG",               {"x/fence/fence.json"}, "@x", "@h", "@x/fence/fence.json", NULL},
    {"XDG without HOME",          {"x/fence/fence.json"}, "@x", NULL, "@x/fence/fence.json", NULL},
    {"XDG stands for .config",    {"h/.config/fence/fence.json"}, "@x", "@h", "", NULL},
    {".config",                   {"h/.config/fence/fence.json", "h/.fence.json"}, NULL, "@h", "@h/.config/fence/fence.json", NULL},
    {".config, XDG empty",        {"h/.config/fence/fence.jsonc"}, "", "@h", "@h/.config/fence/fence.jsonc", NULL},
    {"in HOME",                   {"h/.fence.json"}, "@x", "@h", "@h/.fence.json", NULL},
    {"in HOME, jsonc",            {"h/.fence.jsonc"}, NULL, "@h", "@h/.fence.jsonc", NULL},
    {"two in XDG",                {"x/fence/fence.json", "x/fence/fence.jsonc"}, "@x", "@h", NULL, "remove one of them"},
    {"two in HOME",               {"h/.fence.json", "h/.fence.jsonc"}, "@x", "@h", NULL, "remove one of them"},
    {"3L.212 a folder",           {"x/fence/fence.json/x"}, "@x", "@h", NULL, "is a folder"},
    {"3L.223 XDG relative",       {"x/fence/fence.json"}, "x", "@h", NULL, "XDG_CONFIG_HOME='x' is not an absolute path: " XDG_ERROR},
    {"3L.223 XDG with ..",        {"x/fence/fence.json"}, "@h/../x", "@h", NULL, "has a '..' in it: " XDG_ERROR},
    {"3L.223 XDG ends in ..",     {"x/fence/fence.json"}, "@x/..", "@h", NULL, "has a '..' in it: " XDG_ERROR},
    {"3L.223 dots in a name",     {"x..y/fence/fence.json"}, "@x..y", "@h", "@x..y/fence/fence.json", NULL},
    {"3L.223 dots before a name",  {"..x/fence/fence.json"}, "@..x", "@h", "@..x/fence/fence.json", NULL},
    {"3L.223 HOME relative",      {"h/.fence.json"}, "@x", ".", NULL, "HOME='.' is not an absolute path: " XDG_ERROR},
    {"3L.223 HOME with ..",       {"h/.fence.json"}, NULL, "@x/../h", NULL, "has a '..' in it: " XDG_ERROR},
};
/* clang-format on */

static void set_variable(const struct place *place, const char *name, const char *value)
{
    char path[256];

    if (!value)
        unsetenv(name);
    else
        setenv(name, *value == '@' ? path_in(place, value + 1, path) : value, 1);
}

static void check_find(const struct place *place, const struct find_row *row)
{
    char out[512] = "untouched", path[256];
    fence_error err = {0, ""};
    int rc = fence_config_find(out, sizeof out, &err);

    if (row->error) {
        if (rc != FENCE_ECONFIG || !strstr(err.message, row->error))
            fail_msg("%s: %d '%s'", row->name, rc, err.message);
        if (strcmp(out, "untouched") != 0)
            fail_msg("%s: wrote '%s'", row->name, out);
        return;
    }
    if (rc != 0)
        fail_msg("%s: %s", row->name, err.message);
    if (strcmp(out, *row->found == '@' ? path_in(place, row->found + 1, path) : row->found) != 0)
        fail_msg("%s: found '%s'", row->name, out);
}

static void test_find(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(find_rows); i++) {
        const struct find_row *row = &find_rows[i];

        assert_int_equal(set_up(state), 0);
        for (size_t k = 0; k < ARRAY_LEN(row->files) && row->files[k]; k++)
            write_file(*state, row->files[k], "{}");
        set_variable(*state, "XDG_CONFIG_HOME", row->xdg);
        set_variable(*state, "HOME", row->home);
        check_find(*state, row);
        assert_int_equal(tear_down(state), 0);
    }
}

static void test_find_unreadable(void **state)
{
    struct find_row row = {.name = "unreadable", .error = "cannot be read: Permission denied"};
    bool root = geteuid() == 0;
    char path[256];

    write_file(*state, "x/fence/fence.json", "{}");
    assert_int_equal(chmod(path_in(*state, "x/fence/fence.json", path), 0), 0);
    set_variable(*state, "XDG_CONFIG_HOME", "@x");
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    check_find(*state, &row);
    if (root)
        assert_int_equal(seteuid(0), 0);

    row = (struct find_row){.name = "dangling", .error = "does not exist"};
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("gone", path), 0);
    check_find(*state, &row);
}

static void test_find_room(void **state)
{
    fence_error err = {0, ""};
    char out[512], path[256];
    size_t len;

    write_file(*state, "x/fence/fence.json", "{}");
    set_variable(*state, "XDG_CONFIG_HOME", "@x");
    len = strlen(path_in(*state, "x/fence/fence.json", path));
    assert_int_equal(fence_config_find(out, len, &err), FENCE_ECONFIG);
    assert_int_equal(fence_config_find(out, len + 1, &err), 0);
    assert_string_equal(out, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
        cmocka_unit_test(test_device),
        cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
        cmocka_unit_test(test_find),
        cmocka_unit_test_setup_teardown(test_find_unreadable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find_room, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
