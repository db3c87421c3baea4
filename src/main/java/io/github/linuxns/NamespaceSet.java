package io.github.linuxns;

import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.ProcessReference;
import io.github.linuxns.internal.Target;
import io.github.linuxns.internal.Targets;
import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.internal.launch.NewFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Several namespaces that are entered together: all or none.
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="several"}
 *
 * <p>At most one of each type. A set owns a descriptor of each, until it is closed; what {@link
 * NamespaceHandle} says of closing holds here too. All methods may be called by any thread.
 *
 * <p>From the second time on that a set is entered, a daemon thread of the library lives in its
 * namespaces until it is closed or forgotten: by that thread others get there, and come home, with
 * one system call each, however many namespaces there are but MOUNT, which takes its own. Before
 * Linux 6.9 each namespace takes its own.
 */
public final class NamespaceSet implements Enterable, AutoCloseable {
  private final Targets targets;
  private final Set<NamespaceType> types;
  private final List<Namespace> namespaces = new ArrayList<>();

  private NamespaceSet(Map<NamespaceType, OpenFile> files) throws SyscallException {
    List<Target> all = new ArrayList<>();
    EnumSet<NamespaceType> keys = EnumSet.noneOf(NamespaceType.class);
    for (Map.Entry<NamespaceType, OpenFile> each : files.entrySet()) {
      all.add(new Target(each.getKey(), each.getValue()));
      keys.add(each.getKey());
      namespaces.add(NamespaceFiles.opened(each.getValue(), each.getKey()).namespace());
    }
    this.types = Collections.unmodifiableSet(keys);
    this.targets = new Targets(types, all);
  }

  /**
   * Makes a set of namespaces that are open. The handles stay the caller's: the set duplicates
   * them.
   *
   * @param first a namespace of any type
   * @param rest more, of other types
   * @return a set, to be closed
   * @throws IllegalArgumentException if two are of the same type
   * @throws IllegalStateException if one is closed
   * @throws SyscallException {@code EMFILE} if the process may not open more files
   */
  public static NamespaceSet of(NamespaceHandle first, NamespaceHandle... rest)
      throws SyscallException {
    List<NamespaceHandle> handles = new ArrayList<>(List.of(rest));
    handles.addFirst(first);
    EnumSet<NamespaceType> seen = EnumSet.noneOf(NamespaceType.class);
    for (NamespaceHandle handle : handles) {
      if (!seen.add(handle.type())) {
        throw new IllegalArgumentException("more than one namespace of type " + handle.type());
      }
    }
    return collect(files -> {
      for (NamespaceHandle handle : handles) {
        files.put(handle.type(), handle.duplicateFile());
      }
    });
  }

  /**
   * Opens those namespaces of a process or thread that a thread can enter, and that differ from the
   * caller's: there may be none. All are of one and the same process, even when its number is used
   * again meanwhile.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @return a set, to be closed; later moves of the process do not change it
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException as {@link NamespaceHandle#open(long, NamespaceType)}
   */
  public static NamespaceSet open(long pid) throws SyscallException {
    EnumSet<NamespaceType> movable = EnumSet.copyOf(TypeFacts.MOVABLE);
    movable.removeIf(type -> !type.isSupported());
    return open(pid, movable, true);
  }

  /**
   * Opens namespaces of a process or thread. All are of one and the same process, even when its
   * number is used again meanwhile.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @param types which of its namespaces, at least one; a set that holds a type that no thread of a
   *     JVM can move into cannot be entered
   * @return a set, to be closed; later moves of the process do not change it
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid; or without
   *     types
   * @throws SyscallException as {@link NamespaceHandle#open(long, NamespaceType)}
   */
  public static NamespaceSet open(long pid, NamespaceType... types) throws SyscallException {
    if (types.length == 0) {
      throw new IllegalArgumentException("no types; open(pid) takes all that differ");
    }
    return open(pid, EnumSet.copyOf(List.of(types)), false);
  }

  /**
   * Makes a family of new namespaces, one of each type. If USER is among them, it owns all others,
   * and 0 stands in it for the calling thread's user and group: that takes no privilege, so that an
   * unprivileged JVM can own a network. A network has its loopback interface up; a mount namespace
   * propagates nothing to the caller's. The calling thread stays where it is.
   *
   * <p>With USER, no thread of this JVM can enter the others either: they are entered by processes
   * ({@link io.github.linuxns.process.NamespaceProcessBuilder#join(NamespaceSet)}). The first that
   * joins a new PID namespace is its init, or has {@link
   * io.github.linuxns.process.NamespaceProcessBuilder#init} make one.
   *
   * @param types which, at least one
   * @return a set, to be closed; the namespaces live as long as somebody holds them
   * @throws IllegalArgumentException without types
   * @throws SyscallException {@code EPERM} without CAP_SYS_ADMIN, unless USER is among them; {@code
   *     ENOSPC} or {@code EUSERS} at a limit of {@code /proc/sys/user}; {@code ENOSYS} if the
   *     kernel lacks a type, and for PID before Linux 6.11
   */
  public static NamespaceSet create(NamespaceType... types) throws SyscallException {
    if (types.length == 0) {
      throw new IllegalArgumentException("no types to create");
    }
    EnumSet<NamespaceType> family = EnumSet.copyOf(List.of(types));
    return collect(files -> files.putAll(NewFamily.create(family)));
  }

  private static NamespaceSet open(
      long pid, Collection<NamespaceType> types, boolean onlyWhatDiffers) throws SyscallException {
    return collect(files -> {
      try (ProcessReference process = ProcessReference.open(pid)) {
        for (NamespaceType type : types) {
          OpenFile file = process.open(type);
          files.put(type, file);
          if (onlyWhatDiffers && NamespaceFiles.isWhereWeAre(file, type)) {
            files.remove(type);
            file.close();
          }
        }
      }
    });
  }

  /** {@return the types in the set, in their order; unmodifiable; also after it is closed} */
  public Set<NamespaceType> types() {
    return types;
  }

  /**
   * Opens one of the set's namespaces a second time.
   *
   * @param type which one
   * @return a handle of its own, to be closed
   * @throws IllegalArgumentException if the set has none of that type
   * @throws IllegalStateException if the set is closed
   * @throws SyscallException {@code EMFILE} if the process may not open more files
   */
  public NamespaceHandle duplicate(NamespaceType type) throws SyscallException {
    OpenFile file = targets.duplicate(type);
    if (file == null) {
      throw new IllegalArgumentException("no " + type + " namespace in the set, only " + types);
    }
    return NamespaceHandle.of(file, type);
  }

  @Override
  public NamespaceScope enter() throws SyscallException {
    return targets.enter();
  }

  @Override
  public <T extends @Nullable Object, X extends Exception> T call(Task<? extends T, X> task)
      throws SyscallException, X {
    return targets.call(task);
  }

  @Override
  public ThreadFactory threadFactory(ThreadFactory base) throws SyscallException {
    return targets.threadFactory(base);
  }

  /** Closes it; a second time does nothing. */
  @Override
  public void close() {
    targets.close();
  }

  /**
   * {@return the namespaces in the order of their types, such as "[net:[4026532008],
   * uts:[4026532007]]", and whether they are closed}
   */
  @Override
  public String toString() {
    return namespaces + (targets.isClosed() ? " (closed)" : "");
  }

  /** Fills a set; what is open is closed again if that fails. */
  private static NamespaceSet collect(Filling filling) throws SyscallException {
    EnumMap<NamespaceType, OpenFile> files = new EnumMap<>(NamespaceType.class);
    try {
      filling.fill(files);
      return new NamespaceSet(files);
    } catch (SyscallException | RuntimeException e) {
      files.values().forEach(OpenFile::close);
      throw e;
    }
  }

  @FunctionalInterface
  private interface Filling {
    void fill(Map<NamespaceType, OpenFile> files) throws SyscallException;
  }
}
