/* SPDX-License-Identifier: Apache-2.0
 * exec_loop.c - of exec.py, static: `exec_loop loop TIMES PROGRAM WORD...` has PROGRAM executed as
 * often, one after the other, as a shell does it, and prints how many microseconds each took;
 * without words it ends at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    int times = argc > 3 ? atoi(argv[2]) : 0;
    double begun = now_us();

    if (argc < 4 || strcmp(argv[1], "loop") != 0)
        return 0;
    for (int i = 0; i < times; i++) {
        pid_t pid = fork();

        if (pid == 0) {
            execv(argv[3], argv + 3);
            _exit(127);
        }
        if (waitpid(pid, NULL, 0) < 0)
            return 1;
    }
    printf("%.2f\n", (now_us() - begun) / times);
    return 0;
}
