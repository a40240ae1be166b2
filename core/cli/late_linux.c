/* SPDX-License-Identifier: Apache-2.0
 * late_linux.c - see late.h. */
#include "cli/late.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "cli/cli.h"

void *late_function(const char *library, const char *package, const char *name)
{
    void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    void *found = loaded ? dlsym(loaded, name) : NULL;

    if (!found) {
        print_error("%s cannot be loaded: install %s", library, package);
        _Exit(EXIT_FENCE);
    }
    return found;
}
