package io.github.linuxns.internal.pins;

import static io.github.linuxns.internal.ffi.Constants.MS_REC;
import static io.github.linuxns.internal.ffi.Constants.MS_SHARED;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * The directory in which {@code ip netns} keeps networks by name, made as that makes it: a mount of
 * its own which shares with other mount namespaces, so that a network that is taken off in one of
 * them is taken off in all.
 */
public final class NamedNetworks {
  private static final String DIRECTORY = "/run/netns";

  /** The same by the way that {@code ip} takes where nobody has told it otherwise. */
  private static final String DIRECTORY_BEFORE = "/var/run/netns";

  /** The permissions that {@code ip} gives it. */
  private static final int MODE = 0755;

  private static final int LONGEST_NAME = 255;

  /** Half a second, which who makes the directory ready does not take. */
  private static final int LOCK_TRIES = 50;

  private static final long LOCK_TRY_NANOS = 10_000_000;

  private NamedNetworks() {}

  /** See {@link io.github.linuxns.NamespaceHandle#networkFile}. */
  public static Path file(String name) {
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('/') >= 0
        || Syscalls.pathBytes(name).length > LONGEST_NAME) {
      throw new IllegalArgumentException("not the name of a network: \"" + name + '"');
    }
    return Path.of(DIRECTORY, name);
  }

  /** True if that is where {@code ip netns} would look for it. */
  static boolean has(Path target) {
    Path directory = target.toAbsolutePath().normalize().getParent();
    return directory != null
        && (directory.equals(Path.of(DIRECTORY)) || directory.equals(Path.of(DIRECTORY_BEFORE)));
  }

  /**
   * Makes the directory ready, if a network is to be kept in it that is not there yet.
   *
   * @return undoes what it did
   */
  static Undo prepare(Path target, NamespaceType type) throws SyscallException {
    if (type != NamespaceType.NETWORK || !has(target) || isPinned(target)) {
      return Undo.NOTHING;
    }
    boolean made = make();
    boolean mounted = false;
    try {
      int result = share();
      if (result == -Errno.EINVAL.number()) { // it is no mount yet
        try (OpenFile _ = lock()) {
          result = share();
          if (result == -Errno.EINVAL.number()) {
            result = PinCalls.bindOnItself(DIRECTORY);
            mounted = result == 0;
            result = mounted ? share() : result;
          }
        }
      }
      if (result < 0) {
        throw Failures.pinning(SystemCall.MOUNT, result, DIRECTORY, type);
      }
    } catch (SyscallException | RuntimeException | Error e) {
      new Undo(made, mounted).undo();
      throw e;
    }
    return new Undo(made, mounted);
  }

  private static boolean isPinned(Path target) {
    int file = Syscalls.openPath(Paths.text(target));
    if (file < 0) {
      return false;
    }
    int answer = Syscalls.isNamespaceFile(file);
    Syscalls.close(file);
    return answer == 1;
  }

  private static boolean make() throws SyscallException {
    int result = PinCalls.makeDirectory(DIRECTORY, MODE);
    if (result < 0 && result != -Errno.EEXIST.number()) {
      throw Failures.pinning(SystemCall.MKDIRAT, result, DIRECTORY, NamespaceType.NETWORK);
    }
    return result == 0;
  }

  private static int share() {
    return PinCalls.propagate(DIRECTORY, MS_SHARED | MS_REC);
  }

  /**
   * Several that do so at once would mount it on itself more than once; ip takes this lock. But
   * anybody may look into the directory, and so hold the lock for good: then this goes on without
   * it, since two mounts do no harm.
   */
  private static OpenFile lock() throws SyscallException {
    int directory = Syscalls.openForReading(DIRECTORY);
    if (directory < 0) {
      throw Failures.of(SystemCall.OPENAT, directory, DIRECTORY);
    }
    OpenFile lock = OpenFile.of(directory);
    int result = Syscalls.tryLock(directory);
    for (int i = 0; i < LOCK_TRIES && result == -Errno.EAGAIN.number(); i++) {
      LockSupport.parkNanos(LOCK_TRY_NANOS);
      result = Syscalls.tryLock(directory);
    }
    if (result < 0 && result != -Errno.EAGAIN.number()) {
      lock.close();
      throw Failures.of(SystemCall.FLOCK, result, DIRECTORY);
    }
    return lock;
  }

  /** What was done to the directory, to be taken back when no network came to be in it. */
  record Undo(boolean made, boolean mounted) {
    static final Undo NOTHING = new Undo(false, false);

    /** Leaves what somebody else uses meanwhile. */
    void undo() {
      if (!mounted || PinCalls.unmount(DIRECTORY) == 0) {
        int _ = made ? PinCalls.removeDirectory(DIRECTORY) : 0;
      }
    }
  }
}
