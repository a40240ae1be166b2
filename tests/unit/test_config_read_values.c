/* SPDX-License-Identifier: Apache-2.0
 * test_config_read_values.c - texts, variables and switches from JSON, through keys that
 * take them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filter/config.h"

/* What the settings hold, in a notation of its own. */
static void write_down(char *out, size_t cap, const struct fence_config *c)
{
    size_t len = (size_t)snprintf(out, cap, "%s", c->env_inherit ? "inherit " : "");

    if (c->deny_write.count > 0)
        len += (size_t)snprintf(out + len, cap - len, "write ");
    for (size_t i = 0; i < c->deny_write.count; i++)
        len += (size_t)snprintf(out + len, cap - len, "'%s' ", c->deny_write.items[i]);
    for (size_t i = 0; i < c->env_set.count; i++)
        len += (size_t)snprintf(out + len, cap - len, "[%s] ", c->env_set.items[i]);
    if (!c->denied_names_resolve)
        len += (size_t)snprintf(out + len, cap - len, "nxdomain ");
    if (!c->tls_name_check)
        len += (size_t)snprintf(out + len, cap - len, "unchecked ");
    if (c->strict_deny_read)
        snprintf(out + len, cap - len, "strict ");
}

static const struct {
    const char *name, *json, *expect, *error;
} rows[] = {
    {"nothing", "{}", "inherit ", NULL},
    {"texts", "{\"filesystem\": {\"denyWrite\": [\"~/a\", \"**/*.pem\"]}}",
     "inherit write '~/a' '**/*.pem' ", NULL},
    {"an empty text", "{\"filesystem\": {\"denyWrite\": [\"\"]}}", NULL,
     "t:1:31: filesystem.denyWrite[0]: '': this is empty"},
    {"a number among texts", "{\"filesystem\": {\"denyWrite\": [1]}}", NULL,
     "t:1:31: filesystem.denyWrite[0]: must be a string: this is a list of strings"},
    {"a switch", "{\"filesystem\": {\"strictDenyRead\": true}}", "inherit strict ", NULL},
    {"a switch that is none", "{\"filesystem\": {\"strictDenyRead\": 1}}", NULL,
     "t:1:35: filesystem.strictDenyRead: must be true or false"},
    {"the second of two words",
     "{\"network\": {\"deniedDns\": \"nxdomain\", \"tlsNameCheck\": \"off\"}}",
     "inherit nxdomain unchecked ", NULL},
    {"the first of two words",
     "{\"network\": {\"deniedDns\": \"synthetic\", \"tlsNameCheck\": \"enforce\"}}", "inherit ",
     NULL},
    {"neither word", "{\"network\": {\"deniedDns\": \"refused\"}}", NULL,
     "t:1:27: network.deniedDns: must be \"synthetic\" or \"nxdomain\""},
    {"no word", "{\"network\": {\"deniedDns\": true}}", NULL,
     "t:1:27: network.deniedDns: must be \"synthetic\" or \"nxdomain\""},
    {"variables", "{\"environment\": {\"set\": {\"A\": \"x=y\", \"B\": \"\"}, \"inherit\": false}}",
     "[A=x=y] [B=] ", NULL},
    {"a name with '='", "{\"environment\": {\"set\": {\"A=B\": \"x\"}}}", NULL,
     "t:1:26: environment.set.A=B: is no name for a variable"},
    {"no name", "{\"environment\": {\"set\": {\"\": \"x\"}}}", NULL,
     "t:1:26: environment.set.: is no name for a variable"},
    {"a value that is no string", "{\"environment\": {\"set\": {\"A\": 1}}}", NULL,
     "t:1:31: environment.set.A: must be a string"},
    {"3J.188 a variable of fence's own", "{\"environment\": {\"set\": {\"FENCE_SANDBOX\": \"0\"}}}",
     NULL, "t:1:26: environment.set.FENCE_SANDBOX: is what tells the command where it is"},
    {"names of variables",
     "{\"environment\": {\"allow\": [\"A\", \"AWS_*\"], \"deny\": [\"*_TOKEN\"]}}", "inherit ",
     NULL},
    {"a pattern for everything", "{\"environment\": {\"allow\": [\"A\", \"*\"]}}", NULL,
     "t:1:33: environment.allow[1]: '*': this names every variable"},
    {"an empty name", "{\"environment\": {\"deny\": [\"\"]}}", NULL,
     "t:1:27: environment.deny[0]: '': this is empty"},
    {"a name with a value", "{\"environment\": {\"deny\": [\"A=1\"]}}", NULL,
     "t:1:27: environment.deny[0]: 'A=1': a variable's name has no '='"},
    {"a variable twice", "{\"environment\": {\"set\": {\"A\": \"x\", \"A\": \"y\"}}}", NULL,
     "t:1:36: "},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fence_config *config = NULL;
        fence_error err = {0};
        char text[512] = "";
        int rc =
            fence_config_parse(&config, "t", rows[i].json, strlen(rows[i].json), NULL, 0, &err);

        if ((rc == 0) != (rows[i].expect != NULL))
            fail_msg("%s: %s", rows[i].name, err.message);
        if (rc == 0) {
            write_down(text, sizeof text, config);
            if (strcmp(text, rows[i].expect) != 0)
                fail_msg("%s: %s", rows[i].name, text);
        } else if (strncmp(err.message, rows[i].error, strlen(rows[i].error)) != 0) {
            fail_msg("%s: %s", rows[i].name, err.message);
        }
        fence_config_unref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
