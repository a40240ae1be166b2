/* SPDX-License-Identifier: Apache-2.0
 * test_config_values.c - single values: paths, lines of network.hosts, and the address rules that
 * open what no network may. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/config_build.h"
#include "support/guard.h"

static void test_write(void **state)
{
    static const struct {
        const char *name, *path, *stored; /* NULL: refused */
    } rows[] = {
        {"absolute", "/a/b", "/a/b"},
        {"home", "~", "~"},
        {"the current folder", ".", "."},
        {"a space", "a b", "a b"},
        {"everything below a folder", "~/x/**", "~/x"},
        {"everything", "/**", "/"},
        {"a closing bracket alone", "a]", "a]"},
        {"empty", "", NULL},
        {"stars alone", "**", "**"},
        {"one star at the end", "~/x/*", "~/x/*"},
        {"stars in the middle", "**/.env", "**/.env"},
        {"twice everything", "a/**/**", "a/**"},
        {"question mark", "a?", "a?"},
        {"brackets", "a[bc]", "a[bc]"},
    };
    struct fence_config *config = config_new();
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = strlen(rows[i].path);
        char *path = guard_copy(rows[i].path, len);
        const char *why = NULL;
        int rc = config_add_write(config, (struct str){path, len}, &why);

        guard_free(path, len);
        if (rc != (rows[i].stored ? 0 : -EINVAL) || !why != !rc)
            fail_msg("%s: returned %d", rows[i].name, rc);
        count += rc == 0;
        if (config->nallow_write != count)
            fail_msg("%s: %zu paths", rows[i].name, config->nallow_write);
        if (rc == 0 && strcmp(config->allow_write[count - 1], rows[i].stored) != 0)
            fail_msg("%s: stored as '%s'", rows[i].name, config->allow_write[count - 1]);
    }
    fence_config_unref(config);
}

static void test_pin(void **state)
{
    static const struct {
        const char *name, *host, *addr, *stored_host, *stored_addr;
    } rows[] = {
        {"IPv4", "a.test", "10.0.0.1", "a.test", "10.0.0.1"},
        {"IPv6", "a.test", "FD00::1", "a.test", "fd00::1"},
        {"IPv6 in brackets", "a.test", "[fd00::1]", "a.test", "fd00::1"},
        {"normal form", "A.Test.", "::ffff:10.0.0.1", "a.test", "10.0.0.1"},
        {"one label", "build", "10.0.0.1", "build", "10.0.0.1"},
        {"a name for a name", "a.test", "b.test", NULL, NULL},
        {"a port", "a.test", "10.0.0.1:80", NULL, NULL},
        {"a network", "a.test", "10.0.0.0/8", NULL, NULL},
        {"octal", "a.test", "0177.0.0.1", NULL, NULL},
        {"no address", "a.test", "", NULL, NULL},
        {"no name", "", "10.0.0.1", NULL, NULL},
        {"a wildcard", "*.a.test", "10.0.0.1", NULL, NULL},
        {"an address", "10.0.0.1", "10.0.0.1", NULL, NULL},
        {"an address without brackets", "::1", "10.0.0.1", NULL, NULL},
        {"a name with a port", "a.test:80", "10.0.0.1", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config_pin pin = {.addr = {.family = 99}};
        const char *why = config_parse_pin(&pin, str_of(rows[i].host), str_of(rows[i].addr));
        char text[ADDR_TEXT];

        if (!why != !!rows[i].stored_host)
            fail_msg("%s: %s", rows[i].name, why ? why : "taken");
        if (why && pin.addr.family != 99)
            fail_msg("%s: written to", rows[i].name);
        if (why)
            continue;
        addr_format(text, &pin.addr);
        if (strcmp(pin.name.text, rows[i].stored_host) || strcmp(text, rows[i].stored_addr))
            fail_msg("%s: %s %s", rows[i].name, pin.name.text, text);
    }
}

/* Of the allowed rules, which are kept as literals? */
static void test_literals(void **state)
{
    static const struct {
        const char *name, *rule;
        int port; /* -1: not kept */
    } rows[] = {
        {"3A.28 metadata", "169.254.169.254", 0},
        {"3A.28 metadata with a port", "169.254.169.254:80", 80},
        {"3A.28 metadata, IPv6", "[fd00:ec2::254]", 0},
        {"3A.28 metadata, IPv6, port", "[fd00:ec2::254]:80", 80},
        {"a network of one address", "169.254.169.254/32", 0},
        {"a network of one address, IPv6", "fd00:ec2::254/128", 0},
        {"3A.15 unspecified", "0.0.0.0", 0},
        {"3A.15 unspecified, IPv6", "[::]", 0},
        {"3A.15 unspecified, as a network", "::/128", 0},
        {"a wider network", "169.254.0.0/16", -1},
        {"everything", "*", -1},
        {"loopback needs no literal", "127.0.0.1", -1},
        {"a public address", "192.0.2.1", -1},
        {"a name", "a.test", -1},
        {"a name of digits and letters", "0a.test:80", -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fence_config *config = config_new();
        struct str rule = str_of(rows[i].rule);
        const char *why = "";

        config->allowed.set = domains_new(1);
        config->denied.set = domains_new(1);
        if (config_add_domain(config, &config->allowed, rule, 0, &why) != 0 ||
            config_add_domain(config, &config->denied, rule, 0, &why) != 0)
            fail_msg("%s: %s", rows[i].name, why);
        if (config->nliterals != (rows[i].port >= 0))
            fail_msg("%s: %zu literals", rows[i].name, config->nliterals);
        if (config->nliterals && config->literals[0].port != rows[i].port)
            fail_msg("%s: port %u", rows[i].name, config->literals[0].port);
        fence_config_unref(config);
    }
}

static void test_too_many(void **state)
{
    struct fence_config *config = config_new();
    const char *why = NULL;

    (void)state;
    config->allowed.set = domains_new(1);
    assert_int_equal(
        config_add_domain(config, &config->allowed, STR("a.test"), LIMIT_RULES - 1, &why), 0);
    assert_int_equal(config_add_domain(config, &config->allowed, STR("b.test"), LIMIT_RULES, &why),
                     -EINVAL);
    assert_string_equal(why, "there are too many rules in this list");
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_pin),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
