/* SPDX-License-Identifier: Apache-2.0
 * corpus.c - samples and their changes at random: no clock, no entropy. */
#include "diff/corpus.h"

#define ROOM 64 /* kept free for what a test puts behind a sample */

size_t dice_roll(struct dice *dice, size_t bound)
{
    dice->state ^= dice->state >> 12; /* xorshift64* */
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (size_t)((dice->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % bound;
}

void sample_set(struct sample *sample, struct str bytes)
{
    sample->len = 0;
    sample_append(sample, bytes);
}

void sample_append(struct sample *sample, struct str bytes)
{
    sample_insert(sample, sample->len, bytes);
}

void sample_insert(struct sample *sample, size_t at, struct str bytes)
{
    if (bytes.len > SAMPLE_CAP - ROOM - sample->len)
        return;
    memmove(sample->bytes + at + bytes.len, sample->bytes + at, sample->len - at);
    memcpy(sample->bytes + at, bytes.bytes, bytes.len);
    sample->len += bytes.len;
}

void sample_remove(struct sample *sample, size_t at, size_t count)
{
    memmove(sample->bytes + at, sample->bytes + at + count, sample->len - at - count);
    sample->len -= count;
}

/* ---- changes ---- */

static const char ALPHABET[] = "\r\n \t\0:,;\"\\/?#@[]%*-_.{|~\x01\x0b\x0c\x1f\x7f\x80\xa0\xff"
                               "0123456789aAzZ";

static struct str any_byte(struct dice *dice)
{
    return (struct str){ALPHABET + dice_roll(dice, sizeof ALPHABET - 1), 1};
}

/* From `*at` to the end of its line; `*at` moves to where the line begins. */
static size_t any_line(const struct sample *sample, struct dice *dice, size_t *at)
{
    size_t end = dice_roll(dice, sample->len);

    for (*at = end; *at > 0 && sample->bytes[*at - 1] != '\n';)
        --*at;
    while (end < sample->len && sample->bytes[end++] != '\n')
        continue;
    return end - *at;
}

static void double_line(struct sample *sample, struct dice *dice)
{
    char line[SAMPLE_CAP];
    size_t at, len = any_line(sample, dice, &at);

    memcpy(line, sample->bytes + at, len);
    any_line(sample, dice, &at);
    sample_insert(sample, at, (struct str){line, len});
}

static void change(struct sample *sample, struct dice *dice)
{
    size_t at = dice_roll(dice, sample->len), len;

    switch (dice_roll(dice, 8)) {
    case 0:
    case 1:
        sample_insert(sample, at, any_byte(dice));
        return;
    case 2:
    case 3:
        sample->bytes[at] = any_byte(dice).bytes[0];
        return;
    case 4:
        sample_remove(sample, at, 1);
        return;
    case 5:
        sample->bytes[at] ^= 0x20; /* a letter's case */
        return;
    case 6:
        double_line(sample, dice);
        return;
    default:
        len = any_line(sample, dice, &at);
        sample_remove(sample, at, len);
        return;
    }
}

void corpus_mutate(struct sample *sample, struct dice *dice)
{
    for (size_t n = 1 + dice_roll(dice, 3); n > 0 && sample->len > 0; n--)
        change(sample, dice);
}
