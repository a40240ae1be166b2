/* SPDX-License-Identifier: Apache-2.0
 * runtime.c - see runtime.h. The bytes are in runtime.S. */
#include "policy/runtime.h"

#include <stdint.h>
#include <string.h>

#include "base/base.h"

extern const char runtime_fence[], runtime_clock[], runtime_tally[];
extern const uint64_t runtime_fence_size, runtime_clock_size, runtime_tally_size;

struct str runtime_text(const char *module, const char **file)
{
    const struct {
        const char *name, *file, *text;
        uint64_t len;
    } modules[] = {
        {"fence", "fence.lua", runtime_fence, runtime_fence_size},
        {"fence.clock", "fence/clock.lua", runtime_clock, runtime_clock_size},
        {"fence.tally", "fence/tally.lua", runtime_tally, runtime_tally_size},
    };

    for (size_t i = 0; i < ARRAY_LEN(modules); i++) {
        if (strcmp(modules[i].name, module) == 0) {
            *file = modules[i].file;
            return (struct str){modules[i].text, modules[i].len};
        }
    }
    return (struct str){NULL, 0};
}
