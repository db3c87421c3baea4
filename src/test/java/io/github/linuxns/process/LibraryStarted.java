package io.github.linuxns.process;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Launches once before a test, so that what the library keeps for good is not taken for a leak. */
final class LibraryStarted implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    Outcome outcome = Outcome.of(new NamespaceProcessBuilder("true"));
    if (outcome.status() != 0) {
      throw new AssertionError("true ended with " + outcome);
    }
  }
}
