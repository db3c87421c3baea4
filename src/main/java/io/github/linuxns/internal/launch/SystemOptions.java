package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What a child finds around it, beside files and rights: names, clocks, session, control group. */
public final class SystemOptions {
  /** What the kernel has room for in a host name. */
  private static final int MAX_NAME = 64;

  /** What ps shows of an init: 15 bytes are all that the kernel has room for in one place. */
  private static final String INIT = "namespace-init";

  private @Nullable String hostname;
  private @Nullable String domainname;
  private @Nullable String timeOffsets;
  private @Nullable Path cgroup;
  private boolean newSession;
  private boolean dieWithParent;
  private boolean init;

  public void hostname(String name) {
    if (name.isEmpty()) {
      // The kernel would take it, but it is no host's, and hostname(1) refuses it.
      throw new IllegalArgumentException("an empty host name");
    }
    hostname = checkedName(name);
  }

  public void domainname(String name) {
    domainname = checkedName(name);
  }

  private static String checkedName(String name) {
    if (name.indexOf('\0') >= 0 || Syscalls.pathBytes(name).length > MAX_NAME) {
      throw new IllegalArgumentException(
          "a name has at most " + MAX_NAME + " bytes, and no NUL: " + name.replace('\0', '?'));
    }
    return name;
  }

  /** How far the clocks of a new time namespace are ahead of the caller's. */
  public void timeOffsets(Duration monotonic, Duration boottime) {
    timeOffsets = line("monotonic", monotonic) + line("boottime", boottime);
  }

  /** Seconds are rounded down, so that what is left is positive: that is how Duration has them. */
  private static String line(String clock, Duration offset) {
    return clock + ' ' + offset.getSeconds() + ' ' + offset.getNano() + '\n';
  }

  public void cgroup(Path directory) {
    cgroup = directory;
  }

  public void newSession() {
    newSession = true;
  }

  public void dieWithParent() {
    dieWithParent = true;
  }

  public void init() {
    init = true;
  }

  /** True if none of it was asked for. */
  boolean isEmpty() {
    boolean names = hostname != null || domainname != null;
    boolean places = timeOffsets != null || cgroup != null;
    return !names && !places && !newSession && !dieWithParent && !init;
  }

  /** Says it in words. */
  void describe(StringJoiner words) {
    if (hostname != null) {
      words.add("host name " + hostname);
    }
    if (domainname != null) {
      words.add("domain name " + domainname);
    }
    if (timeOffsets != null) {
      words.add("clocks ahead: " + timeOffsets.strip().replace("\n", ", "));
    }
    if (cgroup != null) {
      words.add("control group " + cgroup);
    }
    if (init) {
      words.add("below an init");
    }
    if (newSession) {
      words.add("new session");
    }
    if (dieWithParent) {
      words.add("die with the JVM");
    }
  }

  boolean diesWithParent() {
    return dieWithParent;
  }

  boolean hasTimeOffsets() {
    return timeOffsets != null;
  }

  boolean hasInit() {
    return init;
  }

  /** Opens the control group before anything is started; null if none was named. */
  @Nullable OpenFile openCgroup() throws SyscallException {
    if (cgroup == null) {
      return null;
    }
    int fd = Syscalls.openDirectoryPath(cgroup.toString());
    if (fd < 0) {
      throw Failures.of(SystemCall.OPENAT, fd, "control group " + cgroup);
    }
    return OpenFile.of(fd);
  }

  /** Adds the steps that put the child into the control group, before it takes anything. */
  void writeCgroup(ChildSteps steps, @Nullable OpenFile directory) {
    if (directory == null) {
      return;
    }
    LaunchProgram program = steps.program();
    Slot file = program.slot();
    String label = "enter the control group " + cgroup;
    steps
        .add(
            label,
            SystemCall.OPENAT,
            steps.lend(directory),
            program.text("cgroup.procs"),
            O_WRONLY | O_CLOEXEC)
        .into(file)
        .explainedBy(SystemOptions::cgroupRemedy);
    steps
        .add(label, SystemCall.WRITE, 0, program.bytes((byte) '0'), 1)
        .from(0, file)
        .explainedBy(SystemOptions::cgroupRemedy);
    steps.lend(file); // whoever has it moves processes by our rights
  }

  private static @Nullable String cgroupRemedy(Errno errno) {
    return switch (errno) {
      case ENOENT -> "it is no directory of a control group file system";
      case EACCES, EPERM -> "the user needs write access to cgroup.procs there, and above";
      case EBUSY -> "it has controllers enabled for groups below it, and takes no processes itself";
      case EOPNOTSUPP -> "its type does not allow processes";
      default -> null;
    };
  }

  /** Adds the steps that set the clocks of a new time namespace, before anybody is in it. */
  void writeTimeOffsets(ChildSteps steps) {
    if (timeOffsets != null) {
      steps.writeOwn(
          "timens_offsets",
          timeOffsets.getBytes(StandardCharsets.US_ASCII),
          errno ->
              errno == Errno.ERANGE
                  ? "the clock would be negative, or further ahead than the kernel allows"
                  : null);
    }
  }

  /** Adds the steps that name the host. */
  void writeNames(ChildSteps steps) {
    if (hostname != null) {
      writeName(steps, "host", SystemCall.SETHOSTNAME, hostname);
    }
    if (domainname != null) {
      writeName(steps, "domain", SystemCall.SETDOMAINNAME, domainname);
    }
  }

  private static void writeName(ChildSteps steps, String kind, SystemCall call, String name) {
    long length = Syscalls.pathBytes(name).length;
    LaunchStep _ =
        steps.add("name the " + kind + ' ' + name, call, steps.program().text(name), length);
  }

  /** Adds the steps that bring the loopback interface of a new network up. */
  static void writeLoopback(ChildSteps steps) {
    ByteBuffer request = ByteBuffer.allocate(Layouts.IFREQ_SIZE).order(ByteOrder.nativeOrder());
    request.put(Layouts.IFR_NAME, "lo".getBytes(StandardCharsets.US_ASCII));
    request.putShort(Layouts.IFR_FLAGS, (short) IFF_UP);
    Slot socket = steps.program().slot();
    steps.add("bring lo up", SystemCall.SOCKET, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC).into(socket);
    steps
        .add(
            "bring lo up",
            SystemCall.IOCTL,
            0,
            SIOCSIFFLAGS,
            steps.program().bytes(request.array()))
        .from(0, socket);
  }

  /** Adds the step that makes the child the leader of a session of its own. */
  void writeSession(ChildSteps steps) {
    if (newSession) {
      LaunchStep _ = steps.add("begin a session", SystemCall.SETSID);
    }
  }

  /**
   * Adds the steps after which the child goes on under an init, which is as far as the child has
   * come by then. All signals wait for it to take them.
   *
   * @param filtered true if the command is going to have a seccomp filter, which the init has not
   */
  void writeInit(ChildSteps steps, boolean filtered) {
    if (!init) {
      return;
    }
    LaunchProgram program = steps.program();
    if (filtered) {
      // Else the command could make the calls that it is denied by way of the memory of the init.
      steps.add("be opaque", SystemCall.PRCTL, PR_SET_DUMPABLE, 0);
    }
    steps.add(
        "block all signals",
        SystemCall.RT_SIGPROCMASK,
        SIG_SETMASK,
        program.words(-1),
        0,
        Long.BYTES);
    program.name(INIT);
    steps.add("name the init", SystemCall.PRCTL, PR_SET_NAME, program.text(INIT));
    steps.add("start the command under an init", SystemCall.CLONE, SIGCHLD).asInit();
  }
}
