/* SPDX-License-Identifier: Apache-2.0
 * exec_race.c - `exec_race HOW TOOL TIMES`: has TOOL executed as often, by children in which a
 * thread writes, in turns, what may be executed and what may not, to the memory that execve(2)
 * reads. Prints how many were of which kind. TOOL is this program, too: with "push" as its word it
 * ends with 42. HOW: "word" changes a word of the vector, "pointer" the vector, "path" the path, to
 * TOOL.push. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PUSHED 42
#define DENIED 77

static char word[8] = "pull", path[256], allowed[256], denied[256];
static char push[] = "push", pull[] = "pull";
static char *volatile words[3] = {"tool", word, NULL};
static const char *how;

static void pause_a_little(void)
{
    for (volatile int i = 0; i < 200; i++)
        ;
}

static void change(int to_denied)
{
    if (strcmp(how, "word") == 0)
        memcpy(word, to_denied ? push : pull, 4);
    else if (strcmp(how, "pointer") == 0)
        words[1] = to_denied ? push : pull;
    else
        memcpy(path, to_denied ? denied : allowed, sizeof path);
}

static void *flip(void *unused)
{
    for (;;) {
        change(1);
        pause_a_little();
        change(0);
        pause_a_little();
    }
    return unused;
}

static void child(int number)
{
    pthread_t thread;

    pthread_create(&thread, NULL, flip, NULL);
    for (int i = 0; i < number % 20; i++)
        pause_a_little();
    execv(path, (char **)words);
    _exit(DENIED);
}

int main(int argc, char **argv)
{
    int pushed = 0, other = 0;

    if (argc < 4)
        return argc > 1 && strcmp(argv[1], push) == 0 ? PUSHED : 0;
    how = argv[1];
    if (strcmp(how, "path") == 0)
        words[1] = pull;
    snprintf(allowed, sizeof allowed, "%s", argv[2]);
    snprintf(denied, sizeof denied, "%s.push", argv[2]);
    memcpy(path, allowed, sizeof path);
    for (int i = 0; i < atoi(argv[3]); i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            child(i);
        if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == PUSHED)
            pushed++;
        else
            other += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    printf("%d %d\n", pushed, other);
    return 0;
}
