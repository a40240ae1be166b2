/* SPDX-License-Identifier: Apache-2.0
 * test_list.c - order, and removal of the current member while all are visited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/list.h"

struct letter {
    char c;
    struct list link;
};

#define LETTERS 4

static void fill(struct list *head, struct letter letters[LETTERS])
{
    list_init(head);
    for (int i = 0; i < LETTERS; i++) {
        letters[i].c = (char)('a' + i);
        list_append(head, &letters[i].link);
    }
}

/* Forwards and backwards say the same. */
static void spell(char out[LETTERS + 1], struct list *head)
{
    size_t n = 0, back = 0;

    LIST_EACH(link, head)
    {
        out[n++] = CONTAINER_OF(link, struct letter, link)->c;
    }
    out[n] = '\0';
    for (struct list *link = head->prev; link != head; link = link->prev)
        assert_int_equal(CONTAINER_OF(link, struct letter, link)->c, out[n - ++back]);
    assert_int_equal(back, n);
}

static const struct row {
    const char *name, *removed, *left;
} rows[] = {
    {"none", "", "abcd"},           {"the first", "a", "bcd"},
    {"the last", "d", "abc"},       {"one in the middle", "b", "acd"},
    {"two neighbours", "bc", "ad"}, {"all, in order", "abcd", ""},
    {"all, backwards", "dcba", ""},
};

static void test_remove(void **state)
{
    (void)state;
    for (const struct row *row = rows; row < rows + ARRAY_LEN(rows); row++) {
        struct letter letters[LETTERS];
        struct list head;
        char left[LETTERS + 1];

        fill(&head, letters);
        for (const char *c = row->removed; *c; c++)
            list_remove(&letters[*c - 'a'].link);
        spell(left, &head);
        if (strcmp(left, row->left) != 0)
            fail_msg("%s: '%s' instead of '%s'", row->name, left, row->left);
        assert_int_equal(list_empty(&head), row->left[0] == '\0');
    }
}

static void test_remove_while_visiting(void **state)
{
    (void)state;
    for (const struct row *row = rows; row < rows + ARRAY_LEN(rows); row++) {
        struct letter letters[LETTERS];
        struct list head;
        char left[LETTERS + 1];
        int visited = 0;

        fill(&head, letters);
        LIST_EACH(link, &head)
        {
            visited++;
            if (strchr(row->removed, CONTAINER_OF(link, struct letter, link)->c))
                list_remove(link);
        }
        spell(left, &head);
        if (visited != LETTERS || strcmp(left, row->left) != 0)
            fail_msg("%s: %d visited, '%s' left", row->name, visited, left);
    }
}

/* What takes a question back does not ask whether it has been answered. */
static void test_remove_twice(void **state)
{
    struct letter letters[LETTERS];
    struct list head, outside;
    char left[LETTERS + 1];

    (void)state;
    fill(&head, letters);
    list_remove(&letters[1].link);
    list_remove(&letters[1].link);
    assert_true(list_empty(&letters[1].link));
    list_init(&outside);
    list_remove(&outside);
    list_append(&head, &letters[1].link);
    spell(left, &head);
    assert_string_equal(left, "acdb");
}

static void test_empty(void **state)
{
    struct list head;

    (void)state;
    list_init(&head);
    assert_true(list_empty(&head));
    LIST_EACH(link, &head)
    {
        fail_msg("an empty list has a member");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_remove_while_visiting),
        cmocka_unit_test(test_remove_twice),
        cmocka_unit_test(test_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
