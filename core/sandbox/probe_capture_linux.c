/* SPDX-License-Identifier: Apache-2.0
 * probe_capture_linux.c - capture.h tried on a network that is made for it and goes with it, as it
 * is done to a sandbox's: from outside, through sockets. */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "sandbox/capture_join.h"
#include "sandbox/probe.h"

/* What bubblewrap does in a sandbox. */
static int start_loopback(int fd, fence_error *err)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        return fail(err, FENCE_ESANDBOX, "its loopback interface: %s", strerror(errno));
    return 0;
}

void probe_capture(struct machine *out)
{
    struct capture capture = {.bound = false};
    fence_error *err = &out->capture;
    int rc;

    out->capture_network = capture_join_new(&capture, err);
    if (out->capture_network < 0)
        return;
    rc = start_loopback(capture.fds[CAPTURE_TCP4], err);
    if (rc == 0)
        rc = capture_open(&capture, err);
    if (rc == 0)
        rc = capture_serve(&capture, err);
    if (rc == 0)
        capture_lead(capture.fds[CAPTURE_NETFILTER], capture.fds[CAPTURE_TCP6] >= 0,
                     &out->capture_rules);
    capture_close(&capture);
}
