/* SPDX-License-Identifier: Apache-2.0
 * differences.c - the table. "It" is llhttp. */
#include "diff/differences.h"

#include <string.h>

#include "base/base.h"

const struct difference differences[] = {
    /* ---- lines ---- */
    {WE_REFUSE, "scan: LF without CR",
     "it takes LF for a line's end after the version, and before the request line; "
     "another reader may not",
     "RFC 9112, 2.2"},
    {WE_REFUSE, "scan: CR without LF", "it skips every CR before the request line",
     "RFC 9112, 2.2"},
    {WE_REFUSE, "scan: a second blank line before the request",
     "it skips them all; one is what old clients send behind a body", "RFC 9112, 2.2"},
    {WE_REFUSE, "scan: too large", "it has no limit of its own: Node counts beside it",
     "RFC 9110, 5.4"},
    {WE_REFUSE, "a line of the head begins with white space",
     "it unfolds obs-fold; a server has to refuse or replace it", "RFC 9112, 5.2"},
    {WE_REFUSE, "a field has no name",
     "it takes the empty name; a name is a token of one byte at least", "RFC 9110, 5.1"},
    {WE_REFUSE, "the head has too many fields", "it has no limit", "RFC 9110, 5.4"},
    /* ---- the request line ---- */
    {WE_REFUSE, "the request line is not 'METHOD http://URL HTTP/1.1'",
     "it takes several spaces, no version at all (HTTP/0.9), RTSP/1.0 and ICE/1.0", "RFC 9112, 3"},
    {WE_REFUSE, "this proxy speaks HTTP/1.1 and HTTP/1.0 only",
     "it takes HTTP/0.9 and HTTP/2.0 when named so", "RFC 9112, 2.3"},
    {WE_REFUSE, "TRACE is not passed on: it would send credentials back", "it only reads",
     "RFC 9110, 9.3.8"},
    /* ---- the target ---- */
    {WE_REFUSE, "this is a proxy: the request must name the whole http:// URL",
     "origin-form is for servers: it names no host to judge", "RFC 9112, 3.2.2"},
    {WE_REFUSE, "this is a proxy: '*' names no server", "asterisk-form is for servers",
     "RFC 9112, 3.2.4"},
    {WE_REFUSE, "https:// goes through a tunnel: use CONNECT", "it does not mind the scheme",
     "RFC 9110, 9.3.6"},
    {WE_REFUSE, "only http:// URLs are fetched here", "it does not mind the scheme",
     "RFC 9112, 3.2.2"},
    {WE_REFUSE, "a request target has no fragment: leave out '#' and the rest",
     "it takes fragments, which no target has: a host may seem to end there", "RFC 9112, 3.2"},
    {WE_REFUSE, "a URL holds no backslash: write it as %5C",
     "it takes backslashes, which browsers read as '/'", "RFC 3986, 2"},
    {WE_REFUSE, "a user name has no place before a host",
     "it takes user information, which hides the host from people", "RFC 9110, 4.2.4"},
    {WE_REFUSE, "the host is empty", "it does not look: http has no URL without a host",
     "RFC 9110, 4.2.1"},
    {WE_REFUSE, "the port is missing: write host:port", "CONNECT has no default port",
     "RFC 9110, 9.3.6"},
    {WE_REFUSE, "write the port as a number from 1 to 65535, without leading zeros",
     "it does not look; an empty port would be allowed, and is not needed", "RFC 3986, 3.2.3"},
    {WE_REFUSE, "more than one ':': write an IPv6 address in brackets", "it does not look",
     "RFC 3986, 3.2.2"},
    {WE_REFUSE, "behind the ']' of an IPv6 address stands ':' and the port, or nothing",
     "it does not look", "RFC 3986, 3.2.2"},
    {WE_REFUSE, "a '[' without its ']'", "it does not look", "RFC 3986, 3.2.2"},
    {WE_REFUSE, "brackets stand around an IPv6 address only",
     "it does not look; IPvFuture would be allowed, and nobody has one", "RFC 3986, 3.2.2"},
    {WE_REFUSE, "this is not an IPv6 address", "it does not look", "RFC 3986, 3.2.2"},
    {WE_REFUSE, "an IPv6 address has no zone here",
     "it does not look; a zone has a meaning on one machine only", "RFC 6874, 1"},
    {WE_REFUSE, "write an IPv4 address as four decimal numbers",
     "it does not look; resolvers read 0x7f.1 and 127.1 as addresses", "RFC 3986, 7.4"},
    {WE_REFUSE, "a host name holds letters, digits, '-', '_' and '.' only",
     "it takes every byte of user information", "RFC 1034, 3.5"},
    {WE_REFUSE, "a host holds no '%': write it without percent-encoding",
     "it does not decode; who does would see another host", "RFC 3986, 3.2.2"},
    {WE_REFUSE, "a host holds no '*': patterns are for rules", "it does not look", "RFC 1034, 3.5"},
    {WE_REFUSE, "a host name has no empty labels", "it does not look", "RFC 1035, 2.3.1"},
    {WE_REFUSE, "a label of a host name neither begins nor ends with '-'", "it does not look",
     "RFC 1035, 2.3.1"},
    {WE_REFUSE, "a label of a host name has 63 bytes at most", "it does not look",
     "RFC 1035, 2.3.4"},
    {WE_REFUSE, "a host name has 253 bytes at most", "it does not look", "RFC 1035, 2.3.4"},
    /* ---- Host ---- */
    {WE_REFUSE, "HTTP/1.1 wants a Host field", "it leaves that to its caller", "RFC 9112, 3.2"},
    {WE_REFUSE, "Host stands there more than once", "it leaves that to its caller",
     "RFC 9112, 3.2"},
    {WE_REFUSE, "the Host field is not a host with an optional port",
     "it leaves that to its caller", "RFC 9112, 3.2"},
    {WE_REFUSE, "the Host field differs from the host in the target",
     "it leaves that to its caller; the target is judged, and must be what anyone else"
     " would go by",
     "RFC 9112, 3.2.2"},
    /* ---- framing ---- */
    {WE_REFUSE, "Content-Length is not a plain decimal number",
     "it takes leading zeros, which some read as octal, and numbers over 2^63-1, which"
     " are negative to some",
     "RFC 9110, 8.6"},
    {WE_REFUSE, "the only Transfer-Encoding taken is 'chunked', once",
     "it takes other codings before chunked, empty elements, and an empty field as "
     "none",
     "RFC 9112, 6.1"},
    {WE_REFUSE, "Content-Length and Transfer-Encoding exclude each other",
     "it refuses that too, but for an empty Transfer-Encoding, which it takes for none",
     "RFC 9112, 6.1"},
    {WE_REFUSE, "HTTP/1.0 has no Transfer-Encoding",
     "it reads chunks all the same; the framing is to be treated as faulty", "RFC 9112, 6.1"},
    {WE_REFUSE, "a CONNECT request has no body",
     "it ignores the framing fields; others would wait for a body", "RFC 9110, 9.3.6"},
    /* ---- other fields ---- */
    {WE_REFUSE, "a Connection field is not a list of names",
     "it reads the options that it knows, and skips the rest", "RFC 9110, 7.6.1"},
    {WE_REFUSE, "the only expectation known is 100-continue", "it leaves that to its caller",
     "RFC 9110, 10.1.1"},
    {WE_REFUSE, "Max-Forwards is one number", "it leaves that to its caller", "RFC 9110, 7.6.2"},
    /* ---- llhttp refuses ---- */

    /* Methods are an open set of tokens, and a proxy passes on what it does not know. None frames a
     * request in another way but CONNECT, HEAD and TRACE, and those we know in every case of their
     * letters. llhttp has a list, and stops at the first byte that leaves it. */
    {THEY_REFUSE, "Invalid method encountered", "not in its list", "RFC 9110, 9.1"},
    {THEY_REFUSE, "Expected space after method", "one of its list, and more", "RFC 9110, 9.1"},
    {THEY_REFUSE, "Invalid method for HTTP/x.x request", "one of RTSP in its list",
     "RFC 9110, 9.1"},
    /* HTAB is white space around a value as SP is, and goes away before the value is looked at;
     * behind these two llhttp takes SP alone. What goes on to the upstream is a framing field of
     * our own, without either: nobody behind us can read it in another way. */
    {THEY_REFUSE, "Invalid character in Content-Length", "a HTAB behind the number",
     "RFC 9110, 5.5"},
    {THEY_REFUSE, "Request has invalid `Transfer-Encoding`", "a HTAB behind 'chunked'",
     "RFC 9110, 5.5"},
    /* ---- both accept ---- */
    {FACT_DIFFERS, "persist: close/keep, HTTP/1.0",
     "a proxy keeps no connection of an HTTP/1.0 client: it may be another proxy that "
     "passed a Connection field on",
     "RFC 9112, 9.3"},
    {FACT_DIFFERS, "persist: close/keep, HTAB", "it does not see 'close' with a HTAB behind it",
     "RFC 9110, 5.5"},
    {FACT_DIFFERS, "body: chunked/none, HTAB",
     "it does not see 'chunked' with a HTAB behind it; the refusal above it leaves out when there "
     "is"
     " an Upgrade",
     "RFC 9110, 5.5"},
};

const size_t ndifferences = ARRAY_LEN(differences);

size_t difference_find(enum parting parting, const char *key)
{
    size_t i = 0;

    while (i < ndifferences &&
           (differences[i].parting != parting || strcmp(differences[i].key, key) != 0))
        i++;
    return i;
}
