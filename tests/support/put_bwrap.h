/* SPDX-License-Identifier: Apache-2.0
 * put_bwrap.h - a script that stands in for bubblewrap. Include it behind <cmocka.h>. */
#ifndef FENCE_TESTS_PUT_BWRAP_H
#define FENCE_TESTS_PUT_BWRAP_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* As `folder`/bwrap, for PATH to begin with that folder. */
static inline void put_bwrap(const char *folder, const char *script)
{
    char path[128];
    int fd;

    snprintf(path, sizeof path, "%s/bwrap", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "#!/bin/sh\n%s\n", script) > 0);
    close(fd);
}

#endif
