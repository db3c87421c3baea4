package io.github.linuxns;

import java.io.IOException;
import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kernel refused: which system call, with which error, on what, and what can be done about it
 * where that is known.
 *
 * <p>The same failure is always the same error: a process that is gone is {@link Errno#ESRCH};
 * hidden or forbidden is {@link Errno#EACCES} or {@link Errno#EPERM}; what is not a namespace file
 * is {@link Errno#EINVAL}; a missing path is {@link Errno#ENOENT}; a kernel too old is {@link
 * Errno#ENOSYS}, with the version needed in {@link #remedy()}. A message reads
 *
 * <pre>
 * setns(net:[4026532008]): EPERM (Operation not permitted): needs CAP_SYS_ADMIN in user:[4026531837]
 * </pre>
 *
 * <p>and is caught by its error:
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="failure"}
 */
public final class SyscallException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /** The name of the system call. */
  private final String syscall;

  /** The kernel's number of the error. */
  private final int errnoNumber;

  /** What can be done about it; null if unknown. */
  private final @Nullable String remedy;

  /**
   * Makes one; public so that tests of other programs can throw it from their own {@link
   * Enterable}.
   *
   * @param syscall the system call's name, such as "setns"
   * @param errnoNumber the kernel's error number, positive
   * @param object what the call was about, such as "net:[4026532008]" or a path; null if there is
   *     nothing to name
   * @param remedy what can be done about it, in a clause that can follow a colon; null if unknown
   */
  public SyscallException(
      String syscall, int errnoNumber, @Nullable String object, @Nullable String remedy) {
    this(object == null ? syscall : syscall + '(' + object + ')', remedy, syscall, errnoNumber);
  }

  private SyscallException(String what, @Nullable String remedy, String syscall, int errnoNumber) {
    super(message(what, errnoNumber, remedy));
    this.syscall = syscall;
    this.errnoNumber = errnoNumber;
    this.remedy = remedy;
  }

  /**
   * Makes one for a step of a launch, whose message begins with what the step does: "mount proc on
   * /proc: EPERM (Operation not permitted)".
   *
   * @param step the step in words
   * @param syscall the system call's name, such as "mount"
   * @param errnoNumber the kernel's error number, positive
   * @param remedy what can be done about it, in a clause that can follow a colon; null if unknown
   * @return the exception
   */
  public static SyscallException ofStep(
      String step, String syscall, int errnoNumber, @Nullable String remedy) {
    return new SyscallException(step, remedy, syscall, errnoNumber);
  }

  /**
   * {@return the name of the system call that failed, such as "setns"; of the C library's function
   * that starts processes, "posix_spawn", which does not tell its calls apart}
   */
  public String syscall() {
    return syscall;
  }

  /**
   * {@return the error, to switch over; {@link Errno#UNKNOWN} if this library has no name for it}
   */
  public Errno errno() {
    return Errno.of(errnoNumber);
  }

  /** {@return the kernel's error number, also where {@link #errno()} is {@link Errno#UNKNOWN}} */
  public int errnoNumber() {
    return errnoNumber;
  }

  /** {@return what can be done about it, as far as the library could find out on this system} */
  public Optional<String> remedy() {
    return Optional.ofNullable(remedy);
  }

  private static String message(String what, int errnoNumber, @Nullable String remedy) {
    Errno errno = Errno.of(errnoNumber);
    StringBuilder text = new StringBuilder(what).append(": ");
    if (errno == Errno.UNKNOWN) {
      text.append("error ").append(errnoNumber);
    } else {
      text.append(errno).append(" (").append(errno.description()).append(')');
    }
    if (remedy != null) {
      text.append(": ").append(remedy);
    }
    return text.toString();
  }
}
