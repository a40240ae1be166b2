/* SPDX-License-Identifier: Apache-2.0
 * main.c - chooses the subcommand. A subcommand is the first word and nothing else is: `fence --
 * proxy` runs a program of that name. */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/warm.h"

static const struct subcommand {
    const char *name;
    int (*run)(char **argv);
} subcommands[] = {
    {"proxy", cmd_proxy},         {"demo", cmd_demo},       {"policy", cmd_policy},
    {"explain", cmd_explain},     {"connect", cmd_connect}, {"doctor", cmd_doctor},
    {"templates", cmd_templates}, {"config", cmd_config},   {"profile", cmd_profile},
};

/* Words that will mean something: a script that runs a program of that name today would change its
 * meaning later. */
static const char *const reserved[] = {"check", "config", "import", "hooks", "completion"};

/* Descriptors 0 to 2 exist, so that no socket of ours ever is standard output. */
static int open_standard_streams(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

int main(int argc, char **argv)
{
    warm_up();
    if (argc < 1 || open_standard_streams() < 0) {
        print_error("/dev/null cannot be opened");
        return EXIT_FENCE;
    }
    for (size_t i = 0; argc > 1 && i < sizeof subcommands / sizeof subcommands[0]; i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0)
            return subcommands[i].run(argv + 2);
    }
    for (size_t i = 0; argc > 1 && i < sizeof reserved / sizeof reserved[0]; i++) {
        if (strcmp(argv[1], reserved[i]) == 0) {
            print_error("'fence %s' is not built yet; to run a program of that name: fence -- %s",
                        argv[1], argv[1]);
            return EXIT_FENCE;
        }
    }
    return cmd_run(argv + 1);
}
