package io.github.linuxns.inspect;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ContainerFiles;
import io.github.linuxns.internal.proc.ContainerName;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which container a process is in, by the name that whoever runs the container has given to its
 * control group, or by the files that were mounted in the caller's own.
 *
 * <p>The kernel knows no containers. What is known here:
 *
 * <table>
 * <caption>Runtimes and what they call a container</caption>
 * <tr><th scope="col">runtime</th><th scope="col">id</th></tr>
 * <tr><td>{@code docker}, {@code containerd}, {@code podman}, {@code cri-o}</td>
 *     <td>64 hexadecimal digits</td></tr>
 * <tr><td>{@code kubernetes}</td>
 *     <td>the same, where the path does not say which runtime it is; else the uid of the pod, if no
 *     more is known</td></tr>
 * <tr><td>{@code buildkit}</td><td>25 letters and digits</td></tr>
 * <tr><td>{@code lxc} (LXC, LXD and Incus), {@code systemd-nspawn}, {@code libvirt-lxc}</td>
 *     <td>its name</td></tr>
 * </table>
 *
 * <p>Of containers in containers it is the outermost: names below that were given by those inside,
 * who could name themselves like somebody else.
 *
 * <p>An id is a claim of whoever gave the name. It says where to ask, and proves nothing:
 *
 * <ul>
 *   <li>A control group is named by root of the machine, or by a user below the group that root has
 *       handed over to him, as systemd does for each user who is logged in: to be told by the rest
 *       of its path ({@link NamespaceInfo#cgroup()}). No process can leave such a subtree by
 *       itself, and none can have a name above it.
 *   <li>Mounts are made by root of a mount namespace, and anybody can be that of a new one. So they
 *       are believed in no mount namespace but the calling thread's own, where they tell of who
 *       runs the container that the caller is in, or of root there: nobody else can mount there. Of
 *       a process in another one, or whose root is elsewhere, its mounts tell nothing here.
 * </ul>
 *
 * @param runtime who runs it, as above
 * @param id what the runtime calls it
 * @see <a href="https://man7.org/linux/man-pages/man7/cgroups.7.html">cgroups(7)</a>
 */
public record Container(String runtime, String id) {

  /** Names a container, which need not exist. */
  public Container {
    Objects.requireNonNull(runtime);
    Objects.requireNonNull(id);
  }

  /**
   * Tells which container a process is in; also of this JVM, from inside of one: {@code
   * Container.of(ProcessHandle.current().pid())}. It reads one to three files of {@code /proc}, and
   * captures nothing.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @return the container; empty if there is none, or its name is not of a known form
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException {@code ESRCH} if there is no such process or it has ended; {@code
   *     EACCES} if the caller may not look at it, which takes the same user or {@code
   *     CAP_SYS_PTRACE}; {@code ENOENT} if {@code /proc} is not mounted
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_cgroup.5.html">
   *     proc_pid_cgroup(5)</a>
   * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html">
   *     proc_pid_mountinfo(5)</a>
   */
  public static Optional<Container> of(long pid) throws SyscallException {
    return of(ContainerFiles.container(pid));
  }

  /**
   * Tells which Kubernetes pod a process is in.
   *
   * @param pid a process or thread id in the caller's pid namespace
   * @return the pod: its runtime is {@code kubernetes}, its id the pod's uid; empty if there is
   *     none
   * @throws IllegalArgumentException if the pid is not positive, or larger than any pid
   * @throws SyscallException as {@link #of(long)}
   */
  public static Optional<Container> podOf(long pid) throws SyscallException {
    return of(ContainerFiles.pod(pid));
  }

  /** The container that the path of a control group names. */
  static Optional<Container> ofControlGroup(String path) {
    return of(ContainerName.ofPath(path));
  }

  private static Optional<Container> of(@Nullable ContainerName name) {
    return name == null ? Optional.empty() : Optional.of(new Container(name.runtime(), name.id()));
  }

  /** {@return its text, such as "docker:4f1c…"} */
  @Override
  public String toString() {
    return runtime + ':' + id;
  }
}
