/*
 * Processes that end while somebody looks at them: forks children that fork, make a thread, get namespaces, and end
 * or are killed, as fast as it can, a few at a time. It ends with its standard input.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *nothing(void *none) {
    unshare(CLONE_FS | CLONE_NEWUTS);
    return none;
}

int main(void) {
    if (write(STDOUT_FILENO, "ready\n", 6) < 0) {
        return 1;
    }
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    for (unsigned turn = 0; poll(&input, 1, 0) == 0; turn++) {
        pid_t child = fork();
        if (child == 0) {
            pthread_t thread;
            if (turn % 4 == 1) {
                unshare(CLONE_NEWUTS | CLONE_NEWIPC);
            } else if (turn % 4 == 2) {
                pthread_create(&thread, NULL, nothing, NULL);
            } else if (turn % 4 == 3 && fork() == 0) {
                _exit(0);
            }
            if (turn % 8 < 4) {
                usleep(turn % 64 * 1000);
            }
            _exit(0);
        }
        if (turn % 16 == 0) {
            usleep(turn % 32 * 500);
            kill(child, SIGKILL);
        }
        waitpid(child, NULL, 0);
    }
    return 0;
}
