package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What two looks at the machine tell differently: see {@link NamespaceGraph#differenceFrom}. What
 * came and went between them is in neither.
 *
 * <p>A namespace or process counts as another one if its number was used again meanwhile, as far as
 * the kernel has what to tell it by: the 64-bit id of a namespace, the start time of a process.
 */
public final class NamespaceDiff {
  private final List<NamespaceInfo> appeared;
  private final List<NamespaceInfo> vanished;
  private final List<Membership> joined;
  private final List<Membership> left;

  private NamespaceDiff(NamespaceGraph earlier, NamespaceGraph later) {
    this.appeared = missing(later, earlier);
    this.vanished = missing(earlier, later);
    this.joined = onlyIn(later, earlier);
    this.left = onlyIn(earlier, later);
  }

  /** See {@link NamespaceGraph#differenceFrom}. */
  static NamespaceDiff between(NamespaceGraph earlier, NamespaceGraph later) {
    return new NamespaceDiff(earlier, later);
  }

  /** What one graph has that the other has not. */
  private static List<NamespaceInfo> missing(NamespaceGraph of, NamespaceGraph in) {
    return of.namespaces().stream().filter(info -> counterpart(info, in).isEmpty()).toList();
  }

  /** The same namespace in another graph, and not one that has got its inode number. */
  private static Optional<NamespaceInfo> counterpart(NamespaceInfo info, NamespaceGraph in) {
    return in.find(info.namespace())
        .filter(
            other -> info.id().isEmpty() || other.id().isEmpty() || info.id().equals(other.id()));
  }

  private static List<Membership> onlyIn(NamespaceGraph one, NamespaceGraph other) {
    List<Membership> only = new ArrayList<>();
    for (NamespaceInfo info : one.namespaces()) {
      Set<Incarnation> there =
          counterpart(info, other).stream()
              .flatMap(same -> same.members().stream())
              .map(member -> Incarnation.of(member, other))
              .collect(Collectors.toSet());
      for (NamespaceInfo.Member member : info.members()) {
        if (!there.contains(Incarnation.of(member, one))) {
          only.add(new Membership(member, info.namespace()));
        }
      }
    }
    only.sort(
        Comparator.comparingLong((Membership in) -> in.process().pid())
            .thenComparing(in -> in.namespace().type()));
    return Collections.unmodifiableList(only);
  }

  /** A process, and not a later one with its number. */
  private record Incarnation(long pid, long startTime) {
    static Incarnation of(NamespaceInfo.Member member, NamespaceGraph in) {
      return new Incarnation(member.pid(), in.index().startTime(member.pid()));
    }
  }

  /**
   * That a process is in a namespace.
   *
   * @param process the process
   * @param namespace the namespace
   */
  public record Membership(NamespaceInfo.Member process, Namespace namespace) {}

  /** {@return the namespaces of the later look that the earlier one has not} */
  public List<NamespaceInfo> appeared() {
    return appeared;
  }

  /** {@return the namespaces of the earlier look that the later one has not, as they were then} */
  public List<NamespaceInfo> vanished() {
    return vanished;
  }

  /**
   * {@return which processes are in a namespace now that were not before, new processes and new
   * namespaces included, in the order of the pids}
   */
  public List<Membership> joined() {
    return joined;
  }

  /**
   * {@return which processes are no longer in a namespace, ended ones and vanished namespaces
   * included, in the order of the pids}
   */
  public List<Membership> left() {
    return left;
  }

  /** {@return true if the two looks tell the same} */
  public boolean isEmpty() {
    return appeared.isEmpty() && vanished.isEmpty() && joined.isEmpty() && left.isEmpty();
  }

  /**
   * {@return how much has changed, such as "namespaces: 2 appeared, 1 vanished; processes in them:
   * 5 joined, 3 left", where a process counts for each namespace that it has joined or left}
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "namespaces: %d appeared, %d vanished; processes in them: %d joined, %d left",
        appeared.size(),
        vanished.size(),
        joined.size(),
        left.size());
  }
}
