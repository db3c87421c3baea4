/*
 * What Java and the interpreter both know: Java writes steps and reads the report. A test compares the two.
 */
#ifndef LINUX_NAMESPACES_LAUNCHER_H
#define LINUX_NAMESPACES_LAUNCHER_H

typedef long word;

/* What a step is besides a system call. LaunchStep has the same numbers. */
enum kind {
    CALL,
    EXPECT, /* fails as well if it returns anything but `expected` */
    FORK,   /* a clone: the caller ends, even before it has noted the result; the child goes on */
    INIT,   /* the child goes on; the caller stays as the init of its pid namespace */
    EXEC,   /* one of several places where the command may be */
    AGAIN,  /* made only if `result` has an error, of the step that tried it before */
    TELLING, /* if it fails, its first argument is a descriptor that says why */
    UNDO     /* made only if `result` has an error, of the step that it undoes; and then that is told */
};

struct step {
    word number;
    word arguments[6];
    word *result;              /* where the result goes, an error as well; 0: nowhere */
    unsigned long tolerated[2]; /* the errors that do not end the launch, a bit for each errno */
    word expected;
    unsigned char kind;
    unsigned char indirect; /* a bit for each argument that is the address of an earlier result */
};

/* What of an image the interpreter reads where it is executed. */
struct image {
    word bytes; /* of the whole file */
};

/* What a program begins with. */
struct program {
    struct step *first;
    struct step *end;
};

/*
 * What Java reads when the control pipe or socket is closed, be it by an execve or by the end of the process:
 * LaunchReport. It lies in a file that Java has open as well, so that it says where we were even if we are killed there.
 */
struct report {
    word step;   /* the one that is being made */
    word result; /* why it ends, if it failed */
    int failed;
    int child; /* of a fork; the kernel itself writes it, before that child runs and whatever happens to us */
    char self[16]; /* who is here after a second fork, as the JVM's /proc has it: the link "self" */
};

/*
 * Where the kernel's words about the failure of a TELLING step go, in the file of the report: over the program, of which
 * nothing is read any more. They end with a zero.
 */
enum { WORDS = 0x900, WORDS_BYTES = 1024 };

enum { REPORT_FILE = 4 }; /* the descriptor; Descriptors has the same number */

#endif
