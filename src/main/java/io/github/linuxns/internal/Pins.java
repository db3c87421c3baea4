package io.github.linuxns.internal;

import io.github.linuxns.Enterable;
import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.NamespaceFiles.Opened;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces kept by a mount on a file. Two that pin at the same place, in this JVM or in others,
 * agree by a lock on the file that the mount is to cover. Only its owner can open it, so nobody
 * else can hold the lock; and once it is covered nobody waits for it. A crash leaves at worst an
 * empty file, which the next one uses, and never the lock.
 *
 * <p>To unpin needs no lock: what is taken off is the very mount that was looked at, by its
 * descriptor, so it can never be what somebody else has pinned there meanwhile.
 */
public final class Pins {
  private static final int OWNER_ONLY = 0400;

  private Pins() {}

  /** See {@link io.github.linuxns.NamespaceHandle#pin}. */
  public static void pin(Opened mine, Path target) throws SyscallException {
    String path = Paths.text(target);
    Opened pinned = onPlatformThread(() -> findOrPin(path, mine::duplicate));
    pinned.file().close();
    if (!pinned.namespace().equals(mine.namespace())) {
      throw alreadyThere(path, pinned.namespace() + " is pinned there");
    }
  }

  /** See {@link io.github.linuxns.NamespaceHandle#openOrCreate}. */
  public static Opened openOrCreate(
      Path target, NamespaceType type, Enterable.Task<Opened, SyscallException> made)
      throws SyscallException {
    String path = Paths.text(target);
    Opened pinned = onPlatformThread(() -> findOrPin(path, made));
    if (pinned.namespace().type() != type) {
      pinned.file().close();
      throw Failures.of(
          SystemCall.OPENAT,
          -Errno.EINVAL.number(),
          path,
          "it is " + pinned.namespace() + ", not a " + type + " namespace");
    }
    return pinned;
  }

  /** See {@link io.github.linuxns.NamespaceHandle#unpin}. */
  public static void unpin(Path target) throws SyscallException {
    String path = Paths.text(target);
    Pins.<@Nullable Void>onPlatformThread(() -> {
      takeOff(path);
      removeIfUncovered(path);
      return null;
    });
  }

  /** A virtual thread that waits for the lock would keep its carrier from the one that holds it. */
  private static <T extends @Nullable Object> T onPlatformThread(
      Enterable.Task<T, SyscallException> task) throws SyscallException {
    return Thread.currentThread().isVirtual()
        ? FreshThread.<T, SyscallException>call("namespace-pin", task)
        : task.call();
  }

  private static void takeOff(String path) throws SyscallException {
    int pin = Syscalls.openPathNoFollow(path);
    if (pin < 0) {
      throw Failures.of(SystemCall.OPENAT, pin, path);
    }
    try {
      NamespaceFiles.reopen(pin, path).file().close(); // refuses what is no namespace
      int result = Syscalls.detachMount(Paths.ofDescriptor(pin));
      if (result < 0) {
        throw Failures.unpinning(result, path);
      }
    } finally {
      Syscalls.close(pin);
    }
  }

  /** Not if another one has pinned something there meanwhile, or the file was never ours. */
  private static void removeIfUncovered(String path) throws SyscallException {
    int file = Syscalls.openPathNoFollow(path);
    if (file < 0) {
      return; // somebody else removed it
    }
    try {
      FileStatus status = status(file, path);
      if (!status.isEmptyRegularFile()) {
        return;
      }
      try (OpenFile _ = lock(file, path)) {
        int result = isStillThere(path, status) ? Syscalls.unlink(path) : 0;
        if (result < 0) {
          throw Failures.of(SystemCall.UNLINKAT, result, path);
        }
      }
    } finally {
      Syscalls.close(file);
    }
  }

  /** Opens what is pinned there; else pins what the source gives, and returns that. */
  private static Opened findOrPin(String path, Enterable.Task<Opened, SyscallException> source)
      throws SyscallException {
    boolean created = false;
    while (true) {
      int there = Syscalls.openPathNoFollow(path);
      if (there == -Errno.ENOENT.number()) {
        created = create(path);
        continue;
      }
      if (there < 0) {
        throw Failures.of(SystemCall.OPENAT, there, path);
      }
      try {
        if (Syscalls.isNamespaceFile(there) == 1) {
          return NamespaceFiles.reopen(there, path);
        }
        Opened pinned = pinIfStillThere(path, there, created, source);
        if (pinned != null) {
          return pinned;
        }
      } finally {
        Syscalls.close(there);
      }
    }
  }

  /** Null if the file went, or was covered, before we had the lock. */
  private static @Nullable Opened pinIfStillThere(
      String path, int there, boolean created, Enterable.Task<Opened, SyscallException> source)
      throws SyscallException {
    FileStatus status = status(there, path);
    if (!status.isEmptyRegularFile()) {
      throw alreadyThere(path, "there is something else than an empty file");
    }
    OpenFile lock;
    try {
      lock = lock(there, path);
    } catch (SyscallException e) {
      removeIf(created, path);
      throw e;
    }
    try (lock) {
      if (!isStillThere(path, status)) {
        return null;
      }
      try {
        Opened opened = source.call();
        bind(opened, there, path);
        return opened;
      } catch (SyscallException | RuntimeException | Error e) {
        removeIf(created, path); // under the lock, so that it is still ours
        throw e;
      }
    }
  }

  private static void removeIf(boolean created, String path) {
    if (created) {
      int ignored = Syscalls.unlink(path);
    }
  }

  /** Closes it if that fails. */
  private static void bind(Opened opened, int there, String path) throws SyscallException {
    int fd = opened.file().acquire();
    int result;
    try {
      result = Syscalls.bindMount(Paths.ofDescriptor(fd), Paths.ofDescriptor(there));
    } finally {
      opened.file().release();
    }
    if (result < 0) {
      opened.file().close();
      throw Failures.pinning(result, path, opened.namespace().type());
    }
  }

  /** True if it made the file, false if it is there already. */
  private static boolean create(String path) throws SyscallException {
    int fd = Syscalls.createFile(path, OWNER_ONLY);
    if (fd >= 0) {
      Syscalls.close(fd);
      return true;
    }
    if (fd == -Errno.EEXIST.number()) {
      return false;
    }
    if (fd == -Errno.ENOENT.number()) {
      Path directory = Path.of(path).toAbsolutePath().getParent();
      throw Failures.of(
          SystemCall.OPENAT, fd, path, "the directory " + directory + " does not exist");
    }
    throw Failures.of(SystemCall.OPENAT, fd, path);
  }

  /** Locks a file that is open as a mere path; closing what is returned unlocks it. */
  private static OpenFile lock(int file, String path) throws SyscallException {
    int lock = Syscalls.openForReading(Paths.ofDescriptor(file));
    if (lock < 0) {
      throw lock == -Errno.ENOENT.number()
          ? Failures.of(SystemCall.OPENAT, lock, path, Failures.NO_PROC)
          : Failures.of(SystemCall.OPENAT, lock, path);
    }
    int result;
    do {
      result = Syscalls.lock(lock);
    } while (result == -Errno.EINTR.number());
    if (result < 0) {
      Syscalls.close(lock);
      throw Failures.of(SystemCall.FLOCK, result, path);
    }
    return new OpenFile(lock);
  }

  private static boolean isStillThere(String path, FileStatus before) throws SyscallException {
    int now = Syscalls.openPathNoFollow(path);
    if (now < 0) {
      return false;
    }
    try {
      return status(now, path).isSameFileAs(before);
    } finally {
      Syscalls.close(now);
    }
  }

  private static FileStatus status(int file, String path) throws SyscallException {
    FileStatus status = new FileStatus();
    int result = Syscalls.status(file, status);
    if (result < 0) {
      throw Failures.of(SystemCall.STATX, result, path);
    }
    return status;
  }

  private static SyscallException alreadyThere(String path, String what) {
    return Failures.of(SystemCall.OPENAT, -Errno.EEXIST.number(), path, what);
  }
}
