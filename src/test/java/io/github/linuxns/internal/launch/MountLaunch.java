package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import io.github.linuxns.internal.mounts.MountAccess;
import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.mount.Mount;
import io.github.linuxns.mount.Propagation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A launch by a program written by hand, of a shell that sees some mounts. */
final class MountLaunch {
  private final List<MountSetup.At> mounts = new ArrayList<>();
  private long namespaces = CLONE_NEWNS | CLONE_NEWPID;
  private long joined;
  private boolean user = true;
  private MountInterface kernel = MountInterface.current();
  private @Nullable MountDescription root;
  private @Nullable Propagation propagation;

  static MountLaunch inUserNamespace() {
    return new MountLaunch();
  }

  static MountLaunch asRoot() {
    MountLaunch launch = new MountLaunch();
    launch.user = false;
    return launch;
  }

  MountLaunch mount(String target, Mount what) {
    mounts.add(new MountSetup.At(target, MountAccess.description(what)));
    return this;
  }

  MountLaunch root(Path directory) {
    root = MountSetup.directoryRoot(directory);
    return this;
  }

  MountLaunch root(Mount what) {
    root = MountAccess.description(what);
    return this;
  }

  MountLaunch propagation(Propagation value) {
    propagation = value;
    return this;
  }

  /** Where a process is, and then in a copy of that. */
  MountLaunch joining(long pid) {
    joined = pid;
    return this;
  }

  MountLaunch withNetwork() {
    namespaces |= CLONE_NEWNET;
    return this;
  }

  MountLaunch withoutPid() {
    namespaces &= ~CLONE_NEWPID;
    return this;
  }

  MountLaunch onOldKernel() {
    kernel = MountInterface.DETACHED;
    return this;
  }

  /** What the shell prints, which must succeed. */
  String sh(String script) throws Exception {
    return run("/bin/sh", "-c", script);
  }

  String run(String... command) throws Exception {
    int[] output = new int[2];
    int[] input = new int[2];
    check(LaunchCalls.pipe(output));
    check(LaunchCalls.pipe(input));
    Child child;
    MountSetup setup = new MountSetup(root, mounts, propagation, true, user);
    try (GivenMounts given = GivenMounts.of(setup, kernel)) {
      ChildSteps steps = new ChildSteps();
      write(steps, setup, given, command);
      child =
          Launch.run(
              steps.program(),
              new int[] {input[0], output[1], output[1]},
              steps.given(),
              _ -> {},
              Launching.patience());
    } catch (IOException | RuntimeException e) {
      Syscalls.close(output[0]);
      throw e;
    } finally {
      Syscalls.close(input[0]);
      Syscalls.close(input[1]);
      Syscalls.close(output[1]);
    }
    String text =
        new String(
            Files.readAllBytes(Path.of("/proc/self/fd", Integer.toString(output[0]))),
            StandardCharsets.UTF_8);
    Syscalls.close(output[0]);
    int status = child.exit().get(30, TimeUnit.SECONDS);
    if (status != 0) {
      throw new AssertionError(Arrays.toString(command) + " ended with " + status + ": " + text);
    }
    return text.strip();
  }

  private void write(ChildSteps child, MountSetup setup, GivenMounts given, String... command)
      throws IOException {
    LaunchProgram program = child.program();
    MountSteps steps =
        new MountSteps(program, setup, what -> given.give(what, child), kernel.hasAttributes());
    if (joined != 0) {
      steps.sources();
      Slot theirs = program.slot();
      long file = program.text("/proc/" + joined + "/ns/mnt");
      program.add("open", SystemCall.OPENAT, AT_FDCWD, file, O_RDONLY | O_CLOEXEC).into(theirs);
      program.add("join", SystemCall.SETNS, 0, CLONE_NEWNS).from(0, theirs);
      steps.joined();
    }
    program.add("new namespaces", SystemCall.UNSHARE, namespaces | (user ? CLONE_NEWUSER : 0));
    if (joined == 0) {
      steps.sources();
    }
    if (user) {
      Path self = Path.of("/proc/self");
      write(program, "/proc/self/setgroups", "deny");
      write(program, "/proc/self/uid_map", "0 " + Files.getAttribute(self, "unix:uid") + " 1");
      write(program, "/proc/self/gid_map", "0 " + Files.getAttribute(self, "unix:gid") + " 1");
    }
    program
        .add(
            "fork",
            SystemCall.CLONE,
            CLONE_PARENT | CLONE_PARENT_SETTID,
            0,
            LaunchReport.CHILD_ADDRESS)
        .asFork();
    steps.mounts();
    child.closeOnExec();
    long environment = program.texts(List.of("PATH=/bin:/usr/bin:/sbin"));
    long arguments = program.texts(List.of(command));
    program
        .add("execute", SystemCall.EXECVE, program.text(command[0]), arguments, environment)
        .asExec();
  }

  private static void write(LaunchProgram program, String file, String text) {
    Slot slot = program.slot();
    program
        .add("open " + file, SystemCall.OPENAT, AT_FDCWD, program.text(file), O_WRONLY | O_CLOEXEC)
        .into(slot);
    program
        .add("write " + file, SystemCall.WRITE, 0, program.text(text), text.length())
        .from(0, slot);
  }

  private static void check(int result) {
    if (result < 0) {
      throw new AssertionError("pipe: " + result);
    }
  }
}
