package io.github.linuxns.internal;

import io.github.linuxns.internal.launch.SeccompFilter;
import io.github.linuxns.process.Capability;
import io.github.linuxns.process.ResourceLimit;
import io.github.linuxns.testing.Requirements;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares the numbers that the process package knows by heart with what a C compiler reads. */
@Timeout(120)
class ProcessHeadersTest {
  private static final Path HEADERS =
      Path.of(System.getProperty("basedir", "")).resolve("headers").toAbsolutePath();

  @TempDir private static Path scratch;

  @ParameterizedTest
  @ValueSource(strings = {"gcc", "aarch64-linux-gnu-gcc"})
  void capabilities(String command) {
    CSource source = new CSource().include("<linux/capability.h>");
    for (Capability capability : Capability.values()) {
      source.constant(capability.kernelName(), capability.number());
    }
    compiler(command).accepts(source);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gcc", "aarch64-linux-gnu-gcc"})
  void resourceLimits(String command) {
    CSource source =
        new CSource()
            .include("<linux/resource.h>")
            .constant("RLIM_NLIMITS", ResourceLimit.values().length)
            .constant("RLIM_INFINITY", ResourceLimit.INFINITY);
    for (ResourceLimit limit : ResourceLimit.values()) {
      source.constant("RLIMIT_" + limit.name(), limit.number());
    }
    compiler(command).accepts(source);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gcc", "aarch64-linux-gnu-gcc"})
  void seccomp(String command) {
    compiler(command)
        .accepts(
            new CSource()
                .include("<linux/audit.h>")
                .include("<linux/bpf_common.h>")
                .constant("(int)AUDIT_ARCH_X86_64", SeccompFilter.X86_64)
                .constant("(int)AUDIT_ARCH_AARCH64", SeccompFilter.AARCH64)
                .constant("BPF_MAXINSNS", SeccompFilter.MAX_INSTRUCTIONS));
  }

  private static CCompiler compiler(String command) {
    CCompiler compiler = new CCompiler(command, HEADERS, scratch);
    Requirements.that(compiler.works(), "needs " + command + " and a C library's headers for it");
    return compiler;
  }
}
