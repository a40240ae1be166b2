/* SPDX-License-Identifier: Apache-2.0
 * config_keys.c - the schema as one table: the ancestor's, and what is new. */
#include "filter/config_keys.h"

#include "filter/config_build.h"

#define FIELD(name) offsetof(struct fence_config, name)

/* clang-format off */
static const struct key keys[] = {
    {"$schema",                                      KEY_COMMENT,   0, NULL},
    {"extends",                                      KEY_EXTENDS,   0, NULL},
    {"allowPty",                                     KEY_SWITCH,    FIELD(allow_pty), NULL},
    {"forceNewSession",                              KEY_LOCK,      FIELD(force_new_session), NULL},
    {"allowNested",                                  KEY_SWITCH,    FIELD(allow_nested), NULL},
    {"policies",                                     KEY_POLICIES,  0, NULL},
    {"policy",                                       KEY_FREE,      0, NULL},
    {"network",                                      KEY_SECTION,   0, NULL},
    {"network.allowedDomains",                       KEY_DOMAINS,   FIELD(allowed), NULL},
    {"network.deniedDomains",                        KEY_DOMAINS,   FIELD(denied), NULL},
    {"network.allowedAddresses",                     KEY_ADDRESSES, FIELD(allowed_addresses), NULL},
    {"network.deniedAddresses",                      KEY_ADDRESSES, FIELD(denied_addresses), NULL},
    {"network.hosts",                                KEY_HOSTS,     0, NULL},
    {"network.rules",                                KEY_RULES,     0, NULL},
    {"network.tunnelIdleSeconds",                    KEY_SECONDS,   FIELD(tunnel_idle_s), NULL},
    {"network.tunnelTotalSeconds",                   KEY_SECONDS,   FIELD(tunnel_total_s), NULL},
    {"network.tlsNameCheck",                         KEY_EITHER,    FIELD(tls_name_check), "enforce\0off"},
    {"network.deniedDns",                            KEY_EITHER,    FIELD(denied_names_resolve), "synthetic\0nxdomain"},
    {"network.proxyVariables",                       KEY_SWITCH,    FIELD(proxy_variables), NULL},
    {"network.allowUnixSockets",                     KEY_TEXTS,     FIELD(unix_sockets), NULL},
    {"network.allowAllUnixSockets",                  KEY_SWITCH,    FIELD(all_unix_sockets), NULL},
    {"network.allowLocalBinding",                    KEY_SWITCH,    FIELD(local_binding), NULL},
    {"network.allowLocalOutbound",                   KEY_SWITCH,    FIELD(local_outbound), NULL},
    {"network.allowLocalOutboundPorts",              KEY_PORTS,     FIELD(local_ports), NULL},
    {"network.httpProxyPort",                        KEY_PORT,      FIELD(http_port), NULL},
    {"network.socksProxyPort",                       KEY_PORT,      FIELD(socks_port), NULL},
    {"network.upstreamProxy",                        KEY_UPSTREAM,  0, NULL},
    {"network.noProxy",                              KEY_DOMAINS,   FIELD(no_proxy), NULL},
    {"network.defaultAction",                        KEY_CHOICE,    FIELD(default_action), "deny\0proxy\0"},
    {"filesystem",                                   KEY_SECTION,   0, NULL},
    {"filesystem.allowWrite",                        KEY_PATHS,     0, NULL},
    {"filesystem.denyWrite",                         KEY_TEXTS,     FIELD(deny_write), NULL},
    {"filesystem.allowRead",                         KEY_TEXTS,     FIELD(allow_read), NULL},
    {"filesystem.denyRead",                          KEY_TEXTS,     FIELD(deny_read), NULL},
    {"filesystem.allowExecute",                      KEY_TEXTS,     FIELD(allow_execute), NULL},
    {"filesystem.allowGitConfig",                    KEY_SWITCH,    FIELD(allow_git_config), NULL},
    {"filesystem.allowOtherOwners",                  KEY_SWITCH,    FIELD(allow_other_owners), NULL},
    {"filesystem.defaultDenyRead",                   KEY_LOCK,      FIELD(default_deny_read), NULL},
    {"filesystem.strictDenyRead",                    KEY_LOCK,      FIELD(strict_deny_read), NULL},
    {"filesystem.wslInterop",                        KEY_NEVER,     0, "a Windows program would run outside of the sandbox"},
    {"environment",                                  KEY_SECTION,   0, NULL},
    {"environment.inherit",                          KEY_SWITCH,    FIELD(env_inherit), NULL},
    {"environment.allow",                            KEY_ENV_NAMES, FIELD(env_allow), NULL},
    {"environment.deny",                             KEY_ENV_NAMES, FIELD(env_deny), NULL},
    {"environment.set",                              KEY_VARIABLES, FIELD(env_set), NULL},
    {"devices",                                      KEY_SECTION,   0, NULL},
    {"devices.mode",                                 KEY_DEVICE_MODE, 0, NULL},
    {"devices.allow",                                KEY_DEVICES,   FIELD(devices), NULL},
    {"macos",                                        KEY_SECTION,   0, NULL},
    {"macos.mach",                                   KEY_SECTION,   0, NULL},
    {"macos.mach.lookup",                            KEY_MACH_NAMES, FIELD(mach_lookup), NULL},
    {"macos.mach.register",                          KEY_MACH_NAMES, FIELD(mach_register), NULL},
    {"command",                                      KEY_SECTION,   0, NULL},
    {"command.deny",                                 KEY_COMMANDS,  FIELD(commands.deny), NULL},
    {"command.allow",                                KEY_COMMANDS,  FIELD(commands.allow), NULL},
    {"command.useDefaults",                          KEY_SWITCH,    FIELD(commands.use_defaults), NULL},
    {"command.acceptSharedBinaryCannotRuntimeDeny",  KEY_TEXTS,     0, NULL},
    {"command.runtimeExecPolicy",                    KEY_EITHER,    0, "path\0argv"},
    {"ssh",                                          KEY_SECTION,   0, NULL},
    {"ssh.allowedHosts",                             KEY_TEXTS,     FIELD(ssh.allowed_hosts), NULL},
    {"ssh.deniedHosts",                              KEY_TEXTS,     FIELD(ssh.denied_hosts), NULL},
    {"ssh.allowedCommands",                          KEY_COMMANDS,  FIELD(ssh.allowed_commands), NULL},
    {"ssh.deniedCommands",                           KEY_COMMANDS,  FIELD(ssh.denied_commands), NULL},
    {"ssh.allowAllCommands",                         KEY_SWITCH,    FIELD(ssh.allow_all_commands), NULL},
    {"ssh.inheritDeny",                              KEY_SWITCH,    FIELD(ssh.inherit_deny), NULL},
};
/* clang-format on */

struct str key_name(const struct key *key)
{
    const char *dot = strrchr(key->path, '.');

    return str_of(dot ? dot + 1 : key->path);
}

bool key_below(const struct key *key, const char *section)
{
    size_t len = strlen(key->path) - key_name(key).len;

    return len == 0 ? *section == '\0'
                    : strlen(section) == len - 1 && memcmp(key->path, section, len - 1) == 0;
}

const struct key *key_find(const char *section, struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (key_below(&keys[i], section) && str_equal(key_name(&keys[i]), name))
            return &keys[i];
    }
    return NULL;
}

const struct key *key_nearest(const char *section, struct str name)
{
    const struct key *nearest = NULL;
    size_t best = name.len / 3 + 2;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        size_t far = str_distance(name, key_name(&keys[i]));

        if (far == SIZE_MAX)
            continue;
        far += !key_below(&keys[i], section);
        if (far < best && far < key_name(&keys[i]).len) {
            best = far;
            nearest = &keys[i];
        }
    }
    return nearest;
}
