/* SPDX-License-Identifier: Apache-2.0
 * cmd_run.c - `fence [options] [--] command`: one command in a sandbox, and its exit status. */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/ask_tty.h"
#include "cli/cli.h"
#include "cli/own_terminal.h"
#include "cli/reload.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "cli/text.h"

struct run {
    const struct rules *rules;
    const struct options *options; /* NULL: there is nothing to reload */
    char **rule_files;             /* what the command must not change; or NULL */
    struct reloader reloader;
    struct ask_tty tty;       /* open where the printer has it */
    struct own_terminal *own; /* with --clean-tty              */
    fence *engine;
    fence_sandbox *sandbox; /* NULL once it has ended */
    bool asked_to_end;
    int status;
};

static void on_exit_of_command(fence_sandbox *sandbox, const fence_exit *result, void *payload)
{
    struct run *run = payload;

    (void)sandbox;
    run->sandbox = NULL;
    run->status = result->status;
    if (result->error.code != 0)
        print_error("%s", result->error.message);
    fence_stop(run->engine);
}

/* The first request to end goes to the command, which may have something to put away; the second
 * ends the sandbox. A key on the terminal has reached the command already, once it runs and has no
 * session of its own, and what it makes of Ctrl-C is its own affair. */
static void pass_on(struct run *run, const struct signal_event *event)
{
    bool ends = event->signum == SIGTERM || event->signum == SIGHUP || event->signum == SIGINT;
    bool is_key = event->from_terminal && (event->signum == SIGINT || event->signum == SIGQUIT);

    if (!run->sandbox)
        return;
    if (is_key && !ask_tty_holds_command(&run->tty)) {
        if (run->own ? own_terminal_signal(run->own, event->signum)
                     : !fence_config_new_session(run->rules->config))
            return;
        ends = ends && run->own; /* else it is typed again and again, and ends nothing */
    }
    if (ends && run->asked_to_end)
        fence_kill(run->sandbox, SIGKILL);
    else if (event->signum == SIGTERM || event->signum == SIGHUP)
        fence_terminate(run->sandbox, event->signum);
    else
        fence_kill(run->sandbox, event->signum);
    run->asked_to_end = run->asked_to_end || ends;
}

/* The user's shell waits for us: it has to see us stopped, and gets its terminal as it was. */
static void stop_too(struct run *run)
{
    own_terminal_hold(run->own);
    signals_stop();
    own_terminal_release(run->own);
}

/* In its own terminal, by a key there. Where we could not be stopped it goes on at once. */
static void on_stopped(fence_sandbox *sandbox, void *payload)
{
    stop_too(payload);
    fence_kill(sandbox, SIGCONT);
}

/* What is about the terminal and not the command. A key for SIGTSTP reaches us while the user's
 * terminal still makes signals of keys; the command's stop comes back as ours. */
static bool is_of_terminal(struct run *run, const struct signal_event *event)
{
    if (event->signum == SIGTSTP && !own_terminal_signal(run->own, SIGTSTP))
        stop_too(run);
    else if (event->signum == SIGWINCH || event->signum == SIGCONT)
        own_terminal_refresh(run->own);
    return event->signum == SIGTSTP || event->signum == SIGWINCH || event->signum == SIGCONT;
}

static void on_signals(fence *engine, int fd, void *payload)
{
    struct signal_event event;
    struct run *run = payload;

    (void)engine;
    while (signals_next(&event, fd)) {
        if (!run->own || !is_of_terminal(run, &event))
            pass_on(run, &event);
    }
}

static void on_stops(fence *engine, int fd, void *payload)
{
    struct run *run = payload;

    (void)engine;
    terminal_stop(fd);
    if (run->own)
        own_terminal_not_stopped(run->own);
}

void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* This program's own file, for `fence connect` inside; NULL where that cannot be told. */
static const char *own_path(char out[PATH_ROOM])
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_ROOM - 1);

    if (len <= 0)
        return NULL;
    out[len] = '\0';
    return out;
}

/* Leaves the engine open, and the sandbox where it could not be watched. */
static void run_sandboxed(struct run *run, const fence_sandbox_options *options,
                          struct printer *printer)
{
    fence_observer observer;
    fence_error err = {0};
    int signals = signals_catch(options->ignored_signals), stops, spawned;

    if (signals < 0) {
        print_error("cannot watch signals: %s", fence_strerror(signals));
        fence_launch_cancel(options->launch);
        return;
    }
    stops = terminal_catch_stops(options->ignored_signals);
    if (run->own)
        signals_catch_terminal(options->ignored_signals);
    if (run->own && own_terminal_start(run->own, &err) < 0) {
        print_error("%s", err.message);
        fence_launch_cancel(options->launch);
        return;
    }
    /* no work for those who have no policy, and never will */
    if (run->options && (run->rules->policy || run->options->watch) &&
        ask_tty_open(&run->tty, run->options->ask_timeout_s))
        printer->tty = &run->tty;
    run->tty.own = run->own;
    observer = print_observer(printer);
    if (fence_new(&run->engine, run->rules->config, &observer, &err) < 0) {
        print_error("%s", err.message);
        fence_launch_cancel(options->launch);
        return;
    }
    run->tty.engine = run->engine;
    fence_set_policy(run->engine, run->rules->policy);
    spawned = fence_spawn(&run->sandbox, run->engine, options, on_exit_of_command, run, &err);
    own_terminal_lent(run->own);
    if (spawned < 0 || fence_watch(run->engine, signals, on_signals, run, &err) < 0 ||
        (stops >= 0 && fence_watch(run->engine, stops, on_stops, run, &err) < 0) ||
        (run->options && reloader_start(&run->reloader, run->engine, run->options, run->rules,
                                        &run->sandbox, &err) < 0)) {
        print_error("%s", err.message);
        run->status = err.code == FENCE_EDENIED ? EXIT_DENIED : EXIT_FENCE;
        return;
    }
    raise_descriptor_limit();
    fence_run(run->engine);
}

/* The launcher first: it loads while we do the rest. */
static void launch_and_run(struct run *run, const char *const *argv, struct printer *printer)
{
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    fence_error err = {0};
    char program[PATH_ROOM];

    options.program = own_path(program);
    options.rule_files = (const char *const *)run->rule_files;
    options.argv = argv;
    options.ports = run->options ? run->options->ports : NULL;
    options.degrade = run->options ? run->options->degrade : 0;
    options.ignored_signals = signals_ignored();
    options.on_stopped = on_stopped;
    if (run->own)
        own_terminal_lend(run->own, &options);
    signals_settle();
    if (fence_launch_begin(&options.launch, run->rules->config, run->rules->policy, &options,
                           &err) < 0)
        print_error("%s", err.message);
    else
        run_sandboxed(run, &options, printer);
}

int run_command(fence_config *config, const char *const *argv, struct printer *printer)
{
    struct rules rules = {.config = config};
    struct run run = {.rules = &rules, .status = EXIT_FENCE};

    launch_and_run(&run, argv, printer);
    fence_close(run.engine);
    print_end(printer);
    return run.status;
}

/* What is wrong with the words as a whole, or NULL. */
static const char *misuse(const struct options *options)
{
    if (options->string && options->words[0])
        return "-c takes one string, and no further words: put them into it";
    if (!options->string && !options->words[0])
        return "no command: fence -- COMMAND [ARG...]; see fence --help";
    return NULL;
}

/* Before our own last lines: then the terminal is a usual one again. */
static void end_terminal(struct run *run, struct printer *printer)
{
    char dropped[160];

    own_terminal_end(run->own, dropped);
    print_kept(printer, dropped);
}

/* Does not return once there was a sandbox: what is left then the kernel takes back at once, and
 * sooner than we could piece by piece. */
static int run_with(const struct options *options)
{
    const char *shell[] = {"sh", "-c", options->string, NULL};
    struct printer printer = {.debug = options->debug, .monitor = options->monitor};
    struct rules rules;
    struct run run = {.rules = &rules, .options = options, .status = EXIT_FENCE};
    struct terminal terminal;
    fence_error err = {0};

    if (misuse(options)) {
        print_error("%s", misuse(options));
        return EXIT_FENCE;
    }
    if (rules_load(&rules, options, &err) < 0 ||
        ((rules.policy || options->watch) &&
         !(run.rule_files = rules_files(&rules, options, &err)))) {
        print_error("%s", err.message);
        rules_unload(&rules);
        return EXIT_FENCE;
    }
    terminal_remember(&terminal);
    if (options->clean_tty && own_terminal_open(&run.own, &err) < 0) {
        print_error("%s", err.message);
        rules_unload(&rules);
        return EXIT_FENCE;
    }
    launch_and_run(&run, options->string ? shell : (const char *const *)options->words, &printer);
    if (run.sandbox)
        fence_close(run.engine);
    if (printer.tty)
        ask_tty_close(printer.tty);
    end_terminal(&run, &printer);
    terminal_restore(&terminal);
    print_end(&printer);
    exit(run.status);
}

int cmd_run(char **argv)
{
    struct options options = {0};
    fence_error err;
    int status = EXIT_FENCE;

    if (options_read(&options, argv, false, &err) < 0)
        print_error("%s", err.message);
    else if (options.version)
        status = text_version();
    else if (options.help)
        status = text_help();
    else if (options.linux_features)
        status = print_linux_features();
    else if (options.list_templates)
        status = print_templates();
    else
        status = run_with(&options);
    options_deinit(&options);
    return status;
}
