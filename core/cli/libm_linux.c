/* SPDX-License-Identifier: Apache-2.0
 * libm_linux.c - the mathematics that Lua's archive asks for, loaded when a policy first calls for
 * it: most runs never do, and a shared library costs every start what a twentieth of bubblewrap
 * costs (tests/bench/README.md). Linked only where Lua comes as an archive and the C library is
 * glibc, whose libm.a cannot be part of a position-independent program. */
#include <dlfcn.h>
#include <gnu/lib-names.h>
#include <stdlib.h>

#include "cli/cli.h"

/* The function NAME of the system's libm. There is no other answer to give where it is missing:
 * ends the program, and with it whatever it would have allowed. */
static void *libm(const char *name)
{
    void *library = dlopen(LIBM_SO, RTLD_NOW | RTLD_LOCAL);
    void *found = library ? dlsym(library, name) : NULL;

    if (!found) {
        print_error("%s cannot be loaded: install the C library it belongs to", LIBM_SO);
        _Exit(EXIT_FENCE);
    }
    return found;
}

#define FORWARD(name, parameters, ...)                                                             \
    double name parameters;                                                                        \
    double name parameters                                                                         \
    {                                                                                              \
        static double(*real) parameters;                                                           \
        if (!real)                                                                                 \
            *(void **)&real = libm(#name);                                                         \
        return real(__VA_ARGS__);                                                                  \
    }

FORWARD(acos, (double x), x)
FORWARD(asin, (double x), x)
FORWARD(atan2, (double y, double x), y, x)
FORWARD(cos, (double x), x)
FORWARD(cosh, (double x), x)
FORWARD(exp, (double x), x)
FORWARD(fmod, (double x, double y), x, y)
FORWARD(log, (double x), x)
FORWARD(log10, (double x), x)
FORWARD(log2, (double x), x)
FORWARD(pow, (double x, double y), x, y)
FORWARD(sin, (double x), x)
FORWARD(sinh, (double x), x)
FORWARD(sqrt, (double x), x)
FORWARD(tan, (double x), x)
FORWARD(tanh, (double x), x)
