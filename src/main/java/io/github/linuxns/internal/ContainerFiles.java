package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.ContainerMounts;
import io.github.linuxns.internal.proc.ContainerName;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The files of a process, and of the caller, that tell which container it is in. */
public final class ContainerFiles {
  /** Of a mount's line: up to where it is mounted; its options may be a megabyte. */
  private static final int FIELDS = 5;

  private static final String MOUNTS = "mountinfo";
  private static final String NAMESPACE = "ns/mnt";

  private ContainerFiles() {}

  /** The container, or the pod if no more is known; null if none is named. */
  public static @Nullable ContainerName container(long pid) throws SyscallException {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      ContainerName name = ContainerName.ofControlGroups(process.read("cgroup"));
      return name == null ? ofMounts(process, ContainerMounts::find) : name;
    }
  }

  /** The pod; null if none is named. */
  public static @Nullable ContainerName pod(long pid) throws SyscallException {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      ContainerName name = ContainerName.podOfControlGroups(process.read("cgroup"));
      return name == null ? ofMounts(process, ContainerMounts::findPod) : name;
    }
  }

  /**
   * A table may have many thousands of lines. So none is read for a process in another mount
   * namespace, if its link says so, and none but the caller's own if that tells nothing.
   */
  private static @Nullable ContainerName ofMounts(
      ProcessDirectory process, BiFunction<ContainerMounts, String, @Nullable ContainerName> asked)
      throws SyscallException {
    String theirs = process.link(NAMESPACE);
    ContainerMounts mine;
    try (ProcessDirectory me = ProcessDirectory.openMine()) {
      if (theirs != null && !theirs.equals(me.link(NAMESPACE))) {
        return null;
      }
      mine = ContainerMounts.of(mounts(me));
    }
    if (mine.isEmpty()) {
      if (theirs == null) {
        process.require(MOUNTS); // or it has ended, or may not be looked at
      }
      return null;
    }
    return asked.apply(mine, mounts(process));
  }

  private static String mounts(ProcessDirectory process) throws SyscallException {
    return process.readFields(MOUNTS, FIELDS);
  }
}
