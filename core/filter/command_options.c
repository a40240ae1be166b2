/* SPDX-License-Identifier: Apache-2.0
 * command_options.c - one table, from the programs' own manuals. */
#include "filter/command_options.h"

#include "base/base.h"

/* clang-format off */
static const struct {
    const char *program;
    const char *options; /* with a NUL behind each */
} table[] = {
    {"git",       "-C\0-c\0--git-dir\0--work-tree\0--namespace\0--super-prefix\0--config-env\0--attr-source\0"},
    {"gh",        "-R\0--repo\0--hostname\0"},
    {"docker",    "-H\0--host\0-c\0--context\0--config\0-l\0--log-level\0--tlscacert\0--tlscert\0--tlskey\0"},
    {"podman",    "-c\0--connection\0--url\0--log-level\0--root\0--runroot\0--storage-driver\0--identity\0"},
    {"npm",       "--prefix\0-w\0--workspace\0--registry\0--userconfig\0--cache\0--loglevel\0"},
    {"pnpm",      "-C\0--dir\0-F\0--filter\0"},
    {"yarn",      "--cwd\0--mutex\0--registry\0"},
    {"bun",       "--cwd\0--config\0"},
    {"cargo",     "-C\0-Z\0--config\0--color\0--manifest-path\0"},
    {"kubectl",   "-n\0--namespace\0--context\0--cluster\0--kubeconfig\0-s\0--server\0--token\0--user\0--as\0"},
    {"systemctl", "-H\0--host\0-M\0--machine\0-t\0--type\0-p\0--property\0-n\0--lines\0-o\0--output\0"
                  "-s\0--signal\0--root\0--job-mode\0--state\0--check-inhibitors\0"},
    {"init",      "-t\0"},
    {"gem",       "--config-file\0"},
    {"twine",     ""},
    {"go",        "-C\0"},
    {"make",      "-C\0-f\0-I\0-o\0-W\0--directory\0--file\0--makefile\0"},
    {"terraform", ""},
    {"aws",       "--profile\0--region\0--output\0--endpoint-url\0--color\0--ca-bundle\0"},
    {"gcloud",    "--account\0--project\0--configuration\0--format\0--verbosity\0"},
    {"pip",       "--proxy\0--log\0--cache-dir\0--timeout\0--retries\0--python\0--cert\0"},
    {"dd",        ""},
};
/* clang-format on */

enum command_option command_option_kind(struct str program, struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        if (!str_equal(program, str_of(table[i].program)))
            continue;
        for (const char *at = table[i].options; *at; at += strlen(at) + 1) {
            if (str_equal(word, str_of(at)))
                return COMMAND_OPTION_VALUE;
        }
        return COMMAND_OPTION_ALONE;
    }
    return str_find(word, '=') < word.len ? COMMAND_OPTION_ALONE : COMMAND_OPTION_UNKNOWN;
}
