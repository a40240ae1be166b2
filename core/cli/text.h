/* SPDX-License-Identifier: Apache-2.0
 * text.h - what is printed because it was asked for: on standard output, status 0. */
#ifndef FENCE_CLI_TEXT_H
#define FENCE_CLI_TEXT_H

int text_version(void);
int text_help(void);
int text_help_proxy(void);
int text_help_policy(void);
int text_help_explain(void);
int text_help_connect(void);
int text_help_doctor(void);
int text_help_templates(void);
int text_help_config(void);
int text_help_profile(void);

#endif
