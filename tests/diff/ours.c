/* SPDX-License-Identifier: Apache-2.0
 * ours.c - a head through http1_scan_head() and http1_parse_request(), as a session does it.
 *
 * What the scan refuses, the parser must refuse as well: it stands on its own. */
#include <stdio.h>

#include "diff/reading.h"
#include "proto/http1.h"
#include "support/require.h"

/* The scan gives no reason: it is told from the byte that was not eaten. */
static const char *scan_refusal(struct str bytes, size_t used)
{
    if (bytes.bytes[used] == '\n')
        return "scan: LF without CR";
    if (used == 2 && bytes.bytes[0] == '\r' && bytes.bytes[2] == '\r')
        return "scan: a second blank line before the request";
    if (used > 0 && bytes.bytes[used - 1] == '\r')
        return "scan: CR without LF";
    return "scan: a control character";
}

static void write_facts(struct reading *out, const struct http1_request *request, size_t used)
{
    char *fields = out->fact[FACT_FIELDS];
    size_t len = 0;

    snprintf(out->fact[FACT_USED], FACT_CAP, "%zu", used);
    snprintf(out->fact[FACT_METHOD], FACT_CAP, STR_FMT, STR_ARG(request->method));
    snprintf(out->fact[FACT_TARGET], FACT_CAP, "%s:%u " STR_FMT, request->host.text, request->port,
             STR_ARG(request->path));
    snprintf(out->fact[FACT_VERSION], FACT_CAP, "%u", request->minor);
    snprintf(out->fact[FACT_PERSIST], FACT_CAP, "%s", request->keep_alive ? "keep" : "close");
    if (request->framing == HTTP1_LENGTH)
        snprintf(out->fact[FACT_BODY], FACT_CAP, "length=%llu",
                 (unsigned long long)request->content_length);
    else
        snprintf(out->fact[FACT_BODY], FACT_CAP, "%s",
                 request->framing == HTTP1_CHUNKED ? "chunked" : "none");
    fields[0] = '\0';
    for (size_t i = 0; i < request->nfields; i++)
        len +=
            (size_t)snprintf(fields + len, FACT_CAP - len, STR_FMT ":" STR_FMT "\n",
                             STR_ARG(request->fields[i].name), STR_ARG(request->fields[i].value));
}

void read_ours(struct reading *out, struct str bytes)
{
    struct http1_request request;
    struct http1_refusal why = {0, NULL};
    struct http1_scan scan = {0};
    size_t used;
    enum http1_scan_status status = http1_scan_head(&scan, bytes.bytes, bytes.len, &used);

    out->accepted = false;
    require(status != HTTP1_SCAN_MORE); /* samples are whole heads */
    if (status == HTTP1_SCAN_TOO_LARGE) {
        snprintf(out->why, sizeof out->why, "scan: too large");
    } else if (status == HTTP1_SCAN_MALFORMED) {
        require(!http1_parse_request(&request, bytes, &why));
        snprintf(out->why, sizeof out->why, "%s", scan_refusal(bytes, used));
    } else if (!http1_parse_request(&request, str_slice(bytes, 0, used), &why)) {
        snprintf(out->why, sizeof out->why, "%s", why.text);
    } else {
        out->accepted = true;
        write_facts(out, &request, used);
    }
}
