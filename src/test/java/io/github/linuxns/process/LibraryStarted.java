package io.github.linuxns.process;

import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Launches in each way before a test, so that what the library keeps for good is not taken for a
 * leak.
 */
final class LibraryStarted implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    for (NamespaceProcessBuilder builder :
        List.of(
            new NamespaceProcessBuilder("true"),
            new NamespaceProcessBuilder("true").dieWithParent())) {
      Outcome outcome = Outcome.of(builder);
      if (outcome.status() != 0) {
        throw new AssertionError("true ended with " + outcome);
      }
    }
  }
}
