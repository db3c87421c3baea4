package io.github.linuxns.internal.launch;

import io.github.linuxns.process.IdMapping;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of {@code /etc/subuid} and {@code /etc/subgid}: the ids that {@code newuidmap} and
 * {@code newgidmap} let a user map. The owner is a user, by name or number, in both files.
 *
 * <p>The map is podman's: the caller is root inside, and all subordinate ranges follow from 1 on in
 * the order of the file. {@code unshare --map-auto} differs: it maps the first range alone, from 0
 * on, so that the caller has no number inside and root inside is the range's first id. With {@code
 * --map-root-user} added it gives what we give, as long as there is one range; older versions of
 * util-linux (2.38) leave out that range's last id.
 */
public final class SubordinateIds {
  private static final long ID_COUNT = 0xFFFF_FFFFL;

  /** What useradd begins with, and how many it gives to each user. */
  private static final long FIRST = 100_000;

  private static final long USUAL_COUNT = 65_536;

  /** A leading zero is refused: to some versions of shadow such a number is octal. */
  private static final Pattern LINE =
      Pattern.compile("([^:#\\s][^:]*):(0|[1-9][0-9]{0,9}):([1-9][0-9]{0,9})");

  private SubordinateIds() {}

  /**
   * Some ids in a row.
   *
   * @param start the first
   * @param count how many, at least 1
   */
  public record Range(long start, long count) {}

  /**
   * All ranges of one user, in the order of the file. Comments, and lines that are damaged or that
   * name ids which do not exist, are passed over.
   *
   * @param lines of the file, without their ends
   * @param user the user's name, null if the number has none
   * @param uid the user's number
   */
  public static List<Range> parse(List<String> lines, @Nullable String user, long uid) {
    String number = Long.toString(uid);
    List<Range> ranges = new ArrayList<>();
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches() && (matcher.group(1).equals(user) || matcher.group(1).equals(number))) {
        Range range = new Range(Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3)));
        if (range.start() + range.count() <= ID_COUNT) {
          ranges.add(range);
        }
      }
    }
    return List.copyOf(ranges);
  }

  /**
   * Ids that nobody has been given, as many as useradd gives, in the words of usermod.
   *
   * @param lines of the file, without their ends
   */
  static String unused(List<String> lines) {
    long start = FIRST;
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line.strip());
      if (matcher.matches()) {
        long end = Long.parseLong(matcher.group(2)) + Long.parseLong(matcher.group(3));
        if (end + USUAL_COUNT <= ID_COUNT) {
          start = Math.max(start, end);
        }
      }
    }
    return start + "-" + (start + USUAL_COUNT - 1);
  }

  /**
   * The usual rootless map: 0 inside is the caller, and the ranges follow.
   *
   * @param ownId the caller's user or group id
   * @param ranges as {@link #parse} gives them
   * @throws IllegalArgumentException if there is no range, or they overlap each other or the
   *     caller's id, which the kernel would refuse
   */
  public static IdMap rootlessMap(long ownId, List<Range> ranges) {
    if (ranges.isEmpty()) {
      throw new IllegalArgumentException("no range of subordinate ids to map");
    }
    List<IdMapping> mappings = new ArrayList<>();
    mappings.add(new IdMapping(0, ownId, 1));
    long inside = 1;
    for (Range range : ranges) {
      mappings.add(new IdMapping(inside, range.start(), range.count()));
      inside += range.count();
    }
    return new IdMap(mappings);
  }
}
