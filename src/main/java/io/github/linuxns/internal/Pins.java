package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.NamespaceFiles.Opened;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces kept by a mount on a file. Two that pin at the same place, in this JVM or in others,
 * agree by a lock on the file that the mount is to cover. Only its owner can open it, so nobody
 * else can hold the lock; and once it is covered nobody waits for it.
 */
public final class Pins {
  private static final int OWNER_ONLY = 0400;

  private Pins() {}

  /** What to pin where nothing is. */
  private interface Source {
    Opened open() throws SyscallException;
  }

  /** See {@link io.github.linuxns.NamespaceHandle#pin}. */
  public static void pin(Opened mine, Path target) throws SyscallException {
    String path = Paths.text(target);
    Opened pinned = onPlatformThread(() -> findOrPin(path, () -> mine));
    if (pinned.equals(mine)) {
      return;
    }
    pinned.file().close();
    if (!pinned.namespace().equals(mine.namespace())) {
      throw alreadyThere(path, pinned.namespace() + " is pinned there");
    }
  }

  /** See {@link io.github.linuxns.NamespaceHandle#openOrCreate}. */
  public static Opened openOrCreate(Path target, NamespaceType type) throws SyscallException {
    String path = Paths.text(target);
    Opened[] made = new Opened[1];
    Opened pinned;
    try {
      pinned = onPlatformThread(() -> findOrPin(path, () -> made[0] = NewNamespaces.create(type)));
    } catch (SyscallException | RuntimeException e) {
      if (made[0] != null) {
        made[0].file().close();
      }
      throw e;
    }
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
    if (Thread.currentThread().isVirtual()) {
      FreshThread.<@Nullable Void, SyscallException>call(
          "namespace-unpin",
          () -> {
            unpin(target);
            return null;
          });
      return;
    }
    NamespaceType type = pinnedType(path);
    int result = Syscalls.detachMount(path);
    if (result < 0) {
      throw Failures.pinning(SystemCall.UMOUNT2, result, path, type);
    }
    int file = Syscalls.openPathNoFollow(path);
    if (file < 0) {
      return; // somebody else removed it
    }
    try {
      removeIfUncovered(path, file);
    } finally {
      Syscalls.close(file);
    }
  }

  /** A virtual thread that waits for the lock would keep its carrier from the one that holds it. */
  private static Opened onPlatformThread(Source task) throws SyscallException {
    return Thread.currentThread().isVirtual()
        ? FreshThread.<Opened, SyscallException>call("namespace-pin", task::open)
        : task.open();
  }

  private static NamespaceType pinnedType(String path) throws SyscallException {
    int there = Syscalls.openPathNoFollow(path);
    if (there < 0) {
      throw Failures.of(SystemCall.OPENAT, there, path);
    }
    try {
      Opened opened = NamespaceFiles.reopen(there, path);
      opened.file().close();
      return opened.namespace().type();
    } finally {
      Syscalls.close(there);
    }
  }

  /** Not if another one has pinned something there meanwhile, or the file was never ours. */
  private static void removeIfUncovered(String path, int file) throws SyscallException {
    FileStatus status = status(file, path);
    if (!status.isEmptyRegularFile()) {
      return;
    }
    int lock = lock(file, path);
    try {
      if (isStillThere(path, status)) {
        int result = Syscalls.unlink(path);
        if (result < 0) {
          throw Failures.of(SystemCall.UNLINKAT, result, path);
        }
      }
    } finally {
      Syscalls.close(lock);
    }
  }

  /** Opens what is pinned there; else pins what the source gives, and returns that. */
  private static Opened findOrPin(String path, Source source) throws SyscallException {
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
      String path, int there, boolean created, Source source) throws SyscallException {
    FileStatus status = status(there, path);
    if (!status.isEmptyRegularFile()) {
      throw alreadyThere(path, "there is something else than an empty file");
    }
    int lock;
    try {
      lock = lock(there, path);
    } catch (SyscallException e) {
      removeIf(created, path);
      throw e;
    }
    try {
      if (!isStillThere(path, status)) {
        return null;
      }
      try {
        Opened opened = source.open();
        bind(opened, there, path);
        return opened;
      } catch (SyscallException | RuntimeException | Error e) {
        removeIf(created, path); // under the lock, so that it is still ours
        throw e;
      }
    } finally {
      Syscalls.close(lock);
    }
  }

  private static void removeIf(boolean created, String path) {
    if (created) {
      int ignored = Syscalls.unlink(path);
    }
  }

  private static void bind(Opened opened, int there, String path) throws SyscallException {
    int fd = opened.file().acquire();
    try {
      int result = Syscalls.bindMount(Paths.ofDescriptor(fd), Paths.ofDescriptor(there));
      if (result < 0) {
        throw Failures.pinning(SystemCall.MOUNT, result, path, opened.namespace().type());
      }
    } finally {
      opened.file().release();
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
    throw Failures.of(SystemCall.OPENAT, fd, path);
  }

  /** Locks a file that is open as a mere path; closing what is returned unlocks it. */
  private static int lock(int file, String path) throws SyscallException {
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
    return lock;
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
