package io.github.linuxns.internal;

import org.jspecify.annotations.Nullable;

/**
 * Something of which the JVM needs one, and which is made when it is first needed. So does a static
 * initialiser; but after one that has failed, as for want of a thread, its class is of no use any
 * more, and here whoever needs it next tries again.
 *
 * <p>It is a class to be extended and takes no lambda, since some are made on the way into the
 * first namespace, where the first lambda would cost a cold JVM milliseconds.
 *
 * @param <T> what it is
 */
abstract class Once<T> {
  private volatile @Nullable T made;

  /** The one; made by the calling thread if there is none yet. */
  final T get() {
    T known = made;
    return known == null ? makeIfMissing() : known;
  }

  private synchronized T makeIfMissing() {
    T known = made;
    if (known == null) {
      known = make();
      made = known;
    }
    return known;
  }

  /** Makes it; if this throws, there is none, and the thread that called sees it. */
  protected abstract T make();
}
