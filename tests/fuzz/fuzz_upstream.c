/* SPDX-License-Identifier: Apache-2.0
 * fuzz_upstream.c - URLs of proxies: one that is taken can be written again and means the same; one
 * that is not leaves nothing behind. */
#include "base/base.h"
#include "base/buf.h"
#include "filter/upstream.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool same(const struct upstream *a, const struct upstream *b)
{
    return a->kind == b->kind && a->port == b->port &&
           str_equal(host_str(&a->host), host_str(&b->host)) &&
           a->host.is_addr == b->host.is_addr && addr_equal(&a->host.addr, &b->host.addr) &&
           str_equal((struct str){a->user, a->user_len}, (struct str){b->user, b->user_len}) &&
           str_equal((struct str){a->password, a->password_len},
                     (struct str){b->password, b->password_len});
}

static void require_sense(const struct upstream *found)
{
    require(found->kind == UPSTREAM_HTTP || found->kind == UPSTREAM_SOCKS5);
    require(found->port > 0 && found->host.len > 0);
    require(strlen(found->host.text) == found->host.len);
    require((found->user_len == 0) == (found->password_len == 0));
    require(!memchr(found->user, ':', found->user_len)); /* Basic could not tell where it ends */
    require(!memchr(found->user, '\0', found->user_len));
    require(!memchr(found->password, '\0', found->password_len));
}

static void write_encoded(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_printf(out, "%%%02x", (uint8_t)bytes[i]);
}

static void require_again(const struct upstream *found)
{
    auto_buf struct buf url = BUF_INIT(4096);
    char authority[HOST_AUTHORITY];
    struct upstream again;

    buf_append_text(&url, found->kind == UPSTREAM_HTTP ? "http://" : "socks5h://");
    if (found->user_len > 0) {
        write_encoded(&url, found->user, found->user_len);
        buf_append_text(&url, ":");
        write_encoded(&url, found->password, found->password_len);
        buf_append_text(&url, "@");
    }
    host_format_authority(authority, &found->host, found->port, 0);
    buf_append_text(&url, authority);
    require(!url.error && !upstream_parse(&again, buf_str(&url)) && same(found, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct upstream found, untouched;
    const char *why;

    memset(&untouched, 0x5a, sizeof untouched);
    memcpy(&found, &untouched, sizeof found);
    why = upstream_parse(&found, (struct str){(const char *)bytes, len});
    if (why) {
        require(why[0] != '\0' && memcmp(&found, &untouched, sizeof found) == 0);
        return 0;
    }
    require_sense(&found);
    require_again(&found);
    return 0;
}
