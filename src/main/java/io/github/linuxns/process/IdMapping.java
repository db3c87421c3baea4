package io.github.linuxns.process;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A range of user or group ids that a user namespace knows under other numbers: {@code inside}, and
 * the {@code count − 1} ids after it, are {@code outside} and those after it to the parent.
 *
 * {@snippet file="io/github/linuxns/Snippets.java" region="mappings"}
 *
 * <p>A user may map nobody but itself, for which {@link NamespaceProcessBuilder#mapRootUser} and
 * {@link NamespaceProcessBuilder#mapCurrentUser} are shorter; other ids take CAP_SETUID and
 * CAP_SETGID, or to be given to the user in {@code /etc/subuid} and {@code /etc/subgid}. "Outside"
 * is the user namespace that the new one is made in: the caller's, or the one that is joined
 * before.
 *
 * <p>Ids are 0 to 2³²−2; the kernel keeps 2³²−1 for "no such id". Several mappings of one namespace
 * may not overlap, on neither side.
 *
 * @param inside the first id in the new user namespace
 * @param outside the id that stands for it in the parent, the user namespace outside
 * @param count how many ids, at least 1
 * @see <a
 *     href="https://man7.org/linux/man-pages/man7/user_namespaces.7.html">user_namespaces(7)</a>
 */
public record IdMapping(long inside, long outside, long count) {
  private static final long MAX_ID = 0xFFFF_FFFEL;
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,10}):([0-9]{1,10}):([0-9]{1,10})");

  /**
   * Makes a mapping; whether this user may write it, the kernel says when a process is started.
   *
   * @throws IllegalArgumentException if an id, the last ones included, is not between 0 and 2³²−2,
   *     or the count is less than 1
   */
  public IdMapping {
    if (count < 1) {
      throw new IllegalArgumentException("a mapping of " + count + " ids: it takes at least 1");
    }
    checkRange("inside", inside, count);
    checkRange("outside", outside, count);
  }

  /**
   * Reads a mapping.
   *
   * @param text the first id inside, the first id outside and the count, such as "0:100000:65536":
   *     decimal digits, no blanks
   * @return the mapping
   * @throws IllegalArgumentException if the text has another form, or its numbers are not allowed
   */
  public static IdMapping parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "not an id mapping INSIDE:OUTSIDE:COUNT, such as 0:100000:65536: \"" + text + "\"");
    }
    return new IdMapping(
        Long.parseLong(matcher.group(1)),
        Long.parseLong(matcher.group(2)),
        Long.parseLong(matcher.group(3)));
  }

  /** {@return the text that {@link #parse} reads, such as "0:100000:65536"} */
  @Override
  public String toString() {
    return inside + ":" + outside + ":" + count;
  }

  private static void checkRange(String side, long first, long count) {
    if (first < 0 || first > MAX_ID) {
      throw new IllegalArgumentException(
          "the first id " + side + " is " + first + ": ids are 0 to " + MAX_ID);
    }
    if (count > MAX_ID - first + 1) {
      throw new IllegalArgumentException(
          count + " ids from " + first + " on " + side + " go beyond the last id, " + MAX_ID);
    }
  }
}
