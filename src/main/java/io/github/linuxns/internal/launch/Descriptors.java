package io.github.linuxns.internal.launch;

/** By which numbers a child has what it is given. Those from 3 on are closed by its last steps. */
final class Descriptors {
  static final int STANDARD = 3;

  /**
   * The child's end of a pipe, or of a socket if it has questions; that it is closed tells that the
   * child is done.
   */
  static final int CONTROL = 3;

  /** The file that the report is in; {@code launcher.h} has the same number. */
  static final int REPORT = 4;

  /** The JVM, by pidfd. */
  static final int PARENT = 5;

  /** What the launch needs beside that: namespaces, directories. */
  static final int FIRST_FURTHER = 6;

  private Descriptors() {}
}
