package io.github.linuxns.process;

import io.github.linuxns.CheckReturnValue;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.internal.launch.Child;
import io.github.linuxns.internal.launch.CommandOptions;
import io.github.linuxns.internal.launch.JavaCommand;
import io.github.linuxns.internal.launch.LaunchPlan;
import io.github.linuxns.internal.launch.StandardStreams;
import io.github.linuxns.internal.launch.StreamOptions;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;

/**
 * Starts processes in new and in existing namespaces, as {@code unshare}, {@code nsenter} and
 * {@code bwrap} do, without any of them. It reads like {@link ProcessBuilder}:
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="launch"}
 *
 * <p>A container from a directory with a root file system:
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="container"}
 *
 * <p><b>What it takes.</b> New namespaces take CAP_SYS_ADMIN, which root has, or a USER namespace
 * among them, in which the child has it: each of the id maps gives it one, and {@link #mapRootUser}
 * and {@link #mapCurrentUser} take no privilege. To join, the child needs CAP_SYS_ADMIN in the
 * owner of what it joins: to have joined that USER namespace too gives it that.
 *
 * <p><b>Where the child is.</b> It starts from the namespaces of the thread that calls {@link
 * #start()} (of its carrier, for a virtual thread), joins what it is told to join, and then gets
 * new ones of what it is told to unshare. An option implies the namespace that it is about, so that
 * nothing hits the host by omission: {@link #hostname} and {@link #domainname} UTS, {@link #mount},
 * {@link #root} and {@link #mountProc} MOUNT, {@link #timeOffsets} TIME, {@link #init} PID, and the
 * id maps USER. A new network has its loopback interface up; a new mount namespace propagates no
 * mount to where it came from.
 *
 * <p><b>This is isolation, not confinement.</b> What the child may do with what it still shares is
 * as before. Root in the child, without {@code capabilities(Set.of())} and {@link
 * #noNewPrivileges()}, keeps the power of root over all of that: without an id map that is root of
 * the machine. Files are those of the caller, unless there is a {@link #root}. The environment is
 * copied unless {@link #clearEnvironment() cleared}. {@link #joinProcess(long)} is nsenter, not
 * {@code docker exec}: it takes over neither the control group, nor the capabilities, nor the
 * seccomp filter of the process. What to add:
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="confined"}
 *
 * <p><b>PID 1.</b> The first process in a new PID namespace is its init, also in one that it joins.
 * The kernel ignores signals to it that it has no handler for (SIGTERM, SIGINT and the others; not
 * SIGKILL from outside), it has to take in the orphans of the namespace, and when it ends all
 * others there are killed. A command that is not made for that gets an {@link #init()}. Only {@link
 * #mountProc} makes {@code /proc}, and so {@code ps}, show the new namespace and not the old one.
 *
 * <p><b>How it is done.</b> The child begins as a tiny program in memory which makes the system
 * calls that were asked for. It shares nothing with the JVM, of which no heap is copied; the
 * command gets the descriptors 0, 1 and 2 only. If the JVM dies before the child is the command, so
 * does the child.
 *
 * <p>A command that is given by its path, and of which nothing is asked but streams and an
 * environment, may be started by {@code posix_spawn} without that program, which is faster: its
 * child borrows the memory of the JVM until it executes the command, as those of the JDK do, and
 * until then no deadline and no interrupt ends it. That is tried from Linux 6.8 and glibc 2.34 on,
 * if the path leads to ext4, XFS, tmpfs, SquashFS or an overlay.
 *
 * <p><b>Errors.</b> What can be known to be wrong is refused at once, with {@link
 * IllegalArgumentException}. What the kernel refuses is a {@link
 * io.github.linuxns.SyscallException} that names the step, such as "mount proc on /proc: EPERM
 * (Operation not permitted)": the child has then been reaped, and nothing is left of it. {@link
 * io.github.linuxns.Errno#ECANCELED} says that somebody killed the child at that step, {@link
 * io.github.linuxns.Errno#ETIMEDOUT} that the launch took longer than {@link #launchTimeout}, and
 * {@link io.github.linuxns.Errno#EPROTO} that the child did not do what it was started to do, which
 * takes somebody who has power over it, such as the root of a namespace that it joins.
 *
 * <p>A builder is not safe for use by several threads at once; it can start any number of
 * processes. See <a
 * href="https://man7.org/linux/man-pages/man7/namespaces.7.html">namespaces(7)</a>.
 */
public final class NamespaceProcessBuilder {
  private final CommandOptions command;
  private final LaunchPlan plan;
  private final StreamOptions streams = new StreamOptions();

  /**
   * For a command and its arguments.
   *
   * @param command the program, as a path or as a name that is looked up in the child's PATH, in
   *     the child's root; and its arguments
   * @throws IllegalArgumentException if there is none, or a NUL in one
   */
  public NamespaceProcessBuilder(String... command) {
    this(List.of(command));
  }

  /**
   * For a command and its arguments.
   *
   * @param command as with {@link #NamespaceProcessBuilder(String...)}; copied
   * @throws IllegalArgumentException if there is none, or a NUL in one
   */
  public NamespaceProcessBuilder(List<String> command) {
    this.command = new CommandOptions(command);
    this.plan = new LaunchPlan(this.command);
  }

  /**
   * For a Java program: this JVM's {@code java}, with its class path and module path and the right
   * to native access, so that the child can use this library too. As root of a USER namespace of
   * its own, which takes no privilege, its threads may create and enter networks and the like:
   *
   * {@snippet file="io/github/linuxns/RootOfItsOwn.java" region="java"}
   *
   * <p>The class has to be where the child finds it: in a file of the class path or module path,
   * seen from the child's root and by the child's user. A class that was typed at a JShell prompt,
   * or made at run time, is in no file.
   *
   * @param main the class whose {@code main} is run
   * @param arguments what it is given
   * @return a builder
   */
  @CheckReturnValue
  public static NamespaceProcessBuilder java(Class<?> main, String... arguments) {
    return new NamespaceProcessBuilder(JavaCommand.of(main, List.of(arguments)));
  }

  // ---- namespaces ----

  /**
   * Gives the child new namespaces.
   *
   * <p>With a new PID namespace the child is process 1, but {@code /proc} still shows the processes
   * of whoever mounted it, and so {@code ps} those of the host: {@link #mountProc()} mends that. A
   * new MOUNT namespace begins with the same mounts, a new NETWORK with no device but {@code lo};
   * and in a new USER the child is nobody, 65534, unless there is a map such as {@link
   * #mapRootUser()}.
   *
   * @param types at least one
   * @return this builder
   * @throws IllegalArgumentException if there is none
   */
  public NamespaceProcessBuilder unshare(NamespaceType... types) {
    plan.namespaces().unshare(List.of(types));
    return this;
  }

  /**
   * Has the child join namespaces; any type, TIME and USER included. They are borrowed until {@link
   * #start()}, which throws IllegalStateException if one is closed.
   *
   * <p>With a USER namespace the child becomes user 0 and group 0 of it, as with nsenter.
   *
   * @param handles at least one
   * @return this builder
   * @throws IllegalArgumentException if there is none, or a second one of a type
   */
  public NamespaceProcessBuilder join(NamespaceHandle... handles) {
    plan.namespaces().join(List.of(handles));
    return this;
  }

  /**
   * Has the child join those of a set, as {@link #join(NamespaceHandle...)} does.
   *
   * @param set borrowed until {@link #start()}
   * @return this builder
   * @throws IllegalArgumentException if there is one of a type that is to be joined already
   */
  public NamespaceProcessBuilder join(NamespaceSet set) {
    plan.namespaces().join(Objects.requireNonNull(set));
    return this;
  }

  /**
   * Has the child join all namespaces of a process that differ from those of the thread that calls
   * {@link #start()}, as {@code nsenter --all} does. The process is taken hold of at the start; one
   * that has ended is ESRCH then.
   *
   * @param pid a process id, as the JVM sees it
   * @return this builder
   * @throws IllegalArgumentException if it cannot be one, or there is a process to join already
   */
  public NamespaceProcessBuilder joinProcess(long pid) {
    plan.namespaces().joinProcess(pid, null);
    return this;
  }

  /**
   * Has the child join namespaces of a process, as nsenter does: the host's tools in a container's
   * network.
   *
   * {@snippet file="io/github/linuxns/Snippets.java" region="join"}
   *
   * @param pid a process id, as the JVM sees it
   * @param types which; at least one
   * @return this builder
   * @throws IllegalArgumentException if it cannot be a process id, there is a process to join
   *     already, there is no type, or a second one of a type to join
   */
  public NamespaceProcessBuilder joinProcess(long pid, NamespaceType... types) {
    plan.namespaces().joinProcess(pid, List.of(types));
    return this;
  }

  // ---- user and group ids ----

  /**
   * Makes the child root of a new USER namespace, and nobody but the caller outside: 0 stands for
   * the caller's own user and group there. Needs no privilege. Where the caller is root of the
   * machine, so is the child, as far as files go: {@link #uidMappings} makes it somebody else.
   *
   * <p>There is one map: of this, {@link #mapCurrentUser}, {@link #mapSubordinateIds}, and {@link
   * #uidMappings} with {@link #gidMappings}, the last that is called takes the place of any other,
   * as with the other options of which there can be one.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder mapRootUser() {
    plan.mappings().root();
    return unshare(NamespaceType.USER);
  }

  /**
   * Gives the child a new USER namespace in which its user and group are called as outside. Needs
   * no privilege. The command has no capabilities there, unless its user is 0 or {@link
   * #capabilities} gives it some.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder mapCurrentUser() {
    plan.mappings().current();
    return unshare(NamespaceType.USER);
  }

  /**
   * Gives the child a new USER namespace with the caller's own ids as 0, and from 1 on those that
   * {@code /etc/subuid} and {@code /etc/subgid} give to the caller: all of them, in that order,
   * where unshare takes the first line and leaves its last id out. If there are no such ids {@link
   * #start()} throws an {@link IOException} with the command that gives some. Without CAP_SETUID
   * and CAP_SETGID this takes the programs newuidmap and newgidmap, which have as long as the
   * launch has.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder mapSubordinateIds() {
    plan.mappings().subordinate();
    return unshare(NamespaceType.USER);
  }

  /**
   * Gives the child a new USER namespace with these user ids. Other than the caller's own take
   * CAP_SETUID, or newuidmap. If the caller's own is not among them the command is user 0 there, or
   * the one that {@link #uid} names.
   *
   * @param mappings at least one; at most 340, without overlap
   * @return this builder
   * @throws IllegalArgumentException if they cannot be a map
   */
  public NamespaceProcessBuilder uidMappings(IdMapping... mappings) {
    plan.mappings().uids(mappings);
    return unshare(NamespaceType.USER);
  }

  /**
   * Gives the child a new USER namespace with these group ids; otherwise as {@link #uidMappings}.
   *
   * @param mappings at least one; at most 340, without overlap
   * @return this builder
   * @throws IllegalArgumentException if they cannot be a map
   */
  public NamespaceProcessBuilder gidMappings(IdMapping... mappings) {
    plan.mappings().gids(mappings);
    return unshare(NamespaceType.USER);
  }

  /**
   * Says whether processes in the new USER namespace may change their supplementary groups. If this
   * is not called they may not where only the caller's own ids are mapped, since the kernel lets
   * nobody without privilege map a group otherwise, and may elsewhere.
   *
   * @param allow true takes CAP_SETGID, or newgidmap
   * @return this builder
   */
  public NamespaceProcessBuilder allowSetgroups(boolean allow) {
    plan.mappings().allowSetgroups(allow);
    return this;
  }

  /**
   * The user that the command runs as, by the id that it has in the child's USER namespace. A
   * command that is not user 0 has no capabilities, unless {@link #capabilities} gives it some.
   *
   * @param id 0 to 2³²−2
   * @return this builder
   */
  public NamespaceProcessBuilder uid(long id) {
    plan.identity().uid(id);
    return this;
  }

  /**
   * The group that the command runs as, by the id that it has in the child's USER namespace.
   *
   * @param id 0 to 2³²−2
   * @return this builder
   */
  public NamespaceProcessBuilder gid(long id) {
    plan.identity().gid(id);
    return this;
  }

  /**
   * The supplementary groups of the command. If this is not called they are the caller's, or none
   * if the command has another user or group than the caller.
   *
   * @param ids 0 to 2³²−2; none for none
   * @return this builder
   */
  public NamespaceProcessBuilder supplementaryGroups(long... ids) {
    plan.identity().groups(ids);
    return this;
  }

  // ---- names and clocks ----

  /**
   * The host name in a new UTS namespace.
   *
   * @param name 1 to 64 bytes
   * @return this builder
   * @throws IllegalArgumentException if it is empty, as with hostname(1), or longer, or there is a
   *     NUL in it
   */
  public NamespaceProcessBuilder hostname(String name) {
    plan.system().hostname(name);
    return unshare(NamespaceType.UTS);
  }

  /**
   * The NIS domain name in a new UTS namespace.
   *
   * @param name at most 64 bytes; empty for none
   * @return this builder
   * @throws IllegalArgumentException if it is longer, or there is a NUL in it
   */
  public NamespaceProcessBuilder domainname(String name) {
    plan.system().domainname(name);
    return unshare(NamespaceType.UTS);
  }

  /**
   * How far the clocks in a new TIME namespace are ahead of the caller's; negative is behind. There
   * is no offset for the time of day.
   *
   * @param monotonic of CLOCK_MONOTONIC
   * @param boottime of CLOCK_BOOTTIME, which {@code uptime} shows
   * @return this builder
   */
  public NamespaceProcessBuilder timeOffsets(Duration monotonic, Duration boottime) {
    plan.system().timeOffsets(monotonic, boottime);
    return unshare(NamespaceType.TIME);
  }

  // ---- files ----

  /**
   * Makes a directory the root of the child, in a new MOUNT namespace from which the old root is
   * gone. What is mounted below the directory comes along.
   *
   * <p>Before Linux 7.0 the root that the kernel has booted with, if that is an initramfs, can only
   * be covered: no path leads there, but a child that keeps {@code CAP_SYS_ADMIN} could take off
   * again what covers it.
   *
   * @param directory in the caller's view
   * @return this builder
   */
  public NamespaceProcessBuilder root(Path directory) {
    plan.files().root(directory);
    return unshare(NamespaceType.MOUNT);
  }

  /**
   * Makes something the root of the child, such as {@code Mount.tmpfs()} or {@code
   * Mount.overlay(…)}, in a new MOUNT namespace from which the old root is gone. Targets of {@link
   * #mount} that are not there are made, since nobody else sees them.
   *
   * @param root what
   * @return this builder
   */
  public NamespaceProcessBuilder root(Mount root) {
    plan.files().root(root);
    return unshare(NamespaceType.MOUNT);
  }

  /**
   * Mounts something for the child, in a new MOUNT namespace.
   *
   * @param target where, in the child's final root; earlier ones are there already
   * @param what what
   * @return this builder
   */
  public NamespaceProcessBuilder mount(String target, Mount what) {
    plan.files().mount(target, what);
    return unshare(NamespaceType.MOUNT);
  }

  /**
   * Mounts {@code /proc}, so that it shows the child's PID namespace: {@code mount("/proc",
   * Mount.proc())}. Without it {@code ps} and all else that reads {@code /proc} show the processes
   * that were there before, by their numbers outside.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder mountProc() {
    return mount("/proc", Mount.proc());
  }

  /**
   * How mounts spread between the child's new MOUNT namespace and the one that it came from. If
   * this is not called, they do not.
   *
   * @param propagation of all mounts that it begins with
   * @return this builder
   */
  public NamespaceProcessBuilder propagation(Propagation propagation) {
    plan.files().propagation(propagation);
    return unshare(NamespaceType.MOUNT);
  }

  /**
   * The working directory of the command. If this is not called it is the one of the thread that
   * calls {@link #start()}, or {@code /} in another root.
   *
   * <p>It is a text where {@link ProcessBuilder#directory(java.io.File)} takes a file: with a
   * {@link #root(Path)}, with mounts, or in a mount namespace that is joined, the path means
   * something else to the child than to this JVM, and there may be nothing of that name here.
   *
   * @param path in the child's final root, entered as the command's user and groups; if it is
   *     relative, seen from the directory that the command would have otherwise
   * @return this builder
   */
  public NamespaceProcessBuilder directory(String path) {
    command.directory(path);
    return this;
  }

  // ---- environment and streams ----

  /**
   * {@return the environment of the command, a copy of this process's at first, to be changed; it
   * refuses what cannot be in one, as that of {@link ProcessBuilder#environment()} does}
   */
  public Map<String, String> environment() {
    return command.environment();
  }

  /**
   * Sets a variable of the environment.
   *
   * @param name its name
   * @param value its value
   * @return this builder
   * @throws IllegalArgumentException if there is a NUL in one, or a {@code =} in the name
   */
  public NamespaceProcessBuilder environment(String name, String value) {
    String _ = environment().put(name, value);
    return this;
  }

  /**
   * Empties the environment: the command gets nothing that is not set afterwards.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder clearEnvironment() {
    environment().clear();
    return this;
  }

  /**
   * Gives the command this process's standard streams.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder inheritIO() {
    return redirectInput(ProcessBuilder.Redirect.INHERIT)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /**
   * Where the command's input comes from; a pipe if this is not called.
   *
   * @param source a file is opened by this process, before the child is anywhere else
   * @return this builder
   * @throws IllegalArgumentException if it is to be written to
   */
  public NamespaceProcessBuilder redirectInput(ProcessBuilder.Redirect source) {
    streams.input(source);
    return this;
  }

  /**
   * Where the command's output goes to; a pipe if this is not called.
   *
   * @param destination a file is opened by this process, before the child is anywhere else
   * @return this builder
   * @throws IllegalArgumentException if it is to be read from
   */
  public NamespaceProcessBuilder redirectOutput(ProcessBuilder.Redirect destination) {
    streams.output(destination);
    return this;
  }

  /**
   * Where the command's error output goes to; a pipe if this is not called.
   *
   * @param destination a file is opened by this process, before the child is anywhere else
   * @return this builder
   * @throws IllegalArgumentException if it is to be read from
   */
  public NamespaceProcessBuilder redirectError(ProcessBuilder.Redirect destination) {
    streams.error(destination);
    return this;
  }

  /**
   * Sends the command's error output to where its output goes.
   *
   * @param redirect whether to
   * @return this builder
   */
  public NamespaceProcessBuilder redirectErrorStream(boolean redirect) {
    streams.errorToOutput(redirect);
    return this;
  }

  // ---- what the command may do ----

  /**
   * Has the command, and all that it starts, gain no privileges by setuid programs and the like:
   * sudo does nothing for them. It cannot be undone.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder noNewPrivileges() {
    plan.confinement().noNewPrivileges();
    return this;
  }

  /**
   * Gives the command exactly these capabilities, in its permitted, effective, inheritable, ambient
   * and bounding sets; also if it is not user 0. They count in the child's USER namespace. With
   * {@link #noNewPrivileges()}, and without CAP_SETPCAP, the bounding set stays as it is: nothing
   * is ever taken out of it then.
   *
   * @param capabilities those that it keeps; empty for none
   * @return this builder
   */
  public NamespaceProcessBuilder capabilities(Set<Capability> capabilities) {
    plan.confinement().capabilities(capabilities);
    return this;
  }

  /**
   * Limits a resource. Raising a hard limit takes CAP_SYS_RESOURCE.
   *
   * @param limit which
   * @param soft the limit that counts, in the limit's own unit; {@link ResourceLimit#INFINITY} for
   *     none
   * @param hard how far the command may raise it
   * @return this builder
   * @throws IllegalArgumentException if one is negative, or the soft one above the hard one
   */
  public NamespaceProcessBuilder resourceLimit(ResourceLimit limit, long soft, long hard) {
    plan.confinement().limit(limit, soft, hard);
    return this;
  }

  /**
   * Installs a seccomp filter, as the last thing before the command. It takes {@link
   * #noNewPrivileges()}, or CAP_SYS_ADMIN in the child's USER namespace.
   *
   * @param bpf the instructions, as an array of {@code struct sock_filter} in the machine's byte
   *     order
   * @return this builder
   * @throws IllegalArgumentException if it is no filter that the kernel would take, or one that
   *     forbids execve, with which the command is started
   */
  public NamespaceProcessBuilder seccomp(byte[] bpf) {
    plan.confinement().seccomp(bpf);
    return this;
  }

  /**
   * Puts the child into a control group, before it does anything else.
   *
   * @param directory of the group, in a control group file system of version 2, in the caller's
   *     view
   * @return this builder
   */
  public NamespaceProcessBuilder cgroup(Path directory) {
    plan.system().cgroup(directory);
    return this;
  }

  // ---- how it lives ----

  /**
   * Has the command killed when this JVM ends, in whatever way. A command that gains privileges by
   * a setuid program is not.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder dieWithParent() {
    plan.system().dieWithParent();
    return this;
  }

  /**
   * Makes the command the leader of a session of its own, without a terminal.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder newSession() {
    plan.system().newSession();
    return this;
  }

  /**
   * Gives the child a new PID namespace with a tiny init as PID 1: it forwards to the command the
   * signals that it gets, takes in orphans, and ends as the command ends. It has the rights of the
   * command, but neither its resource limits nor its seccomp filter; its memory is closed to a
   * command with a filter, unless that has CAP_SYS_PTRACE in the caller's USER namespace.
   *
   * <p>With a PID namespace to {@link #join(NamespaceHandle...) join} the new one is below that;
   * but if it is one in which no process has started, such as {@link NamespaceSet#create} makes,
   * the init is PID 1 of that very one. To {@link #unshare} PID below such a one is {@code EINVAL}.
   *
   * @return this builder
   */
  public NamespaceProcessBuilder init() {
    plan.system().init();
    plan.namespaces().unshareForInit();
    return this;
  }

  /**
   * How long the child may take to become the command; 30 seconds if this is not called. Somebody
   * with power over a namespace or control group that it joins could hold it up for ever. It is
   * killed then.
   *
   * <p>The time begins when the files to redirect to are open and the mounts are made that this JVM
   * makes for the child: for a FIFO that nobody writes to, or a server of files that does not
   * answer, there is no limit.
   *
   * @param limit more than zero
   * @return this builder
   */
  public NamespaceProcessBuilder launchTimeout(Duration limit) {
    plan.limit(limit);
    return this;
  }

  /**
   * Starts the process. When this returns it has become the command. The calling thread stays where
   * it is; a virtual thread holds its carrier for the time of the launch.
   *
   * <p>When it fails the child has been killed and reaped. One that has not ended two seconds after
   * it was killed, since it is in a frozen control group of version 1 or a debugger holds it, is
   * left to end then, and reaped later: a launch may take as long beyond its limit.
   *
   * @return the process
   * @throws io.github.linuxns.SyscallException if a step failed, which the message names
   * @throws java.io.InterruptedIOException if the calling thread was interrupted before the child
   *     was seen to be the command, and still is; the child has been killed
   * @throws IOException if a file to redirect to cannot be opened, or ids cannot be mapped
   * @throws IllegalStateException if a namespace to join is closed, or the options contradict each
   *     other
   * @throws UnsupportedOperationException if nothing that the child could begin as may be executed
   *     here, since files in memory may not and no private file either; or on a CPU other than
   *     x86-64 and aarch64
   */
  public NamespaceProcess start() throws IOException {
    Child child = null;
    try (StandardStreams opened = streams.open()) {
      child = plan.start(opened.descriptors(), Thread.currentThread()::isInterrupted);
      return new NamespaceProcess(child, opened, !plan.commandIsInit(child));
    } catch (IOException | RuntimeException | Error e) {
      Child.end(child);
      throw e;
    }
  }

  /**
   * {@return what is to be started and how, in words: the command, the namespaces and the options,
   * and the names, but not the values, of an environment that has been looked at or changed}
   *
   * <p>It is for people to read, and may change.
   */
  @Override
  public String toString() {
    StringJoiner words = new StringJoiner("; ");
    plan.describe(words);
    streams.describe(words);
    return words.toString();
  }
}
