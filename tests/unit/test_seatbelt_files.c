/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_files.c - the settings of files, as a profile decides about paths of a tree that is
 * there, and about those that are not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/seatbelt_files.h"
#include "support/config_of.h"
#include "support/sbpl_ask.h"
#include "unit/tree.h"

#define MOST 24

static const char *const tree[] = {"@/home/u/p/src/a.c",
                                   "@/home/u/p/.env",
                                   "@/home/u/p/sub/key.pem",
                                   "@/home/u/p/.bashrc",
                                   "@/home/u/p/.git/HEAD = ref: refs/heads/main\n",
                                   "@/home/u/p/.git/objects/",
                                   "@/home/u/p/.git/refs/",
                                   "@/home/u/p/.git/config",
                                   "@/home/u/p/vault/open/x",
                                   "@/home/u/p/vault/shut",
                                   "@/home/u/p/link -> src",
                                   "@/home/u/p/.zshrc -> src/a.c",
                                   "@/home/u/p-2/a",
                                   "@/home/u/x/.vscode/ext/a",
                                   "@/home/u/.ssh/id",
                                   "@/out/data",
                                   NULL};

#define P "@/home/u/p"

static const struct row {
    const char *name;
    bool notice;      /* there is one                                */
    const char *json; /* what `filesystem` holds, with ' for \" */
    const char *asks[MOST];
} rows[] = {
    {"nothing asked",
     false,
     "",
     {"+file-read-data " P "/.env", "+file-read-metadata /", "+process-exec /bin/sh",
      "-file-write-data " P "/.env", "-file-write-create " P "/new", "-file-write-unlink " P,
      "-file-write-create /private/tmp/x", "-file-write-mode /bin/sh", "-file-link " P "/a",
      "-file-mount /", NULL}},
    {"a folder that is writable",
     false,
     "'allowWrite': ['.']",
     {"+file-write-create " P "/new", "+file-write-data " P "/src/b.c",
      "+file-write-unlink " P "/sub", "-file-write-create @/home/u/p-2/b",
      "-file-write-create @/home/u/new", "-file-write-create @/home/u/p-new",
      "-file-write-unlink " P, NULL}},
    {"the machine's folder for what is temporary, behind its link",
     false,
     "'allowWrite': ['/tmp']",
     {"+file-write-create /private/tmp/x", "+file-write-unlink /private/tmp/x",
      "-file-write-create /private/var/x", "-file-write-create /tmpx", NULL}},
    {"272 protected names, in whatever case, there or not",
     false,
     "'allowWrite': ['.']",
     {"-file-write-data " P "/.bashrc", "-file-write-unlink " P "/.bashrc",
      "-file-write-create " P "/.BASHRC", "-file-write-create " P "/a/b/.vscode",
      "-file-write-create " P "/a/.VSCode/tasks.json", "-file-write-create " P "/.zshenv",
      "-file-write-create " P "/.ba\xc5\xbfhrc", "-file-write-unlink " P "/.zshrc",
      "-file-write-data " P "/src/a.c", "+file-write-create " P "/.bashrc2",
      "+file-write-create " P "/vscode/x", "+file-read-data " P "/.bashrc", NULL}},
    {"272 a folder above a protected name is not made by a rename, nor renamed",
     false,
     "'allowWrite': ['.']",
     {"-file-write-create " P "/.claude", "-file-write-unlink " P "/deep/.claude",
      "-file-write-create " P "/deep/.CURSOR", "+file-write-create " P "/.claude/notes.md",
      "-file-write-create " P "/.claude/settings.json", "-file-write-unlink " P "/.git",
      "-file-write-unlink " P "/.git/objects", NULL}},
    {"git",
     false,
     "'allowWrite': ['.']",
     {"+file-write-create " P "/.git/index.lock", "+file-write-create " P "/.git/refs/heads/x",
      "-file-write-data " P "/.git/config", "-file-write-create " P "/.git/hooks/pre-commit",
      "-file-write-create " P "/.git/HOOKS", "-file-write-create " P "/.git/commondir",
      "-file-write-create " P "/HEAD", NULL}},
    {"git's config is open",
     false,
     "'allowWrite': ['.'], 'allowGitConfig': true",
     {"+file-write-data " P "/.git/config", "-file-write-create " P "/.git/hooks/pre-commit",
      NULL}},
    {"a writable folder in one of a protected name",
     false,
     "'allowWrite': ['~/x/.vscode/ext', '.']",
     {"+file-write-data @/home/u/x/.vscode/ext/a", "-file-write-data @/home/u/x/.vscode/b",
      "-file-write-create @/home/u/x/.vscode/ext/.vscode", "-file-write-create " P "/.vscode",
      NULL}},
    {"denyWrite",
     false,
     "'allowWrite': ['.'], 'denyWrite': ['src', '**/*.lock', 'later/on']",
     {"-file-write-create " P "/src/b.c", "-file-write-unlink " P "/src",
      "-file-write-create " P "/x/y.lock", "-file-write-create " P "/y.LOCK",
      "-file-write-create " P "/later/on", "-file-write-create " P "/later/on/x",
      "-file-write-create " P "/later", "+file-write-create " P "/later/off",
      "+file-read-data " P "/src/a.c", "+file-write-create " P "/y.lock2", NULL}},
    {"denyWrite stays, whatever opens something below it",
     false,
     "'allowWrite': ['.', 'vault/open'], 'denyWrite': ['vault']",
     {"-file-write-data " P "/vault/open/x", "-file-write-data " P "/vault/shut", NULL}},
    {"denyRead",
     false,
     "'allowWrite': ['.'], 'denyRead': ['~/.ssh', '**/.env', 'sub/*.pem']",
     {"-file-read-data @/home/u/.ssh/id", "-file-read-metadata @/home/u/.ssh/id",
      "-file-read-data @/home/u/.ssh", "-process-exec @/home/u/.ssh/id",
      "-file-read-data " P "/.env", "-file-write-data " P "/.env", "-file-write-unlink " P "/.env",
      "-file-read-data " P "/x/y/.ENV", "-file-read-data " P "/sub/key.pem",
      "-file-read-data " P "/sub/new.pem", "-file-write-unlink " P "/sub",
      "+file-read-data " P "/sub/key.pub", "+file-read-data " P "/src/a.c", NULL}},
    {"the longer path decides",
     false,
     "'denyRead': ['vault'], 'allowRead': ['vault/open'], 'allowWrite': ['vault/open']",
     {"-file-read-data " P "/vault/shut", "+file-read-data " P "/vault/open/x",
      "+file-write-data " P "/vault/open/x", "+file-read-metadata " P "/vault",
      "-file-read-data " P "/vault", NULL}},
    {"a pattern, and a longer path within what it has found",
     false,
     "'denyRead': ['**/vault'], 'allowRead': ['vault/open']",
     {"-file-read-data " P "/vault/shut", "+file-read-data " P "/vault/open/x",
      "-file-read-data " P "/new/vault/x", "-file-read-data " P "/vault/open/vault/x", NULL}},
    {"a pattern below what was opened again",
     false,
     "'denyRead': ['vault', '**/*.key', 'vault/open/x'], 'allowWrite': ['vault/open']",
     {"+file-write-create " P "/vault/open/y", "-file-read-data " P "/vault/open/y.key",
      "-file-read-data " P "/vault/open/x", "-file-read-data " P "/vault/shut", NULL}},
    {"nothing can be read but what is named",
     false,
     "'defaultDenyRead': true, 'allowRead': ['src']",
     {"+file-read-data " P "/src/a.c", "-file-read-data " P "/.env", "-file-read-data @/out/data",
      "+file-read-metadata " P, "-file-read-data " P, "+file-read-metadata @/home",
      "-file-read-metadata @/out", "+file-read-data /usr/lib/dyld", "+process-exec /bin/sh",
      "+file-read-data /", "+file-read-metadata /private/var", "-process-exec " P "/.env",
      "-file-read-data /private/var/folders/x", "-file-write-data " P "/src/a.c", NULL}},
    {"not even the system",
     false,
     "'strictDenyRead': true, 'allowRead': ['link']",
     {"+file-read-data " P "/src/a.c", "-file-read-metadata " P "/link",
      "-file-read-data /usr/lib/dyld", "-process-exec /bin/sh", NULL}},
    {"all of it is writable",
     true,
     "'allowWrite': ['/']",
     {"+file-write-create @/out/new", "-file-write-create " P "/.bashrc", "-file-write-unlink /",
      NULL}},
};

static void ask(const struct row *row, struct buf *profile)
{
    struct sbpl *read = sbpl_of(row->name, profile);

    for (size_t i = 0; i < MOST && row->asks[i]; i++)
        sbpl_ask(row->name, read, profile->bytes, tree_at(row->asks[i]));
    sbpl_free(read);
}

static void unquote(char *text)
{
    for (; *text; text++)
        *text = *text == '\'' ? '"' : *text;
}

static void on_notice(void *payload, const char *text)
{
    const struct row *row = payload;

    if (!row->notice)
        fail_msg("%s: %s", row->name, text);
}

static void test_rows(void **state)
{
    (void)state;
    tree_add_all(tree);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf profile = BUF_INIT(256 * 1024);
        struct seatbelt_places places = {.cwd = tree_at(P)};
        struct files files = {0};
        fence_error err = {0};
        fence_config *config;
        char json[512];

        snprintf(json, sizeof json, "{'filesystem': {%s}}", rows[i].json);
        unquote(json);
        config = config_of(json);
        if (files_resolve(&files, config, places.cwd, tree_at("@/home/u"), on_notice,
                          (void *)&rows[i], &err) != 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        places.files = &files;
        places.deny_read = config->default_deny_read || config->strict_deny_read;
        places.system = !config->strict_deny_read;
        buf_append_text(&profile, "(version 1)\n(deny default)\n");
        assert_int_equal(seatbelt_files(&profile, &places), 0);
        ask(&rows[i], &profile);
        files_deinit(&files);
        fence_config_unref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, tree_setup, tree_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
