/* SPDX-License-Identifier: Apache-2.0
 * config.h - the settings as the rest of the program sees them: compiled, immutable, counted. */
#ifndef FENCE_FILTER_CONFIG_H
#define FENCE_FILTER_CONFIG_H

#include <fence/fence.h>
#include <stdatomic.h>

#include "base/base.h"
#include "base/host.h"
#include "base/limits.h"
#include "filter/commands.h"
#include "filter/domains.h"
#include "filter/request_rules.h"
#include "filter/upstream.h"

/* What the settings were read from: they themselves, and what they extend, the nearest first. */
#define CONFIG_SOURCES (1 + LIMIT_EXTENDS)

enum config_source_kind { CONFIG_TEXT, CONFIG_FILE, CONFIG_TEMPLATE };

struct config_source {
    enum config_source_kind kind;
    char *name; /* the path as it was opened, "template code", "text" */
};

/* Which entries of a list come from which source: those of what is extended stand before those of
 * what extends it. */
struct config_parts {
    uint32_t total;
    uint32_t from[CONFIG_SOURCES], count[CONFIG_SOURCES];
};

/* One list of network.*Domains. Rules 0 to parts.total - 1 are the files', in their order; the rest
 * come from `origins`. */
struct config_domains {
    struct domains *set;
    const char *key; /* "network.allowedDomains", static */
    struct config_parts parts;
    char **origins; /* "--allow example.com", one for each rule after the files' */
    size_t norigins;
};

struct config_cidrs {
    const char *key;     /* "network.deniedAddresses", static             */
    struct domains *set; /* addresses and networks only, without any port */
    struct config_parts parts;
};

struct config_pin { /* a line of network.hosts */
    struct host name;
    struct addr addr;
};

struct config_literal { /* a single address of allowedDomains or allowedAddresses */
    struct addr addr;
    uint16_t port; /* 0: every port */
};

struct config_texts { /* as written, in the file's order */
    char **items;
    size_t count;
};

struct config_ssh {
    struct config_texts allowed_hosts, denied_hosts; /* patterns: ssh_rules.h */
    struct command_rules allowed_commands, denied_commands;
    bool allow_all_commands, inherit_deny;
};

struct config_ports {
    uint16_t *items;
    struct config_place { /* where each was written */
        uint32_t source, index;
    } * places;
    size_t count;
};

/* Inside, where fence itself listens unless told otherwise: no port of anybody else's. */
#define CONFIG_HTTP_PORT    3128 /* the ancestor's, and every proxy's since Squid */
#define CONFIG_SOCKS_PORT   1080 /* the registered one                            */
#define CONFIG_CAPTURE_PORT 3129 /* for captured connections: not to be chosen    */

/* What becomes of a request that no rule is about. */
enum config_default { DEFAULT_DENY, DEFAULT_PROXY /* it goes to the upstream proxy */ };

struct cJSON;

struct fence_config {
    atomic_uint refs;

    struct config_source sources[CONFIG_SOURCES];
    size_t nsources;

    struct config_domains allowed, denied;
    struct config_cidrs allowed_addresses, denied_addresses;
    struct request_rules rules; /* network.rules */
    struct config_parts rule_parts;
    struct config_pin *pins; /* sorted by name */
    size_t npins;
    struct config_literal *literals; /* only of the classes that no network rule opens: rules.c */
    size_t nliterals;

    struct upstream upstream;       /* kind UPSTREAM_NONE without one    */
    struct config_domains no_proxy; /* reached without it                */
    bool no_proxy_from_environment; /* and what NO_PROXY names           */

    uint32_t tunnel_idle_s, tunnel_total_s; /* 0: none */

    bool denied_names_resolve; /* network.deniedDns: proxy/dns_answer.c */

    unsigned char default_action; /* enum config_default */

    bool tls_name_check; /* are the server names of tunnels judged? proxy/tls_name.c */

    char **policies; /* files, beside that of the settings unless absolute */
    size_t npolicies;
    struct cJSON *policy_settings; /* the object `policy`, for fence.config; or NULL */

    char **allow_write; /* as written: "~/x", "./x", "/x" */
    size_t nallow_write;
    struct config_texts deny_write, allow_read, deny_read, allow_execute;
    bool allow_git_config, default_deny_read, strict_deny_read, allow_other_owners;

    struct config_texts unix_sockets; /* network.allowUnixSockets */
    bool proxy_variables;             /* the command is told of the proxy by them */
    bool all_unix_sockets;
    struct config_ports
        local_ports; /* network.allowLocalOutboundPorts; none unless they are open */
    bool local_outbound;
    uint16_t http_port, socks_port; /* inside, where fence itself listens */

    struct commands commands; /* command.* */
    struct config_ssh ssh;

    struct config_texts devices; /* devices.allow */

    bool force_new_session; /* the command has no controlling terminal */

    struct config_texts mach_lookup, mach_register; /* services of macOS; "*" at the end */
    bool allow_pty, local_binding;                  /* the rest of what is about macOS alone */

    bool allow_nested; /* may the command make namespaces and mounts of its own? */

    bool env_inherit; /* environment.inherit: true unless said otherwise */
    struct config_texts env_allow, env_deny;
    struct config_texts env_set; /* "NAME=value" */
};

/* Is this address opened by a literal alone, never by a network it lies in? */
bool config_needs_literal(const struct addr *addr);

/* The pinned address of a name, or NULL. */
const struct addr *config_pinned(const struct fence_config *config, const struct host *name);

/* The proxy that this host has to be reached by, or NULL. A pinned name is where its pin says. */
const struct upstream *config_upstream(const struct fence_config *config, const struct host *host,
                                       uint16_t port);

/* ---- how a person finds an entry of a list; each cuts what does not fit ---- */

/* "network.allowedDomains[3]", in what is extended "network.allowedDomains[3] of template code", or
 * "--allow example.com". */
void config_rule_name(char *out, size_t cap, const struct fence_config *config,
                      const struct config_domains *list, uint32_t index);

/* The same for a list without values from outside. */
void config_entry_name(char *out, size_t cap, const struct fence_config *config, const char *key,
                       const struct config_parts *parts, size_t index);
void config_place_name(char *out, size_t cap, const struct fence_config *config, const char *key,
                       struct config_place place);

#endif
