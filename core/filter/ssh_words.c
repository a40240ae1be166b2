/* SPDX-License-Identifier: Apache-2.0
 * ssh_words.c - as OpenSSH's ssh(1) reads them: options may stand behind the host, too; its letters
 * may stand together, and the value of the last one in the same word. */
#include "filter/ssh_words.h"

#define WITH_VALUE "BbcDEeFIiJLlmOopQRSWw"

static void add_host(struct ssh_words *out, struct str host)
{
    if (out->nhosts == SSH_HOSTS)
        out->too_many = true;
    else
        out->hosts[out->nhosts++] = host;
}

/* [user@]host, [user@]host:port where `ports`, ssh://[user@]host[:port]. */
static void add_destination(struct ssh_words *out, struct str text, bool ports)
{
    size_t colon;

    if (str_has_prefix(text, STR("ssh://"))) {
        text = str_slice(text, 6, text.len);
        text = str_slice(text, 0, str_find(text, '/'));
        ports = true;
    }
    for (size_t at = text.len; at > 0; at--) {
        if (text.bytes[at - 1] == '@') {
            text = str_slice(text, at, text.len);
            break;
        }
    }
    if (text.len > 0 && text.bytes[0] == '[')
        text = str_slice(text, 1, str_find(text, ']') < text.len ? str_find(text, ']') : text.len);
    else if (ports && (colon = str_find(text, ':')) < text.len)
        text = str_slice(text, 0, colon);
    add_host(out, text);
}

/* -J: one or more, with commas between. */
static void add_jumps(struct ssh_words *out, struct str text)
{
    while (text.len > 0) {
        size_t comma = str_find(text, ',');

        add_destination(out, str_slice(text, 0, comma), true);
        text = str_slice(text, comma < text.len ? comma + 1 : comma, text.len);
    }
}

/* -o: ssh_config(5), "Key=value" or "Key value"; the case of keys is nothing. */
static void take_setting(struct ssh_words *out, struct str text)
{
    size_t end = 0;
    struct str key, value;

    while (end < text.len && text.bytes[end] != '=' && text.bytes[end] != ' ')
        end++;
    key = str_slice(text, 0, end);
    while (end < text.len && (text.bytes[end] == '=' || text.bytes[end] == ' '))
        end++;
    value = str_slice(text, end, text.len);
    if (str_equal_nocase(key, STR("HostName")))
        add_host(out, value);
    else if (str_equal_nocase(key, STR("ProxyJump")) && !str_equal_nocase(value, STR("none")))
        add_jumps(out, value);
    else if (str_equal_nocase(key, STR("RemoteCommand")) && !str_equal_nocase(value, STR("none")))
        out->option = value;
}

static void take_value(struct ssh_words *out, char letter, const struct shell_word *value,
                       struct str text)
{
    if (!strchr("Jo", letter))
        return;
    if (!value->whole)
        out->unknown = true;
    else if (letter == 'J')
        add_jumps(out, text);
    else
        take_setting(out, text);
}

/* Returns the number of words that it takes. */
static size_t take_options(struct ssh_words *out, const struct shell_word *words, size_t left)
{
    struct str text = words[0].text;

    for (size_t i = 1; i < text.len; i++) {
        if (!strchr(WITH_VALUE, text.bytes[i]))
            continue;
        if (i + 1 < text.len)
            take_value(out, text.bytes[i], &words[0], str_slice(text, i + 1, text.len));
        else if (left > 1)
            take_value(out, text.bytes[i], &words[1], words[1].text);
        return i + 1 < text.len || left < 2 ? 1 : 2;
    }
    return 1;
}

void ssh_words_read(struct ssh_words *out, const struct shell_word *words, size_t count)
{
    bool named = false, ended = false;
    size_t at = 1;

    *out = (struct ssh_words){.command = count};
    while (at < count) {
        struct str text = words[at].text;

        if (!ended && words[at].whole && str_equal(text, STR("--"))) {
            ended = true;
            at++;
        } else if (!ended && text.len > 1 && text.bytes[0] == '-') {
            at += take_options(out, words + at, count - at);
        } else if (!named) {
            named = true;
            out->unknown = out->unknown || !words[at].whole;
            add_destination(out, text, false);
            at++;
        } else {
            out->command = at;
            return;
        }
    }
}
