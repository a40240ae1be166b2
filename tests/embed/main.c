/* SPDX-License-Identifier: Apache-2.0
 * main.c - the smallest embedder: settings and one decision, from the installed header alone. */
#include <fence/fence.h>
#include <stdio.h>

int main(void)
{
    const fence_setting allow = {"--allow", "network.allowedDomains", "*.example.com"};
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision decision;
    fence_config *config;
    fence_error err;

    if (fence_config_load(&config, NULL, &allow, 1, &err) < 0) {
        puts(err.message);
        return 1;
    }
    request.host = "www.Example.com.";
    request.port = 443;
    if (fence_decide(&decision, config, NULL, &request) < 0)
        return 1;
    puts(decision.rule);
    fence_config_unref(config);
    return decision.verdict != FENCE_ALLOW;
}
