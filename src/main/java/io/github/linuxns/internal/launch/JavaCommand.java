package io.github.linuxns.internal.launch;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The command line of a JVM that runs a class of ours, with what it takes to find it. */
public final class JavaCommand {
  private JavaCommand() {}

  /** The command for a class with a main method. */
  public static List<String> of(Class<?> main, List<String> arguments) {
    Module module = main.getModule();
    Module library = JavaCommand.class.getModule();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add(
        "--enable-native-access=" + (library.isNamed() ? library.getName() : "ALL-UNNAMED"));
    addPath(command, "--module-path", System.getProperty("jdk.module.path"));
    addPath(command, "--class-path", System.getProperty("java.class.path"));
    if (library.isNamed() && !library.equals(module)) {
      command.add("--add-modules=" + library.getName());
    }
    if (module.isNamed()) {
      command.add("--module");
      command.add(module.getName() + '/' + main.getName());
    } else {
      command.add(main.getName());
    }
    command.addAll(arguments);
    return command;
  }

  /** Relative entries mean our working directory, which need not be the child's. */
  private static void addPath(List<String> command, String option, @Nullable String path) {
    if (path == null || path.isEmpty()) {
      return;
    }
    command.add(option);
    command.add(
        Stream.of(path.split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator)));
  }
}
