/* SPDX-License-Identifier: Apache-2.0
 * cmd_proxy.c - `fence proxy`: the proxy alone, until a signal ends it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signals.h"
#include "cli/text.h"

static void on_signals(fence *engine, int fd, void *payload)
{
    struct signal_event event;

    (void)payload;
    while (signals_next(&event, fd)) {
        if (event.signum == SIGINT || event.signum == SIGTERM || event.signum == SIGHUP)
            fence_stop(engine);
    }
}

/* The address as it was given, with the port that it got. */
static void announce(const fence *engine, const char *address)
{
    const char *colon = strrchr(address, ':');

    print_error("proxy on http://%.*s:%d", (int)(colon - address), address, fence_port(engine));
}

static int serve(fence_config *config, const char *address, struct printer *printer)
{
    fence_observer observer = {print_event, printer};
    fence_error err = {0};
    fence *engine;
    int signals, status = EXIT_FENCE;

    signals = signals_catch(signals_ignored());
    if (signals < 0) {
        print_error("cannot watch signals: %s", fence_strerror(signals));
        return EXIT_FENCE;
    }
    if (fence_new(&engine, config, printer->debug || printer->monitor ? &observer : NULL, &err) <
        0) {
        print_error("%s", err.message);
        return EXIT_FENCE;
    }
    if (fence_listen(engine, address, &err) < 0 ||
        fence_watch(engine, signals, on_signals, NULL, &err) < 0) {
        print_error("%s", err.message);
    } else {
        raise_descriptor_limit();
        announce(engine, address);
        fence_run(engine);
        status = 0;
    }
    fence_close(engine);
    return status;
}

static int proxy_with(const struct options *options)
{
    struct printer printer = {.debug = options->debug, .monitor = options->monitor};
    const char *misuse = NULL;
    fence_config *config;
    int status;

    if (options->words[0] || options->string)
        misuse = "fence proxy runs no command: see fence proxy --help";
    else if (!options->http)
        misuse = "fence proxy needs an address: --http 127.0.0.1:3128";
    if (misuse) {
        print_error("%s", misuse);
        return EXIT_FENCE;
    }
    if (load_config(&config, options) < 0)
        return EXIT_FENCE;
    status = serve(config, options->http, &printer);
    fence_config_unref(config);
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
