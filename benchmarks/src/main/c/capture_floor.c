/*
 * A crowd to look at, and what it costs C to look at all processes.
 *
 *   capture_floor crowd PROCESSES NAMESPACES
 *                                     that many sleepers in that many new namespaces, a third of them network,
 *                                     a third UTS and a third mount; prints the number of processes when all are
 *                                     there, and ends with its standard input
 *   capture_floor look REPETITIONS    eight readlinkat for each process in /proc, which is the least that it takes
 *                                     to know who is where; prints the nanoseconds of each look, a line each, and
 *                                     to standard error how many processes there were
 *
 * The crowd lives in a pid namespace of its own: when its init ends, whatever the reason, the kernel ends them all.
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void check(long result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static void sleep_for_good(void) {
    for (;;) {
        pause();
    }
}

/* One process in three new namespaces, and its children, which are born there; one byte to ready from each. */
static void group(int members, int ready) {
    check(unshare(CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWNS), "unshare");
    for (int i = 1; i < members; i++) {
        pid_t child = fork();
        check(child, "fork");
        if (child == 0) {
            check(write(ready, "", 1), "write");
            sleep_for_good();
        }
    }
    check(write(ready, "", 1), "write");
    sleep_for_good();
}

static void crowd(int processes, int groups) {
    check(unshare(CLONE_NEWPID), "unshare");
    int ready[2];
    check(pipe2(ready, O_CLOEXEC), "pipe2");
    pid_t init = fork();
    check(init, "fork");
    if (init == 0) {
        check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl");
        for (int i = 0; i < groups; i++) {
            pid_t child = fork();
            check(child, "fork");
            if (child == 0) {
                group(processes / groups + (i < processes % groups), ready[1]);
            }
        }
        sleep_for_good();
    }
    close(ready[1]);
    char bytes[4096];
    for (int there = 0; there < processes;) {
        ssize_t more = read(ready[0], bytes, sizeof bytes);
        check(more > 0 ? 0 : -1, "the crowd");
        there += (int) more;
    }
    printf("%d\n", processes);
    fflush(stdout);
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0) {
    }
    kill(init, SIGKILL);
    waitpid(init, NULL, 0);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int look(void) {
    static const char *const types[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
    int processes = 0;
    DIR *proc = opendir("/proc");
    check(proc ? 0 : -1, "/proc");
    for (struct dirent *entry; (entry = readdir(proc));) {
        if (!isdigit((unsigned char) entry->d_name[0])) {
            continue;
        }
        char name[sizeof entry->d_name + 3], text[64];
        sprintf(name, "%s/ns", entry->d_name);
        int directory = openat(dirfd(proc), name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) {
            continue;
        }
        for (int i = 0; i < 8; i++) {
            if (readlinkat(directory, types[i], text, sizeof text) < 0) {
                break;
            }
        }
        close(directory);
        processes++;
    }
    closedir(proc);
    return processes;
}

int main(int count, char **arguments) {
    if (count == 4 && strcmp(arguments[1], "crowd") == 0) {
        crowd(atoi(arguments[2]), atoi(arguments[3]) / 3);
    } else if (count == 3 && strcmp(arguments[1], "look") == 0) {
        int processes = 0;
        for (int i = atoi(arguments[2]); i > 0; i--) {
            int64_t start = now();
            processes = look();
            printf("%lld\n", (long long) (now() - start));
        }
        fprintf(stderr, "%d\n", processes);
    } else {
        fprintf(stderr, "capture_floor crowd PROCESSES NAMESPACES | capture_floor look REPETITIONS\n");
        return 2;
    }
    return 0;
}
