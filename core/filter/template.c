/* SPDX-License-Identifier: Apache-2.0
 * template.c - see template.h. The bytes are in template.S; what each is for stands at its head, in
 * the same words. */
#include "filter/template.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

/* clang-format off */
#define TEMPLATES(XX)                                                                               \
    XX(agent_api_only,    "agent-api-only",    "a coding agent that reaches its model and nothing else, in the current folder") \
    XX(code,              "code",              "coding agents: their models, git hosts, package registries; the current folder is writable") \
    XX(code_relaxed,      "code-relaxed",      "as code, but every host may be reached that it does not deny") \
    XX(code_strict,       "code-strict",       "as code, but only the current folder, the agents' own files and programs can be read") \
    XX(default_deny,      "default-deny",      "nothing but running: no network, and nothing writable") \
    XX(disable_telemetry, "disable-telemetry", "every host but those of analytics, crash reports and advertising") \
    XX(git_readonly,      "git-readonly",      "looking at a repository; files can be written, its history cannot; no network") \
    XX(hermes,            "hermes",            "as code, for the hermes agent: more models, messengers, search and media") \
    XX(local_dev_server,  "local-dev-server",  "a server of your own in the current folder; no network") \
    XX(npm_install,       "npm-install",       "npm, yarn and pnpm may fetch packages, into the current folder") \
    XX(pip_install,       "pip-install",       "pip and uv may fetch packages, into an environment in the current folder") \
    XX(workspace_write,   "workspace-write",   "the current folder can be written to; no network")
/* clang-format on */

#define XX(symbol, name, about)                                                                    \
    extern const char template_##symbol[];                                                         \
    extern const uint64_t template_##symbol##_size;
TEMPLATES(XX)
#undef XX

int fence_template_at(fence_template *out, size_t index)
{
#define XX(symbol, name, about) {name, about, template_##symbol, template_##symbol##_size},
    const fence_template templates[] = {TEMPLATES(XX)};
#undef XX

    if (index >= ARRAY_LEN(templates))
        return -ENOENT;
    *out = templates[index];
    return 0;
}

/* "": none is like it. */
static const char *find_nearest(const char *name)
{
    size_t best = strlen(name) / 3 + 2;
    const char *nearest = "";
    fence_template each;

    for (size_t i = 0; fence_template_at(&each, i) == 0; i++) {
        size_t far = str_distance(str_of(name), str_of(each.name));

        if (far < best) {
            best = far;
            nearest = each.name;
        }
    }
    return nearest;
}

int template_find(fence_template *out, const char *name, fence_error *err)
{
    const char *nearest;
    fence_template each;
    char shown[80];

    for (size_t i = 0; fence_template_at(&each, i) == 0; i++) {
        if (strcmp(each.name, name) == 0) {
            *out = each;
            return 0;
        }
    }
    nearest = find_nearest(name);
    str_escape(shown, sizeof shown, str_of(name));
    if (*nearest)
        return fail(err, FENCE_ECONFIG, "there is no template '%s'; did you mean '%s'?", shown,
                    nearest);
    return fail(err, FENCE_ECONFIG, "there is no template '%s': fence templates list names them",
                shown);
}
