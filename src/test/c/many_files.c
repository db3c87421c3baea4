/*
 * A process with as many open files as it may have, at most 100,000, the last of which is its network namespace: prints
 * its number, and ends with its standard input.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int main(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1;
    }
    limit.rlim_cur = limit.rlim_max < 100000 ? limit.rlim_max : 100000;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1;
    }
    int null = open("/dev/null", O_RDONLY), last = null;
    while (last >= 0 && last < (int) limit.rlim_cur - 2) {
        last = dup(null);
    }
    last = open("/proc/self/ns/net", O_RDONLY);
    printf("%d\n", last);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return last < 0;
}
