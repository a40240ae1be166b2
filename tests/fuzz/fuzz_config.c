/* SPDX-License-Identifier: Apache-2.0
 * fuzz_config.c - any text as a configuration: strict JSON or a clean error, nothing between. */
#include "filter/config.h"
#include "filter/jsonc.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Normalized text is strict: a second pass finds nothing to change. */
static bool normalize_twice(const uint8_t *bytes, size_t len)
{
    auto_free char *once = malloc(len + 1);
    auto_free char *twice = malloc(len + 1);
    struct jsonc_error why = {SIZE_MAX, NULL};
    bool ok;

    require(once && twice);
    if (len > 0)
        memcpy(once, bytes, len);
    ok = jsonc_normalize(once, len, &why);
    if (!ok) {
        require(why.at <= len && why.text);
        return false;
    }
    memcpy(twice, once, len);
    require(jsonc_normalize(twice, len, &why) && memcmp(once, twice, len) == 0);
    return true;
}

static void require_line(const char *message)
{
    require(strncmp(message, "fuzz", 4) == 0);
    for (; *message; message++)
        require(*message >= 0x20 && *message < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    bool valid = normalize_twice(bytes, len);
    fence_config *config = NULL;
    fence_error err = {0, ""};
    int rc = fence_config_parse(&config, "fuzz", (const char *)bytes, len, NULL, 0, &err);

    require(rc == 0 || (rc == FENCE_ECONFIG && rc == err.code)); /* cJSON takes all we take */
    require((rc == 0) == (config != NULL));
    require(valid || rc != 0);
    if (rc != 0)
        require_line(err.message);
    fence_config_unref(config);
    return 0;
}
