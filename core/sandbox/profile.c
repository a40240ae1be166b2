/* SPDX-License-Identifier: Apache-2.0
 * profile.c - see profile.h. Paths are what they are on this machine. */
#include "sandbox/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "filter/command_judge.h"
#include "policy/policy.h"
#include "sandbox/env.h"
#include "sandbox/inspect.h"
#include "sandbox/owners.h"
#include "sandbox/plan.h"
#include "sandbox/port_word.h"
#include "sandbox/program_links.h"
#include "sandbox/rule_files.h"
#include "sandbox/seatbelt.h"
#include "sandbox/socket_paths.h"
#include "sandbox/spelling.h"

extern char **environ;

/* ---- before it starts ---- */

/* Where a policy would have somebody asked, nobody is there. */
static int check_policy(const fence_config *config, fence_policy *policy, const char *const *argv,
                        fence_error *err)
{
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision decision;
    int rc;

    request.kind = FENCE_EXEC;
    request.argv = argv;
    rc = fence_decide(&decision, config, policy, &request);
    if (rc < 0)
        return fail(err, rc, "out of memory");
    if (decision.verdict == FENCE_ALLOW)
        return 0;
    return fail(err, FENCE_EDENIED, "command blocked by %s%s%s%s", decision.rule,
                decision.message[0] ? ": " : "", decision.message,
                decision.verdict == FENCE_ASK ? ": nobody can be asked here" : "");
}

/* By all that its words are known to execute. */
static int check_command(const fence_config *config, fence_policy *policy, const char *const *argv,
                         fence_error *err)
{
    struct command_refusal refusal;
    char text[sizeof err->message];
    int rc;

    if (!argv || !argv[0])
        return 0;
    rc = command_line_refuses(&refusal, config, argv);
    if (rc < 0)
        return fail(err, rc, "out of memory");
    if (rc == 0)
        return policy ? check_policy(config, policy, argv, err) : 0;
    command_explain(text, sizeof text, &refusal);
    return fail(err, FENCE_EDENIED, "%s", text);
}

/* ---- -p ---- */

static int read_ports(uint16_t *ports, struct seatbelt_input *in, const char *const *texts,
                      fence_error *err)
{
    struct port_word known[LIMIT_PORTS];

    for (; texts && *texts; texts++) {
        struct port_word *word = &known[in->nports];
        const char *why = in->nports < LIMIT_PORTS ? port_word_parse(word, str_of(*texts))
                                                   : "there are more than 64";

        if (!why)
            why = port_word_taken(word, in->config, known, in->nports);
        if (why)
            return port_word_fail(err, -EINVAL, *texts, why);
        ports[in->nports++] = word->port;
    }
    in->ports = ports;
    return 0;
}

/* ---- files ---- */

static void inspect_ours_cleanup(struct inspect_ours *ours)
{
    inspect_ours_deinit(ours);
}

/* What a run looks at before it starts: that no rule is within the command's reach, and that what
 * is writable is nobody else's. By the plan that it would have here. */
static int check_files(const struct seatbelt_input *in, const fence_sandbox_options *options,
                       const char *sudo_uid, fence_error *err)
{
    struct inspect_ours ours
        __attribute__((cleanup(inspect_ours_cleanup))) = {.wall = {.ruleset = -1}};
    struct plan_input wanted = {.cwd = in->cwd,
                                .deny_read =
                                    in->config->default_deny_read || in->config->strict_deny_read,
                                .wishes = in->files->wishes,
                                .nwishes = in->files->nwishes,
                                .ordinary_user = geteuid() != 0,
                                .never_made = true};
    struct plan *plan = NULL;
    int rc;

    if (wanted.nwishes > LIMIT_PROFILE_PATHS)
        return fail(err, FENCE_ECONFIG,
                    "the profile would have more than %d paths: name folders above them in "
                    "filesystem.allowWrite, denyWrite and denyRead",
                    LIMIT_PROFILE_PATHS);
    rc = plan_make(&plan, &wanted, err);
    if (rc == 0)
        rc = rule_files_check(plan, options->rule_files, err);
    if (rc == 0)
        rc = inspect_places(&ours, plan, err);
    if (rc == 0 && !in->config->allow_other_owners)
        rc = owners_check(plan, ours.places, sudo_uid, err);
    plan_free(plan);
    return rc;
}

/* ---- all of it ---- */

/* With a NUL behind it. */
static int take_text(char **out, struct buf *profile, fence_error *err)
{
    if (buf_append(profile, "", 1) < 0)
        return fail(err, profile->error, "out of memory");
    *out = profile->bytes;
    *profile = BUF_INIT(LIMIT_PROFILE);
    return 0;
}

static void links_cleanup(struct program_links *links)
{
    program_links_deinit(links);
}

static int render(char **out, struct seatbelt_input *in, const fence_sandbox_options *options,
                  const char *const *env, fence_error *err)
{
    struct program_links links __attribute__((cleanup(links_cleanup))) = {0};
    auto_socket_paths struct socket_paths sockets = {0};
    auto_buf struct buf profile = BUF_INIT(LIMIT_PROFILE);
    uint16_t ports[LIMIT_PORTS];
    int rc = program_links_find(&links, &in->config->commands, env_value(env, "PATH"));

    if (rc < 0)
        return fail(err, rc, "out of memory");
    in->links = links.items;
    in->nlinks = links.count;
    rc = socket_paths_find(&sockets, in->config, in->cwd, env_value(env, "HOME"), in->told,
                           in->payload, err);
    in->sockets = (const char *const *)sockets.items;
    in->nsockets = sockets.count;
    if (rc == 0)
        rc = read_ports(ports, in, options->ports, err);
    if (rc == 0)
        rc = seatbelt_profile(&profile, in, err);
    return rc == 0 ? take_text(out, &profile, err) : rc;
}

/* For who does not want to know. */
static void tell_nobody(void *payload, const char *text)
{
    (void)payload;
    (void)text;
}

int profile_make(char **out, const fence_config *config, fence_policy *policy,
                 const fence_sandbox_options *options, fence_told_cb told, void *payload,
                 fence_error *err)
{
    const char *const *env = options->env ? options->env : (const char *const *)environ;
    auto_free char *here = getcwd(NULL, 0);
    auto_free char *cwd = here ? spelling_true(here) : NULL;
    struct files files = {0};
    struct seatbelt_input in = {.config = config,
                                .files = &files,
                                .cwd = cwd,
                                .asks = policy_wants_execs(policy),
                                .told = told ? told : tell_nobody,
                                .payload = payload};
    int rc;

    if (!cwd)
        return fail(err, -errno, "the current folder cannot be found: %s: change to another one",
                    strerror(errno));
    rc = check_command(config, policy, options->argv, err);
    if (rc == 0)
        rc = files_resolve(&files, config, cwd, env_value(env, "HOME"), in.told, payload, err);
    if (rc == 0)
        rc = check_files(&in, options, env_value(env, "SUDO_UID"), err);
    if (rc == 0)
        rc = render(out, &in, options, env, err);
    files_deinit(&files);
    return rc;
}
