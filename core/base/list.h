/* SPDX-License-Identifier: Apache-2.0
 * list.h - an intrusive doubly linked list: the links live in its members, nothing is allocated. */
#ifndef FENCE_BASE_LIST_H
#define FENCE_BASE_LIST_H

#include "base/base.h"

struct list { /* a head, or a link in a member; a link outside any list points to itself */
    struct list *next, *prev;
};

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

static inline void list_append(struct list *head, struct list *link)
{
    link->next = head;
    link->prev = head->prev;
    head->prev->next = link;
    head->prev = link;
}

/* Harmless on a link that is in no list. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

/* The current member may be removed, and no other. */
#define LIST_EACH(link, head)                                                                      \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);              \
         link = link##_next, link##_next = link->next)

#endif
