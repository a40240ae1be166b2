/* SPDX-License-Identifier: Apache-2.0
 * shell.c - see shell.h; the reader proper begins in shell_read.c. */
#include "filter/shell_private.h"

struct listener {
    shell_found found;
    void *payload;
};

static int on_heard(void *payload, const struct shell_command *command, bool *input)
{
    struct listener *listener = payload;

    (void)input;
    return listener->found(listener->payload, command->words, command->count);
}

int shell_read(struct str script, shell_found found, void *payload)
{
    struct listener listener = {found, payload};
    struct shell_work work = {0, 0};

    return shell_run(script, &work, on_heard, &listener);
}
