package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;

/** That code which takes an {@link Enterable} can be tested without the kernel. */
class EnterableTest {
  private final List<String> calls = new ArrayList<>();

  /** The five lines of a fake. */
  private final Enterable fake =
      new Enterable() {
        @Override
        public NamespaceScope enter() {
          calls.add("enter");
          return () -> calls.add("leave");
        }

        @Override
        public <T, X extends Exception> T call(Task<? extends T, X> task) throws X {
          return task.call();
        }

        @Override
        public ThreadFactory threadFactory(ThreadFactory base) {
          return base;
        }
      };

  @Test
  void aFakeCanBeEntered() throws SyscallException {
    try (var _ = fake.enter()) {
      calls.add("inside");
    }
    assertThat(calls).containsExactly("enter", "inside", "leave");
  }

  @Test
  void runIsACallAndThrowsWhatItsActionThrows() throws SyscallException {
    fake.run(() -> calls.add("inside"));
    assertThat(calls).containsExactly("inside");
    assertThatThrownBy(() ->
            fake.run(() -> {
              throw new FileNotFoundException("the action's own");
            }))
        .isExactlyInstanceOf(FileNotFoundException.class)
        .hasMessage("the action's own");
  }

  @Test
  void aDefaultFactoryMakesPlatformThreads() throws SyscallException {
    Thread thread = fake.threadFactory().newThread(() -> {});
    assertThat(thread.isVirtual()).isFalse();
    assertThat(thread.getName()).startsWith("namespace-");
  }
}
