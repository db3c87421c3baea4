/*
 * A process with a second thread, which does what it reads from standard input, a letter each, and ends the process at
 * its end:
 *
 *   x    becomes cat, as a thread that is not the first one
 *   h    hides the process from its own user, s shows it again; each is answered with a line
 *
 * With the argument "leave" the first thread ends, and the process goes on without it. It prints a line when all this
 * is so.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int leaves;

static void say(const char *line) {
    if (write(STDOUT_FILENO, line, strlen(line)) < 0) {
        exit(1);
    }
}

/* Whether the first thread is a zombie, by the state behind the name, which has no parentheses. */
static int has_left(void) {
    char text[512] = "";
    FILE *stat = fopen("/proc/self/stat", "r");
    if (stat == NULL || fgets(text, sizeof text, stat) == NULL) {
        exit(1);
    }
    fclose(stat);
    return strchr(text, ')')[2] == 'Z';
}

static void *second(void *none) {
    while (leaves && !has_left()) {
        usleep(1000);
    }
    say("ready\n");
    for (char next; read(STDIN_FILENO, &next, 1) == 1;) {
        if (next == 'x') {
            execlp("cat", "cat", (char *) NULL);
            exit(1);
        } else if (next == 'h' || next == 's') {
            prctl(PR_SET_DUMPABLE, next == 's');
            say("done\n");
        }
    }
    exit(0);
    return none;
}

int main(int count, char **arguments) {
    leaves = count > 1 && strcmp(arguments[1], "leave") == 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, second, NULL) != 0) {
        return 1;
    }
    if (leaves) {
        pthread_exit(NULL);
    }
    pthread_join(thread, NULL);
    return 0;
}
