/* SPDX-License-Identifier: Apache-2.0
 * runtime.S - the Lua files of lua/ as bytes: see runtime.h. */
    .macro module name, path
    .section .rodata
    .global runtime_\name
    .hidden runtime_\name
    .type runtime_\name, %object
runtime_\name:
    .incbin "\path"
runtime_\name\()_end:
    .size runtime_\name, runtime_\name\()_end - runtime_\name

    .global runtime_\name\()_size
    .hidden runtime_\name\()_size
    .type runtime_\name\()_size, %object
    .balign 8
runtime_\name\()_size:
    .quad runtime_\name\()_end - runtime_\name
    .size runtime_\name\()_size, 8
    .endm

    module fence, FENCE_LUA_FENCE
    module clock, FENCE_LUA_CLOCK
    module tally, FENCE_LUA_TALLY

    .section .note.GNU-stack, "", %progbits
