package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.NamespaceOptions.Joined;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All that a child is told to be, and how it is started. In which order it becomes that is {@link
 * LaunchOrder}.
 */
public final class LaunchPlan {
  private static final Duration USUAL_LIMIT = Duration.ofSeconds(30);

  /** For ever, and still a number of nanoseconds. */
  private static final Duration LONGEST_LIMIT = Duration.ofDays(36_500);

  /** Null for a child that ends when it has done all else. */
  private final @Nullable CommandOptions command;

  private final NamespaceOptions namespaces = new NamespaceOptions();
  private final MappingOptions mappings = new MappingOptions();
  private final IdentityOptions identity = new IdentityOptions();
  private final ConfinementOptions confinement = new ConfinementOptions();
  private final SystemOptions system = new SystemOptions();
  private final MountOptions files = new MountOptions();
  private Duration limit = USUAL_LIMIT;

  public LaunchPlan(CommandOptions command) {
    this.command = command;
  }

  /** For a child that becomes no command: it ends when it has done all that it was told. */
  LaunchPlan() {
    this.command = null;
  }

  /** Null for a child that ends when it has done all else. */
  @Nullable CommandOptions command() {
    return command;
  }

  public NamespaceOptions namespaces() {
    return namespaces;
  }

  public MappingOptions mappings() {
    return mappings;
  }

  public IdentityOptions identity() {
    return identity;
  }

  public ConfinementOptions confinement() {
    return confinement;
  }

  public SystemOptions system() {
    return system;
  }

  public MountOptions files() {
    return files;
  }

  /** How long the child may take to become the command, once the mounts given to it are made. */
  public void limit(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("no time to launch: " + duration);
    }
    limit = duration.compareTo(LONGEST_LIMIT) > 0 ? LONGEST_LIMIT : duration;
  }

  /** Says all of it in words, in about the order in which the child becomes it. */
  public void describe(StringJoiner words) {
    if (command != null) {
      words.add(command.command().toString());
    }
    namespaces.describe(words);
    mappings.describe(words);
    files.describe(words);
    identity.describe(words);
    system.describe(words);
    confinement.describe(words);
    if (command != null) {
      command.describe(words);
    }
    if (!limit.equals(USUAL_LIMIT)) {
      words.add("launched within " + limit);
    }
  }

  /** True if the command is the init of a pid namespace, which signals reach only if it wants. */
  public boolean commandIsInit(Child child) {
    boolean isFirst = namespaces.unshared().contains(NamespaceType.PID) || child.isInit();
    return isFirst && !system.hasInit();
  }

  /**
   * Starts the child.
   *
   * @param standard its standard streams, by descriptor of ours
   * @param interrupted tells whether the thread that waits for it was interrupted
   */
  public Child start(int[] standard, BooleanSupplier interrupted) throws IOException {
    AtomicReference<@Nullable Child> started = new AtomicReference<>();
    try {
      return start(standard, interrupted, started);
    } catch (IOException | RuntimeException | Error e) {
      Child.end(started.get());
      throw e;
    }
  }

  /**
   * As the other.
   *
   * @param started gets the child as soon as there is one, also if something fails on the way back
   */
  private Child start(
      int[] standard, BooleanSupplier interrupted, AtomicReference<@Nullable Child> started)
      throws IOException {
    Patience begun = null;
    String program = plainProgram();
    if (command != null && program != null) {
      begun = new Patience(limit, interrupted);
      Child child = PlainLaunch.run(command, program, standard, begun);
      if (child != null) {
        return child;
      }
    }
    try (GivenMounts made = GivenMounts.of(files.setup(true, true))) {
      Patience patience = begun == null ? new Patience(limit, interrupted) : begun;
      boolean seesItself = LaunchCalls.seesOurself();
      if (seesItself && !needsParentThread()) {
        return launch(standard, made, patience, null, started);
      }
      AtomicBoolean interruptedHere = new AtomicBoolean();
      Patience either = patience.orUntil(interruptedHere::get);
      // What is named is named from where the caller is, as far as that can be seen from there.
      try (OpenFile cgroup = system.openCgroup();
          Joined seen = seesItself ? namespaces.open() : null;
          CallersPlace place = CallersPlace.open()) {
        return ParentThread.call(
            () -> {
              try (Joined unseen = seen == null ? namespaces.open() : null) {
                Joined joined = Objects.requireNonNull(seen == null ? unseen : seen);
                return launch(standard, place, joined, cgroup, made, either, null, started);
              }
            },
            () -> interruptedHere.set(true),
            mayBeExposed() && !ThreadChildren.areShown());
      }
    }
  }

  /**
   * True if the calling thread should not launch: it may end before the JVM does, or cannot tell
   * the processes of the launch from others.
   */
  private boolean needsParentThread() {
    return system.diesWithParent()
        || (mayBeExposed()
            && !(ThreadChildren.areItsOwn()
                && (ThreadChildren.areNone() || ThreadChildren.areShown())));
  }

  /** True if somebody may get at the child for a moment, and have it report what it is not. */
  private boolean mayBeExposed() {
    return namespaces.joins() && (!mappings.isEmpty() || system.hasTimeOffsets());
  }

  /**
   * Starts a child that becomes no command. No interrupt ends that sooner.
   *
   * @param question asked when it has made its namespaces, before anybody is in those that are for
   *     children; null for none
   */
  Child startWithoutStreams(Launch.@Nullable Question question) throws SyscallException {
    int nothing = LaunchCalls.openNullDevice();
    if (nothing < 0) {
      throw Failures.of(SystemCall.OPENAT, nothing, "/dev/null");
    }
    try (GivenMounts made = GivenMounts.of(files.setup(true, true))) {
      int[] standard = {nothing, nothing, nothing};
      Patience patience = new Patience(limit, () -> false);
      // It ends by itself, whoever has got hold of it.
      return launch(standard, made, patience, question, new AtomicReference<>());
    } catch (SyscallException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the jar cannot be read
    } finally {
      int _ = Syscalls.close(nothing);
    }
  }

  /** The command, if nothing is asked of the child but to be that; null if something is. */
  @Nullable String plainProgram() {
    boolean plain =
        namespaces.isEmpty()
            && mappings.isEmpty()
            && identity.isEmpty()
            && confinement.isEmpty()
            && system.isEmpty()
            && files.isEmpty();
    return command == null || !plain ? null : command.plainProgram();
  }

  /** By the calling thread, for where it is. */
  private Child launch(
      int[] standard,
      GivenMounts made,
      Patience patience,
      Launch.@Nullable Question question,
      AtomicReference<@Nullable Child> started)
      throws IOException {
    try (Joined joined = namespaces.open();
        OpenFile cgroup = system.openCgroup()) {
      return launch(standard, null, joined, cgroup, made, patience, question, started);
    }
  }

  private Child launch(
      int[] standard,
      @Nullable CallersPlace place,
      Joined joined,
      @Nullable OpenFile cgroup,
      GivenMounts made,
      Patience patience,
      Launch.@Nullable Question question,
      AtomicReference<@Nullable Child> started)
      throws IOException {
    boolean isPidTwice = LaunchOrder.isPidTwice(namespaces.unshared(joined), joined);
    if (isPidTwice) {
      requireInit(joined);
    }
    ChildSteps steps = new ChildSteps();
    IdMaps maps = mappings.resolve(joined.has(NamespaceType.USER));
    if (maps != null && maps.asks()) {
      requireOurNumbers("map user and group ids");
    } else if (isPidTwice) {
      requireOurNumbers("tell its number");
    }
    new LaunchOrder(this, steps, joined, maps).write(place, made, cgroup, question != null);
    Launch.Question both = questions(maps, question, patience);
    Child child = Launch.run(steps.program(), standard, steps.given(), both, patience);
    started.set(child);
    return child;
  }

  /** What the child asks for, in the order in which it does. */
  private static Launch.Question questions(
      @Nullable IdMaps maps, Launch.@Nullable Question question, Patience patience) {
    if (maps == null || !maps.asks()) {
      return question == null ? _ -> {} : question;
    }
    return Launch.Question.inTurn(pid -> maps.answer(pid, patience), question);
  }

  /**
   * The process that makes the new pid namespace would be the init of the joined one: the kernel
   * lets none have a child take its place, and with its end there would be no use of either.
   */
  private static void requireInit(Joined joined) throws SyscallException {
    if (joined.isWithoutInit()) {
      throw Failures.ofStep(
          LaunchOrder.START_IN_PID_NAMESPACE,
          SystemCall.CLONE,
          -Errno.EINVAL.number(),
          "the joined pid namespace has no init yet, or no longer: its first process is one, and"
              + " cannot make way for one in a new pid namespace below it");
    }
  }

  private static void requireOurNumbers(String step) throws SyscallException {
    if (!LaunchCalls.seesOurNumbers()) {
      throw Failures.ofStep(
          step,
          SystemCall.READLINKAT,
          -Errno.ENOENT.number(),
          "/proc is that of another PID namespace than the JVM's, and has other numbers; mount one"
              + " of its own");
    }
  }
}
