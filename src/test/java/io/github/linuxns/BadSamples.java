package io.github.linuxns;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.ffi.namespaces_h;
import java.io.IOException;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Tag;

/** One sample for each of {@link ArchitectureRules} that breaks it, to show that it can fail. */
final class BadSamples {
  private BadSamples() {}

  static final class Linking {
    private Linking() {}

    static Object linker() {
      return Linker.nativeLinker();
    }
  }

  record HoldingAMethodHandle(MethodHandle handle) {}

  record ShowingMemory(MemorySegment memory) {}

  static final class CallingGeneratedCode {
    private CallingGeneratedCode() {}

    static int flag() {
      return namespaces_h.CLONE_NEWNET();
    }
  }

  static final class MakingAnException {
    private MakingAnException() {}

    static Exception exception() {
      return new SyscallException("setns", 1, "", null);
    }
  }

  static final class MakingAnExceptionOfAStep {
    private MakingAnExceptionOfAStep() {}

    static Exception exception() {
      return SyscallException.ofStep("step", "setns", 1, null);
    }
  }

  static final class NamespaceHelper {}

  public record ShowingInternals(Optional<Syscalls> syscalls) {}

  record Getting(int number) {
    public int getNumber() {
      return number;
    }
  }

  static final class GettingWhatItMust extends Exception {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      return "";
    }
  }

  static final class GlobalState {
    private GlobalState() {}

    static int state;
  }

  static final class ReadingParser {
    private ReadingParser() {}

    static long size(Path file) throws IOException {
      return Files.size(file);
    }
  }

  static final class AssumingTest {
    private AssumingTest() {}

    static void assume() {
      Assumptions.assumeTrue(false);
    }
  }

  @Disabled
  static final class DisabledTest {}

  @Tag("rootless")
  @Tag("rootles")
  static final class MistypedIT {}

  @Tag("rootless")
  static final class TaggedTest {}
}
