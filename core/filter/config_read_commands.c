/* SPDX-License-Identifier: Apache-2.0
 * config_read_commands.c - command.* and ssh.*: lists of commands, and whether they hold for what
 * the command starts. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "filter/config_reader.h"

int read_command(struct reader *r, const char *text, size_t index, size_t field)
{
    struct command_rules *rules = (void *)((char *)r->config + field);
    const char *why = NULL;
    int rc =
        rules->count < LIMIT_COMMAND_RULES ? command_rules_add(rules, str_of(text), &why) : -EINVAL;

    if (rc == 0) {
        rules->list[rules->count - 1].source = (uint32_t)r->at;
        rules->list[rules->count - 1].index = (uint32_t)index;
    }
    if (rc == -EINVAL)
        return fail_value(r, text, why ? why : "there are too many in this list");
    return rc < 0 ? fail_memory(r) : 0;
}

/* Where the first of these keys of "ssh" stands becomes the place that errors are about. */
static void look_up_first(struct reader *r)
{
    static const char *const keys[] = {"allowedCommands", "deniedCommands", "allowAllCommands",
                                       "inheritDeny"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (reader_look_up(r, "ssh", keys[i]))
            return;
    }
}

/* The default list alone is held against what fence is given to run: its children have the walls.
 */
int check_commands(struct reader *r)
{
    struct commands *commands = &r->config->commands;
    const struct config_ssh *ssh = &r->config->ssh;
    bool hosts = ssh->allowed_hosts.count + ssh->denied_hosts.count > 0;
    bool more = ssh->allowed_commands.count + ssh->denied_commands.count > 0 ||
                ssh->allow_all_commands || ssh->inherit_deny;

    commands->held = commands->deny.count + commands->allow.count > 0 || hosts ||
                     cJSON_IsTrue(reader_look_up(r, "command", "useDefaults"));
    if (!more || hosts)
        return 0;
    look_up_first(r);
    return fail_here(r, true, ": holds nothing without hosts: add \"allowedHosts\": [\"*\"]");
}
