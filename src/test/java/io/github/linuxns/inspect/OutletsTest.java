package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A subscriber gets all, or is told how much it has not got. */
@Timeout(30)
class OutletsTest {
  private final Outlets outlets = new Outlets();

  private static NamespaceWatch.Change change(long number) {
    return new NamespaceWatch.Appeared(new Namespace(NamespaceType.NETWORK, number));
  }

  /** It asks for as much as it is told to. */
  private static final class Asking implements Flow.Subscriber<NamespaceWatch.Change> {
    final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    final BlockingQueue<NamespaceWatch.Change> got = new LinkedBlockingQueue<>();
    final CompletableFuture<String> end = new CompletableFuture<>();

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription.complete(given);
    }

    @Override
    public void onNext(NamespaceWatch.Change change) {
      got.add(change);
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(failure.toString());
    }

    @Override
    public void onComplete() {
      end.complete("all");
    }
  }

  @Test
  void oneThatIsFastGetsAll() throws Exception {
    Asking asking = new Asking();
    outlets.add(asking);
    asking.subscription.get().request(Long.MAX_VALUE);
    for (int i = 1; i <= 100; i++) {
      outlets.publish(change(i));
    }
    outlets.close(null);
    assertThat(asking.end.get()).isEqualTo("all");
    assertThat(asking.got).hasSize(100).startsWith(change(1)).endsWith(change(100));
  }

  @ParameterizedTest
  @CsvSource({"1, change", "2, changes", "500, changes"})
  void oneThatIsSlowIsToldWhatItHasMissedAndHoldsUpNobody(int missed, String what)
      throws Exception {
    Asking slow = new Asking();
    Asking fast = new Asking();
    outlets.add(slow);
    outlets.add(fast);
    fast.subscription.get().request(Long.MAX_VALUE);
    int count = Outlets.BUFFER + missed;
    for (int i = 1; i <= count; i++) {
      outlets.publish(change(i));
      assertThat(fast.got.take()).isEqualTo(change(i));
    }

    slow.subscription.get().request(Long.MAX_VALUE);
    for (int i = 1; i <= Outlets.BUFFER; i++) {
      assertThat(slow.got.take()).isEqualTo(change(i));
    }
    outlets.publish(change(count + 1));
    assertThat(slow.got.take())
        .isEqualTo(new NamespaceWatch.Missed(missed, what + ": the subscriber was too slow"));
    assertThat(slow.got.take()).isEqualTo(change(count + 1));
  }

  @Test
  void oneThatHasHadEnoughIsForgotten() throws Exception {
    Asking asking = new Asking();
    outlets.add(asking);
    asking.subscription.get().cancel();
    while (!outlets.isEmpty()) { // it learns that as late as it likes
      outlets.publish(change(1));
      Thread.onSpinWait();
    }
    assertThat(asking.got).isEmpty();
  }

  @Test
  void aFailureIsHandedOn() throws Exception {
    Asking asking = new Asking();
    outlets.add(asking);
    asking.subscription.get().request(1);
    outlets.close(new IllegalStateException("no more"));
    assertThat(asking.end.get()).contains("no more");
  }
}
