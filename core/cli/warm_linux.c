/* SPDX-License-Identifier: Apache-2.0
 * warm_linux.c - the pages of a short run, asked for at once: see warm.h. */
#include "cli/warm.h"

#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What a run from `main` to the sandbox's start touches, counted by page faults. */
#define STACK_BYTES (44U * 1024)
#define HEAP_BYTES  (88U * 1024)

/* madvise(2) of kernels before 5.14 knows neither advice: then each page comes when it is used. */
static void populate(uintptr_t begin, size_t len, int advice)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = begin & ~(page - 1);

    madvise((void *)first, (begin + len - first + page - 1) & ~(page - 1), advice);
}

/* Of the first object, which is the program: the libraries' pages did not pay. */
static int populate_code(struct dl_phdr_info *object, size_t size, void *payload)
{
    (void)size;
    (void)payload;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X)
            populate(object->dlpi_addr + segment->p_vaddr, segment->p_memsz, MADV_POPULATE_READ);
    }
    return 1;
}

void warm_up(void)
{
    char *heap = malloc(1);

    populate((uintptr_t)__builtin_frame_address(0) - STACK_BYTES, STACK_BYTES, MADV_POPULATE_WRITE);
    if (heap)
        populate((uintptr_t)heap, HEAP_BYTES, MADV_POPULATE_WRITE);
    free(heap);
    dl_iterate_phdr(populate_code, NULL);
}
