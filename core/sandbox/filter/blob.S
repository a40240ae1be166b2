/* SPDX-License-Identifier: Apache-2.0
 * blob.S - the two programs that generate.c has made, as bytes: filter_closed[filter_closed_size],
 * and filter_nested for allowNested. */
    .macro program name, path
    .global \name
    .hidden \name
    .type \name, %object
    .balign 8
\name:
    .incbin "\path"
\name\()_end:
    .size \name, \name\()_end - \name

    .global \name\()_size
    .hidden \name\()_size
    .type \name\()_size, %object
    .balign 8
\name\()_size:
    .quad \name\()_end - \name
    .size \name\()_size, 8
    .endm

    .section .rodata
    program filter_closed, FENCE_FILTER_CLOSED
    program filter_nested, FENCE_FILTER_NESTED

    .section .note.GNU-stack, "", %progbits
