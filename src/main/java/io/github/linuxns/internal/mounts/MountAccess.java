package io.github.linuxns.internal.mounts;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The way to what a {@code Mount} describes, which is nothing for its users to see. That class
 * opens it when it is initialised, so that it is open for whoever has a {@code Mount}; it is an
 * {@code Object} here, since packages have no cycles.
 */
public final class MountAccess {
  private static final AtomicReference<Function<Object, MountDescription>> READER =
      new AtomicReference<>(MountAccess::refuse);

  private MountAccess() {}

  /** Opens the way. */
  public static void open(Function<Object, MountDescription> reader) {
    READER.set(reader);
  }

  /** What a {@code Mount} describes. */
  public static MountDescription description(Object mount) {
    return READER.get().apply(mount);
  }

  private static MountDescription refuse(Object object) {
    throw new IllegalArgumentException("not a mount: " + object);
  }
}
