/* SPDX-License-Identifier: Apache-2.0
 * layers.c - see layers.h. A name that is wrong is told what can be given. */
#include "sandbox/layers.h"

#include <errno.h>

#include "base/base.h"
#include "base/error.h"
#include "base/str.h"

#define CAN_BE_GIVEN "landlock, unix-sockets, exec and watch can be done without"

static const struct {
    const char *name;
    unsigned bit;
} layers_known[] = {
#define XX(id, text) {text, FENCE_LAYER_##id},
    FENCE_LAYER_MAP(XX)
#undef XX
};

/* What people try, and no sandbox is without. */
static const char *const required[] = {
    "bubblewrap", "capabilities", "filesystem", "mounts",  "namespaces",      "network",
    "pid",        "proc",         "proxy",      "seccomp", "user-namespaces", "network-namespace",
};

static bool is_required(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        if (str_equal(name, str_of(required[i])))
            return true;
    }
    return false;
}

static unsigned bit_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(layers_known); i++) {
        if (str_equal(name, str_of(layers_known[i].name)))
            return layers_known[i].bit;
    }
    return 0;
}

static int refuse(struct str name, fence_error *err)
{
    char shown[64];

    str_escape(shown, sizeof shown, name);
    if (is_required(name))
        return fail(err, -EINVAL, "no sandbox is without '%s': " CAN_BE_GIVEN, shown);
    return fail(err, -EINVAL, "no layer has the name '%s': " CAN_BE_GIVEN, shown);
}

int layers_add(unsigned *layers, const char *names, fence_error *err)
{
    struct str rest = str_of(names);
    unsigned sum = *layers;
    bool more = true;

    while (more) {
        size_t end = str_find(rest, ',');
        struct str name = str_trim(str_slice(rest, 0, end));
        unsigned bit = bit_of(name);

        if (bit == 0)
            return refuse(name, err);
        sum |= bit;
        more = end < rest.len;
        rest = str_slice(rest, more ? end + 1 : end, rest.len);
    }
    *layers = sum;
    return 0;
}
