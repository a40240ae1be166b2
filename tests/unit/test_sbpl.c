/* SPDX-License-Identifier: Apache-2.0
 * test_sbpl.c - the reader of macOS's profiles that other tests rest on: what it takes, what it
 * refuses with which words, and what it says a profile decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "support/guard.h"
#include "support/sbpl.h"

#define V "(version 1)\n"

static struct sbpl *must_read(const char *row, const char *text)
{
    char error[300] = "";
    struct sbpl *profile = sbpl_read(text, error, sizeof error);

    if (!profile)
        fail_msg("%s: %s\n%s", row, error, text);
    return profile;
}

/* ---- profiles in order ---- */

/* Something of everything: what breaks it in one byte is tried below. */
static const char whole[] =
    "; written for a test\n" V "(deny default (with message \"a \\\"tag\\\"\"))\n"
    "(allow file-read* file-test-existence (subpath \"/\") (with no-report))\n"
    "(deny file-write* (with no-log)\n"
    "  (require-all (prefix \"/private/tmp/.\") (require-not (literal \"/private/tmp/.x\")))\n"
    "  (require-any (regex #\"^/dev/(tty|pty)[0-9]*$\" #\"\\.x[!-#]y$\") (vnode-type DIRECTORY)))\n"
    "(allow file-read-metadata (path-ancestors \"/usr/local/bin\") (file-mode #o0004))\n"
    "(allow signal process-info* mach-priv-task-port (target same-sandbox))\n"
    "(allow mach-lookup (global-name \"com.a\" \"com.b\") (local-name \"c\")\n"
    "  (global-name-prefix \"com.d.\") (global-name-regex #\"^e[.]\"))\n"
    "(allow sysctl-read (sysctl-name \"hw.ncpu\") (sysctl-name-prefix \"kern.\"))\n"
    "(allow ipc-posix-shm* (ipc-posix-name-prefix \"/tmp/\") (ipc-posix-name-regex #\"x$\"))\n"
    "(allow system-socket (require-all (socket-domain AF_SYSTEM) (socket-protocol 2)))\n"
    "(allow network-bind network-inbound (local ip \"localhost:*\"))\n"
    "(allow network-outbound (remote tcp \"localhost:3128\") (remote udp \"*:53\")\n"
    "  (remote unix-socket (path-literal \"/private/var/run/a\")) (literal \"/b.sock\"))\n"
    "(allow network-bind (local unix-socket) (local unix-socket (subpath \"/c\")))\n"
    "(allow iokit-open (iokit-user-client-class \"A\"))(allow user-preference-read)\n";

static const struct {
    const char *name, *text;
} good[] = {
    {"no rule", "(version 1)"},
    {"everything", whole},
    {"comments and blanks", ";(\n\t(version ; (\r\n 1)\n(allow default);"},
    {"brackets in strings", V "(allow file-read* (literal \"/a(b;c)#\"))"},
    {"bytes above ASCII", V "(allow file-read* (literal \"/\xc3\xa4\") (regex #\"\xc3\xa4\"))"},
    {"a modifier alone", V "(deny file* (with telemetry) (with report))"},
    {"any socket", V "(allow network-outbound (remote ip) (remote unix-socket))"},
    {"local elsewhere", V "(allow network-inbound network-bind (local tcp \"*:8080\"))"},
    {"bytes in brackets", V "(allow file* (regex #\"[]({*+?)]*[^]{][a-z]$\"))"},
    {"an escaped brace", V "(allow file* (regex #\"\\{1}[{]x\"))"},
    {"a prefix of dots", V "(allow file* (prefix \"/a/..\"))"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        sbpl_free(must_read(good[i].name, good[i].text));
    sbpl_free(NULL);
}

/* ---- and not ---- */

#define A V "(allow file-read* "

static const struct {
    const char *name, *text, *error;
} bad[] = {
    {"nothing", "", "line 1: (version 1) does not come first"},
    {"no version", "\n(allow default)", "line 2: (version 1) does not come first"},
    {"another version", "(version 2)", "line 1: (version 1) does not come first"},
    {"more than a version", "(version 1 1)", "line 1: (version 1) does not come first"},
    {"two versions", V "(version 1)", "line 2: unknown form: version"},
    {"open", V "(allow\nfile-read* (literal \"/a\")", "line 2: a ( without its )"},
    {"open within", V "(allow file-read*\n(literal \"/a\"", "line 3: a ( without its )"},
    {"closed twice", V "(allow default))", "line 2: a ) without its ("},
    {"no end", A "(literal \"/a", "line 2: a string does not end on its line"},
    {"an escaped end", A "(literal \"/a\\\"", "line 2: a string does not end on its line"},
    {"an expression's", A "(regex #\"a))", "line 2: a string does not end on its line"},
    {"a quote in an expression", A "(regex #\"a\\\"b\"))",
     "line 2: an escaped quote in an expression"},
    {"a quote behind a backslash in one", A "(regex #\"a\\\\\\\"b\"))",
     "line 2: an escaped quote in an expression"},
    {"a line end", A "(literal \"/a\n\"))", "line 2: a string does not end on its line"},
    {"a control character", A "(literal \"/a\tb\"))", "line 2: a control character in a string"},
    {"delete", A "(regex #\"\x7f\"))", "line 2: a control character in a string"},
    {"another escape", A "(literal \"/a\\n\"))", "line 2: an unknown escape in a string"},
    {"odd bytes", V "(allow 'default)", "line 2: an unexpected character"},
    {"a word", V "allow", "line 2: not a rule: allow"},
    {"an empty rule", V "()", "line 2: not a rule"},
    {"a list first", V "((allow) default)", "line 2: not a rule"},
    {"another form", V "\n\n(import \"system.sb\")", "line 4: unknown form: import"},
    {"no operation", V "(allow)", "line 2: no operation"},
    {"a filter first", V "(allow (literal \"/a\"))", "line 2: no operation"},
    {"an operation", V "(allow file-reed*)", "line 2: unknown operation: file-reed*"},
    {"any operation", V "(allow *)", "line 2: unknown operation: *"},
    {"a string", A "\"/a\")", "line 2: not a filter: /a"},
    {"a late operation", A "(literal \"/a\") file*)", "line 2: not a filter: file*"},
    {"an empty filter", A "())", "line 2: not a filter"},
    {"a filter", A "\n(sub-path \"/a\"))", "line 3: unknown filter: sub-path"},
    {"a parameter", A "(subpath (param \"X\")))", "line 2: wrong kind of argument: subpath"},
    {"a modifier within", A "(require-not (with report)))", "line 2: unknown filter: with"},
    {"no argument", A "(literal))", "line 2: wrong number of arguments: literal"},
    {"two of one", A "(require-not (literal \"/a\") (literal \"/b\")))",
     "line 2: wrong number of arguments: require-not"},
    {"three ends", V "(allow network-outbound (remote ip \"*:1\" \"*:2\"))",
     "line 2: wrong number of arguments: remote"},
    {"a word for a path", A "(literal a))", "line 2: wrong kind of argument: literal"},
    {"an expression for a path", A "(literal #\"/a\"))", "line 2: wrong kind of argument: literal"},
    {"a path for an expression", A "(regex \"/a\"))", "line 2: wrong kind of argument: regex"},
    {"a path for a filter", A "(require-any \"/a\"))",
     "line 2: wrong kind of argument: require-any"},
    {"a string for a target", V "(allow signal (target \"self\"))",
     "line 2: wrong kind of argument: target"},
    {"a target", V "(allow signal (target all))", "line 2: unknown word: all"},
    {"a type of file", A "(vnode-type FOLDER))", "line 2: unknown word: FOLDER"},
    {"an empty name", V "(allow mach-lookup (global-name-prefix \"\"))",
     "line 2: an empty argument: global-name-prefix"},
    {"a relative path", A "(subpath \"a/b\"))", "line 2: the path is not absolute: a/b"},
    {"a relative prefix", A "(prefix \"~/b\"))", "line 2: the path is not absolute: ~/b"},
    {"a slash behind", A "(subpath \"/a/\"))", "line 2: the path ends in a slash: /a/"},
    {"two slashes", A "(literal \"/a//b\"))", "line 2: the path is not canonical: /a//b"},
    {"a dot", A "(literal \"/a/./b\"))", "line 2: the path is not canonical: /a/./b"},
    {"two dots", A "(prefix \"/../b\"))", "line 2: the path is not canonical: /../b"},
    {"a dot behind", A "(literal \"/a/.\"))", "line 2: the path is not canonical: /a/."},
    {"two dots behind", A "(subpath \"/..\"))", "line 2: the path is not canonical: /.."},
    {"an expression", A "(regex #\"/(a\"))", "line 2: Unmatched ( or \\(: /(a"},
    {"the second expression", A "(regex #\"a\" #\"[b\"))",
     "line 2: Unmatched [, [^, [:, [., or [=: [b"},
    {"a count", A "(regex #\"(a{99}){99}\"))", "line 2: a count in an expression: (a{99}){99}"},
    {"twice repeated", A "(regex #\"a+*\"))", "line 2: a repetition of a repetition: a+*"},
    {"a class", A "(regex #\"[[:alpha:]]\"))",
     "line 2: a backslash or a class within brackets: [[:alpha:]]"},
    {"a backslash within", A "(regex #\"[^]\\.]\"))",
     "line 2: a backslash or a class within brackets: [^]\\.]"},
    {"a class of Perl's", A "(regex #\"\\d\"))",
     "line 2: an escaped letter or digit in an expression: \\d"},
    {"a reference", A "(regex #\"(a)\\1\"))",
     "line 2: an escaped letter or digit in an expression: (a)\\1"},
    {"local and outbound", V "(allow network-outbound (local ip \"localhost:*\"))",
     "line 2: local in a rule of network-outbound opens all of it"},
    {"local and any network", V "(allow network* (require-any (local tcp)))",
     "line 2: local in a rule of network-outbound opens all of it"},
    {"local and the default", V "(deny default (local ip))",
     "line 2: local in a rule of network-outbound opens all of it"},
    {"a protocol", V "(allow network-outbound (remote icmp))", "line 2: unknown protocol: icmp"},
    {"a host", V "(allow network-outbound (remote ip \"8.8.8.8:53\"))",
     "line 2: the host is neither * nor localhost: 8.8.8.8:53"},
    {"no port", V "(allow network-outbound (remote ip \"localhost\"))",
     "line 2: an address without a port: localhost"},
    {"a port", V "(allow network-outbound (remote ip \"localhost:http\"))",
     "line 2: the port is neither * nor a number: localhost:http"},
    {"a port too large", V "(allow network-outbound (remote ip \"*:65536\"))",
     "line 2: the port is neither * nor a number: *:65536"},
    {"two ports", V "(allow network-outbound (remote ip \"*:1:2\"))",
     "line 2: the port is neither * nor a number: *:1:2"},
    {"a path for an address", V "(allow network-outbound (remote ip (literal \"/a\")))",
     "line 2: wrong kind of argument: remote"},
    {"a socket's path", V "(allow network-outbound (remote unix-socket \"/a\"))",
     "line 2: not a filter: /a"},
    {"a socket's name", V "(allow network-outbound (remote unix-socket (global-name \"a\")))",
     "line 2: no filter of a socket's path: global-name"},
    {"free of the sandbox", V "(allow process-exec (with no-sandbox))",
     "line 2: unknown modifier: no-sandbox"},
    {"no modifier", V "(deny file* (with))", "line 2: wrong modifier: with"},
    {"two messages", V "(deny file* (with message \"a\" \"b\"))", "line 2: wrong modifier: with"},
    {"no message", V "(deny file* (with message))", "line 2: unknown modifier: message"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char error[300] = "";
        struct sbpl *profile = sbpl_read(bad[i].text, error, sizeof error);

        if (profile || strcmp(error, bad[i].error) != 0)
            fail_msg("%s: \"%s\"", bad[i].name, error);
    }
    assert_null(sbpl_read("(", NULL, 0));
}

/* ---- decisions ---- */

/* The members of a question. */
#define READ(path)              "file-read-data", path, NULL, NULL, NULL
#define NET(operation, address) operation, NULL, address, NULL, NULL
#define OUT(address)            NET("network-outbound", address)
#define UNIX(path)              "network-outbound", path, NULL, NULL, NULL
#define NAME(operation, name)   operation, NULL, NULL, name, NULL
#define SIGNAL(target)          "signal", NULL, NULL, NULL, target

static const struct decision {
    const char *name, *rules;
    struct sbpl_question question;
    bool allowed;
    unsigned line;
} decisions[] = {
    {"no rule", "", {READ("/a")}, false, 0},
    {"the default", "(allow default)", {READ("/a")}, true, 0},
    {"the last default", "(allow default)(deny default)", {READ("/a")}, false, 0},
    {"a default behind", "\n(deny file*)\n(allow default)", {READ("/a")}, false, 3},
    {"no filter", "(deny default)(allow file-read-data)", {READ("/a")}, true, 2},
    {"the last wins", "(allow file-read*)\n(deny file-read-data)", {READ("/a")}, false, 3},
    {"and a wider one", "(deny file-read-data)\n(allow file*)", {READ("/a")}, true, 3},
    {"of those that match", "(allow file*)\n(deny file* (literal \"/b\"))", {READ("/a")}, true, 2},
    {"one operation of two", "(allow signal file-read*)", {READ("/a")}, true, 2},
    {"another operation", "(allow file-write*)", {READ("/a")}, false, 0},
    {"no wildcard", "(allow file-read-metadata)", {READ("/a")}, false, 0},
    {"a program", "(allow process-exec*)", {.operation = "process-exec"}, true, 2},
    {"its interpreter",
     "(allow process-exec*)",
     {.operation = "process-exec-interpreter"},
     true,
     2},
    {"exactly", "(allow process-exec)", {.operation = "process-exec-interpreter"}, false, 0},
    {"no signal", "(allow process*)", {.operation = "signal"}, false, 0},

    {"a modifier is no filter", "(allow file* (with report))", {READ("/a")}, true, 2},
    {"beside a filter", "(allow file* (with report) (path \"/b\"))", {READ("/a")}, false, 0},
    {"any filter", "(allow file* (path \"/b\") (prefix \"/a\"))", {READ("/ab")}, true, 2},
    {"any argument", "(allow file* (literal \"/b\" \"/a\"))", {READ("/a")}, true, 2},
    {"a literal", "(allow file* (literal \"/a\"))", {READ("/a/b")}, false, 0},
    {"itself", "(allow file* (subpath \"/a\"))", {READ("/a")}, true, 2},
    {"below", "(allow file* (subpath \"/a\"))", {READ("/a/b/c")}, true, 2},
    {"a longer name", "(allow file* (subpath \"/a\"))", {READ("/ab")}, false, 0},
    {"above", "(allow file* (subpath \"/a/b\"))", {READ("/a")}, false, 0},
    {"the root", "(allow file* (subpath \"/\"))", {READ("/a/b")}, true, 2},
    {"an ancestor", "(allow file* (path-ancestors \"/a/b\"))", {READ("/a")}, true, 2},
    {"the first ancestor", "(allow file* (path-ancestors \"/a/b\"))", {READ("/")}, true, 2},
    {"no ancestor of itself", "(allow file* (path-ancestors \"/a/b\"))", {READ("/a/b")}, false, 0},
    {"not of a longer name", "(allow file* (path-ancestors \"/ab/c\"))", {READ("/a")}, false, 0},
    {"no path", "(allow file* (subpath \"/\"))", {.operation = "file-read-data"}, false, 0},

    {"a quote", "(allow file* (literal \"/a\\\"b\\\\c\"))", {READ("/a\"b\\c")}, true, 2},
    {"a dot", "(allow file* (regex #\"/a\\.b$\"))", {READ("/a.b")}, true, 2},
    {"no dot", "(allow file* (regex #\"/a\\.b$\"))", {READ("/axb")}, false, 0},
    {"a quote in one", "(allow file* (regex #\"/a[!-#]b$\"))", {READ("/a\"b")}, true, 2},
    {"a backslash in one", "(allow file* (regex #\"/a\\\\b$\"))", {READ("/a\\b")}, true, 2},
    {"a backslash at the end of one", "(allow file* (regex #\"a\\\\\"))", {READ("/a\\")}, true, 2},
    {"anywhere", "(allow file* (regex #\"x\" #\"b.d\"))", {READ("/abcde")}, true, 2},
    {"extended", "(allow file* (regex #\"^/(a|b)+$\"))", {READ("/aba")}, true, 2},

    {"all",
     "(allow file* (require-all (subpath \"/a\") (regex #\"x$\")))",
     {READ("/a/x")},
     true,
     2},
    {"not all",
     "(allow file* (require-all (subpath \"/a\") (regex #\"x$\")))",
     {READ("/a")},
     false,
     0},
    {"any", "(allow file* (require-any (literal \"/b\") (literal \"/a\")))", {READ("/a")}, true, 2},
    {"none",
     "(allow file* (require-any (literal \"/b\") (literal \"/c\")))",
     {READ("/a")},
     false,
     0},
    {"not this", "(allow file* (require-not (subpath \"/a\")))", {READ("/a/b")}, false, 0},
    {"but others", "(allow file* (require-not (subpath \"/a\")))", {READ("/ab")}, true, 2},
    {"not asked", "(allow file* (vnode-type DIRECTORY))", {READ("/a")}, false, 0},
    {"not what is not asked",
     "(allow file* (require-not (vnode-type DIRECTORY)))",
     {READ("/a")},
     true,
     2},

    {"our port", "(allow network* (remote ip \"localhost:80\"))", {OUT("localhost:80")}, true, 2},
    {"by number", "(allow network* (remote tcp \"localhost:80\"))", {OUT("127.0.0.1:80")}, true, 2},
    {"of IPv6", "(allow network* (remote udp \"localhost:*\"))", {OUT("[::1]:80")}, true, 2},
    {"bare", "(allow network* (remote ip \"localhost:80\"))", {OUT("::1:80")}, true, 2},
    {"another port", "(allow network* (remote ip \"localhost:80\"))", {OUT("::1:8080")}, false, 0},
    {"others", "(allow network* (remote ip \"localhost:*\"))", {OUT("8.8.8.8:53")}, false, 0},
    {"other names",
     "(allow network* (remote ip \"localhost:*\"))",
     {OUT("localhost.a:1")},
     false,
     0},
    {"all hosts", "(allow network* (remote ip \"*:53\"))", {OUT("8.8.8.8:53")}, true, 2},
    {"not all ports", "(allow network* (remote ip \"*:53\"))", {OUT("8.8.8.8:54")}, false, 0},
    {"no address", "(allow network* (remote ip))", {OUT("8.8.8.8:53")}, true, 2},
    {"the local end",
     "(allow network-bind (local ip \"*:*\"))",
     {NET("network-bind", "a:1")},
     true,
     2},
    {"the other end",
     "(allow network-bind (remote ip \"*:*\"))",
     {NET("network-bind", "a:1")},
     false,
     0},

    {"a socket", "(allow network* (literal \"/x.sock\"))", {UNIX("/x.sock")}, true, 2},
    {"a socket's end",
     "(allow network* (remote unix-socket (path-literal \"/x\")))",
     {UNIX("/x")},
     true,
     2},
    {"another socket",
     "(allow network* (remote unix-socket (subpath \"/x\")))",
     {UNIX("/y")},
     false,
     0},
    {"any socket", "(allow network* (remote unix-socket))", {UNIX("/y")}, true, 2},
    {"no host", "(allow network* (remote ip \"*:*\"))", {UNIX("/y")}, false, 0},
    {"no socket", "(allow network* (remote unix-socket))", {OUT("8.8.8.8:53")}, false, 0},

    {"a service", "(allow mach* (global-name \"a.b\"))", {NAME("mach-lookup", "a.b")}, true, 2},
    {"another", "(allow mach* (global-name \"a.b\"))", {NAME("mach-lookup", "a.b.c")}, false, 0},
    {"its prefix",
     "(allow mach* (global-name-prefix \"a.\"))",
     {NAME("mach-lookup", "a.b")},
     true,
     2},
    {"its expression",
     "(allow mach* (global-name-regex #\"b$\"))",
     {NAME("mach-lookup", "a.b")},
     true,
     2},
    {"a sysctl", "(allow sysctl* (sysctl-name \"hw.a\"))", {NAME("sysctl-read", "hw.a")}, true, 2},
    {"a name of others", "(allow mach* (sysctl-name \"a\"))", {NAME("mach-lookup", "a")}, false, 0},
    {"shared memory",
     "(allow ipc-posix* (ipc-posix-name-prefix \"a\"))",
     {NAME("ipc-posix-sem", "ab")},
     true,
     2},

    {"self", "(allow signal (target self))", {SIGNAL("self")}, true, 2},
    {"not self", "(allow signal (target self))", {SIGNAL("same-sandbox")}, false, 0},
    {"of ours", "(allow signal (target same-sandbox))", {SIGNAL("self")}, true, 2},
    {"not ours", "(allow signal (target same-sandbox))", {SIGNAL("others")}, false, 0},
    {"of others", "(allow signal (target others))", {SIGNAL("others")}, true, 2},
    {"children", "(allow signal (target children))", {SIGNAL("same-sandbox")}, false, 0},
};

static void test_decisions(void **state)
{
    char text[300];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
        const struct decision *row = &decisions[i];
        struct sbpl *profile;
        unsigned line = 99;
        bool allowed;

        snprintf(text, sizeof text, V "%s", row->rules);
        profile = must_read(row->name, text);
        allowed = sbpl_allows(profile, &row->question, &line);
        if (allowed != row->allowed || line != row->line)
            fail_msg("%s: %s by line %u", row->name, allowed ? "allowed" : "denied", line);
        assert_int_equal(sbpl_allows(profile, &row->question, NULL), allowed);
        sbpl_free(profile);
    }
}

/* ---- any text ---- */

/* Reads a copy that no byte may be read behind of. */
static bool reads(const char *text, size_t len)
{
    char error[40], *copy = guard_copy(text, len + 1);
    struct sbpl *profile;
    bool read;

    copy[len] = '\0';
    profile = sbpl_read(copy, error, sizeof error);
    read = profile != NULL;
    sbpl_free(profile);
    guard_free(copy, len + 1);
    return read;
}

static void test_broken(void **state)
{
    static const char others[] = "()\"\\#; \n\x01\x7f\xff{9*";
    char text[sizeof whole];
    size_t len = strlen(whole), read = 0;

    (void)state;
    for (size_t end = 0; end <= len; end++)
        read += reads(whole, end);
    assert_in_range(read, 2, len / 4); /* an end between two rules is none of a list */
    memcpy(text, whole, sizeof text);
    for (size_t at = 0; at < len; at++) {
        for (size_t i = 0; i < sizeof others; i++) {
            text[at] = others[i];
            reads(text, len);
        }
        text[at] = whole[at];
    }
    assert_true(reads(text, len));
}

/* `count` times `before`, and so often `after`. */
static bool reads_nested(size_t count, const char *head, const char *before, const char *middle,
                         const char *after, const char *tail)
{
    struct buf text = BUF_INIT(8 * 1024 * 1024);
    bool read;

    buf_append_text(&text, head);
    for (size_t i = 0; i < count; i++)
        buf_append_text(&text, before);
    buf_append_text(&text, middle);
    for (size_t i = 0; i < count; i++)
        buf_append_text(&text, after);
    buf_append_text(&text, tail);
    assert_int_equal(text.error, 0);
    assert_int_equal(buf_append(&text, "", 1), 0);
    read = reads(text.bytes, text.len - 1);
    buf_deinit(&text);
    return read;
}

static void test_much(void **state)
{
    (void)state;
    assert_true(reads_nested(62, A, "(require-not ", "(literal \"/a\")", ")", ")"));
    assert_false(reads_nested(63, A, "(require-not ", "(literal \"/a\")", ")", ")"));
    assert_false(reads_nested(200 * 1000, V, "(", "", ")", ""));
    assert_true(reads_nested(50 * 1000, A "(literal ", "\"/a\" ", "\"/b\"", "", "))"));
    assert_true(reads_nested(50 * 1000, V, "(deny default)", "", "", ""));
    assert_false(reads_nested(100 * 1000, V, "(deny default)", "", "", ""));
    assert_true(reads_nested(4, A "(regex #\"", "(a?", "a", ")+", "\"))"));
    assert_false(reads_nested(5, A "(regex #\"", "(", "a", ")", "\"))"));
    assert_true(reads_nested(50, A "(regex #\"", "(a[(])", "", "", "\"))"));
    assert_true(reads_nested(32, A "(regex #\"", "a*", "\\*[*]", "", "\"))"));
    assert_false(reads_nested(33, A "(regex #\"", "a*", "", "", "\"))"));
    assert_true(reads_nested(4096, A "(regex #\"", "a", "", "", "\"))"));
    assert_false(reads_nested(4097, A "(regex #\"", "a", "", "", "\"))"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),      cmocka_unit_test(test_bad),
        cmocka_unit_test(test_decisions), cmocka_unit_test(test_broken),
        cmocka_unit_test(test_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
