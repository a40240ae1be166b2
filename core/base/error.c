/* SPDX-License-Identifier: Apache-2.0
 * error.c - one line of text with its code. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

int fail(fence_error *err, int code, const char *fmt, ...)
{
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, fmt);
    vsnprintf(err->message, sizeof err->message, fmt, args);
    va_end(args);
    return code;
}
