/* SPDX-License-Identifier: Apache-2.0
 * command_options.h - the options in front of a program's first word that take the next word as
 * their value, for programs that rules are written about. */
#ifndef FENCE_FILTER_COMMAND_OPTIONS_H
#define FENCE_FILTER_COMMAND_OPTIONS_H

#include "base/str.h"

enum command_option {
    COMMAND_OPTION_ALONE,  /* or with its value in the same word */
    COMMAND_OPTION_VALUE,  /* the next word is its value         */
    COMMAND_OPTION_UNKNOWN /* of a program that is not known     */
};

/* `word` begins with '-'. */
enum command_option command_option_kind(struct str program, struct str word);

#endif
