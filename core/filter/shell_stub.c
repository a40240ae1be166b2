#include "filter/shell_wrappers.h"
int shell_walk(struct str script, shell_found found, void *payload)
{
    return shell_read(script, found, payload);
}
int shell_walk_words(const struct shell_word *words, size_t count, shell_found found, void *payload)
{
    return found(payload, words, count);
}
