/* SPDX-License-Identifier: Apache-2.0
 * ssh_rules.c - see ssh_rules.h. */
#include "filter/ssh_rules.h"

#include <stdio.h>

#include "base/buf.h"
#include "filter/shell_wrappers.h"
#include "filter/ssh_words.h"

#define SHOWN 120 /* of a host, and of a command */

struct asked {
    struct ssh_refusal *out;
    const struct fence_config *config;
    char host[SHOWN];
    char command[SHOWN];
};

/* '*' for any bytes, in linear steps: a star that is followed by another need not be tried again.
 */
static bool fits(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;

    while (t < text.len) {
        if (p < pattern.len && pattern.bytes[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && ascii_lower(pattern.bytes[p]) == ascii_lower(text.bytes[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.bytes[p] == '*')
        p++;
    return p == pattern.len;
}

static size_t find_host(const struct config_texts *list, struct str host)
{
    size_t i = 0;

    while (i < list->count && !fits(str_of(list->items[i]), host))
        i++;
    return i;
}

/* ---- refusing ---- */

static bool refuse_host(struct asked *asked, const char *why)
{
    snprintf(asked->out->message, sizeof asked->out->message, "SSH blocked: %s (host: %s)", why,
             asked->host);
    return true;
}

static int refuse_command(struct asked *asked, const char *why)
{
    snprintf(asked->out->message, sizeof asked->out->message,
             "SSH command blocked: %s (host: %s, command: %s)", why, asked->host, asked->command);
    return 1;
}

static bool judge_host(struct asked *asked, struct str host)
{
    const struct config_ssh *ssh = &asked->config->ssh;
    size_t denied = find_host(&ssh->denied_hosts, host);

    str_escape(asked->host, sizeof asked->host, host);
    if (denied < ssh->denied_hosts.count) {
        snprintf(asked->out->rule, sizeof asked->out->rule, "ssh.deniedHosts[%zu]", denied);
        return refuse_host(asked, "the host is denied");
    }
    if (ssh->allowed_hosts.count == 0 ||
        find_host(&ssh->allowed_hosts, host) < ssh->allowed_hosts.count)
        return false;
    snprintf(asked->out->rule, sizeof asked->out->rule, "ssh.allowedHosts");
    return refuse_host(asked, "the host is not allowed");
}

/* ---- what is to be executed there ---- */

static bool has_rule(struct command_match *match, const struct command_rules *rules,
                     const struct shell_word *words, size_t count)
{
    struct commands only = {.deny = *rules};

    commands_judge(match, &only, words, count);
    return match->verdict == COMMAND_DENIED;
}

/* A shell_found. */
static int judge_command(void *payload, const struct shell_word *words, size_t count)
{
    struct asked *asked = payload;
    const struct config_ssh *ssh = &asked->config->ssh;
    struct ssh_refusal *out = asked->out;
    struct command_match match;

    if (ssh->inherit_deny) {
        commands_judge(&match, &asked->config->commands, words, count);
        if (match.verdict == COMMAND_DENIED) {
            snprintf(out->rule, sizeof out->rule, "%s", match.key);
            return refuse_command(asked, "it is denied here, and ssh.inheritDeny is set");
        }
    }
    if (has_rule(&match, &ssh->denied_commands, words, count)) {
        config_place_name(out->rule, sizeof out->rule, asked->config, "ssh.deniedCommands",
                          (struct config_place){match.source, match.index});
        return refuse_command(asked, "the command is denied");
    }
    if (ssh->allow_all_commands || has_rule(&match, &ssh->allowed_commands, words, count))
        return 0;
    snprintf(out->rule, sizeof out->rule, "ssh.allowedCommands");
    return refuse_command(asked, "the command is not allowed");
}

/* What ssh sends is one text, for the shell there. */
static bool judge_script(struct asked *asked, struct str script)
{
    int rc;

    str_escape(asked->command, sizeof asked->command, script);
    rc = shell_walk(script, judge_command, asked);
    if (rc < 0) {
        snprintf(asked->out->rule, sizeof asked->out->rule, "built-in");
        refuse_command(asked, "it is too long or too deep to be judged");
    }
    return rc != 0;
}

static bool judge_words(struct asked *asked, const struct shell_word *words, size_t count)
{
    auto_buf struct buf script = BUF_INIT(LIMIT_SHELL_BYTES);

    for (size_t i = 0; i < count; i++) {
        buf_append(&script, " ", i > 0);
        buf_append_str(&script, words[i].text);
        if (!words[i].whole) /* it stays unknown there */
            buf_append_text(&script, "$x");
    }
    if (script.error == 0)
        return judge_script(asked, buf_str(&script));
    snprintf(asked->out->rule, sizeof asked->out->rule, "built-in");
    return refuse_command(asked, "it is too long to be judged");
}

bool ssh_refuses(struct ssh_refusal *out, const struct fence_config *config,
                 const struct shell_word *words, size_t count)
{
    struct asked asked = {.out = out, .config = config};
    struct ssh_words said;

    if (config->ssh.allowed_hosts.count + config->ssh.denied_hosts.count == 0 || count == 0 ||
        !words[0].whole || !str_equal(str_base_name(words[0].text), STR("ssh")))
        return false;
    ssh_words_read(&said, words, count);
    for (size_t i = 0; i < said.nhosts; i++) {
        if (!said.unknown && judge_host(&asked, said.hosts[i]))
            return true;
    }
    snprintf(out->rule, sizeof out->rule, "built-in");
    if (said.too_many)
        return refuse_host(&asked, "it names more hosts than can be judged");
    if (said.option.len > 0 && judge_script(&asked, said.option))
        return true;
    return said.command < count && judge_words(&asked, words + said.command, count - said.command);
}
