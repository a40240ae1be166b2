/* SPDX-License-Identifier: Apache-2.0
 * linux_features.c - --linux-features: the ancestor's heading and lines, which scripts read, about
 * what this fence is made of. `fence doctor` says more, and what to do. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/signals.h"

struct found {
    char kernel[64], landlock[64], capture[64];
    bool bubblewrap, network, seccomp, has_landlock, sandbox;
};

static void keep(char *out, size_t cap, const fence_feature *feature)
{
    snprintf(out, cap, "%.60s", feature->detail);
}

/* What bubblewrap may, and fence itself need not, is a note. */
static void take_feature(const fence_feature *feature, void *payload)
{
    struct found *found = payload;
    bool there = feature->state != FENCE_FEATURE_MISSING;

    if (strcmp(feature->name, "kernel") == 0)
        keep(found->kernel, sizeof found->kernel, feature);
    else if (strcmp(feature->name, "bubblewrap") == 0)
        found->bubblewrap = there;
    else if (strcmp(feature->name, "network-namespace") == 0)
        found->network = there;
    else if (strcmp(feature->name, "seccomp") == 0)
        found->seccomp = there;
    else if (strcmp(feature->name, "sandbox") == 0)
        found->sandbox = there;
    else if (strcmp(feature->name, "landlock") == 0) {
        found->has_landlock = there;
        keep(found->landlock, sizeof found->landlock, feature);
    } else if (strcmp(feature->name, "capture") == 0) {
        keep(found->capture, sizeof found->capture, feature);
    }
}

static const char *yes(bool is)
{
    return is ? "true" : "false";
}

/* "6.1" of "6.1.0-13-amd64, x86_64". */
static int length_of_version(const char *kernel)
{
    static const char digits[] = "0123456789";
    size_t len = strspn(kernel, digits);

    if (kernel[len] == '.')
        len += 1 + strspn(kernel + len + 1, digits);
    return (int)len;
}

static void print_lines(const struct found *found)
{
    printf("Linux Sandbox Features:\n  Kernel: %.*s\n", length_of_version(found->kernel),
           found->kernel);
    printf("  Bubblewrap (bwrap): %s\n", yes(found->bubblewrap));
    printf("  Socat: not needed\n");
    printf("  Network namespace (--unshare-net): %s\n", yes(found->network));
    printf("  Seccomp: %s (log level: 0)\n",
           yes(found->seccomp)); /* it refuses, and logs nothing */
    printf("  Landlock: %s (%s)\n", yes(found->has_landlock),
           found->has_landlock ? found->landlock : "ABI v0");
    printf("  eBPF: not used\n");
    printf("  Capture: %.*s\n", (int)strcspn(found->capture, ":,"), found->capture);
}

static void print_status(const struct found *found)
{
    puts("\nFeature Status:");
    if (found->bubblewrap && found->sandbox)
        puts("  ✓ Minimum requirements met (bwrap)");
    else
        printf("  ✗ Missing requirements: %s\n",
               found->bubblewrap ? "a sandbox cannot be made: see fence doctor" : "bwrap");
    puts(found->network ? "  ✓ Network namespace isolation available"
                        : "  ✗ Network namespace unavailable: nothing would run");
    puts(found->has_landlock ? "  ✓ Landlock available for enhanced filesystem control"
                             : "  ○ Landlock not available (kernel 5.13+ required)");
    puts("  ○ eBPF monitoring not used");
}

int print_linux_features(void)
{
    struct found found = {0};

    signals_settle();
    fence_probe(take_feature, &found);
    print_lines(&found);
    print_status(&found);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    print_error("cannot write to standard output");
    return EXIT_FENCE;
}
