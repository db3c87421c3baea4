/*
 * The root of a container that somebody else's process joins: it holds a lease on a file, so that who opens the file,
 * execve too, has to wait; and tries to get at processes, by their numbers, in every way that the kernel has.
 *
 * It is given the file, and obeys lines of its input: "attack PID ADDRESS", "control", "kill PID SIGNAL", "release"; and
 * "hold PID", after which "write ADDRESS NUMBER" changes that one's memory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static char secret[] = "a secret";

static void say(const char *attack, int failed) {
    printf("%s %s\n", attack, failed ? strerrorname_np(errno) : "ok");
}

static int open_of(pid_t pid, const char *file, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    return open(path, flags | O_CLOEXEC);
}

static void try_read(pid_t pid, const char *file) {
    char byte;
    int fd = open_of(pid, file, O_RDONLY);
    say(file, fd < 0 || read(fd, &byte, 1) < 0);
    if (fd >= 0) {
        close(fd);
    }
}

static void try_link(pid_t pid, const char *file) {
    char path[64], target[4096];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    say(file, readlink(path, target, sizeof target) < 0);
}

static void try_memory(pid_t pid, void *address) {
    char bytes[sizeof secret];
    struct iovec here = {bytes, 1}, there = {address, 1};
    say("process_vm_readv", process_vm_readv(pid, &here, 1, &there, 1, 0) < 0);
    say("process_vm_writev", process_vm_writev(pid, &here, 1, &there, 1, 0) < 0);
    int fd = open_of(pid, "mem", O_RDWR);
    say("mem", fd < 0 || pread(fd, bytes, 1, (off_t)address) < 0 || pwrite(fd, bytes, 1, (off_t)address) < 0);
    if (fd >= 0) {
        close(fd);
    }
}

static void try_ptrace(pid_t pid) {
    int failed = ptrace(PTRACE_SEIZE, pid, 0, 0) < 0;
    say("PTRACE_SEIZE", failed);
    if (!failed) {
        ptrace(PTRACE_INTERRUPT, pid, 0, 0);
        waitpid(pid, NULL, __WALL);
        ptrace(PTRACE_DETACH, pid, 0, 0);
    }
    failed = ptrace(PTRACE_ATTACH, pid, 0, 0) < 0;
    say("PTRACE_ATTACH", failed);
    if (!failed) {
        waitpid(pid, NULL, __WALL);
        ptrace(PTRACE_DETACH, pid, 0, 0);
    }
}

static void try_descriptors(pid_t pid) {
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (int number = 0; number < 6; number++) {
        char name[32];
        snprintf(name, sizeof name, "pidfd_getfd_%d", number);
        int got = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
        say(name, got < 0);
        if (got >= 0) {
            close(got);
        }
        snprintf(name, sizeof name, "fd/%d", number);
        try_link(pid, name);
    }
    close(pidfd);
}

static void attack(pid_t pid, void *address) {
    static const char *const files[] = {"environ", "maps", "smaps", "auxv", "io"};
    static const char *const links[] = {"exe", "cwd", "root", "ns/user", "ns/mnt"};
    try_memory(pid, address);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        try_read(pid, files[i]);
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        try_link(pid, links[i]);
    }
    try_descriptors(pid);
    try_ptrace(pid);
    puts("end");
}

/* Who has it open may change it from then on: the kernel asks no more, and whoever shares it has it changed. */
static int open_memory(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    return open(path, O_RDWR | O_CLOEXEC);
}

/* The same attacks on a process of our own, where each of them works. */
static void control(void) {
    for (int fd = 3; fd < 6; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            dup2(0, fd);
        }
    }
    pid_t victim = fork();
    if (victim == 0) {
        for (;;) {
            pause();
        }
    }
    attack(victim, secret);
    kill(victim, SIGKILL);
    waitpid(victim, NULL, __WALL);
}

int main(int count, char **arguments) {
    char line[256];
    int memory = -1;
    sigset_t wanted;
    setvbuf(stdout, NULL, _IOLBF, 0);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGIO);
    sigprocmask(SIG_BLOCK, &wanted, NULL);
    int leased = count == 2 ? open(arguments[1], O_RDONLY | O_CLOEXEC) : -1;
    if (leased < 0 || fcntl(leased, F_SETLEASE, F_WRLCK) < 0) {
        printf("no lease: %s\n", strerrorname_np(errno));
        return 1;
    }
    puts("leased");
    while (fgets(line, sizeof line, stdin)) {
        unsigned long pid, number;
        int value;
        if (sscanf(line, "attack %lu %lx", &pid, &number) == 2) {
            attack((pid_t)pid, (void *)number);
        } else if (sscanf(line, "kill %lu %lu", &pid, &number) == 2) {
            say("kill", kill((pid_t)pid, (int)number) < 0);
        } else if (sscanf(line, "hold %lu", &pid) == 1) {
            memory = open_memory((pid_t)pid);
            say("hold", memory < 0);
        } else if (sscanf(line, "write %lx %d", &number, &value) == 2) {
            say("write", pwrite(memory, &value, sizeof value, (off_t)number) < 0);
        } else if (strcmp(line, "control\n") == 0) {
            control();
        } else if (strcmp(line, "wait\n") == 0) {
            siginfo_t info;
            while (sigwaitinfo(&wanted, &info) < 0) {
            }
            puts("wanted");
        } else if (strcmp(line, "release\n") == 0) {
            say("release", fcntl(leased, F_SETLEASE, F_UNLCK) < 0);
        }
    }
    return 0;
}
