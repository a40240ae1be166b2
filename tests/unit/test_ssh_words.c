/* SPDX-License-Identifier: Apache-2.0
 * test_ssh_words.c - what the words of ssh(1) mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/ssh_words.h"

#define MOST 16

/* A word that begins with '~' is not known. */
static const struct row {
    const char *name, *words[MOST], *hosts;
    size_t command; /* 0: none */
    const char *option;
    bool unknown;
} rows[] = {
    {"a host", {"ssh", "a.test"}, "a.test", 0, "", false},
    {"a user", {"ssh", "me@a.test"}, "a.test", 0, "", false},
    {"a user with an @", {"ssh", "me@b@a.test"}, "a.test", 0, "", false},
    {"a command", {"ssh", "a.test", "ls", "-l"}, "a.test", 2, "", false},
    {"options", {"ssh", "-p", "22", "-i", "key", "-4q", "a.test"}, "a.test", 0, "", false},
    {"a value in the word", {"ssh", "-p22", "-lroot", "a.test", "x"}, "a.test", 4, "", false},
    {"letters together", {"ssh", "-tp", "22", "a.test"}, "a.test", 0, "", false},
    {"options behind the host", {"ssh", "a.test", "-p", "22", "ls"}, "a.test", 4, "", false},
    {"no more options", {"ssh", "--", "a.test", "ls"}, "a.test", 3, "", false},
    {"no more options behind the host", {"ssh", "a.test", "--", "-x"}, "a.test", 3, "", false},
    {"a URL", {"ssh", "ssh://me@a.test:22/"}, "a.test", 0, "", false},
    {"IPv6", {"ssh", "me@::1"}, "::1", 0, "", false},
    {"IPv6 in a URL", {"ssh", "ssh://[::1]:22"}, "::1", 0, "", false},
    {"another name", {"ssh", "-o", "HostName=b.test", "a.test"}, "b.test a.test", 0, "", false},
    {"another name, otherwise",
     {"ssh", "-ohostname b.test", "a.test"},
     "b.test a.test",
     0,
     "",
     false},
    {"jumps", {"ssh", "-J", "me@b.test:22,c.test", "a.test"}, "b.test c.test a.test", 0, "", false},
    {"jumps, otherwise", {"ssh", "-oProxyJump=b.test", "a.test"}, "b.test a.test", 0, "", false},
    {"no jumps", {"ssh", "-oProxyJump=none", "a.test"}, "a.test", 0, "", false},
    {"a command in an option",
     {"ssh", "-oRemoteCommand=rm x", "a.test"},
     "a.test",
     0,
     "rm x",
     false},
    {"an unknown host", {"ssh", "~"}, "", 0, "", true},
    {"an unknown option", {"ssh", "-o", "~", "a.test"}, "a.test", 0, "", true},
    {"an unknown value that is no matter", {"ssh", "-i", "~", "a.test"}, "a.test", 0, "", false},
    {"no host", {"ssh", "-V"}, "", 0, "", false},
    {"a value that is missing", {"ssh", "-p"}, "", 0, "", false},
};

static void show(char out[256], const struct ssh_words *said)
{
    out[0] = '\0';
    for (size_t i = 0; i < said->nhosts; i++)
        snprintf(out + strlen(out), 256 - strlen(out), "%s%.*s", i > 0 ? " " : "",
                 STR_ARG(said->hosts[i]));
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_word words[MOST];
        struct ssh_words said;
        size_t count = 0;
        char hosts[256];

        for (; count < MOST && rows[i].words[count]; count++) {
            bool whole = rows[i].words[count][0] != '~';

            words[count] =
                (struct shell_word){whole ? str_of(rows[i].words[count]) : STR(""), whole};
        }
        ssh_words_read(&said, words, count);
        show(hosts, &said);
        if (strcmp(hosts, rows[i].hosts) != 0 || said.unknown != rows[i].unknown)
            fail_msg("%s: '%s'", rows[i].name, hosts);
        if (said.command != (rows[i].command ? rows[i].command : count) ||
            !str_equal(said.option, str_of(rows[i].option)))
            fail_msg("%s: the command at %zu", rows[i].name, said.command);
    }
}

static void test_many(void **state)
{
    const struct shell_word words[] = {
        {STR("ssh"), true}, {STR("-J"), true}, {STR("a,b,c,d,e,f,g,h,i"), true}, {STR("x"), true}};
    struct ssh_words said;

    (void)state;
    ssh_words_read(&said, words, ARRAY_LEN(words));
    assert_true(said.too_many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_many)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
