/* SPDX-License-Identifier: Apache-2.0
 * proof_status.c - /proc/PID/status of a sandbox that is about to run, the command's and that of
 * its process 1: rights and filters. Fails closed, as proof.c does. */
#include <limits.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"
#include "sandbox/proof.h"

#define PROOF_SHOWN 200 /* of a value within an error message */

static const struct {
    struct str key, value;
    const char *lacks;
} status_fields[] = {
    {STR("CapInh"), STR("0000000000000000"), "it has inheritable capabilities"},
    {STR("CapPrm"), STR("0000000000000000"), "it has permitted capabilities"},
    {STR("CapEff"), STR("0000000000000000"), "it has effective capabilities"},
    {STR("CapBnd"), STR("0000000000000000"), "it could gain capabilities"},
    {STR("CapAmb"), STR("0000000000000000"), "it has ambient capabilities"},
    {STR("NoNewPrivs"), STR("1"), "setuid programs would gain privileges"},
    {STR("Seccomp"), STR("2"), "no system call filter is in place"},
};

/* The value of the only line `key:`. False where there is none, or more than one. */
static bool status_value(struct str *out, struct str text, struct str key)
{
    struct cursor c = {text, 0};
    size_t found = 0;

    while (!cursor_end(&c)) {
        struct str line = cursor_until(&c, '\n');
        size_t colon = str_find(line, ':');

        cursor_eat(&c, '\n');
        if (colon == line.len || !str_equal(str_slice(line, 0, colon), key))
            continue;
        *out = str_trim(str_slice(line, colon + 1, line.len));
        found++;
    }
    return found == 1;
}

static int fail_untold(struct str key, fence_error *err)
{
    return fail(err, FENCE_ESANDBOX,
                "the sandbox cannot be proven, as the kernel does not tell its " STR_FMT
                ": use Linux 5.9 or newer with /proc mounted",
                STR_ARG(key));
}

int proof_number(unsigned *out, struct str text, const char *key, fence_error *err)
{
    struct str value;
    uint64_t number;

    if (!status_value(&value, text, str_of(key)) || !str_to_u64(&number, value, INT_MAX))
        return fail_untold(str_of(key), err);
    *out = (unsigned)number;
    return 0;
}

static int check_fields(struct str text, fence_error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(status_fields); i++) {
        struct str value;
        char shown[PROOF_SHOWN];

        if (!status_value(&value, text, status_fields[i].key))
            return fail_untold(status_fields[i].key, err);
        if (str_equal(value, status_fields[i].value))
            continue;
        str_escape(shown, sizeof shown, value);
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox is not closed, %s (" STR_FMT " is %s): report this as a bug, with "
                    "the version of bwrap",
                    status_fields[i].lacks, STR_ARG(status_fields[i].key), shown);
    }
    return 0;
}

int proof_status(struct str text, unsigned filters, fence_error *err)
{
    unsigned found = 0;
    int rc = check_fields(text, err);

    if (rc == 0)
        rc = proof_number(&found, text, "Seccomp_filters", err);
    if (rc < 0 || found >= filters)
        return rc;
    return fail(err, FENCE_ESANDBOX,
                "the sandbox is not closed, it has %u system call filters where there must be %u: "
                "report this as a bug, with the version of bwrap",
                found, filters);
}

int proof_init(struct str text, unsigned filters, fence_error *err)
{
    struct str pids;

    /* as the reader's own namespace counts, and every one within it: the last is its own */
    if (!status_value(&pids, text, STR("NSpid")) || !str_has_suffix(pids, STR("\t1")))
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox cannot be proven, as the command's parent is not its process 1: "
                    "is bwrap really bubblewrap?");
    return proof_status(text, filters, err);
}
