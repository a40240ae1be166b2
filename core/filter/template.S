/* SPDX-License-Identifier: Apache-2.0
 * template.S - the files of policies/templates as bytes: see template.c. */
    .macro template name, file
    .section .rodata
    .global template_\name
    .hidden template_\name
    .type template_\name, %object
template_\name:
    .incbin "\file"
template_\name\()_end:
    .size template_\name, template_\name\()_end - template_\name

    .global template_\name\()_size
    .hidden template_\name\()_size
    .type template_\name\()_size, %object
    .balign 8
template_\name\()_size:
    .quad template_\name\()_end - template_\name
    .size template_\name\()_size, 8
    .endm

    template agent_api_only, agent-api-only.json
    template code, code.json
    template code_relaxed, code-relaxed.json
    template code_strict, code-strict.json
    template default_deny, default-deny.json
    template disable_telemetry, disable-telemetry.json
    template git_readonly, git-readonly.json
    template hermes, hermes.json
    template local_dev_server, local-dev-server.json
    template npm_install, npm-install.json
    template pip_install, pip-install.json
    template workspace_write, workspace-write.json

    .section .note.GNU-stack, "", %progbits
