/*
 * A container that tries to lead who reads its files astray: it swaps a directory with a link as fast as it can, and
 * moves another directory in and out of what is the root for somebody. Each argument pair is swapped in a process of its
 * own: two names that change places (RENAME_EXCHANGE). It says "swapping", and ends when its input does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE 2
#endif

int main(int count, char **names) {
    for (int i = 1; i + 1 < count; i += 2) {
        if (syscall(SYS_renameat2, AT_FDCWD, names[i], AT_FDCWD, names[i + 1], RENAME_EXCHANGE)) {
            perror(names[i]);
            return 1;
        }
        pid_t parent = getpid();
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            while (getppid() == parent) {
                syscall(SYS_renameat2, AT_FDCWD, names[i], AT_FDCWD, names[i + 1], RENAME_EXCHANGE);
            }
            return 0;
        }
    }
    puts("swapping");
    fflush(stdout);
    char end;
    return read(0, &end, 1) != 0;
}
