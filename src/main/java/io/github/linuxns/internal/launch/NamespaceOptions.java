package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.CLONE_NEWNS;

import io.github.linuxns.Errno;
import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.NamespaceRequests;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.TypeFacts;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Which namespaces a child joins, and which it gets new. */
public final class NamespaceOptions {
  private final Set<NamespaceType> unshared = EnumSet.noneOf(NamespaceType.class);

  /** True if a new pid namespace is for an init alone, which may have one that it joins. */
  private boolean pidForInit;

  private final List<NamespaceHandle> handles = new ArrayList<>();
  private final List<NamespaceSet> sets = new ArrayList<>();

  /** 0: none. */
  private long pid;

  /** Null: all that differ from the caller's. */
  private @Nullable Set<NamespaceType> ofProcess;

  /** True if none of it was asked for. */
  boolean isEmpty() {
    return unshared.isEmpty() && !joins();
  }

  /** True if the child joins any. */
  boolean joins() {
    return !handles.isEmpty() || !sets.isEmpty() || pid != 0;
  }

  /** Gives the child new ones. */
  public void unshare(Collection<NamespaceType> types) {
    requireSome(types, "types to unshare");
    unshared.addAll(types);
    pidForInit &= !types.contains(NamespaceType.PID);
  }

  /** Gives the child a new pid namespace, if it joins none in which it could be the init. */
  public void unshareForInit() {
    pidForInit |= unshared.add(NamespaceType.PID);
  }

  /** Joins these, which are borrowed until the start. */
  public void join(Collection<NamespaceHandle> more) {
    requireSome(more, "handles to join");
    Set<NamespaceType> types = EnumSet.noneOf(NamespaceType.class);
    for (NamespaceHandle handle : more) {
      refuseSecond(handle.type());
      if (!types.add(handle.type())) {
        throw second(handle.type());
      }
    }
    handles.addAll(more); // all or none: a caller may go on with the builder that has refused some
  }

  /** Joins those of a set, which is borrowed until the start. */
  public void join(NamespaceSet set) {
    set.types().forEach(this::refuseSecond);
    sets.add(set);
  }

  /**
   * Joins those of a process.
   *
   * @param types null for all that differ from those of the thread that starts the child
   */
  public void joinProcess(long process, @Nullable Collection<NamespaceType> types) {
    if (process <= 0 || process > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process id: " + process);
    }
    if (pid != 0) {
      throw new IllegalArgumentException("a second process to join: " + process);
    }
    if (types != null) {
      requireSome(types, "types to join; joinProcess(pid) takes all that differ");
      types.forEach(this::refuseSecond);
    }
    pid = process;
    ofProcess = types == null ? null : EnumSet.copyOf(types);
  }

  private static void requireSome(Collection<?> given, String what) {
    if (given.isEmpty()) {
      throw new IllegalArgumentException("no " + what);
    }
  }

  private void refuseSecond(NamespaceType type) {
    boolean taken =
        handles.stream().anyMatch(handle -> handle.type() == type)
            || sets.stream().anyMatch(set -> set.types().contains(type))
            || (ofProcess != null && ofProcess.contains(type));
    if (taken) {
      throw second(type);
    }
  }

  private static IllegalArgumentException second(NamespaceType type) {
    return new IllegalArgumentException("more than one " + type + " namespace to join");
  }

  Set<NamespaceType> unshared() {
    return unshared;
  }

  /** Those that it gets with what it joins. */
  Set<NamespaceType> unshared(Joined joined) {
    if (!pidForInit || !joined.isWithoutInit()) {
      return unshared;
    }
    Set<NamespaceType> others = EnumSet.copyOf(unshared);
    boolean _ = others.remove(NamespaceType.PID);
    return others;
  }

  /** Says it in words. */
  void describe(StringJoiner words) {
    handles.forEach(handle -> words.add("join " + handle));
    sets.forEach(set -> words.add("join " + set));
    if (pid != 0) {
      words.add(
          "join " + (ofProcess == null ? "all that differ" : ofProcess) + " of process " + pid);
    }
    if (!unshared.isEmpty()) {
      words.add("new " + unshared);
    }
  }

  /** Takes hold of all that is to be joined. */
  Joined open() throws SyscallException {
    Joined joined = new Joined();
    try {
      for (NamespaceHandle handle : handles) {
        joined.handles.put(handle.type(), handle.duplicate());
      }
      for (NamespaceSet set : sets) {
        for (NamespaceType type : set.types()) {
          joined.handles.put(type, set.duplicate(type));
        }
      }
      if (pid != 0) {
        joined.hold(pid, ofProcess);
      }
      return joined;
    } catch (SyscallException | RuntimeException | Error e) {
      joined.close();
      throw e;
    }
  }

  /** What a child takes along from a mount namespace, to be had right before it leaves that. */
  interface Luggage {
    /** Adds the steps that take it. */
    void write() throws SyscallException;
  }

  /** What is to be joined, open. */
  static final class Joined implements AutoCloseable {
    private final Map<NamespaceType, NamespaceHandle> handles = new EnumMap<>(NamespaceType.class);
    private final Set<NamespaceType> ofProcess = EnumSet.noneOf(NamespaceType.class);
    private @Nullable OpenFile process;
    private long pid;

    /** Takes some that are open, to close them in the end. */
    static Joined of(List<NamespaceHandle> open) {
      Joined joined = new Joined();
      open.forEach(handle -> joined.handles.put(handle.type(), handle));
      return joined;
    }

    private void hold(long pid, @Nullable Set<NamespaceType> types) throws SyscallException {
      int fd = Syscalls.pidfdOpen(pid);
      if (fd < 0) {
        throw Failures.of(SystemCall.PIDFD_OPEN, fd, "process " + pid);
      }
      process = OpenFile.of(fd);
      this.pid = pid;
      if (types != null) {
        ofProcess.addAll(types);
        return;
      }
      Map<NamespaceType, Namespace> mine = NamespaceFiles.currentAll();
      NamespaceFiles.allOf(pid)
          .forEach((type, theirs) -> {
            if (!theirs.equals(mine.get(type)) && !handles.containsKey(type)) {
              ofProcess.add(type);
            }
          });
    }

    boolean has(NamespaceType type) {
      return handles.containsKey(type) || ofProcess.contains(type);
    }

    boolean isEmpty() {
      return handles.isEmpty() && ofProcess.isEmpty();
    }

    /** True if there is a pid namespace among them, and no init in it. */
    boolean isWithoutInit() {
      NamespaceHandle handle = handles.get(NamespaceType.PID);
      return handle != null && handle.<Boolean>withFd(NamespaceRequests::isWithoutInit);
    }

    /**
     * Adds the steps that join them. A user namespace comes first, since it may be what grants the
     * rights to the others; but those to which the caller has the rights, and it does not, have to
     * come before it: so they are all tried before, and those that were refused again after.
     *
     * @param luggage what comes along from the mount namespace that is left; null if nothing does
     */
    void write(ChildSteps steps, @Nullable Luggage luggage) throws SyscallException {
      boolean mountApart = luggage != null && has(NamespaceType.MOUNT);
      Map<NamespaceType, Integer> given = new EnumMap<>(NamespaceType.class);
      handles.forEach((type, handle) -> given.put(type, handle.<Integer>withFd(steps::lend)));
      Integer user = given.remove(NamespaceType.USER);
      Map<NamespaceType, Slot> tried = new EnumMap<>(NamespaceType.class);
      if (user != null) {
        given.forEach((type, fd) -> {
          if (type != NamespaceType.MOUNT || !mountApart) {
            Slot result = steps.program().slot();
            join(steps, type, fd).tolerating(Errno.EPERM).into(result);
            tried.put(type, result);
          }
        });
        LaunchStep _ = join(steps, NamespaceType.USER, user);
      }
      Integer mount = given.remove(NamespaceType.MOUNT);
      int process = this.process == null ? -1 : steps.lend(this.process);
      Set<NamespaceType> together = EnumSet.noneOf(NamespaceType.class);
      together.addAll(ofProcess);
      if (mountApart) {
        together.remove(NamespaceType.MOUNT);
      }
      joinOfProcess(steps, together, process);
      given.forEach((type, fd) -> join(steps, type, fd, tried));
      if (luggage != null && mountApart) {
        luggage.write();
      }
      if (mount != null) {
        join(steps, NamespaceType.MOUNT, mount, tried);
      } else if (mountApart && ofProcess.contains(NamespaceType.MOUNT)) {
        joinOfProcess(steps, Set.of(NamespaceType.MOUNT), process);
      }
    }

    /**
     * Adds the step after which the child has rights over the mounts that it sees: what the caller
     * sees can be copied only from a copy, with the rights that a joined user namespace gives.
     */
    void writeCopyOfView(ChildSteps steps) {
      boolean byHandle = handles.containsKey(NamespaceType.MOUNT);
      LaunchStep _ =
          steps
              .add("see what the JVM sees", SystemCall.UNSHARE, CLONE_NEWNS)
              .explainedBy(errno ->
                  errno == Errno.EPERM
                      ? remedy(
                          errno, byHandle ? grantingHandle(NamespaceType.MOUNT) : grantingProcess())
                      : null);
    }

    private void join(
        ChildSteps steps, NamespaceType type, int fd, Map<NamespaceType, Slot> tried) {
      LaunchStep step = join(steps, type, fd);
      Slot before = tried.get(type);
      if (before != null) {
        LaunchStep _ = step.unlessDone(before);
      }
    }

    private LaunchStep join(ChildSteps steps, NamespaceType type, int fd) {
      return steps
          .add("join " + handles.get(type), SystemCall.SETNS, fd, TypeFacts.of(type).cloneFlag())
          .explainedBy(errno -> remedy(errno, grantingHandle(type)));
    }

    private void joinOfProcess(ChildSteps steps, Set<NamespaceType> types, int process) {
      if (!types.isEmpty()) {
        LaunchStep _ =
            steps
                .add(
                    "join " + types + " of process " + pid,
                    SystemCall.SETNS,
                    process,
                    TypeFacts.cloneFlags(types))
                .explainedBy(errno -> remedy(errno, grantingProcess()));
      }
    }

    /** What would grant the right to join what the process is in; empty if that is not known. */
    private String grantingProcess() {
      if (has(NamespaceType.USER)) {
        return "";
      }
      try (NamespaceHandle user = NamespaceHandle.open(pid, NamespaceType.USER)) {
        boolean grants = isOurs(user);
        for (NamespaceType type : ofProcess) {
          try (NamespaceHandle handle = NamespaceHandle.open(pid, type);
              NamespaceHandle owner = handle.openOwner().orElse(null)) {
            grants &= owner != null && owner.namespace().equals(user.namespace());
          }
        }
        return grants ? ": add USER to the types of process " + pid : "";
      } catch (SyscallException e) {
        return "";
      }
    }

    /** The same for a namespace by its handle. */
    private String grantingHandle(NamespaceType type) {
      if (type == NamespaceType.USER || has(NamespaceType.USER)) {
        return "";
      }
      NamespaceHandle handle = Objects.requireNonNull(handles.get(type));
      try (NamespaceHandle owner = handle.openOwner().orElse(null)) {
        return owner != null && isOurs(owner) ? ": join its owner " + owner + " too" : "";
      } catch (SyscallException e) {
        return "";
      }
    }

    /** True if a user namespace was made by us: who made it has all rights in it. */
    private static boolean isOurs(NamespaceHandle user) throws SyscallException {
      return user.ownerUid() == Syscalls.call(SystemCall.GETEUID, 0, 0, 0, 0, 0)
          && !user.namespace().equals(Namespace.current(NamespaceType.USER));
    }

    private static @Nullable String remedy(Errno errno, String granting) {
      return switch (errno) {
        case EPERM ->
            "joining takes CAP_SYS_ADMIN in the user namespace that owns it, which joining that"
                + " user namespace as well "
                + (granting.isEmpty() ? "may grant" : "grants" + granting);
        case EINVAL -> "a user namespace that the child is already in cannot be joined";
        default -> null;
      };
    }

    @Override
    public void close() {
      handles.values().forEach(NamespaceHandle::close);
      if (process != null) {
        process.close();
      }
    }
  }
}
