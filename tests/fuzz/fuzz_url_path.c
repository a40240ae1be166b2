/* SPDX-License-Identifier: Apache-2.0
 * fuzz_url_path.c - paths of requests: no reading is longer than what it was made of, and what a
 * file server makes of a path holds nothing that a server could read in yet another way. */
#include "base/base.h"
#include "filter/url_path.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool has(struct str text, struct str part)
{
    return memmem(text.bytes, text.len, part.bytes, part.len) != NULL;
}

static void require_plain(struct str path)
{
    require(!has(path, STR("//")) && !has(path, STR("/./")) && !has(path, STR("/../")));
    require(!str_has_suffix(path, STR("/.")) && !str_has_suffix(path, STR("/..")));
    require(str_find(path, '\\') == path.len && str_find(path, ';') == path.len);
    for (size_t i = 0; i + 2 < path.len; i++)
        require(path.bytes[i] != '%' || ascii_hex(path.bytes[i + 1]) < 0 ||
                ascii_hex(path.bytes[i + 2]) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str path = url_path_of((struct str){(const char *)bytes, len});
    auto_free char *read = malloc(path.len), *again = malloc(path.len);

    if (path.bytes[0] != '/') /* a request's other target is "*" */
        return 0;
    for (int reading = 0; reading < URL_PATH_READINGS; reading++) {
        size_t n = url_path_read(read, path, (enum url_path_reading)reading), twice;

        require(n > 0 && n <= path.len && read[0] == '/');
        if (reading != URL_PATH_SERVED)
            continue;
        require_plain((struct str){read, n});
        twice = url_path_read(again, (struct str){read, n}, URL_PATH_SERVED);
        require(twice == n && memcmp(read, again, n) == 0);
    }
    return 0;
}
