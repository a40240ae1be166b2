/* SPDX-License-Identifier: Apache-2.0
 * cli.h - what the subcommands share. */
#ifndef FENCE_CLI_CLI_H
#define FENCE_CLI_CLI_H

#include "cli/options.h"
#include "cli/print.h"

#define EXIT_FENCE 125 /* fence itself failed before the command ran */

/* Each takes the words after its name and returns an exit status. */
int cmd_run(char **argv);
int cmd_proxy(char **argv);
int cmd_demo(char **argv);
int cmd_policy(char **argv);
int cmd_policy_test(char **argv);
int cmd_explain(char **argv);

/* The settings that `options` name, or the ones found, or the restrictive default, and the policies
 * of those and of `options`, in this order; NULL where there are none. Returns 0, or -1 when it has
 * said why. Both are to be given back in either case. */
int load_rules(fence_config **config, fence_policy **policy, const struct options *options);

/* The policies of `config`, which was read from `settings` (or NULL), and of `options`; NULL where
 * there are none. Returns 0, or less with one line in `err`. */
int load_policies(fence_policy **out, const fence_config *config, const char *settings,
                  const struct options *options, fence_error *err);

/* Each connection takes two descriptors of ours: takes all this process may have. After a command
 * was started, which keeps the limit it was given. */
void raise_descriptor_limit(void);

/* Runs `argv` (NULL-terminated) in a sandbox and returns the exit status; errors have been said. */
int run_command(fence_config *config, const char *const *argv, struct printer *printer);

#endif
