/* SPDX-License-Identifier: Apache-2.0
 * cli.h - what the subcommands share. */
#ifndef FENCE_CLI_CLI_H
#define FENCE_CLI_CLI_H

#include "cli/options.h"
#include "cli/print.h"

#define EXIT_FENCE  125 /* fence itself failed before the command ran */
#define EXIT_DENIED 126 /* a policy denies the command                */

/* Each takes the words after its name and returns an exit status. */
int cmd_run(char **argv);
int cmd_proxy(char **argv);
int cmd_demo(char **argv);
int cmd_policy(char **argv);
int cmd_policy_test(char **argv);
int cmd_explain(char **argv);
int cmd_connect(char **argv);
int cmd_doctor(char **argv);
int cmd_templates(char **argv);
int cmd_config(char **argv);
int cmd_profile(char **argv);

int print_linux_features(void); /* --linux-features; returns an exit status */
int print_templates(void);      /* --list-templates; the same               */

#define PATH_ROOM 4096 /* as PATH_MAX */

struct rules {
    fence_config *config;
    fence_policy *policy;     /* or NULL */
    char settings[PATH_ROOM]; /* the file; "" for none, as with a template */
};

/* Writes the path of the settings that `options` name, or of the ones found; "" for none. */
int rules_find(char out[PATH_ROOM], const struct options *options, fence_error *err);

/* The settings that `options` name, or the ones found, or the restrictive default, and the policies
 * of those and of `options`, in this order. Returns 0, or a negative number with `err` filled in.
 * To be unloaded in either case. */
int rules_load(struct rules *out, const struct options *options, fence_error *err);

/* The same from the settings that were found before, whatever else is there by now: `settings` as
 * rules.settings, "" for none. */
int rules_load_again(struct rules *out, const char *settings, const struct options *options,
                     fence_error *err);
void rules_unload(struct rules *rules);

/* The policies alone, as a set of their own in rules->policy, which is NULL before; config and
 * settings are there. On failure it may be there, too. */
int rules_load_policies(struct rules *rules, const struct options *options, fence_error *err);

/* Where the policy of that number lies. Returns 1, 0 when there are no more, -1 when its path is
 * too long. */
int rules_policy_path(char out[PATH_ROOM], const struct rules *rules, const struct options *options,
                      size_t index);

/* What the command must not be able to change: the policies and what they require, and with --watch
 * the settings and what they extend, which are read again. NULL-terminated; NULL without memory. */
char **rules_files(const struct rules *rules, const struct options *options, fence_error *err);
void rules_files_free(char **files); /* takes NULL */

/* Each connection takes two descriptors of ours: takes all this process may have. After a command
 * was started, which keeps the limit it was given. */
void raise_descriptor_limit(void);

/* Runs `argv` (NULL-terminated) in a sandbox and returns the exit status; errors have been said. */
int run_command(fence_config *config, const char *const *argv, struct printer *printer);

#endif
