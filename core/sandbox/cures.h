/* SPDX-License-Identifier: Apache-2.0
 * cures.h - what a person does about a machine that lacks something; written once, for the line
 * that ends a run and for `fence doctor`. */
#ifndef FENCE_SANDBOX_CURES_H
#define FENCE_SANDBOX_CURES_H

#define CURE_CONTAINER "--security-opt seccomp=unconfined --security-opt apparmor=unconfined"

/* Not the sysctl, which would open user namespaces to every program. */
#define CURE_APPARMOR                                                                              \
    "on Ubuntu let bwrap do so, with 'sudo cp "                                                    \
    "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict /etc/apparmor.d/ && sudo systemctl " \
    "reload apparmor' (package apparmor-profiles), or with a profile of your own for bwrap that "  \
    "has 'userns,'"

#define CURE_PROC "start it with --security-opt systempaths=unconfined " CURE_CONTAINER

#define CURE_TPROXY                                                                                \
    "use a kernel that has nf_tables with TPROXY, and as root run 'modprobe -a nf_tables "         \
    "nft_tproxy'"

#define CURE_INSTALL                                                                               \
    "install it, so that bwrap is in PATH: apt install bubblewrap (Debian, Ubuntu), dnf install "  \
    "bubblewrap (Fedora, RHEL), apk add bubblewrap (Alpine)"

#define CAUSE_NESTED "the fence that this one runs in forbids sandboxes inside its own"
#define CURE_NESTED                                                                                \
    "start the outer one with --allow-nested, or \"allowNested\": true in its settings"

/* To map uid 0 takes CAP_SETFCAP in the namespace above: user_namespaces(7). Nobody has it inside.
 */
#define CAUSE_NESTED_ROOT "root inside a sandbox of fence's own cannot make another one"
#define CURE_NESTED_ROOT  "start the outer fence as an ordinary user, with --allow-nested"

#endif
