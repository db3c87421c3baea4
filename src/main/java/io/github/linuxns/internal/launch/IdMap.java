package io.github.linuxns.internal.launch;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.github.linuxns.process.IdMapping;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;

/**
 * All mappings of a user namespace, of its users or of its groups, checked as the kernel does
 * before it answers no more than {@code EINVAL}.
 *
 * @param mappings in the order they were given
 */
public record IdMap(List<IdMapping> mappings) {
  /** As many as the kernel takes since Linux 4.15. */
  public static final int MAX_EXTENTS = 340;

  /**
   * What is written in one go, and only that counts, has to be shorter than a page. Some aarch64
   * kernels have larger ones; that a map fits should not depend on it.
   */
  private static final int MAX_BYTES = 4095;

  /**
   * Makes a map.
   *
   * @throws IllegalArgumentException if it is empty, too large, or two mappings overlap
   */
  public IdMap {
    mappings = List.copyOf(mappings);
    if (mappings.isEmpty()) {
      throw new IllegalArgumentException("an id map without any mapping");
    }
    if (mappings.size() > MAX_EXTENTS) {
      throw new IllegalArgumentException(
          mappings.size() + " id mappings: the kernel takes at most " + MAX_EXTENTS);
    }
    refuseOverlap("inside", mappings, IdMapping::inside);
    refuseOverlap("outside", mappings, IdMapping::outside);
    int bytes = text(mappings).length();
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "an id map of " + bytes + " bytes: the kernel reads at most " + MAX_BYTES);
    }
  }

  /** A map of these mappings. */
  public static IdMap of(IdMapping... mappings) {
    return new IdMap(List.of(mappings));
  }

  /** What to write to {@code /proc/PID/uid_map} or {@code gid_map}, in one write. */
  public String text() {
    return text(mappings);
  }

  /** {@link #text()} as the bytes to write. */
  public byte[] bytes() {
    return text().getBytes(US_ASCII);
  }

  /** True if there is such an id in the new namespace. */
  public boolean mapsInside(long id) {
    return outsideOf(id).isPresent();
  }

  /** True if the parent's id has a number in the new namespace. */
  public boolean mapsOutside(long id) {
    return insideOf(id).isPresent();
  }

  /** The number in the new namespace of the parent's id. */
  public OptionalLong insideOf(long outside) {
    return translate(outside, IdMapping::outside, IdMapping::inside);
  }

  /** The parent's number of an id in the new namespace. */
  public OptionalLong outsideOf(long inside) {
    return translate(inside, IdMapping::inside, IdMapping::outside);
  }

  private OptionalLong translate(
      long id, ToLongFunction<IdMapping> from, ToLongFunction<IdMapping> to) {
    for (IdMapping mapping : mappings) {
      long offset = id - from.applyAsLong(mapping);
      if (offset >= 0 && offset < mapping.count()) {
        return OptionalLong.of(to.applyAsLong(mapping) + offset);
      }
    }
    return OptionalLong.empty();
  }

  private static void refuseOverlap(
      String side, List<IdMapping> mappings, ToLongFunction<IdMapping> first) {
    List<IdMapping> sorted = mappings.stream().sorted(Comparator.comparingLong(first)).toList();
    for (int i = 1; i < sorted.size(); i++) {
      IdMapping lower = sorted.get(i - 1);
      IdMapping upper = sorted.get(i);
      if (first.applyAsLong(upper) < first.applyAsLong(lower) + lower.count()) {
        throw new IllegalArgumentException(
            "the id mappings " + lower + " and " + upper + " overlap " + side);
      }
    }
  }

  private static String text(List<IdMapping> mappings) {
    StringBuilder text = new StringBuilder();
    for (IdMapping mapping : mappings) {
      text.append(mapping.inside())
          .append(' ')
          .append(mapping.outside())
          .append(' ')
          .append(mapping.count())
          .append('\n');
    }
    return text.toString();
  }
}
