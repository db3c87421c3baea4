package io.github.linuxns.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceSet;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** After each test the thread is where it was, and the process holds nothing that it did not. */
public final class NothingLeft implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(NothingLeft.class);

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    if (Requirements.hasCommand("true")) {
      OncePerJvm.started();
    }
    context.getStore(STORE).put("before", Footprint.now());
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    Footprint before = context.getStore(STORE).get("before", Footprint.class);
    assertThat(Footprint.here()).as("where the thread is").isEqualTo(before.homes());
    boolean collect = context.getRequiredTestMethod().isAnnotationPresent(LeftToTheCollector.class);
    assertThat(collect ? Footprint.leftToTheCollectorSince(before) : Footprint.leftSince(before))
        .as("left behind")
        .isEmpty();
  }

  /** The threads and descriptors that the library keeps from the first launch on. */
  private static final class OncePerJvm {
    static {
      try {
        assertThat(new NamespaceProcessBuilder("true").dieWithParent().start().waitFor()).isZero();
        if (Credentials.ofThisThread().isRoot()) {
          enterTwice();
        }
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /** From the second time on the thread at home has a descriptor. */
    private static void enterTwice() throws IOException {
      try (NamespaceHandle uts = NamespaceHandle.openCurrent(NamespaceType.UTS);
          NamespaceHandle ipc = NamespaceHandle.openCurrent(NamespaceType.IPC);
          NamespaceSet here = NamespaceSet.of(uts, ipc)) {
        here.enter().close();
        here.enter().close();
      }
    }

    static void started() {}
  }
}
