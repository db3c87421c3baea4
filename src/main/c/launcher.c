/*
 * The interpreter of a launch image: it runs the list of system calls that lies behind it in the image, which Java
 * wrote (see LaunchProgram), and ends with one of them, an execve. It is freestanding: no C library, no data of its
 * own, and from its first instruction on a process with a single thread, which is what makes user, time and pid
 * namespaces possible at all.
 *
 * Everything that has to be decided is decided in Java. What is here is what only the child can know: how a call went.
 */
#include "launcher.h"

#include <asm/unistd.h>

/* By the linker script: what Java wrote, where it is executed, */
extern const struct image image;

/* and where we map it a second time, so that Java sees what is written there: our report, and results of steps. */
extern char shared[];
extern struct program program;
extern volatile struct report report;

enum { LARGEST_ERRNO = 4095, ERRNO_BITS = 128 };
enum { PROT_READ_WRITE = 3, MAP_SHARED_FIXED = 0x11 };
enum { SIGCHLD = 17, WNOHANG = 1, WALL = 0x40000000, SIGSET_BYTES = 8 };

static inline __attribute__((always_inline)) word kernel(word number, word a, word b, word c, word d, word e, word f) {
#if defined(__x86_64__)
    register word r10 __asm__("r10") = d;
    register word r8 __asm__("r8") = e;
    register word r9 __asm__("r9") = f;
    word result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register word x8 __asm__("x8") = number;
    register word x0 __asm__("x0") = a;
    register word x1 __asm__("x1") = b;
    register word x2 __asm__("x2") = c;
    register word x3 __asm__("x3") = d;
    register word x4 __asm__("x4") = e;
    register word x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "no system call instruction known for this CPU"
#endif
}

/*
 * A clone after which the caller is to end. The child may have its memory, and with it the stack that the compiler uses:
 * so the caller ends right here, with what it has in registers alone.
 */
static inline __attribute__((always_inline)) word clone_and_end(word flags, word stack, word number) {
#if defined(__x86_64__)
    word result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jle 2f\n"
                     "1:\tmov %[end], %%eax\n\t"
                     "xor %%edi, %%edi\n\t"
                     "syscall\n\t"
                     "jmp 1b\n"
                     "2:"
                     : "=a"(result)
                     : "a"((word)__NR_clone), "D"(flags), "S"(stack), "d"(number), [end] "i"(__NR_exit_group)
                     : "rcx", "r11", "cc", "memory");
    return result;
#elif defined(__aarch64__)
    register word x8 __asm__("x8") = __NR_clone;
    register word x0 __asm__("x0") = flags;
    register word x1 __asm__("x1") = stack;
    register word x2 __asm__("x2") = number;
    __asm__ volatile("svc 0\n\t"
                     "cmp x0, #0\n\t"
                     "b.le 2f\n"
                     "1:\tmov x0, #0\n\t"
                     "mov x8, %[end]\n\t"
                     "svc 0\n\t"
                     "b 1b\n"
                     "2:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), [end] "i"(__NR_exit_group)
                     : "cc", "memory");
    return x0;
#endif
}

static __attribute__((noinline)) word call(word number, word a, word b, word c, word d) {
    return kernel(number, a, b, c, d, 0, 0);
}

static __attribute__((noreturn)) void end(word status) {
    for (;;) {
        call(__NR_exit_group, status, 0, 0, 0);
    }
}

static __attribute__((noreturn)) void fail(word step, word result) {
    report.step = step;
    report.result = result;
    report.failed = 1;
    end(127);
}

/* Messages come one by one, a line each, and none is given in part. */
static void tell(word context) {
    word length = 0;
    word got;
    do {
        got = call(__NR_read, context, (word)(shared + WORDS + length), WORDS_BYTES - 1 - length, 0);
        length += got > 0 ? got : 0;
    } while (got > 0);
    shared[WORDS + length] = 0;
}

static inline int is_error(word result) {
    return (unsigned long)result >= (unsigned long)-LARGEST_ERRNO;
}

static inline int is_tolerated(const struct step *step, word result) {
    unsigned long error = (unsigned long)-result;
    return is_error(result) && error < ERRNO_BITS && (step->tolerated[error / 64] >> error % 64 & 1);
}

/*
 * The init of a pid namespace: hands on what it is sent to the command, takes in the orphans, and ends as the command
 * ended. All signals are blocked here, so that they wait for us to take them; the kernel queues a blocked one even for
 * an init, which an unblocked and unhandled one would not reach. It holds no file, so that whoever reads what the
 * command writes sees the end of it.
 */
static __attribute__((noreturn)) void init(word command) {
    word every = -1;
    call(__NR_close_range, 0, 0xffffffff, 0, 0);
    for (;;) {
        word signal = call(__NR_rt_sigtimedwait, (word)&every, 0, 0, SIGSET_BYTES);
        if (signal == SIGCHLD) {
            for (;;) {
                int status;
                word ended = call(__NR_wait4, -1, (word)&status, WNOHANG | WALL, 0);
                if (ended == command) {
                    int killer = status & 0x7f;
                    end(killer ? 128 + killer : status >> 8 & 0xff);
                }
                if (ended <= 0) {
                    break;
                }
            }
        } else if (signal > 0) {
            call(__NR_kill, command, signal, 0, 0);
        }
    }
}

__attribute__((noreturn, section(".start"))) void _start(void) {
    word refused = -1; /* the step whose refusal is told if no other place had the command */
    word refusal = 0;
    word index = 0;
    word mapped = kernel(__NR_mmap, (word)shared, image.bytes, PROT_READ_WRITE, MAP_SHARED_FIXED, REPORT_FILE, 0);
    if (is_error(mapped)) {
        end(126); /* with nowhere to say so; Java sees that not even the first step was reached */
    }
    for (struct step *step = program.first; step != program.end; step++, index++) {
        word given[6];
        if ((step->kind == AGAIN || step->kind == UNDO) && !is_error(*step->result)) {
            continue;
        }
        report.step = index;
        for (int i = 0; i < 6; i++) {
            word argument = step->arguments[i];
            given[i] = step->indirect >> i & 1 ? *(word *)argument : argument;
        }
        word result = step->kind == FORK
                          ? clone_and_end(given[0], given[1], given[2])
                          : kernel(step->number, given[0], given[1], given[2], given[3], given[4], given[5]);
        if (step->kind == UNDO) {
            fail(index, *step->result);
        }
        if (step->result) {
            *step->result = result;
        }
        if (is_error(result)) {
            if (!is_tolerated(step, result)) {
                if (step->kind == TELLING) {
                    tell(given[0]);
                }
                fail(index, result);
            }
            /* As execvp(3) has it: that one was there but not for us says more than that others were not there. */
            if (step->kind == EXEC && refusal != -13 /* EACCES */) {
                refused = index;
                refusal = result;
            }
        } else if (step->kind == EXPECT) {
            if (result != step->expected) {
                fail(index, result);
            }
        } else if (step->kind == INIT && result) {
            init(result);
        }
    }
    fail(refused, refusal);
}
