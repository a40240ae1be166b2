/* SPDX-License-Identifier: Apache-2.0
 * test_proof_status.c - /proc/PID/status, the command's and process 1's: what must pass, and every
 * lie that must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/proof.h"
#include "support/guard.h"

#define CAPS(inh, prm, eff, bnd, amb)                                                              \
    "Name:\tsh\nUid:\t1000\t1000\t1000\t1000\nCapInh:\t" inh "\nCapPrm:\t" prm "\nCapEff:\t" eff   \
    "\nCapBnd:\t" bnd "\nCapAmb:\t" amb "\n"
#define NONE   "0000000000000000"
#define SOME   "0000000000000400"
#define NO_CAP CAPS(NONE, NONE, NONE, NONE, NONE)
#define REST   "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n"

static const struct {
    const char *name, *text;
    const char *says; /* NULL: proven */
} statuses[] = {
    {"closed", NO_CAP REST, NULL},
    {"fields in another order", REST NO_CAP, NULL},
    {"149 CapInh", CAPS(SOME, NONE, NONE, NONE, NONE) REST, "CapInh is " SOME},
    {"149 CapPrm", CAPS(NONE, SOME, NONE, NONE, NONE) REST, "CapPrm is " SOME},
    {"149 CapEff", CAPS(NONE, NONE, SOME, NONE, NONE) REST, "CapEff is " SOME},
    {"149 CapBnd", CAPS(NONE, NONE, NONE, SOME, NONE) REST, "CapBnd is " SOME},
    {"149 CapAmb", CAPS(NONE, NONE, NONE, NONE, SOME) REST, "CapAmb is " SOME},
    {"161 no_new_privs", NO_CAP "NoNewPrivs:\t0\nSeccomp:\t2\n", "NoNewPrivs is 0"},
    {"no filter", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t0\n", "no system call filter is in place"},
    {"strict mode is no filter", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t1\n", "Seccomp is 1"},
    {"22 is not 2", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t22\n", "Seccomp is 22"},
    {"an old kernel", NO_CAP "Seccomp:\t2\n", "does not tell its NoNewPrivs"},
    {"no field of that very name", NO_CAP "NoNewPrivs:\t1\nSeccomp_filters:\t2\n",
     "tell its Seccomp"},
    {"a field twice", NO_CAP REST "CapEff:\t" NONE "\n", "does not tell its CapEff"},
    {"a field in another's value", "Name:\tCapInh:\t" NONE "\n" REST, "does not tell its CapInh"},
    {"none of them counted", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t2\n", "tell its Seccomp_filters"},
    {"only those of the host", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t0\n",
     "0 system call filters where there must be 1"},
    {"a number that is none", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t-1\n",
     "tell its Seccomp_filters"},
    {"empty", "", "does not tell its CapInh"},
    {"138 ESC ]0; as a value", NO_CAP "NoNewPrivs:\t\x1b]0;\nSeccomp:\t2\n", "is \\x1b]0;)"},
};

static void test_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        size_t len = strlen(statuses[i].text);
        char *copy = guard_copy(statuses[i].text, len);
        fence_error err = {0};
        int rc = proof_status((struct str){copy, len}, 1, &err);

        if (statuses[i].says ? rc != FENCE_ESANDBOX || !strstr(err.message, statuses[i].says)
                             : rc != 0)
            fail_msg("%s: %d '%s'", statuses[i].name, rc, err.message);
        guard_free(copy, len);
    }
}

static void test_status_cut(void **state)
{
    static const char text[] = NO_CAP "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1";

    (void)state;
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = guard_copy(text, len);

        assert_int_equal(proof_status((struct str){copy, len}, 1, NULL),
                         len == sizeof text - 1 ? 0 : FENCE_ESANDBOX);
        guard_free(copy, len);
    }
}

#define INIT NO_CAP "NoNewPrivs:\t1\nSeccomp:\t2\n"

static const struct {
    const char *name, *text;
    int rc;
    const char *says;
} inits[] = {
    {"filtered", INIT "NSpid:\t4711\t1\nSeccomp_filters:\t2\n", 0, ""},
    {"filtered more than it need be", INIT "NSpid:\t4711\t1\nSeccomp_filters:\t3\n", 0, ""},
    {"within two namespaces", INIT "NSpid:\t4711\t17\t1\nSeccomp_filters:\t2\n", 0, ""},
    {"unfiltered", NO_CAP "NoNewPrivs:\t1\nSeccomp:\t0\nNSpid:\t4711\t1\nSeccomp_filters:\t0\n",
     FENCE_ESANDBOX, "no system call filter is in place"},
    {"no more than the host has", INIT "NSpid:\t4711\t1\nSeccomp_filters:\t1\n", FENCE_ESANDBOX,
     "1 system call filters where there must be 2"},
    {"with a capability",
     CAPS(NONE, NONE, SOME, NONE, NONE) "NoNewPrivs:\t1\nSeccomp:\t2\nNSpid:\t4711\t1\n"
                                        "Seccomp_filters:\t2\n",
     FENCE_ESANDBOX, "CapEff is " SOME},
    {"another process", INIT "NSpid:\t4711\t11\nSeccomp_filters:\t2\n", FENCE_ESANDBOX,
     "is not its process 1"},
    {"no namespace at all", INIT "NSpid:\t1\nSeccomp_filters:\t2\n", FENCE_ESANDBOX,
     "is not its process 1"},
    {"nothing told", INIT "NSpid:\t4711\t1\n", FENCE_ESANDBOX, "tell its Seccomp_filters"},
    {"empty", "", FENCE_ESANDBOX, "is not its process 1"},
};

static void test_init(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(inits); i++) {
        size_t len = strlen(inits[i].text);
        char *copy = guard_copy(inits[i].text, len);
        fence_error err = {0};
        int rc = proof_init((struct str){copy, len}, 2, &err);

        if (rc != inits[i].rc || !strstr(err.message, inits[i].says))
            fail_msg("%s: %d '%s'", inits[i].name, rc, err.message);
        guard_free(copy, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_status_cut),
        cmocka_unit_test(test_init),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
