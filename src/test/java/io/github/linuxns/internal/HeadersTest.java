package io.github.linuxns.internal;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.linuxns.internal.GeneratedBinding.Function;
import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares the committed binding, and the tables written by hand beside it, with what a C compiler
 * reads.
 */
@Timeout(120)
class HeadersTest {

  private static final Path BASE = Path.of(System.getProperty("basedir", ""));
  private static final HeadersDirectory HEADERS =
      new HeadersDirectory(BASE.resolve("headers").toAbsolutePath());
  private static final Path GENERATED =
      BASE.resolve("src/main/java/io/github/linuxns/internal/ffi");
  private static final boolean ON_X86_64 = Arch.current() == Arch.X86_64;

  /** The constants namespaces.h defines itself, by hand from the kernel's encoding. */
  private static final Map<String, Long> BY_FORMULA =
      Map.ofEntries(
          Map.entry("MFD_EXEC", 0x10L),
          Map.entry("NS_GET_MNTNS_ID", ioctl(2, 8, 0xb7, 5)),
          Map.entry("NS_GET_PID_FROM_PIDNS", ioctl(2, 4, 0xb7, 6)),
          Map.entry("NS_GET_ID", ioctl(2, 8, 0xb7, 13)),
          Map.entry("PIDFD_GET_CGROUP_NAMESPACE", ioctl(0, 0, 0xff, 1)),
          Map.entry("PIDFD_GET_EXIT_INFO", ioctl(3, 64, 0xff, 11)),
          Map.entry("PIDFD_INFO_EXIT", 8L),
          Map.entry("PIDFD_GET_IPC_NAMESPACE", ioctl(0, 0, 0xff, 2)),
          Map.entry("PIDFD_GET_MNT_NAMESPACE", ioctl(0, 0, 0xff, 3)),
          Map.entry("PIDFD_GET_NET_NAMESPACE", ioctl(0, 0, 0xff, 4)),
          Map.entry("PIDFD_GET_PID_NAMESPACE", ioctl(0, 0, 0xff, 5)),
          Map.entry("PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE", ioctl(0, 0, 0xff, 6)),
          Map.entry("PIDFD_GET_TIME_NAMESPACE", ioctl(0, 0, 0xff, 7)),
          Map.entry("PIDFD_GET_USER_NAMESPACE", ioctl(0, 0, 0xff, 9)),
          Map.entry("PIDFD_GET_UTS_NAMESPACE", ioctl(0, 0, 0xff, 10)),
          Map.entry("PIDFD_THREAD", 0x80L),
          Map.entry("STATX_MNT_ID_UNIQUE", 0x4000L),
          Map.entry("ST_NOSYMFOLLOW", 0x2000L),
          Map.entry("ST_VALID", 0x20L),
          Map.entry("SYS_listmount", 458L),
          Map.entry("SYS_statmount", 457L),
          Map.entry("STATMOUNT_SB_BASIC", 1L),
          Map.entry("STATMOUNT_MNT_BASIC", 1L << 1),
          Map.entry("STATMOUNT_PROPAGATE_FROM", 1L << 2),
          Map.entry("STATMOUNT_MNT_ROOT", 1L << 3),
          Map.entry("STATMOUNT_MNT_POINT", 1L << 4),
          Map.entry("STATMOUNT_FS_TYPE", 1L << 5),
          Map.entry("STATMOUNT_FS_SUBTYPE", 1L << 8),
          Map.entry("STATMOUNT_SB_SOURCE", 1L << 9),
          Map.entry("STATMOUNT_OPT_ARRAY", 1L << 10),
          Map.entry("STATMOUNT_OPT_SEC_ARRAY", 1L << 11),
          Map.entry("STATMOUNT_SUPPORTED_MASK", 1L << 12),
          Map.entry("SYS_listns", 470L));

  @TempDir static Path scratch;

  /** The binding holds exactly what includes.txt names. */
  @Test
  void listedIsGenerated() throws IOException {
    assertEquals(
        HEADERS.included("constant"), new TreeSet<>(GeneratedBinding.constants().keySet()));
    assertEquals(
        HEADERS.included("function"),
        GeneratedBinding.functions().stream()
            .map(Function::name)
            .collect(Collectors.toCollection(TreeSet::new)));
    try (Stream<Path> files = Files.list(GENERATED)) {
      assertEquals(
          HEADERS.cTypes().keySet(),
          files
              .map(file -> file.getFileName().toString().replace(".java", ""))
              .filter(name -> !name.startsWith("namespaces_h") && !name.equals("Constants"))
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }

  @Test
  void newerConstantsFollowTheKernelsEncoding() throws IOException {
    SortedMap<String, Long> constants = GeneratedBinding.constants();
    assertEquals(
        new TreeSet<>(BY_FORMULA.keySet()),
        HEADERS.guarded(),
        "the constants namespaces.h defines");
    assertAll(
        BY_FORMULA.entrySet().stream()
            .map(entry ->
                () ->
                    assertEquals(entry.getValue(), constants.get(entry.getKey()), entry.getKey())));
    assertEquals(0x8008b70dL, constants.get("NS_GET_ID"));
    assertEquals(0xff0a, constants.get("PIDFD_GET_UTS_NAMESPACE"));
    assertEquals(constants.get("O_EXCL"), constants.get("PIDFD_THREAD"));

    Set<Long> seen = new HashSet<>();
    constants.forEach((name, value) -> {
      if (name.startsWith("NS_GET_") || name.startsWith("PIDFD_GET_")) {
        assertTrue(seen.add(value), () -> name + " has the number of another ioctl");
      }
    });
  }

  @Nested
  class OnThisMachine {

    private final CCompiler compiler = gcc();

    @Test
    void constants() {
      compiler.accepts(CAssertions.constants(ON_X86_64));
    }

    @Test
    void structs() throws IOException {
      compiler.accepts(CAssertions.structs(HEADERS));
    }

    @Test
    void functions() {
      compiler.accepts(CAssertions.functions());
    }

    @Test
    void errnoNumbers() {
      compiler.accepts(CAssertions.errnoNumbers());
    }

    /** A constant of namespaces.h that the system's own header already has is the same there. */
    @ParameterizedTest
    @ValueSource(
        strings = {
          "linux/memfd.h",
          "linux/mount.h",
          "linux/nsfs.h",
          "linux/pidfd.h",
          "sys/pidfd.h",
          "sys/syscall.h"
        })
    void systemHeader(String header) throws IOException {
      SortedMap<String, Long> constants = GeneratedBinding.constants();
      CSource source =
          new CSource()
              .line("#if __has_include(<" + header + ">)")
              .include("<" + header + ">")
              .line("#endif");
      for (String name : HEADERS.guarded()) {
        source.line("#ifdef " + name).constant(name, constants.get(name)).line("#endif");
      }
      compiler.accepts(source);
    }

    @Test
    void systemCallsOfX8664() {
      Requirements.that(ON_X86_64, "needs an x86-64 machine's <sys/syscall.h>");
      compiler.accepts(CAssertions.systemCalls("<sys/syscall.h>", "SYS_", SystemCall::x86_64));
    }

    @Test
    void systemCallsOfAarch64() {
      compiler.accepts(
          CAssertions.systemCalls("<asm-generic/unistd.h>", "__NR_", SystemCall::aarch64));
    }

    @Test
    void whatDiffersBetweenCpus() {
      compiler.accepts(CAssertions.arch(Arch.current()));
    }

    @Test
    void wrongConstantIsNoticed() {
      String name = "NS_GET_ID";
      long wrong = GeneratedBinding.constants().get(name) + 1;
      assertRefused(
          CAssertions.ourHeader().constant(name, wrong), CSource.constantMessage(name, wrong));
    }

    @Test
    void wrongStructIsNoticed() {
      assertRefused(
          CAssertions.ourHeader().size("struct statx", "statx", 255),
          "statx has 255 bytes in Java");
      assertRefused(
          CAssertions.ourHeader().field("struct statx", "statx", "stx_ino", 33, 8),
          "statx.stx_ino is at byte 33 in Java");
      assertRefused(
          CAssertions.ourHeader().field("struct statx", "statx", "stx_ino", 32, 4),
          "statx.stx_ino has 4 bytes in Java");
    }

    @Test
    void wrongSignatureIsNoticed() {
      FunctionDescriptor wrong = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
      assertRefused(
          CAssertions.ourHeader().function("syscall", wrong, true),
          "syscall is int (long, ...) in Java");
    }

    @Test
    void wrongSignatureWithPointersIsNoticed() {
      String name = "posix_spawn_file_actions_adddup2";
      ValueLayout pointer = ValueLayout.ADDRESS;
      ValueLayout number = ValueLayout.JAVA_INT;
      for (FunctionDescriptor wrong :
          List.of(
              FunctionDescriptor.of(number, pointer, number),
              FunctionDescriptor.of(number, pointer, number, pointer),
              FunctionDescriptor.of(number, pointer, number, ValueLayout.JAVA_LONG),
              FunctionDescriptor.of(number, number, number, number),
              FunctionDescriptor.of(ValueLayout.JAVA_LONG, pointer, number, number))) {
        assertRefused(CAssertions.ourHeader().function(name, wrong, false), name);
      }
    }

    @Test
    void misnamedSystemCallIsNoticed() {
      CSource source =
          CAssertions.systemCall(new CSource().include("<sys/syscall.h>"), "SYS_", "setnss", 308);
      assertRefused(source, "SYS_setnss is not in these headers");
    }

    private void assertRefused(CSource source, String message) {
      CCompiler.Answer answer = compiler.compile(source);
      assertFalse(answer.accepted(), "the compiler should refuse this");
      assertTrue(answer.output().contains(message), answer.output());
    }
  }

  /** The same again for the other CPU, with a compiler for it, if there is one. */
  @Nested
  class OnAarch64 {

    private final CCompiler compiler = crossCompiler();

    @Test
    void binding() throws IOException {
      compiler.accepts(CAssertions.constants(false));
      compiler.accepts(CAssertions.structs(HEADERS));
      compiler.accepts(CAssertions.functions());
    }

    @Test
    void tables() {
      compiler.accepts(CAssertions.errnoNumbers());
      compiler.accepts(CAssertions.arch(Arch.AARCH64));
      compiler.accepts(CAssertions.systemCalls("<sys/syscall.h>", "SYS_", SystemCall::aarch64));
    }
  }

  private static CCompiler gcc() {
    Requirements.command("gcc");
    return new CCompiler("gcc", HEADERS.path(), scratch);
  }

  private static CCompiler crossCompiler() {
    CCompiler compiler = new CCompiler("aarch64-linux-gnu-gcc", HEADERS.path(), scratch);
    Requirements.that(
        compiler.works(), "needs aarch64-linux-gnu-gcc and a C library's headers for it");
    return compiler;
  }

  /** {@code _IOC} of the kernel: direction (2 is read), size, type and number in one word. */
  private static long ioctl(long direction, long size, long type, long number) {
    return direction << 30 | size << 16 | type << 8 | number;
  }
}
