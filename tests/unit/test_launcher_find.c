/* SPDX-License-Identifier: Apache-2.0
 * test_launcher_find.c - which bwrap is taken, and which may be started before the plan is known.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/launcher_find.h"

struct site {
    char folder[64], path[256], found[PATH_MAX];
    const char *env[2];
};

static void put(const char *folder, const char *name, mode_t mode)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

/* A folder of root's, and nobody else's, where the caller may make one: /var/tmp is everyone's. */
static void open_site(struct site *site, const char *base)
{
    snprintf(site->folder, sizeof site->folder, "%s/fence-find-XXXXXX", base);
    assert_non_null(mkdtemp(site->folder));
    assert_int_equal(chmod(site->folder, 0755), 0);
    snprintf(site->path, sizeof site->path, "PATH=/nonexistent:relative:%s", site->folder);
    site->env[0] = site->path;
    site->env[1] = NULL;
}

static void close_site(struct site *site)
{
    char path[128];

    snprintf(path, sizeof path, "%s/bwrap", site->folder);
    unlink(path);
    assert_int_equal(rmdir(site->folder), 0);
}

static void test_certain(void **state)
{
    static const struct {
        const char *name, *base;
        mode_t file, folder;
        size_t writable; /* how many folders are */
        bool certain;    /* for root            */
    } rows[] = {
        {"root's all the way", "/root", 0755, 0755, 0, true},
        {"with a folder that may be written to", "/root", 0755, 0755, 1, false},
        {"a file for everyone", "/root", 0757, 0755, 0, false},
        {"a file for the group", "/root", 0775, 0755, 0, false},
        {"a folder for everyone", "/root", 0755, 0757, 0, false},
        {"below a folder for everyone", "/var/tmp", 0755, 0755, 0, false},
        {"no program", "/root", 0644, 0755, 0, false},
    };

    (void)state;
    if (geteuid() != 0 || access("/root", W_OK) < 0)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fence_config config = {.nallow_write = rows[i].writable};
        struct site site;

        open_site(&site, rows[i].base);
        put(site.folder, "bwrap", rows[i].file);
        assert_int_equal(chmod(site.folder, rows[i].folder), 0);
        if (launcher_find_certain(site.found, site.env, &config) != rows[i].certain)
            fail_msg("%s", rows[i].name);
        close_site(&site);
    }
}

/* The first in PATH counts: a later one that is certain is not the one that would be taken. */
static void test_the_first_counts(void **state)
{
    struct fence_config config = {0};
    struct site site;

    (void)state;
    open_site(&site, "/var/tmp");
    put(site.folder, "bwrap", 0755);
    snprintf(site.path, sizeof site.path, "PATH=%s:/usr/bin", site.folder);
    assert_false(launcher_find_certain(site.found, site.env, &config));
    close_site(&site);
}

static void test_with_a_plan(void **state)
{
    static const struct {
        const char *name;
        bool writable;    /* by commands       */
        const char *says; /* NULL: it is taken */
    } rows[] = {
        {"anywhere", false, NULL},
        {"where commands may write", true, "is one that commands may write to"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct site site;
        const char *writable[] = {site.folder};
        struct plan_input in = {.cwd = "/", .writable = writable, .nwritable = rows[i].writable};
        struct plan *plan = NULL;
        fence_error err = {0};
        int rc;

        open_site(&site, "/var/tmp");
        put(site.folder, "bwrap", 0755);
        assert_int_equal(plan_make(&plan, &in, &err), 0);
        rc = launcher_find(site.found, site.env, plan, &err);
        if (rows[i].says ? rc != FENCE_ESANDBOX || !strstr(err.message, rows[i].says)
                         : rc != 0 || strncmp(site.found, site.folder, strlen(site.folder)) != 0)
            fail_msg("%s: %d, '%s'", rows[i].name, rc, err.message);
        plan_free(plan);
        close_site(&site);
    }
}

static void test_missing(void **state)
{
    static const char *const env[] = {"PATH=/nonexistent:relative:", NULL};
    struct plan_input in = {.cwd = "/"};
    struct plan *plan = NULL;
    char found[PATH_MAX];
    fence_error err = {0};

    (void)state;
    assert_int_equal(plan_make(&plan, &in, &err), 0);
    assert_int_equal(launcher_find(found, env, plan, &err), FENCE_ESANDBOX);
    assert_non_null(strstr(err.message, "bubblewrap is missing"));
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certain),
        cmocka_unit_test(test_the_first_counts),
        cmocka_unit_test(test_with_a_plan),
        cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
