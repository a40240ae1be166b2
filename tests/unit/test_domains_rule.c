/* SPDX-License-Identifier: Apache-2.0
 * test_domains_rule.c - what each way of writing a rule means, or why it means nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/domains_scan.h"
#include "support/guard.h"

struct row {
    const char *name, *text;
    const char *form; /* the normal form, or NULL   */
    const char *why;  /* what the sentence contains */
};

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row ROWS[] = {
    {"name", "example.com", "example.com", NULL},
    {"name with a port", "example.com:443", "example.com:443", NULL},
    {"highest port", "example.com:65535", "example.com:65535", NULL},
    {"final dot", "example.com.", "example.com", NULL},
    {"final dot and port", "example.com.:443", "example.com:443", NULL},
    {"underscore", "_dmarc.good.test", "_dmarc.good.test", NULL},
    {"A-label", "xn--bcher-kva.example", "xn--bcher-kva.example", NULL},
    {"localhost", "localhost", "localhost", NULL},
    {"localhost in capitals, with a final dot and a port", "LocalHost.:80", "localhost:80", NULL},
    {"label of 63", LABEL_63 ".test", LABEL_63 ".test", NULL},
    {"wildcard", "*.example.com", "*.example.com", NULL},
    {"wildcard with a port", "*.example.com:8443", "*.example.com:8443", NULL},
    {"wildcard in capitals with a final dot", "*.Example.COM.", "*.example.com", NULL},
    {"star with a port", "*:443", "*:443", NULL},
    {"IPv4", "10.1.2.3", "10.1.2.3", NULL},
    {"IPv4 with a port", "10.1.2.3:80", "10.1.2.3:80", NULL},
    {"IPv6 bare", "fd00::1", "[fd00::1]", NULL},
    {"IPv6 bare that ends in what looks like a port", "fd00::1:443", "[fd00::1:443]", NULL},
    {"IPv6 in brackets", "[FD00::0:1]", "[fd00::1]", NULL},
    {"IPv6 with a port", "[fd00::1]:443", "[fd00::1]:443", NULL},
    {"v4-mapped", "[::ffff:10.1.2.3]:80", "10.1.2.3:80", NULL},
    {"network of one address", "10.1.2.3/32", "10.1.2.3", NULL},
    {"network of all IPv4", "0.0.0.0/0", "0.0.0.0/0", NULL},
    {"IPv6 network", "fd00::/8", "fd00::/8", NULL},
    {"IPv6 network of one address", "fd00::1/128", "[fd00::1]", NULL},

    {"3A.34 *", "*", "*", NULL},
    {"3A.34 *.com", "*.com", NULL, "two labels"},
    {"3A.34 *good.test", "*good.test", NULL, "whole first label"},
    {"3A.34 *.co.uk", "*.co.uk", "*.co.uk", NULL},
    {"3A.34 GOOD.test", "GOOD.test", "good.test", NULL},
    {"3A.34 space behind", "good.test ", NULL, "no spaces"},
    {"3A.34 ideographic full stop", "evil\xe3\x80\x82test", NULL, "xn--"},
    {"3A.34 http://good.test", "http://good.test", NULL, "write the host without http://"},
    {"3A.34 good.test/24", "good.test/24", NULL, "'/' belongs to a network"},
    {"3A.34 10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8", NULL},
    {"3A.34 [::1]:80", "[::1]:80", "[::1]:80", NULL},
    {"3A.34 a.*.b", "a.*.b", NULL, "whole first label"},

    {"empty", "", NULL, "the rule is empty"},
    {"space before", " good.test", NULL, "no spaces"},
    {"tab inside", "good\t.test", NULL, "no spaces"},
    {"line feed behind", "good.test\n", NULL, "no spaces"},
    {"space behind a wildcard", "*.good.test ", NULL, "no spaces"},
    {"space behind a port", "good.test:443 ", NULL, "no spaces"},
    {"space behind a network", "10.0.0.0/8 ", NULL, "no spaces"},
    {"scheme and port", "https://good.test:443/", NULL, "write the host without http://"},
    {"scheme and star", "https://*.good.test", NULL, "write the host without http://"},
    {"path", "good.test/path", NULL, "'/' belongs to a network"},
    {"one label", "intranet", NULL, "needs a dot"},
    {"one label with a final dot", "intranet.", NULL, "needs a dot"},
    {"one label with a port", "intranet:80", NULL, "needs a dot"},
    {"*.localhost", "*.localhost", NULL, "two labels"},
    {"*.com with a final dot", "*.com.", NULL, "two labels"},
    {"*.", "*.", NULL, "two labels"},
    {"*..", "*..", NULL, "no empty labels"},
    {"**", "**", NULL, "whole first label"},
    {"*.*", "*.*", NULL, "whole first label"},
    {"*.*.good.test", "*.*.good.test", NULL, "whole first label"},
    {"**.good.test", "**.good.test", NULL, "whole first label"},
    {"good.*", "good.*", NULL, "whole first label"},
    {".good.test", ".good.test", NULL, "no empty labels"},
    {"good..test", "good..test", NULL, "no empty labels"},
    {"two final dots", "good.test..", NULL, "no empty labels"},
    {"*.10.0.0.1", "*.10.0.0.1", NULL, "as a network"},
    {"*.[::1]", "*.[::1]", NULL, "as a network"},
    {"wildcard of a network", "*.10.0.0.0/8", NULL, "'/' belongs to a network"},
    {"wildcard with a path", "*.good.test/", NULL, "'/' belongs to a network"},
    {"* with nothing behind its colon", "*:", NULL, "port as a number"},
    {"nothing behind the colon", "good.test:", NULL, "port as a number"},
    {"port 0", "good.test:0", NULL, "port as a number"},
    {"port 0 of *", "*:0", NULL, "port as a number"},
    {"3A.12 port 0443", "good.test:0443", NULL, "port as a number"},
    {"3A.12 port +443", "*.good.test:+443", NULL, "port as a number"},
    {"3A.12 port 65979", "good.test:65979", NULL, "port as a number"},
    {"3A.12 port http", "good.test:http", NULL, "port as a number"},
    {"two ports", "*.good.test:80:80", NULL, "port as a number"},
    {"port without a host", ":443", NULL, "the host is empty"},
    {"port range", "good.test:80-90", NULL, "port as a number"},
    {"network with a port", "10.0.0.0/8:443", NULL, "a network takes no port"},
    {"IPv6 network with a port", "fd00::/8:443", NULL, "a network takes no port"},
    {"network in brackets", "[fd00::]/8", NULL, "without brackets"},
    {"network all in brackets", "[fd00::/8]", NULL, "without brackets"},
    {"bits beyond the prefix", "10.0.0.1/8", NULL, "beyond its prefix"},
    {"prefix of 33", "10.0.0.0/33", NULL, "0 to 32"},
    {"prefix of 08", "10.0.0.0/08", NULL, "0 to 32"},
    {"prefix that is empty", "10.0.0.0/", NULL, "0 to 32"},
    {"two slashes", "10.0.0.0/8/8", NULL, "0 to 32"},
    {"short network", "10/8", NULL, "'/' belongs to a network"},
    {"a slash alone", "/", NULL, "'/' belongs to a network"},
    {"3A.14 octal", "0177.0.0.1", NULL, "four decimal numbers"},
    {"3A.14 one number", "2130706433", NULL, "four decimal numbers"},
    {"3A.19 zone", "fe80::1%eth0", NULL, "zone"},
    {"3A.11 name in brackets", "[good.test]:443", NULL, "brackets"},
    {"3A.11 bracket left open", "[::1", NULL, "']'"},
    {"3A.9 user name", "user@good.test", NULL, "user name"},
    {"3A.9 user name and port", "user@good.test:443", NULL, "user name"},
    {"3A.8 percent", "evil.test%00.good.test", NULL, "percent"},
    {"3A.24 leading hyphen", "-x.good.test", NULL, "'-'"},
    {"3A.23 label of 64", LABEL_63 "a.test", NULL, "63"},
};

/* A sentence goes into one line of other people's making. */
static void check_sentence(const struct row *row, const char *why)
{
    size_t len = strlen(why);

    if (len == 0 || why[len - 1] == '.' || strchr(why, '\n'))
        fail_msg("%s: '%s' is not a line without a full stop", row->name, why);
}

static void check_row(const struct row *row, const char *text, size_t len)
{
    char form[SCAN_TEXT];
    struct domains_rule rule;
    const char *why = domains_rule_parse(&rule, (struct str){text, len});

    if (!row->form) {
        if (!why)
            fail_msg("%s: '%s' was taken", row->name, row->text);
        check_sentence(row, why);
        if (!strstr(why, row->why))
            fail_msg("%s: '%s' says nothing of '%s'", row->name, why, row->why);
        return;
    }
    if (why)
        fail_msg("%s: '%s' was refused: %s", row->name, row->text, why);
    scan_format(form, &rule);
    if (strcmp(form, row->form) != 0)
        fail_msg("%s: became '%s', not '%s'", row->name, form, row->form);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        size_t len = strlen(ROWS[i].text);
        char *copy = guard_copy(ROWS[i].text, len);

        check_row(&ROWS[i], copy, len);
        guard_free(copy, len);
    }
}

/* What a rule became is a rule, and the same one. */
static void test_normal_form_is_stable(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        struct row again = ROWS[i];

        if (!again.form)
            continue;
        again.text = again.form;
        check_row(&again, again.form, strlen(again.form));
    }
}

/* No byte but those of a name, and the few that the grammar knows, is in a rule that is taken. */
static void test_every_byte(void **state)
{
    static const char *const fine =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    struct domains_rule rule;
    char text[] = "ab?cd.test";

    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool expected = byte != 0 && (strchr(fine, (int)byte) || strchr("-._", (int)byte));
        bool taken;

        text[2] = (char)byte;
        taken = !domains_rule_parse(&rule, (struct str){text, sizeof text - 1});
        if (taken != expected)
            fail_msg("byte 0x%02x was %s", byte, taken ? "taken" : "refused");
    }
}

static void test_longest_name(void **state)
{
    char text[LIMIT_HOST + 3];
    struct domains_rule rule;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? '.' : 'a';
    assert_null(domains_rule_parse(&rule, (struct str){text, LIMIT_HOST}));
    assert_int_equal(rule.name.len, LIMIT_HOST);
    assert_non_null(domains_rule_parse(&rule, (struct str){text, LIMIT_HOST + 2}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_normal_form_is_stable),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_longest_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
