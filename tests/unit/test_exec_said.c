/* SPDX-License-Identifier: Apache-2.0
 * test_exec_said.c - what an execve(2) names, read from outside. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/exec_said.h"
#include "support/notified.h"

static const char no_such[] = "/nowhere/program";

static int plain(void)
{
    const char *words[] = {"program", "one", "", "two three", NULL}, *none[] = {NULL};

    execve(no_such, (char **)words, (char **)none);
    return errno;
}

static int no_words(void)
{
    syscall(SYS_execve, no_such, NULL, NULL);
    return errno;
}

static int bad_path(void)
{
    syscall(SYS_execve, 16, NULL, NULL);
    return errno;
}

static int bad_words(void)
{
    syscall(SYS_execve, no_such, 16, NULL);
    return errno;
}

static int bad_word(void)
{
    const char *words[] = {"program", (const char *)16, NULL};

    syscall(SYS_execve, no_such, words, NULL);
    return errno;
}

static int long_path(void)
{
    static char path[5000];
    const char *words[] = {"x", NULL};

    memset(path, 'a', sizeof path - 1);
    syscall(SYS_execve, path, words, NULL);
    return errno;
}

/* Pointers and words end with a page, behind which there is nothing. */
static int at_the_edge(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *word = pages + page - 4;
    const char *words[] = {"program", word, NULL};

    munmap(pages + page, page);
    memcpy(word, "end", 4);
    memcpy(pages + page - 4 - sizeof words, words, sizeof words);
    syscall(SYS_execve, no_such, pages + page - 4 - sizeof words, NULL);
    return errno;
}

static int by_descriptor(void)
{
    const char *words[] = {"x", NULL};

    syscall(SYS_execveat, open("/bin/true", O_RDONLY), "", words, NULL, AT_EMPTY_PATH);
    return errno;
}

static int by_folder(void)
{
    const char *words[] = {"x", NULL};

    syscall(SYS_execveat, open("/bin", O_RDONLY | O_DIRECTORY), "true", words, NULL, 0);
    return errno;
}

static int by_proc(void)
{
    const char *words[] = {"x", NULL};
    char path[64];

    snprintf(path, sizeof path, "/dev/fd/%d", open("/bin/true", O_RDONLY));
    syscall(SYS_execve, path, words, NULL);
    return errno;
}

static int a_folder(void)
{
    const char *words[] = {"x", NULL};

    syscall(SYS_execve, "/", words, NULL);
    return errno;
}

static int many_words(void)
{
    static const char *words[100001];

    for (size_t i = 0; i + 1 < ARRAY_LEN(words); i++)
        words[i] = "0123456789";
    syscall(SYS_execve, no_such, words, NULL);
    return errno;
}

static const struct {
    const char *name;
    int (*work)(void);
    int rc;
    size_t count;
    const char *words; /* with '|' between, of no more than four */
    bool known;
} rows[] = {
    {"words", plain, 0, 4, "program|one||two three", false},
    {"no words", no_words, 0, 0, "", false},
    {"a path that is nowhere", bad_path, -EFAULT, 0, "", false},
    {"words that are nowhere", bad_words, -EFAULT, 0, "", false},
    {"a word that is nowhere", bad_word, -EFAULT, 0, "", false},
    {"a path that is too long", long_path, -ENAMETOOLONG, 0, "", false},
    {"at the end of memory", at_the_edge, 0, 2, "program|end", false},
    {"by a descriptor", by_descriptor, 0, 1, "x", true},
    {"below a folder", by_folder, 0, 1, "x", true},
    {"by /dev/fd", by_proc, 0, 1, "x", true},
    {"a folder", a_folder, 0, 1, "x", false},
    {"100,000 words", many_words, 0, 100000, NULL, false},
};

static void show(char out[256], const struct exec_said *said)
{
    out[0] = '\0';
    for (size_t i = 0; i < said->count && i < 4; i++)
        snprintf(out + strlen(out), 256 - strlen(out), "%s%.*s", i > 0 ? "|" : "",
                 STR_ARG(said->words[i].text));
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct side side = start_under(NOTIFY_EXECS, rows[i].work);
        struct notify_call call = next(&side);
        struct exec_said said;
        char shown[256];

        assert_int_equal(notify_decode(&call), NOTIFY_EXEC);
        if (exec_said_read(&said, &call) != rows[i].rc || said.count != rows[i].count)
            fail_msg("%s: %zu words", rows[i].name, said.count);
        show(shown, &said);
        if (rows[i].words && strcmp(shown, rows[i].words) != 0)
            fail_msg("%s: %s", rows[i].name, shown);
        if (said.file.known != rows[i].known ||
            (said.file.known && memcmp(said.file.head, "\177ELF", 4) != 0))
            fail_msg("%s: the file", rows[i].name);
        exec_said_deinit(&said);
        notify_answer(&call, E2BIG);
        assert_int_equal(end(&side), E2BIG);
    }
}

/* A process is seen as what it executes. */
static void test_look(void **state)
{
    const char *words[] = {"sleep", "1000", NULL};
    struct exec_said said = {0};
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        execv("/bin/sleep", (char **)words);
        _exit(1);
    }
    for (int i = 0; i < 10000; i++) { /* until it has executed */
        assert_int_equal(exec_said_look(&said, pid, NULL), 0);
        if (said.count == 2 && str_has_suffix(str_of(said.file.path), STR("/sleep")))
            break;
        exec_said_deinit(&said);
        usleep(1000);
    }
    assert_int_equal(said.count, 2);
    assert_true(str_equal(said.words[1].text, STR("1000")));
    assert_true(said.file.known);
    assert_true(str_has_suffix(str_of(said.file.path), STR("/sleep")));
    exec_said_deinit(&said);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(exec_said_look(&said, pid, NULL) < 0);
    exec_said_deinit(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_look)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
