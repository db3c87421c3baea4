package io.github.linuxns.internal.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the machine's {@code /etc/subuid} and {@code /etc/subgid} give to one user. */
final class SubordinateFiles {
  private static final String UIDS = "/etc/subuid";
  private static final String GIDS = "/etc/subgid";

  private final long uid;
  private final @Nullable String user;
  private final List<String> uids;
  private final List<String> gids;

  private SubordinateFiles(long uid, @Nullable String user, List<String> uids, List<String> gids) {
    this.uid = uid;
    this.user = user;
    this.uids = uids;
    this.gids = gids;
  }

  /** Reads them, for the user that this JVM runs as. */
  static SubordinateFiles read(long uid) throws IOException {
    return new SubordinateFiles(uid, userName(), lines(UIDS), lines(GIDS));
  }

  /** What the user is called that this JVM runs as; null for a number without a name. */
  static @Nullable String userName() {
    String user = System.getProperty("user.name");
    boolean nameless = user == null || user.isEmpty() || user.equals("?"); // as the JDK has it
    return nameless ? null : user;
  }

  /** To give nobody any ids a file may also be missing. */
  static List<String> lines(String file) throws IOException {
    try {
      return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8);
    } catch (NoSuchFileException missing) {
      return List.of();
    }
  }

  /** The map of users; IOException if there are none. */
  IdMap uids(long own) throws IOException {
    return map(UIDS, uids, own);
  }

  /** The map of groups; IOException if there are none. */
  IdMap gids(long own) throws IOException {
    return map(GIDS, gids, own);
  }

  private IdMap map(String file, List<String> lines, long own) throws IOException {
    List<SubordinateIds.Range> ranges = SubordinateIds.parse(lines, user, uid);
    if (ranges.isEmpty()) {
      throw new IOException(
          file
              + " gives no ids to the user "
              + (user == null ? uid + ", which has no name" : user + " (" + uid + ')')
              + "; root can give some: "
              + command());
    }
    return SubordinateIds.rootlessMap(own, ranges);
  }

  /** It takes a name, as newuidmap does. */
  private String command() {
    return "usermod --add-subuids "
        + SubordinateIds.unused(uids)
        + " --add-subgids "
        + SubordinateIds.unused(gids)
        + ' '
        + (user == null ? "USER, once there is a name" : user);
  }
}
