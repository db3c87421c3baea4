package io.github.linuxns.testing;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A copy of the class path of the tests, for a JVM of another user: the checkout and Maven's
 * repository may be closed to that one.
 *
 * @param original the entries: the test classes first; then the library and what the tests need
 * @param copies the same, where everybody can read them
 */
record ReadableClassPath(List<Path> original, List<Path> copies) {
  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");

  /** Copies it to a directory, which everybody can read from now on. */
  static ReadableClassPath copyTo(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, DIRECTORY);
    String classPath = System.getProperty("linuxns.test.classpath");
    Requirements.that(classPath != null, "needs the class path that Maven hands over");
    List<Path> original = Stream.of(classPath.split(File.pathSeparator)).map(Path::of).toList();
    List<Path> copies = new ArrayList<>();
    for (Path entry : original) {
      Path copy = directory.resolve(copies.size() + "-" + entry.getFileName());
      copy(entry, copy);
      copies.add(copy);
    }
    return new ReadableClassPath(original, List.copyOf(copies));
  }

  /** As the option of {@code java} takes it. */
  String text() {
    return String.join(File.pathSeparator, copies.stream().map(Path::toString).toList());
  }

  /** Where an entry has been copied to. */
  Path copyOf(Path entry) {
    return copies.get(original.indexOf(entry));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file).toString());
        Files.copy(file, copy);
        Files.setPosixFilePermissions(copy, Files.isDirectory(copy) ? DIRECTORY : FILE);
      }
    }
  }
}
