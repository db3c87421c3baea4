package io.github.linuxns.internal.launch;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.ProcessReference;
import io.github.linuxns.internal.SystemCall;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/**
 * New namespaces that nobody is in: a child makes them, and ends as soon as they are open. That is
 * the only way to those that no thread of a JVM can be in, and to those of a user namespace.
 */
public final class NewFamily {
  private NewFamily() {}

  /**
   * Makes one of each type; all belong to the new user namespace if USER is among them, in which 0
   * stands for the calling thread's user and group.
   */
  public static Map<NamespaceType, OpenFile> create(Collection<NamespaceType> types)
      throws SyscallException {
    Arch _ = Arch.current(); // on another CPU it is not the kernel that lacks them
    for (NamespaceType type : types) {
      if (!type.isSupported()) {
        throw Failures.lacks(type, SystemCall.UNSHARE);
      }
    }
    EnumMap<NamespaceType, OpenFile> files = new EnumMap<>(NamespaceType.class);
    try {
      Child child = launch(types, pid -> open(pid, types, files));
      int _ = child.exit().join(); // not to leave it to be reaped some time later
      return files;
    } catch (SyscallException | RuntimeException | Error e) {
      files.values().forEach(OpenFile::close);
      throw e;
    }
  }

  private static Child launch(Collection<NamespaceType> types, Launch.Question question)
      throws SyscallException {
    LaunchPlan plan = new LaunchPlan();
    plan.namespaces().unshare(types);
    if (types.contains(NamespaceType.USER)) {
      plan.mappings().root();
    }
    return plan.startWithoutStreams(question);
  }

  private static void open(
      long pid, Collection<NamespaceType> types, Map<NamespaceType, OpenFile> files)
      throws SyscallException {
    try (ProcessReference child = ProcessReference.open(pid)) {
      for (NamespaceType type : types) {
        files.put(type, child.openForChildren(type));
      }
    }
  }
}
