/* SPDX-License-Identifier: Apache-2.0
 * options.h - the words of the command line, understood but not acted on. */
#ifndef FENCE_CLI_OPTIONS_H
#define FENCE_CLI_OPTIONS_H

#include <fence/fence.h>
#include <stdbool.h>
#include <stddef.h>

struct options {
    bool help, version, debug, monitor, watch;
    bool linux_features, list_templates;
    bool clean_tty;
    unsigned degrade;     /* --degrade: fence_layer bits             */
    bool json;            /* fence policy test --json                */
    const char *settings; /* -s                                      */
    const char *template; /* -t: instead of them                     */
    const char *string;   /* -c                                      */
    const char *http;     /* fence proxy --http, --socks, --login    */
    const char *socks;
    const char *login;
    const char *max_clients;
    unsigned ask_timeout_s; /* --ask-timeout; 0: not given */
    const char **policies;  /* --policy, as often as it was given      */
    size_t npolicies;
    const char **ports; /* -p; NULL-terminated */
    size_t nports;
    fence_setting *extra; /* --allow and its kind                    */
    size_t nextra;
    char **words; /* what follows the options; NULL-terminated  */
    bool dashes;  /* a "--" stood before them                  */
};

/* Reads `argv` (without the program's name) up to the first word that is no option. With `proxy`
 * the options of `fence proxy` are known too. Returns 0, or -1 with one line in `err`. `out` is
 * zeroed before, and to be freed in either case. */
int options_read(struct options *out, char **argv, bool proxy, fence_error *err);

/* The same where options may stand behind the words: those move up in `argv`. With `test` the
 * options of `fence policy test` are known too. */
int options_read_anywhere(struct options *out, char **argv, bool test, fence_error *err);

/* The name of an option among them that says how a run goes on, which is nothing to a decision; or
 * NULL. */
const char *options_of_runs(const struct options *options);

/* The same of those that mean nothing where there is no sandbox. */
const char *options_of_sandboxes(const struct options *options);

void options_deinit(struct options *options);

#endif
