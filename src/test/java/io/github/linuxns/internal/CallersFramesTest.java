package io.github.linuxns.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class CallersFramesTest {
  /** Something that fails on another thread, as a home thread does for it. */
  private static Throwable thrownBy(RuntimeException failure) {
    return catchThrowable(() ->
        HomeThread.<Object, RuntimeException>attempt(() -> {
          throw failure;
        }));
  }

  private static Throwable failHere() {
    return catchThrowable(() -> HomeThread.attempt(CallersFramesTest::failThere));
  }

  private static Object failThere() throws IOException {
    throw new IOException("there");
  }

  private static long count(Throwable thrown, String method) {
    return Arrays.stream(thrown.getStackTrace())
        .filter(frame ->
            frame.getClassName().equals(CallersFramesTest.class.getName())
                && frame.getMethodName().contains(method))
        .count();
  }

  @Test
  void whoCalledIsBelowWhatFailed() {
    StackTraceElement[] frames = failHere().getStackTrace();
    assertThat(frames[0].getMethodName()).isEqualTo("failThere");
    assertThat(Arrays.stream(frames).map(StackTraceElement::getMethodName))
        .containsSubsequence("failThere", "run", "outcome", "call", "attempt", "failHere")
        .contains("whoCalledIsBelowWhatFailed")
        .doesNotContain("append", "getStackTrace");
  }

  @Test
  void aVirtualThreadSeesItsOwnToo() throws InterruptedException {
    AtomicReference<Throwable> seen = new AtomicReference<>();
    Thread.ofVirtual().start(() -> seen.set(failHere())).join();
    assertThat(count(seen.get(), "aVirtualThreadSeesItsOwnToo")).isPositive();
  }

  /** What is kept and thrown again does not grow. */
  @Test
  void framesAreAppendedOnce() {
    RuntimeException[] kept = new RuntimeException[1];
    HomeThread.<Object>call(() -> kept[0] = new IllegalStateException("kept"));
    assertThat(count(kept[0], "framesAreAppendedOnce")).isEqualTo(1); // the lambda
    assertThat(thrownBy(kept[0])).isSameAs(kept[0]);
    StackTraceElement[] first = kept[0].getStackTrace();
    assertThat(count(kept[0], "framesAreAppendedOnce")).isGreaterThan(1);
    assertThat(thrownBy(kept[0])).isSameAs(kept[0]);
    assertThat(kept[0].getStackTrace()).isEqualTo(first);
  }

  @Test
  void whatWasMadeElsewhereStaysAsItIs() {
    RuntimeException made = new IllegalStateException("made here");
    StackTraceElement[] before = made.getStackTrace();
    assertThat(thrownBy(made)).isSameAs(made);
    assertThat(made.getStackTrace()).isEqualTo(before);
  }

  @Test
  void anExceptionThatWantsNoneArrivesAllTheSame() {
    for (RuntimeException thrown : new RuntimeException[] {new Bare(), new Stubborn()}) {
      assertThat(thrownBy(thrown)).isSameAs(thrown);
    }
    assertThatCode(() -> CallersFrames.append(new Bare(), TaskThread.class))
        .doesNotThrowAnyException();
  }

  private static final class Bare extends RuntimeException {
    private static final long serialVersionUID = 1;

    Bare() {
      super("bare", null, false, false);
    }
  }

  private static final class Stubborn extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public StackTraceElement[] getStackTrace() {
      throw new UnsupportedOperationException();
    }
  }
}
