package io.github.linuxns.internal.pins;

import io.github.linuxns.Enterable;
import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.FreshThread;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.NamespaceFiles.Opened;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Namespaces kept by a mount on a file. Two that pin at the same place, in this JVM or in others,
 * agree by a lock on the file that the mount is to cover. Only its owner can open it, and none but
 * one's own is locked, so nobody else can hold the lock; and once it is covered nobody waits for
 * it. A crash leaves at worst an empty file, which the next one uses, and never the lock.
 *
 * <p>To unpin needs no lock: what is taken off is the very mount that was looked at, by its
 * descriptor, so it can never be what somebody else has pinned there meanwhile.
 */
public final class Pins {
  private Pins() {}

  /** See {@link io.github.linuxns.NamespaceHandle#pin}. */
  public static void pin(Opened mine, Path target) throws SyscallException {
    Opened pinned = findOrPin(target, mine.namespace().type(), mine::duplicate);
    pinned.file().close();
    if (!pinned.namespace().equals(mine.namespace())) {
      throw alreadyThere(target.toString(), pinned.namespace() + " is pinned there");
    }
  }

  /** See {@link io.github.linuxns.NamespaceHandle#openOrCreate}. */
  public static Opened openOrCreate(
      Path target, NamespaceType type, Enterable.Task<Opened, SyscallException> made)
      throws SyscallException {
    Opened pinned = findOrPin(target, type, made);
    if (pinned.namespace().type() != type) {
      pinned.file().close();
      throw Failures.of(
          SystemCall.OPENAT,
          -Errno.EINVAL.number(),
          target.toString(),
          "it is " + pinned.namespace() + ", not a " + type + " namespace");
    }
    return pinned;
  }

  /** See {@link io.github.linuxns.NamespaceHandle#unpin}. */
  public static void unpin(Path target) throws SyscallException {
    Pins.<@Nullable Void>onPlatformThread(() -> {
      try (PinPlace place = PinPlace.open(target)) {
        takeOff(place);
        removeIfUncovered(place);
      }
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

  private static void takeOff(PinPlace place) throws SyscallException {
    int pin = place.openFile();
    if (pin < 0) {
      throw Failures.of(SystemCall.OPENAT, pin, place.path());
    }
    try {
      PinMounts.detach(pin, place.path());
    } finally {
      Syscalls.close(pin);
    }
  }

  /** Not if another one has pinned something there meanwhile, or the file was never ours. */
  private static void removeIfUncovered(PinPlace place) throws SyscallException {
    int file = place.openFile();
    if (file < 0) {
      return; // somebody else removed it
    }
    try {
      FileStatus status = place.status(file);
      if (!status.isEmptyRegularFile() || status.uid() != Syscalls.effectiveUser()) {
        return; // nor somebody else's, who could have it locked for good
      }
      try (OpenFile _ = place.lock(file)) {
        int result = place.has(status) ? place.remove() : 0;
        while (result == -Errno.EBUSY.number() && PinMounts.detachOwn(place)) {
          result = place.remove();
        }
        if (result < 0 && result != -Errno.EBUSY.number()) { // someone else's mount: not ours
          throw Failures.of(SystemCall.UNLINKAT, result, place.path());
        }
      }
    } finally {
      Syscalls.close(file);
    }
  }

  /** Opens what is pinned there; else pins what the source gives, and returns that. */
  private static Opened findOrPin(
      Path target, NamespaceType type, Enterable.Task<Opened, SyscallException> source)
      throws SyscallException {
    return onPlatformThread(() -> {
      NamedNetworks.Undo undo = NamedNetworks.prepare(target, type);
      try (PinPlace place = PinPlace.open(target)) {
        return findOrPin(place, NamedNetworks.has(target), source);
      } catch (SyscallException | RuntimeException | Error e) {
        undo.undo();
        throw e;
      }
    });
  }

  private static Opened findOrPin(
      PinPlace place, boolean named, Enterable.Task<Opened, SyscallException> source)
      throws SyscallException {
    boolean created = false;
    while (true) {
      int there = place.openFile();
      if (there < 0) {
        created = place.create();
        continue;
      }
      try {
        if (Syscalls.isNamespaceFile(there) == 1) {
          return NamespaceFiles.reopen(there, place.path());
        }
        Opened pinned = pinIfStillThere(place, named, there, created, source);
        if (pinned != null) {
          return pinned;
        }
        created = false; // what is there now is another file
      } finally {
        Syscalls.close(there);
      }
    }
  }

  /** Null if the file went, or was covered, before the namespace was on it. */
  private static @Nullable Opened pinIfStillThere(
      PinPlace place,
      boolean named,
      int there,
      boolean created,
      Enterable.Task<Opened, SyscallException> source)
      throws SyscallException {
    FileStatus status = orRemove(created, place, () -> place.status(there));
    requireUsable(status, named, place.path());
    try (OpenFile _ = orRemove(created, place, () -> place.lock(there))) {
      // Under the lock, so that what is removed is still ours.
      return Pins.<@Nullable Opened>orRemove(
          created, place, () -> place.has(status) ? pin(place, there, status, source) : null);
    }
  }

  /** Does something; if it fails, removes the file if we have made it. */
  private static <T extends @Nullable Object> T orRemove(
      boolean created, PinPlace place, Enterable.Task<T, SyscallException> task)
      throws SyscallException {
    try {
      return task.call();
    } catch (SyscallException | RuntimeException | Error e) {
      int _ = created ? place.remove() : 0;
      throw e;
    }
  }

  /** Pins at a file that is locked; null if it has been removed all the same. */
  private static @Nullable Opened pin(
      PinPlace place, int there, FileStatus status, Enterable.Task<Opened, SyscallException> source)
      throws SyscallException {
    Opened opened = source.call();
    boolean pinned = false;
    try {
      pinned = PinMounts.attach(opened, there, place.path());
      if (!pinned && place.has(status)) {
        throw Failures.of(SystemCall.MOVE_MOUNT, -Errno.ENOENT.number(), place.path());
      }
      return pinned ? opened : null;
    } finally {
      if (!pinned) {
        opened.file().close();
      }
    }
  }

  /**
   * Refuses what is not ours to cover. Somebody else's file could be locked for good by its owner,
   * and be removed with what is pinned there.
   */
  private static void requireUsable(FileStatus status, boolean named, String path)
      throws SyscallException {
    if (!status.isEmptyRegularFile()) {
      throw alreadyThere(path, "there is something else than an empty file");
    }
    if (status.uid() != Syscalls.effectiveUser()) {
      throw alreadyThere(path, "there is an empty file of another user, " + status.uid());
    }
    if (named && status.isClosedToAll()) {
      throw alreadyThere(path, "ip netns is about to put a network there, or has failed to do so");
    }
  }

  private static SyscallException alreadyThere(String path, String what) {
    return Failures.of(SystemCall.OPENAT, -Errno.EEXIST.number(), path, what);
  }
}
