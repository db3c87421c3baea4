package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;

/** Where a thread can move: namespaces that are there, or new ones. */
public interface Destination {
  /** The types, as bits by ordinal. */
  int typeBits();

  /** Waits for what has to be before a thread lives there; not to be asked for by one that is. */
  default void awaitReady() {}

  /** Makes sure that what it takes stays until {@link #release()}. */
  default void hold() {}

  /** Undoes {@link #hold()}. */
  default void release() {}

  /**
   * Moves the calling thread there.
   *
   * @param progress to be told of every type in which the thread has moved, as soon as it has, so
   *     that it can be taken back if it does not get further
   */
  void move(Progress progress) throws SyscallException;

  /** Who follows a thread on its way. */
  interface Progress {
    /**
     * To be called before the thread moves in these types, as bits, by one system call: then it can
     * come home by one, too, if others are there.
     */
    void prepareTogether(int types);

    /** To be called when the thread has moved in these types, as bits. */
    void moved(int types);
  }
}
