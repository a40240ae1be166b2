/* SPDX-License-Identifier: Apache-2.0
 * generate.c - makes a seccomp program of the rules in calls.c: classic BPF, struct sock_filter
 * after struct sock_filter. A tool of the build; nothing of it is in fence.
 *
 *   generate MACHINE RULES OUTPUT     MACHINE: x86_64, aarch64, riscv64; RULES: closed, nested
 *
 * libseccomp gives the numbers of the calls for the machine and for its 32-bit sibling. The program
 * is made here: libseccomp compares 64 bits where the kernel looks at 32, has no "none of these"
 * and no "greater than", and writes the tests of arguments once for each machine. Ours finds a
 * number in some eight steps, and whatever it has no number for is ENOSYS.
 *
 * BPF jumps forward only, so the program is made from its end: what is jumped to is there already,
 * and a place is how many instructions stand behind it. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/filter/calls.h"

#define MOST_CALLS 256 /* that the rules name, on one machine */
#define FARTHEST   255 /* of a conditional jump               */

#define NUMBER  offsetof(struct seccomp_data, nr)
#define MACHINE offsetof(struct seccomp_data, arch)
#define ARGUMENT(n)                                                                                \
    (offsetof(struct seccomp_data, args) + 8 * (n)) /* little endian: its low half */

struct machine {
    const char *name;
    uint32_t audit, library;
    /* Calls of its own far above all others, which its C library needs */
    uint32_t own_first, own_last;
};

static const struct pair {
    struct machine native, sibling; /* sibling.name NULL: it has none */
} pairs[] = {
    {{"x86_64", AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64, 0, 0}, /* x32: numbers from 2^30 on, ENOSYS */
     {"i386", AUDIT_ARCH_I386, SCMP_ARCH_X86, 0, 0}},
    {{"aarch64", AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64, 0, 0},
     {"arm", AUDIT_ARCH_ARM, SCMP_ARCH_ARM, 0xf0001, 0xf0006}}, /* cacheflush to get_tls */
    {{"riscv64", AUDIT_ARCH_RISCV64, SCMP_ARCH_RISCV64, 0, 0}, {NULL, 0, 0, 0, 0}},
};

_Noreturn static void die(const char *what, const char *word)
{
    fprintf(stderr, "generate: %s%s\n", what, word);
    exit(1);
}

/* ---- the program, from its end ---- */

static struct sock_filter program[BPF_MAXINSNS]; /* the last `length` of them are made */
static unsigned length;

static unsigned put(uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
    if (length == BPF_MAXINSNS)
        die("the program is longer than the kernel takes", "");
    length++;
    program[BPF_MAXINSNS - length] = (struct sock_filter){code, jt, jf, k};
    return length;
}

static unsigned load(size_t where)
{
    return put(BPF_LD | BPF_W | BPF_ABS, (uint32_t)where, 0, 0);
}

/* Goes on at `place`, whatever stands in between. */
static unsigned go(unsigned place)
{
    return place == length ? place : put(BPF_JMP | BPF_JA, length - place, 0, 0);
}

static unsigned test(uint16_t comparison, uint32_t value, unsigned then, unsigned otherwise)
{
    if (length + 1 - then > FARTHEST) /* the second hop may put the other one out of reach, too */
        then = put(BPF_JMP | BPF_JA, length - then, 0, 0);
    if (length - otherwise > FARTHEST)
        otherwise = put(BPF_JMP | BPF_JA, length - otherwise, 0, 0);
    return put(BPF_JMP | comparison | BPF_K, value, (uint8_t)(length - then),
               (uint8_t)(length - otherwise));
}

static unsigned answer(int error) /* 0: the call is made */
{
    static unsigned places[256];

    if (places[error] == 0)
        places[error] = error == 0
                            ? put(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0)
                            : put(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error, 0, 0);
    return places[error];
}

/* ---- rules ---- */

struct target { /* what becomes of a number */
    uint32_t number;
    uint64_t rules; /* bit n: rule n of the table names it */
    unsigned place;
};

/* A test of one argument: on with `then` where it is passed. */
static unsigned question(const struct call_test *t, unsigned then, unsigned otherwise)
{
    unsigned yes = t->question == CALL_ONE_OF ? then : otherwise;
    unsigned next = t->question == CALL_ONE_OF ? otherwise : then;

    if (t->question == CALL_HAS) {
        test(BPF_JSET, t->mask, then, otherwise);
    } else {
        for (unsigned i = t->nvalues; i-- > 0;)
            next = test(BPF_JEQ, t->values[i], yes, next);
        if (t->mask != UINT32_MAX)
            put(BPF_ALU | BPF_AND | BPF_K, t->mask, 0, 0);
    }
    return load(ARGUMENT(t->argument));
}

static unsigned rule(const struct call_rule *r, unsigned otherwise)
{
    unsigned place = answer(r->error);

    for (unsigned i = r->ntests; i-- > 0;)
        place = question(&r->tests[i], place, otherwise);
    return place;
}

/* The rules of one call, which may be shared by other calls and by both machines. */
static unsigned rules_place(uint64_t rules)
{
    static struct {
        uint64_t rules;
        unsigned place;
    } known[MOST_CALLS];
    static size_t nknown;
    unsigned place = answer(0);

    for (size_t i = 0; i < nknown; i++) {
        if (known[i].rules == rules)
            return known[i].place;
    }
    for (size_t i = call_nrules; i-- > 0;) {
        if (rules >> i & 1)
            place = rule(&call_rules[i], place);
    }
    known[nknown].rules = rules;
    known[nknown++].place = place;
    return place;
}

/* ---- numbers ---- */

/* Returns -1 where this machine has no such call. */
static int number_of(const struct machine *m, const char *name)
{
    int number;

    for (size_t i = 0; i < call_nnumbers; i++) {
        const struct call_number *known = &call_numbers[i];

        if (strcmp(known->name, name) == 0 &&
            (!known->machine || strcmp(known->machine, m->name) == 0))
            return (int)known->number;
    }
    number = seccomp_syscall_resolve_name_arch(m->library, name);
    if (number == __NR_SCMP_ERROR)
        die("there is no call by the name of ", name);
    return number < 0 ? -1 : number;
}

static void add(struct target *list, size_t *n, uint32_t number, size_t rule_index)
{
    for (size_t i = 0; i < *n; i++) {
        if (list[i].number == number) {
            list[i].rules |= (uint64_t)1 << rule_index;
            return;
        }
    }
    if (*n == MOST_CALLS)
        die("the rules name too many calls", "");
    list[(*n)++] = (struct target){number, (uint64_t)1 << rule_index, 0};
}

static int by_number(const void *a, const void *b)
{
    const struct target *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

static size_t collect(struct target list[MOST_CALLS], const struct machine *m, bool nested)
{
    size_t n = 0;

    for (size_t i = 0; i < call_nrules; i++) {
        char names[512];

        if (nested && !call_rules[i].nested_too)
            continue;
        if (snprintf(names, sizeof names, "%s", call_rules[i].calls) >= (int)sizeof names)
            die("a rule names too many calls: ", call_rules[i].calls);
        for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
            int number = number_of(m, name);

            if (number >= 0)
                add(list, &n, (uint32_t)number, i);
        }
    }
    qsort(list, n, sizeof *list, by_number);
    return n;
}

/* ---- the search ---- */

struct range { /* from here up to the next one */
    uint32_t first;
    unsigned place;
};

static void add_range(struct range *ranges, size_t *n, uint32_t first, unsigned place)
{
    if (*n > 0 && ranges[*n - 1].first == first)
        (*n)--;
    if (*n == 0 || ranges[*n - 1].place != place)
        ranges[(*n)++] = (struct range){first, place};
}

static unsigned search(const struct range *ranges, size_t n)
{
    size_t half = n / 2;
    unsigned high, low;

    if (n == 1)
        return ranges[0].place;
    high = search(ranges + half, n - half);
    low = search(ranges, half);
    return test(BPF_JGE, ranges[half].first, high, low);
}

static unsigned machine_place(const struct machine *m, bool nested)
{
    static struct target list[MOST_CALLS];
    static struct range ranges[2 * MOST_CALLS + 8];
    size_t n = collect(list, m, nested), nranges = 0;

    add_range(ranges, &nranges, 0, answer(0));
    for (size_t i = 0; i < n; i++) {
        add_range(ranges, &nranges, list[i].number, rules_place(list[i].rules));
        add_range(ranges, &nranges, list[i].number + 1, answer(0));
    }
    add_range(ranges, &nranges, CALL_NEWEST + 1, answer(ENOSYS));
    if (m->own_last) {
        add_range(ranges, &nranges, m->own_first, answer(0));
        add_range(ranges, &nranges, m->own_last + 1, answer(ENOSYS));
    }
    go(search(ranges, nranges));
    return load(NUMBER);
}

static void generate(const struct pair *pair, bool nested)
{
    unsigned other, native;

    answer(0); /* the answers last */
    answer(ENOSYS);
    answer(EPERM);
    other = answer(ENOSYS);
    if (pair->sibling.name)
        other = machine_place(&pair->sibling, nested);
    native = machine_place(&pair->native, nested);
    if (pair->sibling.name)
        other = test(BPF_JEQ, pair->sibling.audit, other, answer(ENOSYS));
    test(BPF_JEQ, pair->native.audit, native, other);
    load(MACHINE);
}

static void write_program(const char *path)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(program + BPF_MAXINSNS - length, sizeof *program, length, file) != length ||
        fclose(file) != 0)
        die("cannot write ", path);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        die("generate MACHINE closed|nested OUTPUT", "");
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as are all machines above");
    if (call_nrules > 64)
        die("more rules than bits", "");
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(pairs[i].native.name, argv[1]) != 0)
            continue;
        generate(&pairs[i], strcmp(argv[2], "nested") == 0);
        write_program(argv[3]);
        return 0;
    }
    die("no system call table is known here for ", argv[1]);
}
