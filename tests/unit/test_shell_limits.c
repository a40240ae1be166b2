/* SPDX-License-Identifier: Apache-2.0
 * test_shell_limits.c - scripts that are made to be too much: each is read in little time and
 * little stack, or refused. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/limits.h"
#include "filter/shell_wrappers.h"
#include "support/guard.h"
#include "support/shell_text.h"

#define STACK (128 * 1024) /* of a thread that reads */
#define LARGE (256 * 1024)

struct reading {
    struct str script;
    size_t commands;
    int rc;
};

static int on_found(void *payload, const struct shell_word *words, size_t count)
{
    (void)words;
    (void)count;
    ++*(size_t *)payload;
    return 0;
}

static void *read_in_thread(void *payload)
{
    struct reading *reading = payload;

    reading->rc = shell_walk(reading->script, on_found, &reading->commands);
    return NULL;
}

/* On a small stack, where there is room for one: a sanitizer's frames are larger. */
static void read_script(struct reading *reading)
{
    pthread_attr_t attr;
    pthread_t thread;
    size_t stack = STACK;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    stack *= 16;
#endif
    pthread_attr_init(&attr);
    assert_int_equal(pthread_attr_setstacksize(&attr, stack), 0);
    assert_int_equal(pthread_create(&thread, &attr, read_in_thread, reading), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attr);
}

/* A piece, again and again, to LARGE bytes. */
static char *repeat(const char *piece, size_t *len)
{
    size_t one = strlen(piece);
    char *text = malloc(LARGE + one);

    assert_non_null(text);
    for (*len = 0; *len < LARGE; *len += one)
        memcpy(text + *len, piece, one);
    return text;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_hostile(void **state)
{
    static const char *const pieces[] = {
        "$(",
        "((",
        "(",
        "`",
        "\\`",
        "\"",
        "'",
        "$((",
        "${",
        "${x:-",
        "\"${x:-",
        "\"$(",
        "<(",
        "$[",
        "<<A",
        "<<A ",
        "<<A\n",
        "<<-A\n",
        "<<A;",
        "$(<<A\n",
        "a[",
        "a[ ",
        "a=(",
        "a=( ",
        "{",
        "{a,",
        "{a,b}",
        "{a,b} ",
        "a,",
        "@(",
        "+(a ",
        "[[ ",
        "[[ a\n",
        "case x in ",
        "case x in a) ",
        "if ",
        "{ ",
        "f() ",
        "for x in ",
        "! ",
        "time ",
        "coproc ",
        "\\",
        "\\\n",
        "$'\\x4",
        "a ",
        "a;",
        "a\n",
        ";",
        "#\n",
        "#",
        ")",
        "}",
        "]",
        "((#(\n))",
        "((a);",
        "$((a);",
        "((a b '",
        "eval ",
        "sh -c '",
        "env ",
        "env -S ",
        "nice ",
        "find -exec ",
        "find -exec a \\; ",
        "xargs ",
        "git -c alias.a=a a ",
        "sh <<A\n",
        "alias a=",
        "\"`",
        "\\\\",
        "~",
        "*",
        "$",
        "$x",
        "$x ",
        "a=",
        "a=b ",
        ">a ",
        ">",
        "2>&1 ",
        "<<<a ",
        "sh <<<a;",
        "\xff",
        "''",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct reading reading = {{NULL, 0}, 0, 0};
        char *text = repeat(pieces[i], &reading.script.len);
        double start = seconds(), took;

        reading.script.bytes = text;
        read_script(&reading);
        took = seconds() - start;
        free(text);
        if (reading.rc != 0 && reading.rc != -E2BIG)
            fail_msg("'%s': %d", pieces[i], reading.rc);
        if (took > 5) /* 0.2 s, but there are valgrind and sanitizers */
            fail_msg("'%s' takes %.1f s", pieces[i], took);
    }
}

/* What nests, closed properly: as deep as is allowed, and once more. */
static const struct {
    const char *name, *open, *close;
    unsigned levels; /* that one piece takes */
} nests[] = {
    {"substitutions", "a $(", ")", 1},
    {"quoted", "a \"$(", ")\"", 1},
    {"subshells", "( ", ")", 1},
    {"defaults", "a ${x:-", "}", 1},
    {"quoted defaults", "a \"${x:-", "}\"", 1},
    {"arithmetic", "a $((1+", "))", 1},
    {"processes", "a <(", ")", 1},
    {"arrays", "a=(", ")", 1},
    {"array elements", "a=($(", "))", 2},
    {"pattern lists", "a @(b$(", "))", 2},
    {"cases", "case x in a) ", ";; esac", 1},
    {"mixed", "a \"${x:-$( (b; c <(", ")) )}\"", 4},
};

static void nest(struct buf *out, const char *open, const char *close, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_append_text(out, open);
    buf_append_text(out, "z");
    for (size_t i = 0; i < times; i++)
        buf_append_text(out, close);
}

static void test_depth(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nests); i++) {
        size_t times = (LIMIT_SHELL_DEPTH - 2) / nests[i].levels;

        for (size_t more = 0; more < 3; more += 2) {
            struct buf script = BUF_INIT(LARGE);
            struct reading reading = {{NULL, 0}, 0, 0};

            nest(&script, nests[i].open, nests[i].close, times + more);
            reading.script = buf_str(&script);
            read_script(&reading);
            if (reading.rc != (more ? -E2BIG : 0))
                fail_msg("%s, %zu times: %d", nests[i].name, times + more, reading.rc);
            buf_deinit(&script);
        }
    }
}

/* A script in a script in a script, each in the other's quotes. */
static void test_scripts(void **state)
{
    struct buf script = BUF_INIT(LARGE);
    struct reading reading = {{NULL, 0}, 0, 0};

    (void)state;
    for (size_t i = 0; i < LIMIT_SHELL_DEPTH / 2 - 1; i++)
        buf_append_text(&script, "eval exec eval ");
    buf_append_text(&script, "git push");
    reading.script = buf_str(&script);
    read_script(&reading);
    assert_int_equal(reading.rc, -E2BIG);
    buf_deinit(&script);
}

static void test_size(void **state)
{
    size_t len = LIMIT_SHELL_BYTES + 1, commands = 0;
    char *text = malloc(len);

    (void)state;
    assert_non_null(text);
    memset(text, ' ', len);
    assert_int_equal(shell_read((struct str){text, len}, on_found, &commands), -E2BIG);
    assert_int_equal(shell_read((struct str){text, len - 1}, on_found, &commands), 0);
    for (size_t i = 0; i < (LIMIT_SHELL_WORDS + 1) * 2; i++)
        text[i] = "a "[i % 2];
    assert_int_equal(shell_read((struct str){text, LIMIT_SHELL_WORDS * 2}, on_found, &commands), 0);
    assert_int_equal(commands, 1);
    assert_int_equal(shell_read((struct str){text, LIMIT_SHELL_WORDS * 2 + 2}, on_found, &commands),
                     -E2BIG);
    free(text);
}

/* More alternatives than anybody writes are not known. */
static void test_braces(void **state)
{
    struct buf script = BUF_INIT(LARGE), out = BUF_INIT(LARGE);

    (void)state;
    buf_append_text(&script, "git x");
    for (int i = 0; i < 9; i++)
        buf_append_text(&script, "{a,b}");
    assert_int_equal(shell_read(buf_str(&script), shell_text_add, &out), 0);
    assert_true(str_equal(buf_str(&out), STR("git x~")));
    buf_deinit(&script);
    buf_deinit(&out);
}

static void test_nul(void **state)
{
    struct buf out = BUF_INIT(LARGE);

    (void)state;
    assert_int_equal(shell_read(STR("git pu\0sh \"a\0\" '\0'"), shell_text_add, &out), 0);
    assert_true(str_equal(buf_str(&out), STR("git pu~ a~ ~")));
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_scripts), cmocka_unit_test(test_size),
        cmocka_unit_test(test_braces),  cmocka_unit_test(test_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
