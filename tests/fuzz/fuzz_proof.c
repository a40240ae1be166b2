/* SPDX-License-Identifier: Apache-2.0
 * fuzz_proof.c - mount lists and process states as proc(5) writes them, and as nobody would.
 *
 * Beyond not crashing: whatever else a list holds, one more mount that lies writable and open at a
 * place of no plan is never proven. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "sandbox/proof.h"

#define OPEN_MOUNT "2147483646 2147483645 0:1 / /fence-open rw - ext4 x rw\n"

/* Only these could lie over it, name it as their parent, or swallow its line. */
static bool may_hide(struct str text)
{
    return !str_has_suffix(text, STR("\n")) || memmem(text.bytes, text.len, "214748364", 9) ||
           memmem(text.bytes, text.len, "fence-open", 10);
}

static void check_mounts(struct str text, const struct plan *plan)
{
    auto_buf struct buf more = BUF_INIT(1 << 20);

    proof_mounts(text, plan, 1000, NULL, NULL);
    buf_append_str(&more, text);
    buf_append_text(&more, OPEN_MOUNT);
    if (more.error || may_hide(text))
        return;
    if (proof_mounts(buf_str(&more), plan, 1000, NULL, NULL) == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const writable[] = {"/home/u/a b"};
    const struct plan_input in = {.writable = writable, .nwritable = 1, .cwd = "/tmp/q"};
    struct str text = {(const char *)bytes, len};
    struct plan *plan = NULL;
    fence_error err;

    if (plan_make(&plan, &in, &err) < 0)
        return 0;
    proof_status(text, 2, &err);
    proof_init(text, 2, &err);
    check_mounts(text, plan);
    plan_free(plan);
    return 0;
}
