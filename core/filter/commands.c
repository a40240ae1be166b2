/* SPDX-License-Identifier: Apache-2.0
 * commands.c - see commands.h.
 *
 * A word that could be the value of an option, or the word of a rule, is taken for what denies:
 * what is denied by mistake is told of, and can be allowed. In rules that allow it is the other way
 * round. */
#include "filter/commands.h"

#include <errno.h>
#include <stdlib.h>

#include "filter/command_options.h"

/* ---- reading rules ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Writes the next word without its quotes to `to`, which has room for all of the text. Returns
 * NULL, or why not. */
static const char *take_token(struct str *out, struct str *text, char *to)
{
    char quote = '\0';
    size_t at = 0, len = 0;

    for (; at < text->len && (quote || !is_blank(text->bytes[at])); at++) {
        char c = text->bytes[at];

        if (quote ? c == quote : c == '\'' || c == '"')
            quote = quote ? '\0' : c;
        else
            to[len++] = c;
    }
    if (quote)
        return "a quote is not closed";
    *out = (struct str){to, len};
    *text = str_slice(*text, at, text->len);
    return NULL;
}

static bool is_loose(struct str token)
{
    return token.len > 0 && (token.bytes[0] == '-' || token.bytes[token.len - 1] == '=');
}

static const char *parse(struct command_rule *rule, struct str text)
{
    char *to = rule->bytes;

    for (;;) {
        const char *why;

        while (text.len > 0 && is_blank(text.bytes[0]))
            text = str_slice(text, 1, text.len);
        if (text.len == 0)
            break;
        if (rule->ntokens == LIMIT_COMMAND_TOKENS)
            return "a rule has at most 16 words";
        why = take_token(&rule->tokens[rule->ntokens], &text, to);
        if (why)
            return why;
        to += rule->tokens[rule->ntokens++].len;
    }
    if (rule->ntokens == 0)
        return "name a program";
    rule->tokens[0] = str_base_name(rule->tokens[0]);
    if (rule->tokens[0].len == 0)
        return "name a program first: \"git push\"";
    for (rule->nhead = 1; rule->nhead < rule->ntokens; rule->nhead++) {
        if (is_loose(rule->tokens[rule->nhead]))
            break;
    }
    return NULL;
}

int command_rules_add(struct command_rules *rules, struct str text, const char **why)
{
    struct command_rule rule = {.text = strndup(text.bytes ? text.bytes : "", text.len),
                                .bytes = malloc(text.len + 1)};
    struct command_rule *list = reallocarray(rules->list, rules->count + 1, sizeof *list);

    *why = NULL;
    if (list)
        rules->list = list;
    if (list && rule.text && rule.bytes)
        *why = memchr(rule.text, '\0', text.len) ? "no name has a NUL in it" : parse(&rule, text);
    if (list && rule.text && rule.bytes && !*why) {
        list[rules->count++] = rule;
        return 0;
    }
    free((char *)rule.text);
    free(rule.bytes);
    return *why ? -EINVAL : -ENOMEM;
}

void command_rules_deinit(struct command_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        free((char *)rules->list[i].text);
        free(rules->list[i].bytes);
    }
    free(rules->list);
    *rules = (struct command_rules){0};
}

/* ---- matching ---- */

struct line {
    const struct shell_word *words;
    size_t count;
    struct str program;
    bool denies; /* the rule that it is held against does */
};

static bool is_option(const struct shell_word *word)
{
    return word->text.len > 1 && word->text.bytes[0] == '-';
}

static bool is_end(const struct shell_word *word)
{
    return word->whole && str_equal(word->text, STR("--"));
}

static bool is_word(const struct shell_word *word, struct str token)
{
    return word->whole && str_equal(word->text, token);
}

/* Passes over options and their values to where the next word of the rule stands. Returns `count`
 * where it does not. */
static size_t find_place(const struct line *line, size_t at, struct str token)
{
    bool doubtful = false; /* the word could be the value of an option */

    for (; at < line->count; at++) {
        const struct shell_word *word = &line->words[at];

        if (is_word(word, token))
            return doubtful && !line->denies ? line->count : at;
        if (is_end(word)) {
            doubtful = false;
        } else if (is_option(word)) {
            enum command_option kind = command_option_kind(line->program, word->text);

            at += kind == COMMAND_OPTION_VALUE;
            doubtful = kind == COMMAND_OPTION_UNKNOWN;
        } else if (doubtful) {
            doubtful = false;
        } else {
            return line->count;
        }
    }
    return line->count;
}

/* "--privileged" is "--privileged=true" as well; "if=" is "if=/dev/sda". */
static bool is_loose_word(const struct shell_word *word, struct str token)
{
    if (!str_has_prefix(word->text, token))
        return false;
    if (token.bytes[token.len - 1] == '=')
        return true;
    return word->text.len == token.len ? word->whole
                                       : token.len > 2 && word->text.bytes[token.len] == '=';
}

/* The host's side of a mount, "/:/", whatever stands behind it. */
static bool is_operand(const struct shell_word *word, struct str token)
{
    return is_word(word, token) ||
           (str_has_suffix(token, STR(":/")) && str_has_prefix(word->text, token));
}

/* A loose word of the rule, and those behind it up to the next one, side by side somewhere. */
static bool has_group(const struct line *line, size_t from, const struct str *tokens, size_t count)
{
    for (size_t at = from; at + count <= line->count; at++) {
        size_t same = 1;

        if (!is_loose_word(&line->words[at], tokens[0]))
            continue;
        while (same < count && is_operand(&line->words[at + same], tokens[same]))
            same++;
        if (same == count)
            return true;
    }
    return false;
}

static bool matches(const struct command_rule *rule, const struct line *line)
{
    size_t at = 1, token = 1;

    if (!str_equal(line->program, rule->tokens[0]))
        return false;
    for (; token < rule->nhead; token++) {
        at = find_place(line, at, rule->tokens[token]);
        if (at == line->count)
            return false;
        at++;
    }
    while (token < rule->ntokens) {
        size_t end = token + 1;

        while (end < rule->ntokens && !is_loose(rule->tokens[end]))
            end++;
        if (!has_group(line, at, rule->tokens + token, end - token))
            return false;
        token = end;
    }
    return true;
}

static bool find(struct command_match *out, const struct command_rule *list, size_t count,
                 const struct line *line, const char *key)
{
    for (size_t i = 0; i < count; i++) {
        if (!matches(&list[i], line))
            continue;
        out->verdict = line->denies ? COMMAND_DENIED : COMMAND_ALLOWED;
        out->rule = list[i].text;
        out->key = key;
        out->source = list[i].source;
        out->index = list[i].index;
        return true;
    }
    return false;
}

void commands_judge(struct command_match *out, const struct commands *commands,
                    const struct shell_word *words, size_t count)
{
    struct line line = {.words = words, .count = count};

    *out = (struct command_match){.verdict = COMMAND_NO_RULE};
    if (count == 0 || !words[0].whole)
        return;
    line.program = str_base_name(words[0].text);
    if (find(out, commands->allow.list, commands->allow.count, &line, "command.allow"))
        return;
    line.denies = true;
    if (!find(out, commands->deny.list, commands->deny.count, &line, "command.deny") &&
        commands->use_defaults)
        find(out, command_defaults, ncommand_defaults, &line, "command.useDefaults");
}
