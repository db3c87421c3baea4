package io.github.linuxns.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Main classes of the tests, run in a JVM of their own: what they do to it is done to nobody else.
 */
public final class ChildJvm {
  private ChildJvm() {}

  /**
   * Runs one to its end, with the library on the class path, and returns what it printed; it must
   * succeed.
   *
   * @param prefix a command that runs the command that follows it, such as unshare with options
   */
  public static String run(List<String> prefix, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return Machine.run(command(prefix, main, arguments).toArray(String[]::new));
  }

  /** As {@link #run}, with options of the JVM in place of the one that allows native access. */
  public static String runWith(List<String> options, Class<?> main)
      throws IOException, InterruptedException {
    return Machine.run(commandWith(List.of(), options, main).toArray(String[]::new));
  }

  /** The command line by which {@link #run} does it. */
  public static List<String> command(List<String> prefix, Class<?> main, String... arguments) {
    return command(prefix, List.of("-XX:+UseSerialGC"), main, arguments);
  }

  /** The same with options of the JVM, of which one chooses the collector. */
  public static List<String> command(
      List<String> prefix, List<String> options, Class<?> main, String... arguments) {
    List<String> all = new ArrayList<>(options);
    all.add("--enable-native-access=ALL-UNNAMED");
    return commandWith(prefix, all, main, arguments);
  }

  private static List<String> commandWith(
      List<String> prefix, List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath(), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * Runs one as another user, to whom the class path is copied.
   *
   * @param directory for that copy; everybody can read it from now on
   * @param prefix what makes the command that follows it run as that user
   */
  public static String runAsAnotherUser(
      Path directory, List<String> prefix, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = command(prefix, main, arguments);
    int classPath = command.indexOf("-cp") + 1;
    String _ = command.set(classPath, ReadableClassPath.copyTo(directory).text());
    return Machine.run(command.toArray(String[]::new));
  }

  private static String classPath() {
    String classPath = System.getProperty("linuxns.test.classpath");
    if (classPath == null) {
      throw new IllegalStateException("the build hands over linuxns.test.classpath");
    }
    List<String> absolute = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      absolute.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, absolute);
  }
}
