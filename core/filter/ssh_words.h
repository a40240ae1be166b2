/* SPDX-License-Identifier: Apache-2.0
 * ssh_words.h - the words of ssh(1): OpenSSH's options, where it is to go and what to execute
 * there. */
#ifndef FENCE_FILTER_SSH_WORDS_H
#define FENCE_FILTER_SSH_WORDS_H

#include "filter/shell.h"

#define SSH_HOSTS 8 /* the one that is named, HostName, and a few to jump over */

struct ssh_words {
    struct str hosts[SSH_HOSTS];
    size_t nhosts;
    bool unknown;      /* there is a host or a command that cannot be known     */
    bool too_many;     /* more hosts than there is room for                     */
    struct str option; /* RemoteCommand; empty: none                            */
    size_t command;    /* the first word of the remote command; the count: none */
};

/* `words` are those of ssh itself. */
void ssh_words_read(struct ssh_words *out, const struct shell_word *words, size_t count);

#endif
