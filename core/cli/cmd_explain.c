/* SPDX-License-Identifier: Apache-2.0
 * cmd_explain.c - `fence explain`: what would be decided, by the code that decides it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

#define EXIT_ALLOW 0
#define EXIT_DENY  1
#define EXIT_ERROR 2

/* ---- what is asked ---- */

/* Cuts "host:port" or "[::1]:port" at `text` in two; `port` is untouched where it has none. False:
 * that is no port. */
static bool split_port(char *text, unsigned long *port)
{
    char *colon = strrchr(text, ':'), *end;

    if (!colon || strchr(colon, ']') || (strchr(text, ':') != colon && text[0] != '['))
        return true; /* none, or IPv6 without brackets */
    *port = strtoul(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end != '\0')
        return false;
    *colon = '\0';
    return true;
}

/* fence_decide() takes an IPv6 address without its brackets. */
static char *without_brackets(char *host)
{
    size_t len = strlen(host);

    if (host[0] != '[' || len < 2 || host[len - 1] != ']')
        return host;
    host[len - 1] = '\0';
    return host + 1;
}

static const char *finish(fence_request *request, char *authority, unsigned long port)
{
    if (!split_port(authority, &port) || port > 65535)
        return "the port is a number from 1 to 65535";
    if (port == 0)
        return "say which port: HOST:PORT";
    request->host = without_brackets(authority);
    request->port = (uint16_t)port;
    return NULL;
}

/* METHOD http://host[:port][/path], which fence can read; of https:// it sees a tunnel. */
static const char *read_url(fence_request *request, const char *method, char *url)
{
    bool readable = strncmp(url, "http://", 7) == 0;
    char *authority = url + (readable ? 7 : 8), *path;

    if (!readable && strncmp(url, "https://", 8) != 0)
        return "a URL begins with http:// or https://";
    path = authority + strcspn(authority, "/?#");
    if (readable) {
        request->kind = FENCE_HTTP;
        request->method = method;
        request->path = *path ? strdup(path) : strdup("/");
        if (!request->path)
            return "out of memory";
    }
    *path = '\0';
    return finish(request, authority, readable ? 80 : 443);
}

static const char *read_words(fence_request *request, char **words)
{
    if (words[0] && !words[1])
        return finish(request, words[0], 0);
    if (words[0] && words[1] && !words[2])
        return read_url(request, words[0], words[1]);
    return "fence explain HOST:PORT, or METHOD URL: see fence explain --help";
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

static int explain(const struct options *options)
{
    fence_request request = FENCE_REQUEST_INIT;
    struct rules rules = {0};
    fence_decision decision;
    fence_error err = {0};
    const char *misuse = options->watch ? "fence explain decides once: leave out --watch"
                                        : read_words(&request, options->words);
    int status = EXIT_ERROR;

    if (misuse) {
        print_error("%s", misuse);
    } else if (rules_load(&rules, options, &err) < 0) {
        print_error("%s", err.message);
    } else if (fence_decide(&decision, rules.config, rules.policy, &request) == 0) {
        print_answer(&decision);
        status = decision.verdict == FENCE_ALLOW ? EXIT_ALLOW : EXIT_DENY;
    }
    if (fflush(stdout) != 0)
        status = EXIT_ERROR;
    free((char *)request.path);
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
