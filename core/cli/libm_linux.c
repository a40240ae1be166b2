/* SPDX-License-Identifier: Apache-2.0
 * libm_linux.c - the mathematics that Lua's archive asks for, loaded when a policy first calls for
 * it. Linked only where Lua comes as an archive and the C library is glibc, whose libm.a cannot be
 * part of a position-independent program. */
#include <gnu/lib-names.h>

#include "cli/late.h"

#define FORWARD(name, parameters, ...)                                                             \
    LATE_FUNCTION(LIBM_SO, "the C library it belongs to", double, name, parameters, __VA_ARGS__)

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
