/*
 * What it costs in C to start /bin/true in namespaces and to wait for its end: the floor of the launches.
 *
 *   launch_floor hold      a process that is in new namespaces of all types but TIME; prints its pid, and keeps it
 *                          until standard input ends
 *   launch_floor PID       takes orders from standard input, a line each: WAY PLACE THREADS MILLISECONDS. It answers
 *                          each with a line: nanoseconds from beginning to end, 0, and the nanoseconds of each launch.
 *
 * The ways:
 *   spawn     posix_spawn, which knows no namespaces
 *   clone     clone3(CLONE_VFORK) makes the namespaces as well: the least that it can take
 *   steps     clone3(CLONE_VFORK), then what unshare(1), nsenter(1) and the library do: unshare or setns, and a second
 *             process where there is a pid namespace
 *
 * The places: plain (none), five (USER MOUNT UTS IPC PID), eight (all types), join (those of PID). User namespaces get
 * their maps, mounts are made private, and lo is brought up, as the library does it. As with java.lang.ProcessBuilder
 * the child has pipes, and no other descriptor; it is waited for by its pidfd.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

enum { MAX_THREADS = 64 };

static const uint64_t FIVE = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID;
static const uint64_t SEVEN =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

extern char **environ;

static int target = -1; /* the process to join, by pidfd */

static void check(long result, const char *what) {
    if (result < 0) {
        dprintf(STDERR_FILENO, "launch_floor: %s: %s\n", what, strerror(errno));
        _exit(1);
    }
}

/* Inlined, since a function that both processes returned from would find the stack of the other. */
static inline __attribute__((always_inline)) long clone_process(struct clone_args *arguments) {
    long result;
#if defined(__x86_64__)
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(arguments), "S"(sizeof *arguments)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = SYS_clone3;
    register long x0 __asm__("x0") = (long)arguments;
    register long x1 __asm__("x1") = sizeof *arguments;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    result = x0;
#else
#error "no system call instruction known for this CPU"
#endif
    return result;
}

/* What a child is to do. It runs on the memory of its parent, which waits meanwhile. */
struct launch {
    uint64_t new, joined;
    int second; /* the process that goes on, if there are two */
    int pipes[3][2];
};

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    check(fd, path);
    check(write(fd, text, strlen(text)), path);
    check(close(fd), path);
}

static void write_maps(void) {
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", "0 0 1\n");
    write_file("/proc/self/gid_map", "0 0 1\n");
}

static void bring_lo_up(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(fd, "socket");
    check(ioctl(fd, SIOCSIFFLAGS, &request), "lo");
    check(close(fd), "close");
}

static __attribute__((noreturn, noinline)) void become_command(struct launch *launch) {
    static char *const command[] = {"/bin/true", NULL};
    sigset_t none;
    if (launch->new & CLONE_NEWNS) {
        check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
    }
    if (launch->new & CLONE_NEWNET) {
        bring_lo_up();
    }
    if (launch->new & CLONE_NEWTIME) {
        check(unshare(CLONE_NEWTIME), "unshare"); /* it enters it with the execve */
    }
    for (int i = 0; i < 3; i++) {
        check(dup2(launch->pipes[i][i != 0], i), "dup2");
    }
    check(syscall(SYS_close_range, 3, ~0U, 0), "close_range");
    sigemptyset(&none);
    check(sigprocmask(SIG_SETMASK, &none, NULL), "sigprocmask");
    execve(command[0], command, environ);
    check(-1, command[0]);
    _exit(127);
}

static __attribute__((noreturn, noinline)) void child_of_clone(struct launch *launch) {
    if (launch->new & CLONE_NEWUSER) {
        write_maps();
    }
    become_command(launch);
}

static __attribute__((noreturn, noinline)) void child_of_steps(struct launch *launch) {
    if (launch->joined) {
        check(setns(target, (int)launch->joined), "setns");
        check(setresgid(0, 0, 0), "setresgid");
        (void)syscall(SYS_setgroups, 0, NULL); /* where they are denied they stay */
        check(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
    }
    if (launch->new) {
        check(unshare((int)(launch->new & ~(uint64_t)CLONE_NEWTIME)), "unshare");
        write_maps();
    }
    if ((launch->new | launch->joined) & CLONE_NEWPID) {
        struct clone_args arguments = {
            .flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT | CLONE_PARENT_SETTID,
            .parent_tid = (uint64_t)(uintptr_t)&launch->second,
        };
        long child = clone_process(&arguments);
        if (child == 0) {
            become_command(launch);
        }
        _exit(child < 0 ? 1 : 0);
    }
    become_command(launch);
}

static void take_in(idtype_t type, int id) {
    siginfo_t info;
    check(waitid(type, (id_t)id, &info, WEXITED | __WALL), "waitid");
    if (info.si_code != CLD_EXITED || info.si_status != 0) {
        fprintf(stderr, "launch_floor: a child ended with %d\n", info.si_status);
        exit(1);
    }
}

static void open_pipes(struct launch *launch) {
    for (int i = 0; i < 3; i++) {
        check(pipe2(launch->pipes[i], O_CLOEXEC), "pipe2");
    }
}

static void close_pipes(struct launch *launch, int end) {
    for (int i = 0; i < 3; i++) {
        check(close(launch->pipes[i][(i != 0) ^ end]), "close");
    }
}

static int pidfd_of(int pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    check(fd, "pidfd_open");
    return fd;
}

static int spawn(struct launch *launch) {
    static char *const command[] = {"/bin/true", NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    errno = posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3 && errno == 0; i++) {
        errno = posix_spawn_file_actions_adddup2(&actions, launch->pipes[i][i != 0], i);
    }
    errno = errno ? errno : posix_spawn(&pid, command[0], &actions, NULL, command, environ);
    check(errno ? -1 : 0, "posix_spawn");
    posix_spawn_file_actions_destroy(&actions);
    return pidfd_of(pid);
}

static __attribute__((noinline)) int clone_child(struct launch *launch, int by_steps) {
    int pidfd = -1;
    struct clone_args arguments = {
        .flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
    };
    if (!by_steps) {
        arguments.flags |= launch->new & ~(uint64_t)CLONE_NEWTIME;
    }
    long pid = clone_process(&arguments);
    if (pid == 0) {
        if (by_steps) {
            child_of_steps(launch);
        }
        child_of_clone(launch);
    }
    if (pid < 0) {
        errno = (int)-pid;
    }
    check(pid, "clone3");
    if (launch->second == 0) {
        return pidfd;
    }
    take_in(P_PIDFD, pidfd);
    check(close(pidfd), "close");
    return pidfd_of(launch->second);
}

enum way { SPAWN, CLONE, STEPS };

static void launch_once(enum way way, uint64_t new, uint64_t joined) {
    struct launch launch = {.new = new, .joined = joined};
    open_pipes(&launch);
    int pidfd = way == SPAWN ? spawn(&launch) : clone_child(&launch, way == STEPS);
    close_pipes(&launch, 0);
    take_in(P_PIDFD, pidfd);
    check(close(pidfd), "close");
    close_pipes(&launch, 1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

struct order {
    enum way way;
    uint64_t new, joined;
    int64_t end;
    size_t count, room;
    int64_t *times;
};

static void *obey(void *argument) {
    struct order *order = argument;
    int64_t before = now();
    do {
        launch_once(order->way, order->new, order->joined);
        int64_t after = now();
        if (order->count == order->room) {
            order->room = 2 * order->room + 1024;
            order->times = realloc(order->times, order->room * sizeof *order->times);
            check(order->times ? 0 : -1, "realloc");
        }
        order->times[order->count++] = after - before;
        before = now();
    } while (before < order->end);
    return NULL;
}

static void run(const char *way, const char *place, int threads, int64_t milliseconds) {
    struct order orders[MAX_THREADS] = {0};
    pthread_t ids[MAX_THREADS];
    int64_t start = now();
    for (int i = 0; i < threads && i < MAX_THREADS; i++) {
        orders[i].way = strcmp(way, "spawn") == 0 ? SPAWN : strcmp(way, "clone") == 0 ? CLONE : STEPS;
        if (strcmp(place, "five") == 0) {
            orders[i].new = FIVE;
        } else if (strcmp(place, "eight") == 0) {
            orders[i].new = SEVEN | CLONE_NEWTIME;
        } else if (strcmp(place, "join") == 0) {
            orders[i].joined = SEVEN;
        }
        orders[i].end = start + milliseconds * 1000000;
        check(-pthread_create(&ids[i], NULL, obey, &orders[i]), "pthread_create");
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
    }
    printf("%lld 0", (long long)(now() - start));
    for (int i = 0; i < threads; i++) {
        for (size_t k = 0; k < orders[i].count; k++) {
            printf(" %lld", (long long)orders[i].times[k]);
        }
        free(orders[i].times);
    }
    printf("\n");
    fflush(stdout);
}

static int hold(void) {
    check(unshare((int)SEVEN), "unshare");
    write_maps();
    pid_t init = fork();
    check(init, "fork");
    if (init == 0) {
        for (;;) {
            pause();
        }
    }
    printf("%ld\n", (long)init);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    kill(init, SIGKILL);
    return 0;
}

int main(int count, char **arguments) {
    if (count != 2) {
        fputs("launch_floor hold | launch_floor PID\n", stderr);
        return 2;
    }
    if (strcmp(arguments[1], "hold") == 0) {
        return hold();
    }
    target = pidfd_of(atoi(arguments[1]));
    char way[16], place[16];
    int threads, milliseconds;
    while (scanf("%15s %15s %d %d", way, place, &threads, &milliseconds) == 4) {
        run(way, place, threads, milliseconds);
    }
    return 0;
}
