/* SPDX-License-Identifier: Apache-2.0
 * test_socks5.c - whole conversations: what a client sends, what it is answered, where it leads.
 *
 * Every row is fed in one piece, cut at every offset, and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/socks5.h"
#include "support/guard.h"

#define B(literal) "" literal, sizeof(literal) - 1
#define MORE       SOCKS5_MORE
#define LOGIN      SOCKS5_LOGIN
#define REQUEST    SOCKS5_REQUEST
#define REFUSED    SOCKS5_REFUSED

#define HELLO     "\5\1\0"
#define HELLO_UP  "\5\1\2"
#define NO_LOGIN  "\5\0"
#define UP        "\5\2"
#define GOOD      "\1\4user\4pass"
#define PORT      "\1\273" /* 443 */
#define CODE(n)   "\5" n "\0\1\0\0\0\0\0\0"
#define NAME(len) HELLO "\5\1\0\3" len
#define V4        HELLO "\5\1\0\1"
#define V6        HELLO "\5\1\0\4"
#define MAPPED    "\0\0\0\0\0\0\0\0\0\0\377\377"
#define L50       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
#define L255      L50 L50 L50 L50 L50 "aaaaa"
#define L253      L50 L50 L50 L50 L50 "aaa"

/* `sent` is the whole of what the client says; `user` with `pass` is the login that is right. */
static const struct row {
    const char *name;
    bool login;
    const char *sent;
    size_t len;
    enum socks5_status want;
    size_t used;
    const char *answers;
    size_t answers_len;
    const char *host; /* NULL: no request */
    uint16_t port;
    bool is_addr;
} ROWS[] = {
    {"nothing", false, B(""), MORE, 0, B(""), NULL, 0, false},
    {"a greeting", false, B(HELLO), MORE, 3, B(NO_LOGIN), NULL, 0, false},
    {"no login among others", false, B("\5\3\1\2\0"), MORE, 5, B(NO_LOGIN), NULL, 0, false},
    {"the same method twice", false, B("\5\2\0\0"), MORE, 4, B(NO_LOGIN), NULL, 0, false},
    {"cut in the methods", false, B("\5\3\0\0"), MORE, 4, B(""), NULL, 0, false},
    {"a name", false, B(NAME("\11") "good.test" PORT), REQUEST, 19, B(NO_LOGIN), "good.test", 443,
     false},
    {"capitals and a final dot", false, B(NAME("\12") "Good.TEST." PORT), REQUEST, 20, B(NO_LOGIN),
     "good.test", 443, false},
    {"an IPv4 address", false, B(V4 "\300\0\2\1\0\26"), REQUEST, 13, B(NO_LOGIN), "192.0.2.1", 22,
     true},
    {"an IPv6 address", false, B(V6 "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1\377\377"), REQUEST, 25,
     B(NO_LOGIN), "2001:db8::1", 65535, true},
    {"port 1", false, B(V4 "\1\1\1\1\0\1"), REQUEST, 13, B(NO_LOGIN), "1.1.1.1", 1, true},
    {"port 256", false, B(V4 "\1\1\1\1\1\0"), REQUEST, 13, B(NO_LOGIN), "1.1.1.1", 256, true},
    {"port 0", false, B(V4 "\1\1\1\1\0\0"), REFUSED, 12, B(NO_LOGIN CODE("\1")), NULL, 0, false},
    {"port 0 of a name", false, B(NAME("\1") "a\0\0"), REFUSED, 10, B(NO_LOGIN CODE("\1")), NULL, 0,
     false},

    {"3C.68 version 4", false, B("\4\1\0\120\1\1\1\1\0"), REFUSED, 0, B(""), NULL, 0, false},
    {"3C.68 version 4a", false, B("\4\1\0\120\0\0\0\1\0good.test\0"), REFUSED, 0, B(""), NULL, 0,
     false},
    {"3C.68 version 6", false, B("\6\1\0"), REFUSED, 0, B(""), NULL, 0, false},
    {"3C.68 version 0", false, B("\0\1\0"), REFUSED, 0, B(""), NULL, 0, false},
    {"3C.68 HTTP", false, B("CONNECT good.test:443 HTTP/1.1\r\n\r\n"), REFUSED, 0, B(""), NULL, 0,
     false},
    {"3C.68 TLS", false, B("\26\3\1\2\0"), REFUSED, 0, B(""), NULL, 0, false},
    {"no methods", false, B("\5\0\5\1\0\1"), REFUSED, 1, B("\5\377"), NULL, 0, false},
    {"GSSAPI alone", false, B("\5\1\1"), REFUSED, 2, B("\5\377"), NULL, 0, false},
    {"login alone, not wanted", false, B(HELLO_UP GOOD), REFUSED, 2, B("\5\377"), NULL, 0, false},
    {"method FF", false, B("\5\1\377"), REFUSED, 2, B("\5\377"), NULL, 0, false},

    {"3C.69 request version 4", false, B(HELLO "\4\1\0\1\1\1\1\1" PORT), REFUSED, 3,
     B(NO_LOGIN CODE("\1")), NULL, 0, false},
    {"3C.69 RSV 7f", false, B(HELLO "\5\1\177\1\1\1\1\1" PORT), REFUSED, 5, B(NO_LOGIN CODE("\1")),
     NULL, 0, false},
    {"3C.69 RSV 1", false, B(HELLO "\5\1\1\1\1\1\1\1" PORT), REFUSED, 5, B(NO_LOGIN CODE("\1")),
     NULL, 0, false},
    {"3C.70 ATYP 0", false, B(HELLO "\5\1\0\0"), REFUSED, 6, B(NO_LOGIN CODE("\10")), NULL, 0,
     false},
    {"3C.70 ATYP 2", false, B(HELLO "\5\1\0\2\1\1\1\1" PORT), REFUSED, 6, B(NO_LOGIN CODE("\10")),
     NULL, 0, false},
    {"3C.70 ATYP ff", false, B(HELLO "\5\1\0\377"), REFUSED, 6, B(NO_LOGIN CODE("\10")), NULL, 0,
     false},
    {"3C.70 CMD 0", false, B(HELLO "\5\0\0\1\1\1\1\1" PORT), REFUSED, 4, B(NO_LOGIN CODE("\7")),
     NULL, 0, false},
    {"3C.70 CMD 7f", false, B(HELLO "\5\177\0\1\1\1\1\1" PORT), REFUSED, 4, B(NO_LOGIN CODE("\7")),
     NULL, 0, false},
    {"3C.71 a name of 0 bytes", false, B(NAME("\0") PORT), REFUSED, 7, B(NO_LOGIN CODE("\2")), NULL,
     0, false},
    {"3C.71 a name of 1 byte", false, B(NAME("\1") "a" PORT), REQUEST, 11, B(NO_LOGIN), "a", 443,
     false},
    {"3C.71 a name of 253 bytes", false, B(NAME("\375") L253 PORT), REQUEST, 263, B(NO_LOGIN), L253,
     443, false},
    {"3C.71 a name of 254 bytes, its dot with it", false, B(NAME("\376") L253 "." PORT), REQUEST,
     264, B(NO_LOGIN), L253, 443, false},
    {"3C.71 a name of 254 bytes", false, B(NAME("\376") L253 "a" PORT), REFUSED, 261,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.71 a name of 255 bytes", false, B(NAME("\377") L255 PORT), REFUSED, 262,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.71 a length larger than the data", false, B(NAME("\377") "good.test" PORT), MORE, 19,
     B(NO_LOGIN), NULL, 0, false},
    {"3C.71 a length smaller than the name", false, B(NAME("\4") "good.test" PORT), REQUEST, 14,
     B(NO_LOGIN), "good", 0x2e74, false},
    {"3C.72 NUL first", false, B(NAME("\12") "\0good.test" PORT), REFUSED, 17,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3A.7 3C.72 NUL in the middle", false, B(NAME("\23") "evil.test\0good.test" PORT), REFUSED, 26,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.72 NUL last", false, B(NAME("\12") "good.test\0" PORT), REFUSED, 17,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.72 NUL only", false, B(NAME("\1") "\0" PORT), REFUSED, 8, B(NO_LOGIN CODE("\2")), NULL, 0,
     false},
    {"3C.73 LF", false, B(NAME("\3") "a\nb" PORT), REFUSED, 10, B(NO_LOGIN CODE("\2")), NULL, 0,
     false},
    {"3C.73 CRLF", false, B(NAME("\6") "a\r\nb: " PORT), REFUSED, 13, B(NO_LOGIN CODE("\2")), NULL,
     0, false},
    {"3C.73 ESC", false, B(NAME("\5") "\33[31m" PORT), REFUSED, 12, B(NO_LOGIN CODE("\2")), NULL, 0,
     false},
    {"3C.73 quotes", false, B(NAME("\3") "\"a\"" PORT), REFUSED, 10, B(NO_LOGIN CODE("\2")), NULL,
     0, false},
    {"3C.73 a space", false, B(NAME("\2") "a " PORT), REFUSED, 9, B(NO_LOGIN CODE("\2")), NULL, 0,
     false},
    {"3C.73 UTF-8", false, B(NAME("\3") "\303\251a" PORT), REFUSED, 10, B(NO_LOGIN CODE("\2")),
     NULL, 0, false},
    {"3C.73 invalid UTF-8", false, B(NAME("\2") "\300\256" PORT), REFUSED, 9,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"a port in the name", false, B(NAME("\4") "a:80" PORT), REFUSED, 11, B(NO_LOGIN CODE("\2")),
     NULL, 0, false},
    {"a star", false, B(NAME("\3") "*.a" PORT), REFUSED, 10, B(NO_LOGIN CODE("\2")), NULL, 0,
     false},
    {"3C.74 127.0.0.1", false, B(NAME("\11") "127.0.0.1" PORT), REQUEST, 19, B(NO_LOGIN),
     "127.0.0.1", 443, true},
    {"3C.74 ::1", false, B(NAME("\3") "::1" PORT), REQUEST, 13, B(NO_LOGIN), "::1", 443, true},
    {"3C.74 [::1]", false, B(NAME("\5") "[::1]" PORT), REQUEST, 15, B(NO_LOGIN), "::1", 443, true},
    {"3C.74 ::ffff:127.0.0.1", false, B(NAME("\20") "::ffff:127.0.0.1" PORT), REQUEST, 26,
     B(NO_LOGIN), "127.0.0.1", 443, true},
    {"3C.74 [::ffff:7f00:1]", false, B(NAME("\17") "[::ffff:7f00:1]" PORT), REQUEST, 25,
     B(NO_LOGIN), "127.0.0.1", 443, true},
    {"3C.74 2130706433", false, B(NAME("\12") "2130706433" PORT), REFUSED, 17,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.74 0x7f.1", false, B(NAME("\6") "0x7f.1" PORT), REFUSED, 13, B(NO_LOGIN CODE("\2")), NULL,
     0, false},
    {"3C.74 0177.0.0.1", false, B(NAME("\12") "0177.0.0.1" PORT), REFUSED, 17,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.74 fe80::1%eth0", false, B(NAME("\14") "fe80::1%eth0" PORT), REFUSED, 19,
     B(NO_LOGIN CODE("\2")), NULL, 0, false},
    {"3C.75 loopback in bytes is an address to judge", false, B(V4 "\177\0\0\1" PORT), REQUEST, 13,
     B(NO_LOGIN), "127.0.0.1", 443, true},
    {"3C.75 0.0.0.0 in bytes", false, B(V4 "\0\0\0\0" PORT), REQUEST, 13, B(NO_LOGIN), "0.0.0.0",
     443, true},
    {"3C.75 v4-mapped metadata in bytes", false, B(V6 MAPPED "\251\376\251\376" PORT), REQUEST, 25,
     B(NO_LOGIN), "169.254.169.254", 443, true},
    {"3C.75 :: in bytes", false, B(V6 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" PORT), REQUEST, 25,
     B(NO_LOGIN), "::", 443, true},
    {"3C.77 BIND", false, B(HELLO "\5\2\0\3\11good.test" PORT), REFUSED, 4, B(NO_LOGIN CODE("\7")),
     NULL, 0, false},
    {"3C.78 UDP ASSOCIATE", false, B(HELLO "\5\3\0\1\0\0\0\0\0\0"), REFUSED, 4,
     B(NO_LOGIN CODE("\7")), NULL, 0, false},
    {"3C.79 Tor RESOLVE", false, B(HELLO "\5\360\0\3\11good.test" PORT), REFUSED, 4,
     B(NO_LOGIN CODE("\7")), NULL, 0, false},
    {"3C.79 Tor RESOLVE_PTR", false, B(HELLO "\5\361\0\1\1\1\1\1" PORT), REFUSED, 4,
     B(NO_LOGIN CODE("\7")), NULL, 0, false},

    {"a login", true, B(HELLO_UP GOOD), MORE, 14, B(UP "\1\0"), NULL, 0, false},
    {"3C.80 a wrong password", true, B(HELLO_UP "\1\4user\4pasS"), REFUSED, 14, B(UP "\1\1"), NULL,
     0, false},
    {"3C.80 a wrong name", true, B(HELLO_UP "\1\4root\4pass"), REFUSED, 14, B(UP "\1\1"), NULL, 0,
     false},
    {"3C.80 the beginning of a password", true, B(HELLO_UP "\1\4user\3pas"), REFUSED, 13,
     B(UP "\1\1"), NULL, 0, false},
    {"3C.80 more than the password", true, B(HELLO_UP "\1\4user\5passs"), REFUSED, 15, B(UP "\1\1"),
     NULL, 0, false},
    {"3C.80 NUL behind the password", true, B(HELLO_UP "\1\4user\5pass\0"), REFUSED, 15,
     B(UP "\1\1"), NULL, 0, false},
    {"3C.80 NUL in the name", true, B(HELLO_UP "\1\5us\0er\4pass"), REFUSED, 15, B(UP "\1\1"), NULL,
     0, false},
    {"3C.80 an empty name", true, B(HELLO_UP "\1\0\4pass"), REFUSED, 4, B(UP "\1\1"), NULL, 0,
     false},
    {"3C.80 an empty password", true, B(HELLO_UP "\1\4user\0"), REFUSED, 9, B(UP "\1\1"), NULL, 0,
     false},
    {"3C.80 255 bytes each", true, B(HELLO_UP "\1\377" L255 "\377" L255), REFUSED, 516,
     B(UP "\1\1"), NULL, 0, false},
    {"3C.80 sub-version 5", true, B(HELLO_UP "\5\4user\4pass"), REFUSED, 3, B(UP "\1\1"), NULL, 0,
     false},
    {"3C.80 the request without a login", true, B(HELLO_UP "\5\1\0\1\1\1\1\1" PORT), REFUSED, 3,
     B(UP "\1\1"), NULL, 0, false},
    {"3C.80 a request behind a wrong login", true, B(HELLO_UP "\1\1a\1b\5\1\0\1\1\1\1\1" PORT),
     REFUSED, 8, B(UP "\1\1"), NULL, 0, false},
    {"3C.81 no login is offered alone", true, B(HELLO GOOD), REFUSED, 2, B("\5\377"), NULL, 0,
     false},
    {"3C.81 no login is offered too", true, B("\5\2\0\2" GOOD), MORE, 15, B(UP "\1\0"), NULL, 0,
     false},
    {"3C.82 all in one segment", true, B(HELLO_UP GOOD "\5\1\0\3\11good.test" PORT "\26\3\1 data"),
     REQUEST, 30, B(UP "\1\0"), "good.test", 443, false},
    {"3C.83 one byte", false, B("\5"), MORE, 1, B(""), NULL, 0, false},
    {"3C.86 data before the reply stays", false, B(V4 "\1\1\1\1" PORT "\5\1\0"), REQUEST, 13,
     B(NO_LOGIN), "1.1.1.1", 443, true},
};

/* ---- runs ---- */

struct run {
    struct socks5 socks;
    enum socks5_status status;
    size_t used, answers_len;
    char answers[32];
};

static void run_init(struct run *run, const struct row *row)
{
    *run = (struct run){.status = MORE};
    socks5_init(&run->socks, row->login);
}

static void run_answer(struct run *run)
{
    assert_true(run->answers_len + run->socks.answer_len <= sizeof run->answers);
    memcpy(run->answers + run->answers_len, run->socks.answer, run->socks.answer_len);
    run->answers_len += run->socks.answer_len;
}

/* One piece, against a guard page, as far as it goes; a server that sends each answer at once. */
static void run_piece(struct run *run, const char *bytes, size_t len)
{
    char *copy = guard_copy(bytes, len);
    size_t at = 0;

    while (run->status == MORE && at < len) {
        size_t used = 0;

        run->status = socks5_feed(&run->socks, copy + at, len - at, &used);
        if (used > len - at || (run->status == MORE && used != len - at))
            fail_msg("%zu bytes of %zu were used", used, len - at);
        at += used;
        if (run->status == LOGIN)
            run->status = socks5_login_judged(
                &run->socks, socks5_login_equal(&run->socks, STR("user"), STR("pass")));
        if (run->status == SOCKS5_ANSWER || run->status == REFUSED)
            run_answer(run);
        if (run->status == SOCKS5_ANSWER)
            run->status = MORE;
    }
    run->used += at;
    guard_free(copy, len);
}

static void run_check(const struct run *run, const struct row *row, size_t cut)
{
    struct str answers = {run->answers, run->answers_len};
    const struct host *host = &run->socks.host;
    char text[128];

    str_escape(text, sizeof text, answers);
    if (run->status != row->want || run->used != row->used ||
        !str_equal(answers, (struct str){row->answers, row->answers_len}))
        fail_msg("%s, cut at %zu: status %d after %zu bytes, answers %s", row->name, cut,
                 run->status, run->used, text);
    if (run->status == REFUSED && !run->socks.why)
        fail_msg("%s: nobody knows why", row->name);
    if (run->status == REQUEST &&
        (!row->host || !str_equal(host_str(host), str_of(row->host)) ||
         host->text[host->len] != '\0' || run->socks.port != row->port ||
         host->is_addr != row->is_addr || (host->addr.family != 0) != row->is_addr))
        fail_msg("%s, cut at %zu: leads to '%s', port %u", row->name, cut, host->text,
                 run->socks.port);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        struct run run;

        for (size_t cut = 0; cut <= row->len; cut++) {
            run_init(&run, row);
            run_piece(&run, row->sent, cut);
            run_piece(&run, row->sent + cut, row->len - cut);
            run_check(&run, row, cut);
        }
        run_init(&run, row);
        for (size_t at = 0; at < row->len; at++)
            run_piece(&run, row->sent + at, 1);
        run_check(&run, row, SIZE_MAX);
    }
}

/* Every command but one, and every type of address but three. */
static void test_every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char request[] = HELLO "\5\1\0\1\1\1\1\1" PORT;
        const struct row row = {.login = false};
        struct run run;

        request[4] = (char)byte;
        run_init(&run, &row);
        run_piece(&run, request, sizeof request - 1);
        assert_int_equal(run.status, byte == 1 ? REQUEST : REFUSED);
        assert_int_equal(run.socks.answer[1], byte == 1 ? 0 : SOCKS5_NO_SUCH_COMMAND);

        request[4] = 1;
        request[6] = (char)byte;
        run_init(&run, &row);
        run_piece(&run, request, 7);
        assert_int_equal(run.status, byte == 1 || byte == 3 || byte == 4 ? MORE : REFUSED);
        if (run.status == REFUSED)
            assert_int_equal(run.socks.answer[1], SOCKS5_NO_SUCH_ADDRESS);
    }
}

static void test_all_methods(void **state)
{
    struct row row = {.login = false};
    char greeting[2 + 255] = "\5\377";
    struct run run;

    (void)state;
    memset(greeting + 2, 0x80, 255);
    run_init(&run, &row);
    run_piece(&run, greeting, sizeof greeting);
    assert_int_equal(run.status, REFUSED);
    greeting[sizeof greeting - 1] = 0;
    run_init(&run, &row);
    run_piece(&run, greeting, sizeof greeting);
    assert_int_equal(run.status, MORE);
    assert_memory_equal(run.answers, NO_LOGIN, 2);
}

/* ---- states that last ---- */

static void assert_lasts(struct socks5 *s, enum socks5_status want)
{
    size_t used = 99;

    assert_int_equal(socks5_feed(s, HELLO, 3, &used), want);
    assert_int_equal(used, 0);
    assert_int_equal(socks5_feed(s, NULL, 0, &used), want);
}

static void test_end_is_final(void **state)
{
    struct socks5 s;
    size_t used;

    (void)state;
    socks5_init(&s, false);
    assert_int_equal(socks5_feed(&s, "x", 1, &used), REFUSED);
    assert_lasts(&s, REFUSED);

    socks5_init(&s, false);
    assert_int_equal(socks5_feed(&s, HELLO, 3, &used), SOCKS5_ANSWER);
    assert_int_equal(socks5_feed(&s, "\5\1\0\1\1\1\1\1" PORT, 10, &used), REQUEST);
    assert_lasts(&s, REQUEST);
}

/* A caller that forgets to judge lets nobody in; one that judges unasked shuts the door. */
static void test_login_must_be_judged(void **state)
{
    struct socks5 s;
    size_t used;

    (void)state;
    socks5_init(&s, true);
    assert_false(socks5_login_equal(&s, STR(""), STR("")));
    assert_int_equal(socks5_feed(&s, HELLO_UP, 3, &used), SOCKS5_ANSWER);
    assert_int_equal(socks5_feed(&s, GOOD, sizeof GOOD - 1, &used), LOGIN);
    assert_lasts(&s, LOGIN);
    assert_int_equal(socks5_login_judged(&s, true), SOCKS5_ANSWER);
    assert_false(socks5_login_equal(&s, STR("user"), STR("pass")));
    assert_int_equal(socks5_login_judged(&s, true), REFUSED);
    assert_lasts(&s, REFUSED);
}

/* ---- name and password ---- */

static void test_login_equal(void **state)
{
    static const struct {
        const char *name;
        struct str user, password;
        bool equal;
    } LOGINS[] = {
        {"both", {B("user")}, {B("pass")}, true},
        {"another name", {B("usex")}, {B("pass")}, false},
        {"another password", {B("user")}, {B("xass")}, false},
        {"a shorter name", {B("use")}, {B("pass")}, false},
        {"a longer password", {B("user")}, {B("passs")}, false},
        {"a longer password with NUL", {B("user")}, {B("pass\0")}, false},
        {"changed about", {B("pass")}, {B("user")}, false},
        {"an empty name", {B("")}, {B("pass")}, false},
        {"an empty password", {B("user")}, {B("")}, false},
        {"nothing configured", {NULL, 0}, {NULL, 0}, false},
        {"longer than the protocol has", {B("user")}, {B(L255 L255 "pass")}, false},
    };
    struct socks5 s;
    size_t used;

    (void)state;
    socks5_init(&s, true);
    socks5_feed(&s, HELLO_UP, 3, &used);
    assert_int_equal(socks5_feed(&s, GOOD, sizeof GOOD - 1, &used), LOGIN);
    for (size_t i = 0; i < ARRAY_LEN(LOGINS); i++) {
        if (socks5_login_equal(&s, LOGINS[i].user, LOGINS[i].password) != LOGINS[i].equal)
            fail_msg("%s", LOGINS[i].name);
    }
}

static void test_login_of_full_length(void **state)
{
    static const char SENT[] = "\1\377" L255 "\377" L255;
    struct socks5 s;
    size_t used;

    (void)state;
    socks5_init(&s, true);
    socks5_feed(&s, HELLO_UP, 3, &used);
    assert_int_equal(socks5_feed(&s, SENT, sizeof SENT - 1, &used), LOGIN);
    assert_true(socks5_login_equal(&s, STR(L255), STR(L255)));
    assert_false(socks5_login_equal(&s, STR(L255), STR(L253 "ab")));
    assert_int_equal(socks5_login_judged(&s, false), REFUSED);
    for (size_t i = 0; i < sizeof s.password; i++)
        assert_int_equal(s.password[i] | s.text[i], 0); /* nothing is kept */
}

static void test_3c_84_reply(void **state)
{
    char out[SOCKS5_REPLY];

    (void)state;
    assert_int_equal(socks5_write_reply(out, SOCKS5_SUCCEEDED), 10);
    assert_memory_equal(out, CODE("\0"), 10);
    assert_int_equal(socks5_write_reply(out, 5), 10);
    assert_memory_equal(out, CODE("\5"), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_all_methods),
        cmocka_unit_test(test_end_is_final),
        cmocka_unit_test(test_login_must_be_judged),
        cmocka_unit_test(test_login_equal),
        cmocka_unit_test(test_login_of_full_length),
        cmocka_unit_test(test_3c_84_reply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
