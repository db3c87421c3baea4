package io.github.linuxns.process;

import io.github.linuxns.NamespaceType;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** For tests that join: a process to join. */
abstract class JoinFixture {
  /** In new namespaces of all types. */
  static Waiting target;

  @BeforeAll
  static void startTarget() throws IOException {
    target = Waiting.start(Waiting.cat().mapRootUser().unshare(NamespaceType.values()));
  }

  @AfterAll
  static void endTarget() throws IOException {
    target.close();
  }
}
