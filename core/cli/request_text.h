/* SPDX-License-Identifier: Apache-2.0
 * request_text.h - what is asked for, as a person writes it. Both cut their text, which is borrowed
 * by the request, and return NULL, or why not: a static sentence. */
#ifndef FENCE_CLI_REQUEST_TEXT_H
#define FENCE_CLI_REQUEST_TEXT_H

#include <fence/fence.h>

/* A tunnel: HOST:PORT. */
const char *request_text_authority(fence_request *out, char *text);

/* A request by http://, which fence can read; of https:// it sees the tunnel. */
const char *request_text_url(fence_request *out, const char *method, char *url);

#endif
