/* SPDX-License-Identifier: Apache-2.0
 * calls.h - the system calls that a sandbox may not make, as a table of rules.
 *
 * Everything else is allowed: walls are made by namespaces and mounts, and these rules close the
 * ways around them. The table is data; generate.c makes a program of it when fence is built, and
 * the tests read it too. */
#ifndef FENCE_SANDBOX_FILTER_CALLS_H
#define FENCE_SANDBOX_FILTER_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_TESTS  3 /* of one rule  */
#define CALL_VALUES 6 /* of one test  */

/* What a test asks of the low 32 bits of an argument, masked: the kernel ignores the high ones of a
 * family, a flag word, a mode or an ioctl's number, and so must we. */
enum call_question {
    CALL_ONE_OF,  /* is it one of the values?      */
    CALL_NONE_OF, /* is it none of them?           */
    CALL_HAS      /* has it any bit of the mask?   */
};

struct call_test {
    unsigned argument; /* 0 to 5 */
    enum call_question question;
    uint32_t mask;
    unsigned nvalues;
    uint32_t values[CALL_VALUES];
};

/* A call that passes all tests of a rule is answered with `error`. Of several rules for the same
 * call the first that fits answers. */
struct call_rule {
    const char *calls; /* names, with a space between */
    int error;
    bool nested_too; /* also where allowNested is set */
    const char *reason;
    unsigned ntests;
    struct call_test tests[CALL_TESTS];
};

extern const struct call_rule call_rules[];
extern const size_t call_nrules;

/* The newest call that these rules were made for; what comes after it is answered ENOSYS until
 * somebody has looked at it: file_setattr, Linux 6.17. Numbers of this range mean the same call on
 * every architecture. */
#define CALL_NEWEST 469

/* Calls that libseccomp knows by no name, or that it has only as a part of socketcall(2). */
struct call_number {
    const char *name;
    const char *machine; /* NULL: every one */
    uint32_t number;
};

extern const struct call_number call_numbers[];
extern const size_t call_nnumbers;

#endif
