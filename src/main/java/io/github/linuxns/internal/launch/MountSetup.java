package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.mounts.MountDescription;
import io.github.linuxns.internal.mounts.MountDescription.Bind;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.mount.Propagation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What a child has mounted, and where.
 *
 * @param root what its root is; null if it stays as it is
 * @param mounts what is mounted in that root, in this order
 * @param propagation of all that is mounted there already; null for private in a new mount
 *     namespace, and unchanged in another
 * @param newNamespace true if the mount namespace is made for the child
 * @param userNamespace true if the child is in another user namespace than the JVM
 */
public record MountSetup(
    @Nullable MountDescription root,
    List<At> mounts,
    @Nullable Propagation propagation,
    boolean newNamespace,
    boolean userNamespace) {

  public MountSetup {
    mounts = List.copyOf(mounts);
    if (root != null && !newNamespace) {
      throw new IllegalArgumentException("a new root takes a new mount namespace");
    }
  }

  /**
   * A place in the child's root, and what is mounted there.
   *
   * @param target an absolute path below the root, without "..", in the words of {@link
   *     EscapedText}
   */
  public record At(String target, MountDescription what) {
    public At {
      target = '/' + String.join("/", elements(target));
    }

    /** In words: "bind /usr on /usr, read-only". */
    String words() {
      return what.on(target);
    }

    /** The path, its parents first, from the one below the root on. */
    List<String> steps() {
      List<String> steps = new ArrayList<>();
      StringBuilder step = new StringBuilder();
      for (String element : elements(target)) {
        steps.add(step.append('/').append(element).toString());
      }
      return steps;
    }

    private static List<String> elements(String target) {
      if (!target.startsWith("/") || target.indexOf('\0') >= 0) {
        throw new IllegalArgumentException("not an absolute path to mount on: " + target);
      }
      List<String> elements = new ArrayList<>();
      for (String element : target.split("/", -1)) {
        // What counts is what the kernel gets, in which an escape may be anything.
        String plain = new String(EscapedText.bytes(element), StandardCharsets.ISO_8859_1);
        if (plain.equals("..")) {
          throw new IllegalArgumentException("\"..\" in a path to mount on: " + target);
        }
        if (plain.indexOf('\0') >= 0 || plain.indexOf('/') >= 0) {
          throw new IllegalArgumentException("no name in a path to mount on: " + target);
        }
        if (!plain.isEmpty() && !plain.equals(".")) {
          elements.add(element);
        }
      }
      if (elements.isEmpty()) {
        throw new IllegalArgumentException("not to be mounted on, but to be the root: " + target);
      }
      return elements;
    }
  }

  /** A directory as a root: with all that is mounted below it. */
  public static MountDescription directoryRoot(Path directory) {
    return new MountDescription(
        new Bind(directory.toAbsolutePath()), 0, 0, Map.of(), true, 0, null, "");
  }

  /** True if there is nothing to do. */
  boolean isEmpty() {
    return root == null && mounts.isEmpty() && propagation == null && !newNamespace;
  }

  @Override
  public String toString() {
    StringJoiner words = new StringJoiner("; ");
    if (root != null) {
      words.add(root.asRoot());
    }
    mounts.forEach(mount -> words.add(mount.words()));
    return words.toString();
  }
}
