package io.github.linuxns.internal.mounts;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way to what a {@code Mount} describes, which is nothing for its users to see. That class
 * opens it when it is initialised, so that it is open for whoever has a {@code Mount}; it is an
 * {@code Object} here, since packages have no cycles.
 */
public final class MountAccess {
  private static final AtomicReference<@Nullable Function<Object, MountDescription>> READER =
      new AtomicReference<>();

  private MountAccess() {}

  /** Opens the way; the first one counts. */
  public static void open(Function<Object, MountDescription> reader) {
    READER.compareAndSet(null, reader);
  }

  /** What a {@code Mount} describes. */
  public static MountDescription description(Object mount) {
    Function<Object, MountDescription> reader = READER.get();
    if (reader == null) {
      throw new IllegalArgumentException("not a mount: " + mount);
    }
    return reader.apply(mount);
  }
}
