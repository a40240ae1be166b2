/* SPDX-License-Identifier: Apache-2.0
 * exec_judge.c - see exec_judge.h. A program has the name of its path, the one that it is told as
 * its first word, that of the file where links lead, and that of a program whose copy it is. It is
 * judged by each of them: none is better than the others. */
#include "sandbox/exec_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/shell_wrappers.h"

#define NAMES 4

struct judging {
    struct command_refusal *out;
    const struct fence_config *config;
};

/* A shell_found. */
static int judge(void *payload, const struct shell_word *words, size_t count)
{
    struct judging *judging = payload;

    return command_refuses(judging->out, judging->config, words, count);
}

static bool refuse_unread(struct judging *judging, int rc)
{
    *judging->out = (struct command_refusal){.rule = "built-in", .key = "built-in"};
    snprintf(judging->out->message, sizeof judging->out->message, "%s",
             rc == -ENOMEM ? "out of memory" : "it is too long to be read");
    return true;
}

/* `words` has one at least, and is as it was afterwards. */
static bool judge_name(struct judging *judging, struct str name, struct shell_word *words,
                       size_t count)
{
    struct shell_word first = words[0];
    int rc;

    if (name.len == 0)
        return false;
    words[0] = (struct shell_word){name, true};
    rc = shell_holds_programs(name) ? shell_walk_programs(words, count, judge, judging)
                                    : judge(judging, words, count);
    words[0] = first;
    return rc < 0 ? refuse_unread(judging, rc) : rc > 0;
}

/* "/memfd:git (deleted)" is git. */
static struct str file_name(const struct exec_file *file)
{
    static const struct str gone = {" (deleted)", 10}, memory = {"memfd:", 6};
    struct str name = str_base_name(str_of(file->path));

    if (str_has_suffix(name, gone))
        name = str_slice(name, 0, name.len - gone.len);
    return str_has_prefix(name, memory) ? str_slice(name, memory.len, name.len) : name;
}

static bool judge_names(struct judging *judging, const struct exec_known *known,
                        struct exec_said *said)
{
    struct shell_word nothing = {STR(""), true};
    struct shell_word *words = said->count > 0 ? said->words : &nothing;
    size_t count = said->count > 0 ? said->count : 1;
    const struct str names[NAMES] = {str_base_name(str_of(said->path)),
                                     str_base_name(words[0].text), file_name(&said->file),
                                     exec_known_name(known, &said->file)};

    for (size_t i = 0; i < NAMES; i++) {
        bool again = false;

        for (size_t k = 0; k < i; k++)
            again = again || str_equal(names[i], names[k]);
        if (!again && judge_name(judging, names[i], words, count))
            return true;
    }
    return false;
}

/* The first line: "#!", blanks, the interpreter, blanks, one word with all that follows. execve(2).
 */
static bool read_interpreter(struct str *program, struct str *word, const struct exec_file *file)
{
    struct str line = {file->head, file->head_len};

    if (!str_has_prefix(line, STR("#!")))
        return false;
    line = str_trim(str_slice(line, 2, str_find(line, '\n')));
    *program = line;
    for (size_t i = 0; i < line.len; i++) {
        if (line.bytes[i] != ' ' && line.bytes[i] != '\t')
            continue;
        *program = str_slice(line, 0, i);
        break;
    }
    *word = str_trim(str_slice(line, program->len, line.len));
    return program->len > 0;
}

/* What the kernel makes of a script: its interpreter, the word of its first line, its path, the
 * words. Returns 1 with `out`, 0 where it is none, or -ENOMEM. */
static int script_words(struct shell_word **out, size_t *count, const struct exec_said *said)
{
    struct str program, word;
    struct shell_word *words;

    if (!said->file.known || !read_interpreter(&program, &word, &said->file))
        return 0;
    words = calloc(said->count + 3, sizeof *words);
    if (!words)
        return -ENOMEM;
    *count = 0;
    words[(*count)++] = (struct shell_word){program, true};
    if (word.len > 0)
        words[(*count)++] = (struct shell_word){word, true};
    words[(*count)++] = (struct shell_word){str_of(said->path), true};
    for (size_t i = 1; i < said->count; i++)
        words[(*count)++] = said->words[i];
    *out = words;
    return 1;
}

static bool judge_script(struct judging *judging, const struct exec_said *said)
{
    auto_free struct shell_word *words = NULL;
    size_t count = 0;
    int rc = script_words(&words, &count, said);

    if (rc < 0)
        return refuse_unread(judging, rc);
    return rc > 0 && judge_name(judging, str_base_name(words[0].text), words, count);
}

/* What else is executed by another program (binfmt_misc, a script as an interpreter) is none. */
bool exec_is_script_of(const struct exec_said *judged, const struct exec_said *now)
{
    auto_free struct shell_word *words = NULL;
    size_t count = 0, same = 0;

    if (script_words(&words, &count, judged) <= 0 || count != now->count)
        return false;
    while (same < count && str_equal(words[same].text, now->words[same].text))
        same++;
    return same == count;
}

bool exec_refuses(struct command_refusal *out, const struct fence_config *config,
                  const struct exec_known *known, struct exec_said *said)
{
    struct judging judging = {out, config};

    if (!judge_names(&judging, known, said) && !judge_script(&judging, said))
        return false;
    command_show(out->command, sizeof out->command, said->words, said->count);
    return true;
}
