/* SPDX-License-Identifier: Apache-2.0
 * cmd_explain.c - `fence explain`: what would be decided, by the code that decides it. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/request_text.h"
#include "cli/text.h"

#define EXIT_ALLOW 0
#define EXIT_DENY  1
#define EXIT_ERROR 2

/* ---- what is asked ---- */

static const char *read_words(fence_request *request, const char *const *shell, char **words)
{
    if (shell[2]) {
        request->kind = FENCE_EXEC;
        request->argv = shell;
        return words[0] ? "-c takes one string, and no further words: put them into it" : NULL;
    }
    if (words[0] && !words[1])
        return request_text_authority(request, words[0]);
    if (words[0] && words[1] && !words[2])
        return request_text_url(request, words[0], words[1]);
    return "fence explain HOST:PORT, METHOD URL, or -c COMMAND: see fence explain --help";
}

/* ---- the answer ---- */

static void print_answer(const fence_decision *d)
{
    static const char *const words[] = {
        [FENCE_ALLOW] = "allowed", [FENCE_DENY] = "denied", [FENCE_ASK] = "asked about"};

    printf("%s", words[d->verdict]);
    if (d->rule[0])
        printf(" by %s", d->rule);
    printf("%s%s\n", d->message[0] ? ": " : "", d->message);
    if (d->cure[0])
        printf("to change that: %s\n", d->cure);
}

/* A command that asks for this machine's loopback does not ask the proxy: it finds its own there,
 * and at the ports of network.allowLocalOutboundPorts this machine's. */
static bool is_opened(fence_decision *out, const struct rules *rules, const fence_request *request)
{
    fence_request local = *request;

    if (request->kind != FENCE_CONNECT)
        return false;
    if (strcmp(request->host, "localhost") == 0)
        local.host = "127.0.0.1";
    if (strcmp(local.host, "127.0.0.1") != 0 && strcmp(local.host, "::1") != 0)
        return false;
    local.kind = FENCE_LOCAL;
    return fence_decide(out, rules->config, rules->policy, &local) == 0 &&
           out->verdict == FENCE_ALLOW;
}

static int explain(const struct options *options)
{
    fence_request request = FENCE_REQUEST_INIT;
    struct rules rules = {0};
    fence_decision decision;
    fence_error err = {0};
    const char *const shell[] = {"sh", "-c", options->string, NULL};
    const char *of_runs = options_of_runs(options);
    const char *misuse = read_words(&request, shell, options->words);
    int status = EXIT_ERROR;

    if (of_runs) {
        print_error("fence explain decides once: leave out %s", of_runs);
    } else if (misuse) {
        print_error("%s", misuse);
    } else if (rules_load(&rules, options, &err) < 0) {
        print_error("%s", err.message);
    } else if (is_opened(&decision, &rules, &request) ||
               fence_decide(&decision, rules.config, rules.policy, &request) == 0) {
        print_answer(&decision);
        status = decision.verdict == FENCE_ALLOW ? EXIT_ALLOW : EXIT_DENY;
    }
    if (fflush(stdout) != 0)
        status = EXIT_ERROR;
    rules_unload(&rules);
    return status;
}

int cmd_explain(char **argv)
{
    struct options options = {0};
    fence_error err;
    int status = EXIT_ERROR;

    if (options_read(&options, argv, false, &err) < 0)
        print_error("%s", err.message);
    else if (options.help)
        status = text_help_explain();
    else
        status = explain(&options);
    options_deinit(&options);
    return status;
}
