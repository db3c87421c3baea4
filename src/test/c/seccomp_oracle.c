/*
 * Asks the kernel what it thinks of seccomp filters. Standard input holds questions, each answered
 * on standard output before the next is read. First of all it writes the address that a filter
 * sees as the instruction pointer. All numbers are in native order.
 *
 * Each question is tried in a child, which after the filter is in place makes one system call, the
 * probe, and then dies of an instruction, because the filter may allow it nothing else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 5000 /* more than the kernel takes: that it does not is one of the questions */

struct question {
  uint64_t arguments[6];
  uint64_t count;
};

struct answer {
  int32_t install_errno; /* 0: the kernel took the filter */
  int32_t signal;        /* that the probe was killed with; 0: it returned */
  int64_t result;        /* of the probe */
};

extern const char behind_the_probe[];

/* getppid(2) takes no arguments, but the filter sees them. */
static __attribute__((noinline, noclone)) int64_t probe(const uint64_t *a) {
#if defined(__x86_64__)
  register uint64_t r10 __asm__("r10") = a[3];
  register uint64_t r8 __asm__("r8") = a[4];
  register uint64_t r9 __asm__("r9") = a[5];
  int64_t result;
  __asm__ volatile("syscall\n\t.globl behind_the_probe\nbehind_the_probe:"
                   : "=a"(result)
                   : "a"(SYS_getppid), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register uint64_t x8 __asm__("x8") = SYS_getppid;
  register uint64_t x0 __asm__("x0") = a[0];
  register uint64_t x1 __asm__("x1") = a[1];
  register uint64_t x2 __asm__("x2") = a[2];
  register uint64_t x3 __asm__("x3") = a[3];
  register uint64_t x4 __asm__("x4") = a[4];
  register uint64_t x5 __asm__("x5") = a[5];
  __asm__ volatile("svc #0\n\t.globl behind_the_probe\nbehind_the_probe:"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return (int64_t)x0;
#else
#error "no system call known for this CPU"
#endif
}

static int read_all(void *to, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t n = read(0, (char *)to + done, size - done);
    if (n <= 0) {
      return 0;
    }
    done += (size_t)n;
  }
  return 1;
}

int main(void) {
  static struct question question;
  static struct sock_filter filter[MOST];
  volatile struct answer *answer =
      mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const uint64_t address = (uintptr_t)behind_the_probe;
  const struct rlimit none = {0, 0};

  if (answer == MAP_FAILED || setrlimit(RLIMIT_CORE, &none) != 0 ||
      prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      write(1, &address, sizeof address) != sizeof address) {
    return 1;
  }
  while (read_all(&question, sizeof question)) {
    if (question.count > MOST || !read_all(filter, question.count * sizeof filter[0])) {
      return 2;
    }
    answer->install_errno = -1;
    answer->signal = 0;
    answer->result = 0;
    pid_t child = fork();
    if (child < 0) {
      return 3;
    }
    if (child == 0) {
      struct sock_fprog program = {(unsigned short)question.count, filter};
      int failed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0;
      answer->install_errno = failed ? errno : 0;
      if (!failed) {
        answer->result = probe(question.arguments);
      }
      __builtin_trap();
    }
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status)) {
      return 4;
    }
    /* Any other signal is that of the trap. */
    answer->signal = WTERMSIG(status) == SIGSYS ? SIGSYS : 0;
    if (write(1, (const void *)answer, sizeof *answer) != sizeof *answer) {
      return 5;
    }
  }
  return 0;
}
