package io.github.linuxns.internal.roots;

import io.github.linuxns.SyscallException;
import java.io.UncheckedIOException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** A stream of what is asked for one by one, until there is no more. */
final class PulledStream<T> extends Spliterators.AbstractSpliterator<T> {
  private final Source<T> source;
  private final Runnable close;

  private PulledStream(Source<T> source, Runnable close) {
    super(Long.MAX_VALUE, Spliterator.ORDERED | Spliterator.NONNULL);
    this.source = source;
    this.close = close;
  }

  /**
   * Makes one.
   *
   * @param close what to do at the end, or when the stream is closed before; perhaps twice
   */
  static <T> Stream<T> of(Source<T> source, Runnable close) {
    return StreamSupport.stream(new PulledStream<>(source, close), false).onClose(close);
  }

  /** Where the next one comes from; null at the end. */
  @FunctionalInterface
  interface Source<T> {
    @Nullable T next() throws SyscallException;
  }

  @Override
  public boolean tryAdvance(Consumer<? super T> action) {
    T next;
    try {
      next = source.next();
    } catch (SyscallException e) {
      close.run();
      throw new UncheckedIOException(e);
    }
    if (next == null) {
      close.run();
      return false;
    }
    action.accept(next);
    return true;
  }
}
