package io.github.linuxns;

import java.io.Serial;

/**
 * A thread could not come home: it is still in a namespace that is not its own, and must not be
 * used for anything else.
 *
 * <p>It is an {@link Error} because no caller can repair it: whatever the thread does next happens
 * in the wrong namespace. From then on the thread refuses every {@link Enterable#enter()} and
 * {@link NamespaceScope#unshare}; let it end. {@link StrayThread#find()} lists it. In a
 * try-with-resources statement whose body has thrown, this error is a suppressed one of what the
 * body threw.
 */
public final class NamespaceLeakError extends Error {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message which thread, and where it was left
   * @param cause why it could not come home
   */
  public NamespaceLeakError(String message, Throwable cause) {
    super(message, cause);
  }
}
