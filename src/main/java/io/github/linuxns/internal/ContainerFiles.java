package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.ContainerMounts;
import io.github.linuxns.internal.proc.ContainerName;
import org.jspecify.annotations.Nullable;

/** The files of a process, and of the caller, that tell which container it is in. */
public final class ContainerFiles {
  /** Of a mount's line: up to where it is mounted; its options may be a megabyte. */
  private static final int FIELDS = 5;

  private ContainerFiles() {}

  /** The container, or the pod if no more is known; null if none is named. */
  public static @Nullable ContainerName container(long pid) throws SyscallException {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      ContainerName name = ContainerName.ofControlGroups(process.read("cgroup"));
      return name == null ? ContainerMounts.find(mine(), mounts(process)) : name;
    }
  }

  /** The pod; null if none is named. */
  public static @Nullable ContainerName pod(long pid) throws SyscallException {
    try (ProcessDirectory process = ProcessDirectory.open(pid)) {
      ContainerName name = ContainerName.podOfControlGroups(process.read("cgroup"));
      return name == null ? ContainerMounts.findPod(mine(), mounts(process)) : name;
    }
  }

  private static String mine() throws SyscallException {
    try (ProcessDirectory me = ProcessDirectory.openMine()) {
      return mounts(me);
    }
  }

  private static String mounts(ProcessDirectory process) throws SyscallException {
    return process.readFields("mountinfo", FIELDS);
  }
}
