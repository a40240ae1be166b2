/* SPDX-License-Identifier: Apache-2.0
 * print.h - everything a person sees. Lines go to standard error, whole or not at all; the
 * command's own streams are never touched. */
#ifndef FENCE_CLI_PRINT_H
#define FENCE_CLI_PRINT_H

#include <fence/fence.h>
#include <stdbool.h>

struct printer {
    bool debug, monitor;
    unsigned long dropped; /* lines nobody read: standard error was full */
};

/* For fence_observer.on_event; `payload` is a struct printer. */
void print_event(const fence_event *event, void *payload);

/* "fence: ..." - an error. Control characters become '?'. */
__attribute__((format(printf, 1, 2))) void print_error(const char *fmt, ...);

#endif
