/* SPDX-License-Identifier: Apache-2.0
 * seatbelt.c - see seatbelt.h. Of several rules that are about the same the last one counts. */
#include "sandbox/seatbelt.h"

#include <errno.h>

#include "base/error.h"
#include "sandbox/seatbelt_base.h"
#include "sandbox/seatbelt_files.h"
#include "sandbox/seatbelt_rule.h"
#include "sandbox/seatbelt_told.h"

/* ---- network ---- */

/* "localhost" is 127.0.0.1 and ::1. By (local ip ...) a rule would be about the near end of a
 * connection, and open the way to everywhere. */
static int write_ports(struct buf *profile, const struct seatbelt_input *in)
{
    const struct fence_config *config = in->config;
    struct seatbelt_rule rule = {.profile = profile, .says = "allow network-outbound"};

    seatbelt_rule_printf(&rule, "(remote ip \"localhost:%u\")", config->http_port);
    seatbelt_rule_printf(&rule, "(remote ip \"localhost:%u\")", config->socks_port);
    for (size_t i = 0; i < config->local_ports.count; i++)
        seatbelt_rule_printf(&rule, "(remote ip \"localhost:%u\")", config->local_ports.items[i]);
    return seatbelt_rule_end(&rule);
}

/* "localhost" is every address of the machine here, that of its network too: seatbelt_told.c. */
static int write_servers(struct buf *profile, const struct seatbelt_input *in)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "allow network-bind network-inbound"};

    if (in->config->local_binding)
        seatbelt_rule_printf(&rule, "(local ip \"localhost:*\")");
    for (size_t i = 0; i < in->nports; i++)
        seatbelt_rule_printf(&rule, "(local ip \"localhost:%u\")", in->ports[i]);
    return seatbelt_rule_end(&rule);
}

/* seatbelt_files() has opened those that are seen. Whoever may connect to all of them makes its
 * own, and may not ask for names past the proxy. */
static int write_all_sockets(struct buf *profile, const struct files *files)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "allow network-bind network-inbound"};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < files->roots.count; i++)
        rc = seatbelt_rule_path(&rule, "subpath", files->roots.items[i]);
    if (rc == 0)
        rc = seatbelt_rule_end(&rule);
    return rc < 0 ? rc
                  : buf_append_text(profile, "(deny network-outbound\n"
                                             "  (literal \"/private/var/run/mDNSResponder\")\n"
                                             "  (literal \"/var/run/mDNSResponder\"))\n");
}

static int write_sockets(struct buf *profile, const struct seatbelt_input *in)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "allow network-outbound"};
    bool all = in->config->all_unix_sockets;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < in->nsockets; i++)
        rc = seatbelt_rule_path(&rule, "literal", in->sockets[i]);
    if (rc == 0)
        rc = seatbelt_rule_end(&rule);
    if (rc == 0 && (all || in->nsockets > 0))
        rc = buf_append_text(profile, "(allow system-socket (socket-domain AF_UNIX))\n");
    return rc == 0 && all ? write_all_sockets(profile, in->files) : rc;
}

static int write_network(struct buf *profile, const struct seatbelt_input *in)
{
    int rc = write_ports(profile, in);

    if (rc == 0)
        rc = write_servers(profile, in);
    return rc == 0 ? write_sockets(profile, in) : rc;
}

/* ---- services ---- */

/* "com.apple.x", "com.apple.*", "*". The names hold nothing but letters, digits and ".-_@": they
 * were read by config_read_values.c. */
static int write_services(struct buf *profile, const char *says, const struct config_texts *names)
{
    struct seatbelt_rule rule = {.profile = profile, .says = says};

    for (size_t i = 0; i < names->count; i++) {
        struct str name = str_of(names->items[i]);

        if (str_equal(name, STR("*"))) {
            seatbelt_rule_end(&rule);
            return buf_printf(profile, "(%s)\n", says);
        }
        if (name.bytes[name.len - 1] == '*')
            seatbelt_rule_printf(&rule, "(global-name-prefix \"" STR_FMT "\")",
                                 STR_ARG(str_slice(name, 0, name.len - 1)));
        else
            seatbelt_rule_printf(&rule, "(global-name \"" STR_FMT "\")", STR_ARG(name));
    }
    return seatbelt_rule_end(&rule);
}

/* ---- all of it ---- */

static int write_programs(struct buf *profile, const struct seatbelt_input *in)
{
    return seatbelt_exec(profile, &(struct seatbelt_exec_input){.config = in->config,
                                                                .links = in->links,
                                                                .nlinks = in->nlinks,
                                                                .asks = in->asks,
                                                                .told = in->told,
                                                                .payload = in->payload});
}

static int write_all(struct buf *profile, const struct seatbelt_input *in)
{
    const struct fence_config *config = in->config;
    struct seatbelt_places places = {.files = in->files,
                                     .cwd = in->cwd,
                                     .deny_read =
                                         config->default_deny_read || config->strict_deny_read,
                                     .system = !config->strict_deny_read,
                                     .sockets = config->all_unix_sockets};
    int rc = buf_append_text(profile, seatbelt_base);

    if (rc == 0)
        rc = write_services(profile, "allow mach-lookup", &config->mach_lookup);
    if (rc == 0)
        rc = write_services(profile, "allow mach-register", &config->mach_register);
    if (rc == 0)
        rc = buf_append_text(profile, "; files\n");
    if (rc == 0)
        rc = seatbelt_files(profile, &places);
    if (rc == 0)
        rc = buf_append_text(profile, seatbelt_devices);
    if (rc == 0 && config->allow_pty)
        rc = buf_append_text(profile, seatbelt_terminals);
    if (rc == 0)
        rc = buf_append_text(profile, "; network: fence's proxy\n");
    if (rc == 0)
        rc = write_network(profile, in);
    if (rc == 0)
        rc = buf_append_text(profile, "; programs\n");
    return rc == 0 ? write_programs(profile, in) : rc;
}

int seatbelt_profile(struct buf *profile, const struct seatbelt_input *in, fence_error *err)
{
    int rc = write_all(profile, in);

    if (rc == 0)
        rc = seatbelt_tell(in);
    if (rc == -EINVAL)
        return fail(err, rc,
                    "a path has a control character, which a profile cannot hold: rename "
                    "it");
    if (rc == -ENOSPC)
        return fail(err, rc, "the profile would have more than %zu bytes: name fewer paths",
                    profile->max);
    return rc < 0 ? fail(err, rc, "out of memory") : 0;
}
