package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.launch.Launching.Traces;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** After each test there are the descriptors and the children that there were before. */
final class NoTraces implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(NoTraces.class);

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    Launching.run(Launching.of("/bin/true")); // what is started once is started now
    context.getStore(STORE).put("before", Traces.now());
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    assertThat(Traces.now()).isEqualTo(context.getStore(STORE).get("before", Traces.class));
  }
}
