/* SPDX-License-Identifier: Apache-2.0
 * test_commands.c - rules about commands against words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "filter/commands.h"

#define MOST 32

/* Words between blanks; one that ends with '~' is known up to there. */
static size_t split(struct shell_word words[MOST], const char *line)
{
    struct str rest = str_of(line);
    size_t count = 0;

    while (rest.len > 0) {
        size_t end = str_find(rest, ' ');
        struct str word = str_slice(rest, 0, end);
        bool whole = !str_has_suffix(word, STR("~"));

        words[count++] = (struct shell_word){whole ? word : str_slice(word, 0, end - 1), whole};
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    return count;
}

static void add(struct command_rules *rules, const char *list)
{
    struct str rest = str_of(list);

    while (rest.len > 0) {
        size_t end = str_find(rest, ';');
        const char *why;

        if (command_rules_add(rules, str_slice(rest, 0, end), &why) != 0)
            fail_msg("%s: %s", list, why ? why : "out of memory");
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
}

static const struct row {
    const char *name, *allow, *deny, *words;
    const char *rule; /* that decides; "" for none */
    bool denied;
} rows[] = {
    {"the same words", "", "git push", "git push", "git push", true},
    {"more words behind", "", "git push", "git push origin main", "git push", true},
    {"another word", "", "git push", "git pull", "", false},
    {"a word that begins like it", "", "git push", "git pushd", "", false},
    {"fewer words", "", "git push", "git", "", false},
    {"a path", "", "git push", "/usr/bin/git push", "git push", true},
    {"a path in the rule", "", "./deploy.sh", "/x/deploy.sh", "./deploy.sh", true},
    {"another program that ends like it", "", "git push", "legit push", "", false},
    {"the program alone", "", "sudo", "sudo -u x ls", "sudo", true},
    {"case counts", "", "git push", "GIT push", "", false},
    {"options in front", "", "git push", "git -C dir push", "git push", true},
    {"options with their value in the word", "", "git push", "git --git-dir=x -p push", "git push",
     true},
    {"the value of an option is no word", "", "git push", "git -C push status", "", false},
    {"two options", "", "git push", "git -c a=b -C x push -f", "git push", true},
    {"a word before it", "", "git push", "git stash push", "", false},
    {"behind --", "", "git push", "git -- push", "git push", true},
    {"options between words", "", "gh pr create", "gh -R a/b pr --repo c/d create", "gh pr create",
     true},
    {"an unknown program's option may have a value", "", "tool push", "tool -x y push", "tool push",
     true},
    {"or not", "", "tool push", "tool -x push", "tool push", true},
    {"but two words are no value", "", "tool push", "tool -x y z push", "", false},
    {"to allow, it is not taken for one", "tool push", "tool", "tool -x push", "tool", true},
    {"nor where it is none", "tool push", "tool", "tool push", "tool push", false},
    {"quotes in a rule", "", "git 'push' \"--force\"", "git push --force", "git 'push' \"--force\"",
     true},
    {"a quoted blank", "", "say 'a b'", "say a b", "", false},
    {"allowed and denied", "git push origin docs", "git push", "git push origin docs",
     "git push origin docs", false},
    {"allowed with more", "git push origin docs", "git push", "git push origin docs -f",
     "git push origin docs", false},
    {"what is not allowed is denied", "git push origin docs", "git push", "git push origin main",
     "git push", true},
    {"the default list is overruled", "shutdown", "", "shutdown -h now", "shutdown", false},
    {"dd", "", "", "dd if=/dev/zero of=x", "dd if=", true},
    {"dd, elsewhere", "", "", "dd of=x bs=1 if=/dev/sda", "dd if=", true},
    {"dd without", "", "", "dd of=x bs=1", "", false},
    {"dd, known in part", "", "", "dd of=x if=~", "dd if=", true},
    {"docker", "", "", "docker run -v /:/ x", "docker run -v /:/", true},
    {"docker, the root elsewhere", "", "", "docker run -it -v /:/host x", "docker run -v /:/",
     true},
    {"docker, a folder", "", "", "docker run -v /home:/home x", "", false},
    {"docker, in another order", "", "", "docker -H x run --rm --privileged x",
     "docker run --privileged", true},
    {"docker, with a value", "", "", "docker run --privileged=true x", "docker run --privileged",
     true},
    {"docker, another command", "", "", "docker ps --privileged", "", false},
    {"init 6", "", "", "init 6", "init 6", true},
    {"init 3", "", "", "init 3", "", false},
    {"systemctl", "", "", "systemctl --no-wall reboot", "systemctl reboot", true},
    {"systemctl, its option's value", "", "", "systemctl -M reboot status", "", false},
    {"mkfs of a kind", "", "", "mkfs.ext4 /dev/sda", "mkfs.ext4", true},
    {"mkfs of an unknown kind", "", "", "mkfs.zfs /dev/sda", "", false},
    {"two dashes in a rule", "", "git checkout --", "git checkout -- .", "git checkout --", true},
    {"without them", "", "git checkout --", "git checkout main", "", false},
    {"an option of a rule, and what follows it", "", "rm -rf /", "rm -rf /", "rm -rf /", true},
    {"something else follows", "", "rm -rf /", "rm -rf /tmp/x", "", false},
    {"an option anywhere", "", "git push --force", "git push origin main --force",
     "git push --force", true},
    {"the program is not known", "", "git push", "~ push", "", false},
    {"a word is not known", "", "git push", "git pu~ x", "", false},
    {"a word in front is not known", "", "git push", "git ~ push", "", false},
    {"an empty word", "", "git ''", "git  x", "git ''", true},
    {"nothing at all", "", "git push", "", "", false},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct commands commands = {.use_defaults = true};
        struct shell_word words[MOST];
        struct command_match match;

        add(&commands.allow, rows[i].allow);
        add(&commands.deny, rows[i].deny);
        commands_judge(&match, &commands, words, split(words, rows[i].words));
        if ((match.verdict == COMMAND_DENIED) != rows[i].denied ||
            strcmp(match.rule ? match.rule : "", rows[i].rule) != 0)
            fail_msg("%s: %d by %s", rows[i].name, (int)match.verdict, match.rule);
        if ((match.verdict == COMMAND_NO_RULE) != (match.rule == NULL))
            fail_msg("%s: a verdict without a rule", rows[i].name);
        command_rules_deinit(&commands.allow);
        command_rules_deinit(&commands.deny);
    }
}

static void test_without_defaults(void **state)
{
    struct commands commands = {0};
    struct shell_word words[MOST];
    struct command_match match;

    (void)state;
    commands_judge(&match, &commands, words, split(words, "shutdown now"));
    assert_int_equal(match.verdict, COMMAND_NO_RULE);
}

static void test_bad_rules(void **state)
{
    static const struct {
        const char *name, *text;
        size_t len;
        const char *why;
    } bad[] = {
        {"nothing", "", 0, "name a program"},
        {"blanks", " \t ", 3, "name a program"},
        {"an empty name", "'' push", 7, "name a program first: \"git push\""},
        {"a folder", "/bin/ push", 10, "name a program first: \"git push\""},
        {"an open quote", "git 'push", 9, "a quote is not closed"},
        {"a NUL", "git\0push", 8, "no name has a NUL in it"},
        {"17 words", "a b c d e f g h i j k l m n o p q", 33, "a rule has at most 16 words"},
    };
    struct command_rules rules = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *why = NULL;

        if (command_rules_add(&rules, (struct str){bad[i].text, bad[i].len}, &why) == 0 || !why ||
            strcmp(why, bad[i].why) != 0)
            fail_msg("%s: %s", bad[i].name, why);
    }
    assert_int_equal(rules.count, 0);
    command_rules_deinit(&rules);
}

/* A long line costs its length, whatever the rule. */
static void test_long(void **state)
{
    static struct shell_word words[200000];
    struct commands commands = {0};
    struct command_match match;

    (void)state;
    add(&commands.deny, "git push --a x --b y --c z;git a b c d e");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        words[i] = (struct shell_word){i % 2 ? STR("--a") : STR("--b"), true};
    words[0].text = STR("git");
    words[1].text = STR("push");
    commands_judge(&match, &commands, words, ARRAY_LEN(words));
    assert_int_equal(match.verdict, COMMAND_NO_RULE);
    command_rules_deinit(&commands.deny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_without_defaults),
        cmocka_unit_test(test_bad_rules),
        cmocka_unit_test(test_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
