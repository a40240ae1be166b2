/* SPDX-License-Identifier: Apache-2.0
 * ssh_rules.h - the section ssh of the settings: to which hosts ssh(1) may be told to go, and what
 * it may be told to execute there. The network's rules hold besides. */
#ifndef FENCE_FILTER_SSH_RULES_H
#define FENCE_FILTER_SSH_RULES_H

#include "filter/config.h"

struct ssh_refusal {
    char rule[96];     /* "ssh.deniedHosts[0]" */
    char message[400]; /* "SSH blocked: ... (host: H)" */
};

/* Judges the words of a simple command; of others than ssh it says nothing. In this order:
 * deniedHosts; allowedHosts, where there are any; a session without a command is allowed;
 * command.deny and the default list, with inheritDeny; deniedCommands; allowAllCommands;
 * allowedCommands; and what is left is denied. A host is a name as it is written or a pattern, '*'
 * for any bytes. Returns true and fills `out` where it is denied. Words that are not known decide
 * nothing. */
bool ssh_refuses(struct ssh_refusal *out, const struct fence_config *config,
                 const struct shell_word *words, size_t count);

#endif
