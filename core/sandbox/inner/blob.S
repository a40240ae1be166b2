/* SPDX-License-Identifier: Apache-2.0
 * blob.S - the inner helper as bytes: inner_blob[inner_blob_size]. */
    .section .rodata
    .global inner_blob
    .hidden inner_blob
    .type inner_blob, %object
    .balign 16
inner_blob:
    .incbin FENCE_INNER_PATH
inner_blob_end:
    .size inner_blob, inner_blob_end - inner_blob

    .global inner_blob_size
    .hidden inner_blob_size
    .type inner_blob_size, %object
    .balign 8
inner_blob_size:
    .quad inner_blob_end - inner_blob
    .size inner_blob_size, 8

    .section .note.GNU-stack, "", %progbits
