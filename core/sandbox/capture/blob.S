/* SPDX-License-Identifier: Apache-2.0
 * blob.S - the netlink messages that generate.c has made, as bytes: messages.h. */
    .macro messages name, path
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
    messages capture_rules, FENCE_CAPTURE_RULES
    messages capture_rules4, FENCE_CAPTURE_RULES4
    messages capture_links, FENCE_CAPTURE_LINKS
    messages capture_links4, FENCE_CAPTURE_LINKS4

    .section .note.GNU-stack, "", %progbits
