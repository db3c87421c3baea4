package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a child becomes: a command, its arguments, its environment, and where it works. */
public final class CommandOptions {
  private final List<String> command;
  private @Nullable Map<String, String> environment;
  private @Nullable String directory;

  /** Takes a command by path or by name, and its arguments. */
  public CommandOptions(List<String> command) {
    if (command.isEmpty()) {
      throw new IllegalArgumentException("no command");
    }
    for (String word : command) {
      if (word.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("a NUL in the command: " + word.replace('\0', '?'));
      }
    }
    this.command = List.copyOf(command);
  }

  public List<String> command() {
    return command;
  }

  /** The environment, to be changed: a copy of ours at first, with what the JDK knows to refuse. */
  public Map<String, String> environment() {
    if (environment == null) {
      environment = new ProcessBuilder().environment();
    }
    return environment;
  }

  public void directory(String path) {
    if (path.isEmpty() || path.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("not a path: \"" + path.replace('\0', '?') + '"');
    }
    directory = path;
  }

  /** Says it in words; of the environment the names alone, since values may be secrets. */
  void describe(StringJoiner words) {
    if (directory != null) {
      words.add("work in " + directory);
    }
    if (environment != null) {
      words.add("environment " + new TreeSet<>(environment.keySet()));
    }
  }

  /** Adds the step that takes the child to where the command works. */
  void writeDirectory(ChildSteps steps) {
    if (directory != null) {
      steps
          .add("work in " + directory, SystemCall.CHDIR, steps.program().text(directory))
          .explainedBy(CommandOptions::remedyOfDirectory);
    }
  }

  private static @Nullable String remedyOfDirectory(Errno errno) {
    return switch (errno) {
      case ENOENT, ENOTDIR ->
          "the working directory has to be a directory, and there, seen from the child's root";
      default -> null;
    };
  }

  /**
   * The program, if there is a single place where it may be, and nowhere else to work; null if not.
   */
  @Nullable String plainProgram() {
    String program = command.getFirst();
    return directory == null && CommandPath.isPath(program) ? program : null;
  }

  /** It and its arguments. */
  Texts arguments() {
    return Texts.of(command);
  }

  /** Its environment. */
  Texts variables() {
    return environment == null ? InheritedEnvironment.copy() : InheritedEnvironment.of(environment);
  }

  /** What the step is called that makes a child the command. */
  static String label(String program) {
    return "execute " + program;
  }

  /**
   * Adds the steps that make the child the command: one for each place where it may be, seen from
   * the child's own root.
   */
  void write(ChildSteps steps) {
    LaunchProgram program = steps.program();
    long arguments = program.texts(arguments());
    long strings = program.texts(variables());
    String path = environment == null ? System.getenv("PATH") : environment.get("PATH");
    String name = command.getFirst();
    List<byte[]> candidates =
        CommandPath.candidates(
            Syscalls.pathBytes(name),
            path == null ? null : InheritedEnvironment.value("PATH", path));
    for (byte[] candidate : candidates) {
      LaunchStep step =
          steps.add(label(name), SystemCall.EXECVE, program.textOf(candidate), arguments, strings);
      step.asExec().explainedBy(errno -> remedy(errno, name, Syscalls.pathText(candidate), path));
      if (candidates.size() > 1) {
        // What says that it is not there. That it is there but broken is for the caller to know:
        // another program of that name is not what was asked for.
        step.tolerating(
            Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES, Errno.ESTALE, Errno.ENODEV, Errno.ETIMEDOUT);
      }
    }
  }

  /**
   * What can be done about it.
   *
   * @param candidate the place to which the error belongs: of a name that has been searched for and
   *     is nowhere the last, which says nothing
   */
  private static @Nullable String remedy(
      Errno errno, String name, String candidate, @Nullable String path) {
    boolean searched = !name.isEmpty() && !CommandPath.isPath(name);
    String which = searched ? candidate : "it";
    return switch (errno) {
      case ENOENT, ENOTDIR ->
          searched
              ? "it is in none of the directories of the child's PATH, seen from its root ("
                  + (path == null
                      ? "none is set, so " + CommandPath.DEFAULT
                      : CommandPath.shortened(path))
                  + "), or the interpreter that it names is missing"
              : "it is not there, seen from the child's root, or the interpreter that it names is"
                  + " missing";
      case EACCES ->
          searched
              ? "it is in no directory of the child's PATH in which the user that the child is may"
                  + " look for it and execute it; "
                  + which
                  + " cannot be reached, or is no executable file"
              : "it is no executable file, or the user that the child is may not execute or reach"
                  + " it";
      case ENOEXEC -> which + " is no program; a script has to begin with #! and its interpreter";
      case E2BIG -> "the arguments and the environment together are too long";
      default -> null;
    };
  }
}
