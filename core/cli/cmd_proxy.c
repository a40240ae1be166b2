/* SPDX-License-Identifier: Apache-2.0
 * cmd_proxy.c - `fence proxy`: the proxy alone, until a signal ends it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask_tty.h"
#include "cli/cli.h"
#include "cli/login_file.h"
#include "cli/reload.h"
#include "cli/signals.h"
#include "cli/text.h"

static void on_signals(fence *engine, int fd, void *payload)
{
    struct signal_event event;

    while (signals_next(&event, fd)) {
        if (event.signum == SIGHUP && !event.from_terminal) /* else it is gone for good */
            reloader_reload(payload);
        else if (event.signum == SIGINT || event.signum == SIGTERM || event.signum == SIGHUP)
            fence_stop(engine);
    }
}

/* ---- where to listen ---- */

struct door {
    fence_protocol protocol;
    const char *scheme;
    const char *address; /* as it was given; NULL: not asked for */
};

/* The same address twice is one door for both. */
static size_t list_doors(struct door doors[2], const struct options *options)
{
    size_t n = 0;

    if (options->http && options->socks && strcmp(options->http, options->socks) == 0) {
        doors[n++] = (struct door){FENCE_PROTOCOL_AUTO, "http+socks5", options->http};
        return n;
    }
    if (options->http)
        doors[n++] = (struct door){FENCE_PROTOCOL_HTTP, "http", options->http};
    if (options->socks)
        doors[n++] = (struct door){FENCE_PROTOCOL_SOCKS5, "socks5", options->socks};
    return n;
}

/* The address as it was given, with the port that it got. */
static void announce(const fence *engine, const struct door *door)
{
    const char *colon = strrchr(door->address, ':');

    if (strncmp(door->address, "unix:", 5) == 0)
        print_error("proxy on %s, %s", door->scheme, door->address);
    else
        print_error("proxy on %s://%.*s:%d", door->scheme, (int)(colon - door->address),
                    door->address, fence_port(engine, door->protocol));
}

static int open_doors(fence *engine, const struct options *options, fence_error *err)
{
    struct door doors[2];
    size_t n = list_doors(doors, options);

    for (size_t i = 0; i < n; i++) {
        if (fence_listen(engine, doors[i].protocol, doors[i].address, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < n; i++)
        announce(engine, &doors[i]);
    return 0;
}

/* ---- serving ---- */

static int limit_clients(fence *engine, const char *text, fence_error *err)
{
    unsigned most = 0;

    for (const char *digit = text; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || most > 9999999)
            most = 99999999; /* no number, or far too many: the library says what is right */
        else
            most = most * 10 + (unsigned)(*digit - '0');
    }
    return fence_limit_clients(engine, most, err);
}

static int prepare(fence *engine, const struct options *options, int signals,
                   struct reloader *reloader, fence_error *err)
{
    raise_descriptor_limit();
    if (options->max_clients && limit_clients(engine, options->max_clients, err) < 0)
        return -1;
    if (options->login && login_file_read(engine, options->login, err) < 0)
        return -1;
    if (fence_watch(engine, signals, on_signals, reloader, err) < 0)
        return -1;
    return open_doors(engine, options, err);
}

static int serve(const struct rules *rules, const struct options *options)
{
    struct printer printer = {.debug = options->debug, .monitor = options->monitor};
    struct ask_tty tty;
    fence_observer observer;
    fence_error err = {0};
    struct reloader reloader;
    fence *engine;
    int signals, status = EXIT_FENCE;

    signals = signals_catch(signals_ignored());
    if (signals < 0) {
        print_error("cannot watch signals: %s", fence_strerror(signals));
        return EXIT_FENCE;
    }
    if (ask_tty_open(&tty, options->ask_timeout_s))
        printer.tty = &tty;
    observer = print_observer(&printer);
    if (fence_new(&engine, rules->config, &observer, &err) < 0) {
        print_error("%s", err.message);
        ask_tty_close(&tty);
        return EXIT_FENCE;
    }
    tty.engine = engine;
    fence_set_policy(engine, rules->policy);
    if (reloader_start(&reloader, engine, options, rules, NULL, &err) < 0 ||
        prepare(engine, options, signals, &reloader, &err) < 0) {
        print_error("%s", err.message);
    } else {
        fence_run(engine);
        status = 0;
    }
    fence_close(engine);
    reloader_stop(&reloader);
    ask_tty_close(&tty);
    print_end(&printer);
    return status;
}

static int proxy_with(const struct options *options)
{
    const char *misuse = NULL, *of_sandboxes = options_of_sandboxes(options);
    struct rules rules;
    fence_error err = {0};
    int status = EXIT_FENCE;

    if (options->words[0] || options->string)
        misuse = "fence proxy runs no command: see fence proxy --help";
    else if (options->nports > 0)
        misuse = "--port leads to a command in a sandbox: fence proxy runs none, leave it out";
    else if (!options->http && !options->socks)
        misuse = "fence proxy needs an address: --http 127.0.0.1:3128, --socks 127.0.0.1:1080";
    if (misuse || of_sandboxes) {
        if (misuse)
            print_error("%s", misuse);
        else
            print_error("fence proxy makes no sandbox: leave out %s", of_sandboxes);
        return EXIT_FENCE;
    }
    if (rules_load(&rules, options, &err) < 0)
        print_error("%s", err.message);
    else
        status = serve(&rules, options);
    rules_unload(&rules);
    return status;
}

int cmd_proxy(char **argv)
{
    struct options options = {0};
    fence_error err;
    int status = EXIT_FENCE;

    if (options_read(&options, argv, true, &err) < 0)
        print_error("%s", err.message);
    else
        status = options.help ? text_help_proxy() : proxy_with(&options);
    options_deinit(&options);
    return status;
}
