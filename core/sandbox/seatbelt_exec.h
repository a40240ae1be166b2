/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_exec.h - command rules in a profile of sandbox-exec(1), for what the command starts. A
 * profile knows the file that is executed and none of its words: rules of one word can be held, and
 * what cannot is told. Pure, on every platform. */
#ifndef FENCE_SANDBOX_SEATBELT_EXEC_H
#define FENCE_SANDBOX_SEATBELT_EXEC_H

#include "base/buf.h"
#include "filter/config.h"

/* What a person should know: a sentence. */
typedef void (*seatbelt_told)(void *payload, const char *text);

/* A program of this name leads to the file, which has another name. */
struct seatbelt_link {
    char *name, *path; /* `path` is canonical */
};

struct seatbelt_exec_input {
    const struct fence_config *config;
    const struct seatbelt_link *links;
    size_t nlinks;
    bool asks; /* a policy has an on_exec */
    seatbelt_told told;
    void *payload;
};

/* Appends a line for each program that a rule of one word denies, by its name in any folder and any
 * case; and for what links of that name lead to where it is the same program, as its longer name
 * says: python3.11 of python3. They have to stand behind what allows executing: of several rules
 * the last one counts. Nothing is written, and nothing told of rules, where they are for the
 * command alone (struct commands). Returns 0, -ENOMEM, or -EINVAL as seatbelt_string() does. */
int seatbelt_exec(struct buf *profile, const struct seatbelt_exec_input *in);

#endif
