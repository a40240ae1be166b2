/* SPDX-License-Identifier: Apache-2.0
 * generate.c - makes the netlink messages of messages.h, whole and for good: nothing in them
 * depends on the sandbox. A tool of the build; nothing of it is in fence. It writes in the byte
 * order of the machine it runs on.
 *
 *   generate rules|rules4|links|links4 OUTPUT
 *
 * The rules, as nft(8) would print them; rules4 is the same for "ip", without IPv6:
 *
 *   table inet fence {
 *       chain prerouting {
 *           type filter hook prerouting priority mangle
 *           tcp dport != 53 ip daddr & 255.0.0.0 != 127.0.0.0 ip daddr != OWN4
 *               tproxy ip to 127.0.0.1:3129
 *           tcp dport != 53 ip6 daddr != { ::1, OWN6 } tproxy ip6 to [::1]:3129
 *       }
 *   }
 *
 * Not "redirect", which would track and translate every connection, and takes twice as long to set
 * up where nothing else on the machine uses netfilter: each hook that is the first of its kind
 * makes the kernel patch its own code. The links, as ip(8) takes them; the address comes first, so
 * that the route may name it as the source:
 *
 *   ip address add OWN4/32 dev lo
 *   ip route add local 0.0.0.0/0 dev lo table local src OWN4 */
#include <netinet/in.h> /* before linux/in.h, which follows it */

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/if_addr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/inside_names.h"
#include "sandbox/capture.h"
#include "sandbox/capture/messages.h"

#define LOOPBACK 1    /* the index of lo: the first interface of any network namespace */
#define MANGLE   -150 /* NF_IP_PRI_MANGLE, and the same for IPv6 */
#define TABLE    "fence"
#define CHAIN    "prerouting"

#define NEW (NLM_F_CREATE | NLM_F_EXCL) /* and an error where it is there already */

static const struct addr own4 = INSIDE_OWN4, own6 = INSIDE_OWN6;

_Noreturn static void die(const char *what, const char *word)
{
    fprintf(stderr, "generate: %s%s\n", what, word);
    exit(1);
}

static void *must(void *made)
{
    if (!made)
        die("no memory left", "");
    return made;
}

/* ---- the messages so far ---- */

static _Alignas(8) char messages[16 * 1024]; /* far more than all that follows */
static size_t length;
static struct nlmsghdr *latest;

static char *end(void)
{
    return messages + length;
}

static void add(struct nlmsghdr *message)
{
    latest = message;
    length += MNL_ALIGN(message->nlmsg_len);
    if (length > sizeof messages / 2)
        die("too many messages", "");
}

/* The kernel answers what fails, and the latest in any case. */
static void ask(void)
{
    latest->nlmsg_flags |= NLM_F_ACK;
}

/* ---- rtnetlink(7) ---- */

static struct nlmsghdr *begin(enum capture_message number, uint16_t type)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(end());

    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NEW;
    message->nlmsg_seq = number;
    return message;
}

static void add_address(enum capture_message number, const struct addr *own)
{
    struct nlmsghdr *message = begin(number, RTM_NEWADDR);
    struct ifaddrmsg *address = mnl_nlmsg_put_extra_header(message, sizeof *address);
    size_t len = own->family == 4 ? 4 : 16;

    address->ifa_family = own->family == 4 ? AF_INET : AF_INET6;
    address->ifa_prefixlen = (uint8_t)(len * 8);
    address->ifa_flags = own->family == 4 ? 0 : IFA_F_NODAD; /* usable at once */
    address->ifa_scope = RT_SCOPE_UNIVERSE; /* or AI_ADDRCONFIG, getaddrinfo(3), overlooks it */
    address->ifa_index = LOOPBACK;
    mnl_attr_put(message, IFA_LOCAL, len, own->bytes);
    mnl_attr_put(message, IFA_ADDRESS, len, own->bytes);
    add(message);
}

/* Without a source of its own each connection would come from the very address it goes to. */
static void add_route(enum capture_message number, const struct addr *source)
{
    struct nlmsghdr *message = begin(number, RTM_NEWROUTE);
    struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof *route);

    route->rtm_family = source->family == 4 ? AF_INET : AF_INET6;
    route->rtm_table = RT_TABLE_LOCAL;
    route->rtm_protocol = RTPROT_STATIC;
    route->rtm_scope = source->family == 4 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
    route->rtm_type = RTN_LOCAL;
    mnl_attr_put_u32(message, RTA_OIF, LOOPBACK);
    mnl_attr_put(message, RTA_PREFSRC, source->family == 4 ? 4 : 16, source->bytes);
    add(message);
}

/* ---- nf_tables: expressions over its register 1 ---- */

static struct nftnl_expr *expression(struct nftnl_rule *rule, const char *name)
{
    struct nftnl_expr *e = must(nftnl_expr_alloc(name));

    nftnl_rule_add_expr(rule, e);
    return e;
}

static void if_equal(struct nftnl_rule *rule, enum nft_cmp_ops how, const void *bytes, size_t len)
{
    struct nftnl_expr *e = expression(rule, "cmp");

    nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, how);
    nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, bytes, (uint32_t)len);
}

static void if_meta(struct nftnl_rule *rule, enum nft_meta_keys key, uint8_t value)
{
    struct nftnl_expr *e = expression(rule, "meta");

    nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
    nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
    if_equal(rule, NFT_CMP_EQ, &value, sizeof value);
}

static void if_payload(struct nftnl_rule *rule, enum nft_payload_bases base, uint32_t offset,
                       enum nft_cmp_ops how, const void *bytes, size_t len)
{
    struct nftnl_expr *e = expression(rule, "payload");

    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, (uint32_t)len);
    nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
    if_equal(rule, how, bytes, len);
}

static void put(struct nftnl_rule *rule, uint32_t where, const void *bytes, size_t len)
{
    struct nftnl_expr *e = expression(rule, "immediate");

    nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, where);
    nftnl_expr_set(e, NFTNL_EXPR_IMM_DATA, bytes, (uint32_t)len);
}

/* To the listener at `address`, by way of register 2. */
static void lead_to(struct nftnl_rule *rule, uint32_t family, const void *address, size_t len)
{
    uint16_t port = htons(CAPTURE_PORT);
    struct nftnl_expr *e;

    put(rule, NFT_REG_1, &port, sizeof port);
    put(rule, NFT_REG_2, address, len);
    e = expression(rule, "tproxy");
    nftnl_expr_set_u32(e, NFTNL_EXPR_TPROXY_FAMILY, family);
    nftnl_expr_set_u32(e, NFTNL_EXPR_TPROXY_REG_PORT, NFT_REG_1);
    nftnl_expr_set_u32(e, NFTNL_EXPR_TPROXY_REG_ADDR, NFT_REG_2);
}

/* ---- nf_tables: messages ---- */

static struct nlmsghdr *begin_nft(enum capture_message number, uint16_t type, uint16_t family,
                                  uint16_t flags)
{
    return nftnl_nlmsg_build_hdr(end(), type, family, flags, number);
}

static void add_table(uint16_t family)
{
    struct nftnl_table *table = must(nftnl_table_alloc());
    struct nlmsghdr *message = begin_nft(MESSAGE_TABLE, NFT_MSG_NEWTABLE, family, NEW);

    nftnl_table_set_str(table, NFTNL_TABLE_NAME, TABLE);
    nftnl_table_nlmsg_build_payload(message, table);
    nftnl_table_free(table);
    add(message);
}

static void add_chain(uint16_t family)
{
    struct nftnl_chain *chain = must(nftnl_chain_alloc());
    struct nlmsghdr *message = begin_nft(MESSAGE_CHAIN, NFT_MSG_NEWCHAIN, family, NEW);

    nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, TABLE);
    nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, CHAIN);
    nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
    nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_PRE_ROUTING);
    nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, MANGLE);
    nftnl_chain_nlmsg_build_payload(message, chain);
    nftnl_chain_free(chain);
    add(message);
}

/* DNS goes to the sockets that have its port, at every address. */
static struct nftnl_rule *new_rule(uint16_t table_family, uint8_t family)
{
    struct nftnl_rule *rule = must(nftnl_rule_alloc());
    uint16_t dns = htons(CAPTURE_DNS_PORT);

    nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, TABLE);
    nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN);
    if (table_family == NFPROTO_INET)
        if_meta(rule, NFT_META_NFPROTO, family);
    if_meta(rule, NFT_META_L4PROTO, IPPROTO_TCP);
    if_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, NFT_CMP_NEQ, &dns, sizeof dns);
    return rule;
}

static void add_rule(struct nftnl_rule *rule, enum capture_message number, uint16_t family)
{
    struct nlmsghdr *message =
        begin_nft(number, NFT_MSG_NEWRULE, family, NLM_F_CREATE | NLM_F_APPEND);

    nftnl_rule_nlmsg_build_payload(message, rule);
    nftnl_rule_free(rule);
    add(message);
}

static void add_tcp4(uint16_t table_family)
{
    struct nftnl_rule *rule = new_rule(table_family, NFPROTO_IPV4);
    static const uint8_t loopback[] = {127, 0, 0, 1};

    if_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 16, NFT_CMP_NEQ, loopback, 1); /* 127.0.0.0/8 */
    if_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 16, NFT_CMP_NEQ, own4.bytes, 4);
    lead_to(rule, NFPROTO_IPV4, loopback, sizeof loopback);
    add_rule(rule, MESSAGE_TCP4, table_family);
}

static void add_tcp6(void)
{
    struct nftnl_rule *rule = new_rule(NFPROTO_INET, NFPROTO_IPV6);

    if_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 24, NFT_CMP_NEQ, &in6addr_loopback, 16);
    if_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, 24, NFT_CMP_NEQ, own6.bytes, 16);
    lead_to(rule, NFPROTO_IPV6, &in6addr_loopback, 16);
    add_rule(rule, MESSAGE_TCP6, NFPROTO_INET);
}

/* ---- what is asked for ---- */

static void generate_rules(uint16_t family)
{
    add(nftnl_batch_begin(end(), MESSAGE_BATCH));
    add_table(family);
    add_chain(family);
    add_tcp4(family);
    if (family == NFPROTO_INET)
        add_tcp6();
    ask(); /* not at the batch's end: kernels before 6.10 do not answer that */
    add(nftnl_batch_end(end(), MESSAGE_COMMIT));
}

static void generate_links(bool ipv6)
{
    add_address(MESSAGE_ADDRESS4, &own4);
    add_route(MESSAGE_ROUTE4, &own4);
    if (ipv6) {
        add_address(MESSAGE_ADDRESS6, &own6);
        add_route(MESSAGE_ROUTE6, &own6);
    }
    ask();
}

static void generate(const char *what)
{
    if (strcmp(what, "rules") == 0) {
        generate_rules(NFPROTO_INET);
    } else if (strcmp(what, "rules4") == 0) {
        generate_rules(NFPROTO_IPV4);
    } else if (strcmp(what, "links") == 0) {
        generate_links(true);
    } else if (strcmp(what, "links4") == 0) {
        generate_links(false);
    } else {
        die("there are no messages by the name of ", what);
    }
}

int main(int argc, char **argv)
{
    FILE *file;

    if (argc != 3)
        die("generate rules|rules4|links|links4 OUTPUT", "");
    generate(argv[1]);
    file = fopen(argv[2], "wb");
    if (!file || fwrite(messages, 1, length, file) != length || fclose(file) != 0)
        die("cannot write ", argv[2]);
    return 0;
}
