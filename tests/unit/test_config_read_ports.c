/* SPDX-License-Identifier: Apache-2.0
 * test_config_read_ports.c - ports of this machine that are open, and fence's own inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "filter/config.h"

/* clang-format off */
static const struct {
    const char *name, *json;
    const char *expect; /* the ports that are open, and fence's own where they are others */
    const char *error;
} rows[] = {
    {"nothing", "{}", "", NULL},
    {"fence's own", "{\"network\": {\"httpProxyPort\": 4000, \"socksProxyPort\": 0}}", "4000/1080 ", NULL},
    {"ports",
     "{\"network\": {\"allowLocalOutboundPorts\": [5432, 1, 65535], \"allowLocalOutbound\": true}}",
     "5432 1 65535 ", NULL},
    {"ports that are closed",
     "{\"network\": {\"allowLocalOutbound\": false, \"allowLocalOutboundPorts\": [5432]}}",
     "", NULL},
    {"ports that allowLocalBinding opens",
     "{\"network\": {\"allowLocalOutboundPorts\": [5432], \"allowLocalBinding\": true}}",
     "5432 ", NULL},
    {"ports that are closed all the same",
     "{\"network\": {\"allowLocalBinding\": true, \"allowLocalOutboundPorts\": [5432],"
     " \"allowLocalOutbound\": false}}",
     "", NULL},
    {"no ports to open", "{\"network\": {\"allowLocalBinding\": true}}", "", NULL},
    {"ports that nothing opens", "{\"network\": {\"allowLocalOutboundPorts\": [5432]}}", NULL,
     "t:1:14: network.allowLocalOutboundPorts: opens nothing without \"allowLocalOutbound\": true"},
    {"open, and no port", "{\"network\": {\"allowLocalOutbound\": true}}", NULL,
     "t:1:14: network.allowLocalOutbound: opens nothing by itself: add the ports of this "
     "machine's services, \"allowLocalOutboundPorts\": [5432]"},
    {"the proxy's port",
     "{\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [80, 3128]}}", NULL,
     "t:1:74: network.allowLocalOutboundPorts[1]: fence itself listens there: leave it out"},
    {"the proxy's other port",
     "{\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [1080]}}", NULL,
     "t:1:70: network.allowLocalOutboundPorts[0]: fence itself listens there: leave it out"},
    {"a port twice",
     "{\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [80, 81, 80]}}",
     NULL, "t:1:78: network.allowLocalOutboundPorts[2]: stands in the list twice: leave one out"},
    {"port 0", "{\"network\": {\"allowLocalOutboundPorts\": [0]}}", NULL,
     "t:1:42: network.allowLocalOutboundPorts[0]: must be a port, 1 to 65535"},
    {"port 65536", "{\"network\": {\"allowLocalOutboundPorts\": [65536]}}", NULL,
     "t:1:42: network.allowLocalOutboundPorts[0]: must be a port, 1 to 65535"},
    {"half a port", "{\"network\": {\"allowLocalOutboundPorts\": [80.5]}}", NULL,
     "t:1:42: network.allowLocalOutboundPorts[0]: must be a port, 1 to 65535"},
    {"a port in quotes", "{\"network\": {\"allowLocalOutboundPorts\": [\"80\"]}}", NULL,
     "t:1:42: network.allowLocalOutboundPorts[0]: must be a port, 1 to 65535"},
    {"a proxy's port that is closed", "{\"network\": {\"socksProxyPort\": 80}}", NULL,
     "t:1:32: network.socksProxyPort: must be a port of the sandbox, 1024 to 65535 but not 3129; 0 is 1080"},
    {"3L.216 1e999 for a port", "{\"network\": {\"httpProxyPort\": 1e999}}", NULL,
     "t:1:31: network.httpProxyPort: must be a port of the sandbox, 1024 to 65535 but not 3129; 0 is 3128"},
    {"the port of captures", "{\"network\": {\"httpProxyPort\": 3129}}", NULL,
     "t:1:31: network.httpProxyPort: must be a port of the sandbox, 1024 to 65535 but not 3129; 0 is 3128"},
    {"the other proxy's port", "{\"network\": {\"httpProxyPort\": 1080}}", NULL,
     "t:1:31: network.httpProxyPort: the other proxy listens there: choose another"},
    {"one port for both", "{\"network\": {\"httpProxyPort\": 4000, \"socksProxyPort\": 4000}}", NULL,
     "t:1:55: network.socksProxyPort: the other proxy listens there: choose another"},
    {"a proxy's port that leads out", "{\"network\": {\"httpProxyPort\": 4000, \"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [5, 4000]}}", NULL,
     "t:1:96: network.allowLocalOutboundPorts[1]: fence itself listens there: leave it out"},
};
/* clang-format on */

static void write_down(char *out, size_t cap, const struct fence_config *c)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < c->local_ports.count; i++)
        len += (size_t)snprintf(out + len, cap - len, "%u ", c->local_ports.items[i]);
    if (c->http_port != CONFIG_HTTP_PORT || c->socks_port != CONFIG_SOCKS_PORT)
        snprintf(out + len, cap - len, "%u/%u ", c->http_port, c->socks_port);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_config *config = NULL;
        fence_error err = {0};
        char shown[256] = "";
        int rc =
            fence_config_parse(&config, "t", rows[i].json, strlen(rows[i].json), NULL, 0, &err);

        if (rc == 0)
            write_down(shown, sizeof shown, config);
        if ((rc == 0) != (rows[i].error == NULL) ||
            strcmp(rc == 0 ? shown : err.message, rc == 0 ? rows[i].expect : rows[i].error) != 0)
            fail_msg("%s: '%s' %s", rows[i].name, shown, err.message);
        fence_config_unref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
