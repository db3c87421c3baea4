package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;

/** Where a thread can move: namespaces that are there, or new ones. */
public interface Destination {
  /** The types, as bits by ordinal. */
  int typeBits();

  /** Makes sure that what it takes stays until {@link #release()}. */
  default void hold() {}

  /** Undoes {@link #hold()}. */
  default void release() {}

  /**
   * Moves the calling thread there.
   *
   * @param journey to be told of every type in which the thread has moved, as soon as it has, so
   *     that it can be taken back if it does not get further
   */
  void move(ThreadPosition.Journey journey) throws SyscallException;
}
