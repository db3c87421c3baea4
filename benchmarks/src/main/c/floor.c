/*
 * What the same work costs in C: the floor that the Java contenders are compared with.
 *
 *   floor hold                        new namespaces of every type that a thread of a JVM can enter; prints its
 *                                     pid, and keeps them until standard input ends
 *   floor LOOP PID MILLISECONDS REPETITIONS
 *                                     runs one of the loops below against the namespaces of that process,
 *                                     and prints the nanoseconds of one pass, a line a repetition
 *
 * A loop warms up for half a repetition. The clock is CLOCK_MONOTONIC, as System.nanoTime() reads it.
 */

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef PIDFD_GET_NET_NAMESPACE
#define PIDFD_GET_NET_NAMESPACE _IO(0xFF, 4)
#endif

enum { SET = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP };
enum { SET_SIZE = 4 };

static const struct {
    const char *name, *file;
    int flag;
} types[] = {
    {"NETWORK", "net", CLONE_NEWNET},
    {"UTS", "uts", CLONE_NEWUTS},
    {"IPC", "ipc", CLONE_NEWIPC},
    {"CGROUP", "cgroup", CLONE_NEWCGROUP},
    {"MOUNT", "mnt", CLONE_NEWNS},
};

static const char *target; /* the pid, as it was given */
static char target_file[64]; /* its network namespace */
static int there[SET_SIZE], back[SET_SIZE], flags[SET_SIZE];
static int working_directory;
static char source[] = "/tmp/floor-source-XXXXXX", place[] = "/tmp/floor-place-XXXXXX";

static void check(long result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int open_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    check(fd, path);
    return fd;
}

static int pidfd(long pid) {
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    check(fd, "pidfd_open");
    return fd;
}

/* Opens the way there and back. */
static void open_type(int slot, const char *name) {
    char path[64];
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, name) == 0) {
            snprintf(path, sizeof path, "/proc/%s/ns/%s", target, types[i].file);
            there[slot] = open_file(path);
            snprintf(path, sizeof path, "/proc/thread-self/ns/%s", types[i].file);
            back[slot] = open_file(path);
            flags[slot] = types[i].flag;
            return;
        }
    }
    fprintf(stderr, "no type %s\n", name);
    exit(2);
}

/* The loops: one pass each. */

static void enter(void) {
    check(setns(there[0], flags[0]), "setns");
    check(setns(back[0], flags[0]), "setns");
}

static void enter_and_change_directory(void) {
    enter();
    check(fchdir(working_directory), "fchdir");
}

static void enter_four(void) {
    for (int i = 0; i < SET_SIZE; i++) {
        check(setns(there[i], flags[i]), "setns");
    }
    for (int i = 0; i < SET_SIZE; i++) {
        check(setns(back[i], flags[i]), "setns");
    }
}

static void enter_pidfd(void) {
    check(setns(there[0], SET), "setns");
    check(setns(back[0], SET), "setns");
}

static void *nothing(void *unused) {
    return unused;
}

static void *settle(void *unused) {
    check(setns(there[0], flags[0]), "setns");
    return unused;
}

static void start_and_join(void *(*task)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, task, NULL) != 0 || pthread_join(thread, NULL) != 0) {
        fputs("no thread\n", stderr);
        exit(1);
    }
}

static void thread(void) {
    start_and_join(nothing);
}

static void thread_inside(void) {
    start_and_join(settle);
}

static void open_link(void) {
    check(close(open_file(target_file)), "close");
}

static int open_of_process(void) {
    int process = pidfd(atol(target));
    int fd = ioctl(process, PIDFD_GET_NET_NAMESPACE, 0);
    check(fd, "PIDFD_GET_NET_NAMESPACE");
    check(close(process), "close");
    return fd;
}

static void open_pidfd(void) {
    check(close(open_of_process()), "close");
}

static void open_pidfd_and_identify(void) {
    struct statx status;
    int fd = open_of_process();
    check(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status), "statx");
    check(close(fd), "close");
}

static void read_link(void) {
    char text[64];
    check(readlink(target_file, text, sizeof text), target_file);
}

/* What is mounted where mounts are shared would be shared, so this is said before and after, as ours does. */
static void make_private(int mount) {
    struct mount_attr attributes = {.propagation = MS_PRIVATE};
    check(mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes), "mount_setattr");
}

static void attach_and_detach(int mount) {
    check(move_mount(mount, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS), "move_mount");
    make_private(mount);
    check(close(mount), "close");
    check(umount2(place, 0), "umount2");
}

static void attach_bind(void) {
    int mount = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    check(mount, "open_tree");
    make_private(mount);
    attach_and_detach(mount);
}

static void attach_tmpfs(void) {
    int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
    check(context, "fsopen");
    check(fsconfig(context, FSCONFIG_SET_STRING, "source", "tmpfs", 0), "fsconfig");
    check(fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig");
    int mount = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    check(mount, "fsmount");
    check(close(context), "close");
    attach_and_detach(mount);
}

static void mount_bind(void) {
    check(mount(source, place, NULL, MS_BIND, NULL), "mount");
    check(mount(NULL, place, NULL, MS_PRIVATE, NULL), "mount");
    check(umount2(place, 0), "umount2");
}

static void mount_tmpfs(void) {
    check(mount("tmpfs", place, "tmpfs", MS_NOSUID | MS_NODEV, NULL), "mount");
    check(mount(NULL, place, NULL, MS_PRIVATE, NULL), "mount");
    check(umount2(place, 0), "umount2");
}

static void remove_places(void) {
    rmdir(source);
    rmdir(place);
}

/* A mount namespace of its own, and two directories. */
static void prepare_places(void) {
    check(mkdtemp(source) == NULL ? -1 : 0, source);
    check(mkdtemp(place) == NULL ? -1 : 0, place);
    atexit(remove_places);
    check(unshare(CLONE_NEWNS), "unshare");
    check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
}

static const struct {
    const char *name;
    void (*pass)(void);
} mount_loops[] = {
    {"attach-bind", attach_bind},
    {"attach-tmpfs", attach_tmpfs},
    {"mount-bind", mount_bind},
    {"mount-tmpfs", mount_tmpfs},
};

/* Finds a loop by its name, and prepares it. */
static void (*loop(const char *name))(void) {
    if (strncmp(name, "enter:", 6) == 0) {
        open_type(0, name + 6);
        return enter;
    }
    if (strcmp(name, "enter-and-fchdir") == 0) {
        working_directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        check(working_directory, ".");
        open_type(0, "MOUNT");
        return enter_and_change_directory;
    }
    if (strcmp(name, "enter-four") == 0) {
        for (int i = 0; i < SET_SIZE; i++) {
            open_type(i, types[i].name);
        }
        return enter_four;
    }
    if (strcmp(name, "enter-pidfd") == 0) {
        there[0] = pidfd(atol(target));
        back[0] = pidfd(getppid()); /* at home, and not moved by what we do */
        return enter_pidfd;
    }
    for (size_t i = 0; i < sizeof mount_loops / sizeof *mount_loops; i++) {
        if (strcmp(name, mount_loops[i].name) == 0) {
            prepare_places();
            return mount_loops[i].pass;
        }
    }
    if (strcmp(name, "thread-inside") == 0) {
        open_type(0, "NETWORK");
        return thread_inside;
    }
    if (strcmp(name, "thread") == 0) {
        return thread;
    }
    if (strcmp(name, "open") == 0) {
        return open_link;
    }
    if (strcmp(name, "open-pidfd") == 0) {
        return open_pidfd;
    }
    if (strcmp(name, "open-pidfd-statx") == 0) {
        return open_pidfd_and_identify;
    }
    if (strcmp(name, "readlink") == 0) {
        return read_link;
    }
    fprintf(stderr, "no loop %s\n", name);
    exit(2);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static double nanoseconds_per_pass(void (*pass)(void), int64_t duration) {
    int64_t start = now(), end = start, passes = 0;
    do {
        for (int i = 0; i < 50; i++) {
            pass();
        }
        passes += 50;
        end = now();
    } while (end - start < duration);
    return (double)(end - start) / (double)passes;
}

static int hold(void) {
    check(unshare(SET | CLONE_NEWNS), "unshare");
    printf("%ld\n", (long)getpid());
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "hold") == 0) {
        return hold();
    }
    if (count != 5) {
        fputs("floor hold | floor LOOP PID MILLISECONDS REPETITIONS\n", stderr);
        return 2;
    }
    target = arguments[2];
    snprintf(target_file, sizeof target_file, "/proc/%s/ns/net", target);
    void (*pass)(void) = loop(arguments[1]);
    int64_t duration = atol(arguments[3]) * INT64_C(1000000);
    nanoseconds_per_pass(pass, duration / 2);
    for (int i = atoi(arguments[4]); i > 0; i--) {
        printf("%.2f\n", nanoseconds_per_pass(pass, duration));
    }
    return 0;
}
