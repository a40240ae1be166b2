/* SPDX-License-Identifier: Apache-2.0
 * addr_place.c - a sandbox that captures leads every address to its own listeners (decisions.md),
 * so that its routing table calls each "local"; its own two it is told by. Whoever may set up a
 * network can have those too, and so dial whatever he likes. */
#include "proxy/addr_place.h"

#include <ifaddrs.h>
#include <net/if.h>

#include "filter/rules.h"
#include "proxy/inside_names.h"
#include "proxy/own_addr.h"

/* Does the sandbox that we are in, if any, capture? */
static bool outer_captures(void)
{
    struct ifaddrs *list = NULL;
    bool found = false;

    if (getifaddrs(&list) < 0)
        return false;
    for (struct ifaddrs *at = list; at && !found; at = at->ifa_next) {
        struct addr addr;
        uint16_t port;

        found = at->ifa_addr && (at->ifa_flags & IFF_LOOPBACK) &&
                addr_from_sockaddr(&addr, &port, at->ifa_addr) &&
                (addr_equal(&addr, &inside_own4) || addr_equal(&addr, &inside_own6));
    }
    freeifaddrs(list);
    return found;
}

int addr_place(const struct addr *addr)
{
    int own;

    if (inside_names_could_have(addr))
        return outer_captures() ? RULES_ADDR_NAME : RULES_ADDR_OTHERS;
    if (addr_classify(addr) != ADDR_PUBLIC)
        return RULES_ADDR_OTHERS;
    own = own_addr(addr);
    if (own < 0)
        return own;
    return own == 1 && !outer_captures() ? RULES_ADDR_OWN : RULES_ADDR_OTHERS;
}
