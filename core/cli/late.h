/* SPDX-License-Identifier: Apache-2.0
 * late.h - shared libraries that are loaded when one of their functions is first called: most runs
 * never do, and each costs every start a hundredth of itself and more (tests/bench/README.md). */
#ifndef FENCE_CLI_LATE_H
#define FENCE_CLI_LATE_H

/* The function `name` of `library`, for good. There is no other answer to give where it is missing:
 * ends the program, and with it whatever it would have allowed. `package`: where it comes from. */
void *late_function(const char *library, const char *package, const char *name);

/* Defines `type name(parameters)`, which calls that of the library with `...`. */
#define LATE_FUNCTION(library, package, type, name, parameters, ...)                               \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (!real)                                                                                 \
            *(void **)&real = late_function(library, package, #name);                              \
        return real(__VA_ARGS__);                                                                  \
    }

#endif
