package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Arch;
import io.github.linuxns.internal.CCompiler;
import io.github.linuxns.internal.CSource;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import io.github.linuxns.testing.Requirements;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The interpreter of the jar is the one of {@code src/main/c}, and Java knows it as it is. */
@Timeout(120)
class LauncherBuildTest {
  private static final Path BASE = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
  private static final Path SOURCES = BASE.resolve("src/main/c");
  private static final Path COMMITTED =
      BASE.resolve("src/main/resources/io/github/linuxns/internal/launch");
  private static final int LARGEST = 1984;

  @TempDir Path directory;

  private void build() throws Exception {
    Requirements.command("gcc");
    Requirements.command("aarch64-linux-gnu-gcc");
    Machine.run(
        SOURCES.resolve("build").toString(),
        directory.toString(),
        directory.resolve("COMPILERS").toString());
  }

  @Test
  void theCommittedInterpretersAreSmall() throws Exception {
    for (Arch arch : Arch.values()) {
      assertThat(Files.size(COMMITTED.resolve(Interpreter.resource(arch))))
          .isBetween(1L, (long) LARGEST);
    }
  }

  @Test
  void rebuiltTheyAreTheSame(TestReporter reporter) throws Exception {
    build();
    List<String> recorded = Files.readAllLines(SOURCES.resolve("COMPILERS"));
    List<String> present = Files.readAllLines(directory.resolve("COMPILERS"));
    assertThat(present).hasSameSizeAs(recorded).hasSize(Arch.values().length);
    for (Arch arch : Arch.values()) {
      String cpu = arch.name().toLowerCase(Locale.ROOT) + " ";
      byte[] rebuilt = Files.readAllBytes(directory.resolve(Interpreter.resource(arch)));
      assertThat(rebuilt).hasSizeBetween(1, LARGEST);
      List<String> compilers = present.stream().filter(line -> line.startsWith(cpu)).toList();
      assertThat(compilers).hasSize(1);
      if (recorded.containsAll(compilers)) {
        assertThat(rebuilt)
            .isEqualTo(Files.readAllBytes(COMMITTED.resolve(Interpreter.resource(arch))));
      } else {
        reporter.publishEntry(
            "launcher", "not compared: " + compilers + " is not among those of COMPILERS");
      }
    }
  }

  /** Who has forked shares its stack with the child: what it still does is done in registers. */
  @Test
  void whoHasForkedEndsWithoutItsMemory() throws Exception {
    build();
    for (Path place : List.of(COMMITTED, directory)) {
      assertThat(code(place, Arch.X86_64))
          .containsOnlyOnce("0f05" + "4885c0" + "7e0b" + "b8e7000000" + "31ff" + "0f05" + "ebf5");
      assertThat(code(place, Arch.AARCH64))
          .containsOnlyOnce(
              "010000d4"
                  + "1f0000f1"
                  + "ad000054" // svc, cmp x0, b.le
                  + "000080d2"
                  + "c80b80d2"
                  + "010000d4"
                  + "fdffff17"); // x0 = 0, x8 = 94, svc, b
    }
  }

  private static String code(Path place, Arch arch) throws IOException {
    return HexFormat.of().formatHex(Files.readAllBytes(place.resolve(Interpreter.resource(arch))));
  }

  @Test
  void theRebuiltOneLaunches() throws Exception {
    build();
    byte[] code = Files.readAllBytes(directory.resolve(Interpreter.resource(Arch.current())));
    BasicLaunches.check(new Interpreter(code));
  }

  /** In place of that of the jar, in a JVM that does not know: as the init of what is started. */
  @Test
  void theRebuiltOneIsTheInitOfACommand() throws Exception {
    build();
    Path rebuilt = directory.resolve(Interpreter.resource(Arch.current()));
    Path path =
        Files.createDirectories(directory.resolve("path/io/github/linuxns/internal/launch"));
    Files.copy(rebuilt, path.resolve(rebuilt.getFileName()));
    List<String> command = ChildJvm.command(List.of(), WithInit.class, rebuilt.toString());
    int classPath = command.indexOf("-cp") + 1;
    command.set(classPath, directory.resolve("path") + File.pathSeparator + command.get(classPath));
    assertThat(Machine.run(command.toArray(String[]::new)))
        .isEqualTo("it is the rebuilt one\n2 1\n42\n137\nasked to end\n7\nonly the command");
  }

  /** What {@link #theRebuiltOneIsTheInitOfACommand} runs. */
  static final class WithInit {
    private WithInit() {}

    public static void main(String[] arguments) throws Exception {
      try (InputStream used =
          Interpreter.class.getResourceAsStream(Interpreter.resource(Arch.current()))) {
        assertThat(used).hasBinaryContent(Files.readAllBytes(Path.of(arguments[0])));
      }
      System.out.println("it is the rebuilt one");
      try (BufferedReader numbers = start("echo $$ $PPID").inputReader()) {
        System.out.println(numbers.readLine());
      }
      System.out.println(start("exit 42").waitFor());
      System.out.println(start("kill -KILL $$").waitFor());
      NamespaceProcess asked =
          start("trap 'echo asked to end; exit 7' TERM; echo ready; while :; do read line; done");
      try (BufferedReader output = asked.inputReader()) {
        assertThat(output.readLine()).isEqualTo("ready");
        assertThat(asked.toHandle().destroy()).isTrue();
        System.out.println(output.readLine());
      }
      System.out.println(asked.waitFor());
      NamespaceProcess leaving = start("(true & exec true); (true & exec true); echo; read line");
      try (BufferedReader output = leaving.inputReader()) {
        assertThat(output.readLine()).isEmpty();
        Machine.await("the orphans are taken in", () -> children(leaving.pid()) == 1);
        System.out.println("only the command");
      }
      leaving.getOutputStream().close();
      int _ = leaving.waitFor();
    }

    private static int children(long pid) {
      try {
        return Launching.childrenOf(pid).size();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }

    private static NamespaceProcess start(String script) throws IOException {
      return new NamespaceProcessBuilder("/bin/sh", "-c", script).mapRootUser().init().start();
    }
  }

  @Test
  void readelfReadsTheImage() throws Exception {
    Requirements.command("readelf");
    LaunchProgram program = Launching.of("/bin/true");
    Path image = directory.resolve("image");
    ByteBuffer bytes = ByteBuffer.allocate(LaunchImage.size(program));
    LaunchImage.write(Interpreter.ofThisCpu(), program, bytes);
    Files.write(image, bytes.array());

    String header = Machine.run("env", "LC_ALL=C", "readelf", "--wide", "-lh", image.toString());
    assertThat(header.lines().filter(line -> line.contains("Warning"))).isEmpty();
    assertThat(header)
        .containsPattern("Class: +ELF64")
        .containsPattern("Data: +2's complement, little endian")
        .containsPattern("Type: +EXEC \\(Executable file\\)")
        .containsPattern(
            "Machine: +" + (Arch.current() == Arch.X86_64 ? "Advanced Micro.*X86-64" : "AArch64"))
        .containsPattern(
            "Entry point address: +" + hex(LaunchImage.FILE_ADDRESS + LaunchImage.CODE_OFFSET))
        .containsPattern("Number of program headers: +2")
        .containsPattern("Number of section headers: +0");
    long code = (long) LaunchImage.CODE_OFFSET + Interpreter.ofThisCpu().size();
    assertThat(header)
        .containsPattern(segment("LOAD", 0, LaunchImage.FILE_ADDRESS, code, "R E"))
        .containsPattern(segment("GNU_STACK", 0, 0, 0, "RW "));
  }

  private static String segment(String type, long offset, long address, long size, String flags) {
    return String.format(
        Locale.ROOT,
        "%s +0x%06x 0x%016x 0x%016x 0x%06x 0x%06x %s ",
        type,
        offset,
        address,
        address,
        size,
        size,
        flags);
  }

  private static String hex(long number) {
    return "0x" + Long.toHexString(number) + "\\b";
  }

  @Test
  void theLinkerPutsThingsWhereJavaHasThem() throws Exception {
    String script = Files.readString(SOURCES.resolve("launcher.ld"));
    assertThat(number(script, "^program = (0x\\w+);")).isEqualTo(LaunchProgram.ADDRESS);
    assertThat(number(script, "^report = (0x\\w+);")).isEqualTo(LaunchReport.ADDRESS);
    assertThat(number(script, "^shared = (0x\\w+);")).isEqualTo(LaunchImage.SHARED_ADDRESS);
    assertThat(number(script, "^image = (0x\\w+);"))
        .isEqualTo(LaunchImage.FILE_ADDRESS + LaunchImage.SIZE_OFFSET);
    assertThat(number(script, "\\.text (0x\\w+) :"))
        .isEqualTo(LaunchImage.FILE_ADDRESS + LaunchImage.CODE_OFFSET);
    assertThat(LaunchImage.CODE_OFFSET + LARGEST).isEqualTo(LaunchImage.PROGRAM_OFFSET);
    assertThat(LaunchImage.REPORT_OFFSET + LaunchReport.BYTES)
        .isLessThanOrEqualTo(LaunchImage.CODE_OFFSET);
    assertThat(LaunchImage.SIZE_OFFSET + Long.BYTES).isLessThanOrEqualTo(LaunchImage.REPORT_OFFSET);
  }

  private static long number(String script, String pattern) {
    Matcher matcher = Pattern.compile(pattern, Pattern.MULTILINE).matcher(script);
    assertThat(matcher.find()).as(pattern).isTrue();
    return Long.decode(matcher.group(1));
  }

  /** Each field is found in what Java writes by its value, and has to be there in C. */
  @ParameterizedTest
  @ValueSource(strings = {"gcc", "aarch64-linux-gnu-gcc"})
  void theStructuresOfCAreThoseOfJava(String command) {
    Requirements.command(command);
    CSource source = new CSource().include("\"launcher.h\"");
    steps(source);
    report(source);
    source.check("sizeof(struct image) == 8", "an image has its size in one word in Java");
    source.check("sizeof(struct program) == 16", "a program begins with two words in Java");
    source.check("__builtin_offsetof(struct program, end) == 8", "the end is the second of them");
    source.constant("REPORT_FILE", Descriptors.REPORT);
    new CCompiler(command, SOURCES, directory).accepts(source);
  }

  private static void steps(CSource source) {
    source.size("struct step", "LaunchStep", LaunchStep.BYTES);
    LaunchStep step =
        new LaunchStep("step", SystemCall.PIVOT_ROOT, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6)
            .into(new LaunchStep.Slot(0xb1))
            .tolerating(Errno.ENOENT, Errno.ETIMEDOUT)
            .expecting(0xc1);
    ByteBuffer bytes = written(step);
    field(source, "step", "number", bytes, SystemCall.PIVOT_ROOT.number());
    for (int i = 0; i < 6; i++) {
      field(source, "step", "arguments[" + i + "]", bytes, 0xa1 + i);
    }
    field(source, "step", "result", bytes, 0xb1);
    field(source, "step", "tolerated[0]", bytes, 1L << Errno.ENOENT.number());
    field(source, "step", "tolerated[1]", bytes, 1L << (Errno.ETIMEDOUT.number() - Long.SIZE));
    field(source, "step", "expected", bytes, 0xc1);
    int last = LaunchStep.BYTES - Long.BYTES;
    kind(source, "CALL", written(new LaunchStep("", SystemCall.READ)).get(last));
    kind(source, "EXPECT", bytes.get(last));
    kind(source, "FORK", written(new LaunchStep("", SystemCall.CLONE).asFork()).get(last));
    kind(source, "INIT", written(new LaunchStep("", SystemCall.CLONE).asInit()).get(last));
    kind(source, "EXEC", written(new LaunchStep("", SystemCall.EXECVE).asExec()).get(last));
    LaunchStep again = new LaunchStep("", SystemCall.SETNS).unlessDone(new LaunchStep.Slot(1));
    kind(source, "AGAIN", written(again).get(last));
    kind(source, "TELLING", written(new LaunchStep("", SystemCall.FSMOUNT).tellingWhy()).get(last));
    LaunchStep undo = new LaunchStep("", SystemCall.UMOUNT2).undoing(again, new LaunchStep.Slot(1));
    kind(source, "UNDO", written(undo).get(last));
    source.check("WORDS == " + LaunchImage.PROGRAM_OFFSET, "where the kernel's words are");
    source.check("WORDS_BYTES == " + LaunchReport.WORDS_BYTES, "how much room they have");
    LaunchStep indirect = new LaunchStep("", SystemCall.READ);
    for (int i = 0; i < 6; i += 5) {
      indirect.from(i, new LaunchStep.Slot(1));
    }
    assertThat(written(indirect).get(last + 1)).isEqualTo((byte) 0b100001);
    source.check("__builtin_offsetof(struct step, kind) == " + last, "where Java has the kind");
    source.check(
        "__builtin_offsetof(struct step, indirect) == " + (last + 1),
        "where Java has the bits of arguments");
  }

  private static void kind(CSource source, String name, byte number) {
    source.constant(name, number);
  }

  private static ByteBuffer written(LaunchStep step) {
    ByteBuffer bytes = ByteBuffer.allocate(LaunchStep.BYTES).order(ByteOrder.nativeOrder());
    step.write(bytes);
    assertThat(bytes.hasRemaining()).isFalse();
    return bytes;
  }

  private static void field(
      CSource source, String struct, String field, ByteBuffer bytes, long value) {
    int found = -1;
    for (int offset = 0; offset < bytes.capacity(); offset += Long.BYTES) {
      if (bytes.getLong(offset) == value) {
        assertThat(found).as(field + " is there once").isNegative();
        found = offset;
      }
    }
    source.check(
        "__builtin_offsetof(struct " + struct + ", " + field + ") == " + found,
        struct + "." + field + " is at byte " + found + " in Java");
  }

  private static void report(CSource source) {
    source.size("struct report", "LaunchReport", LaunchReport.BYTES);
    int self = (int) (LaunchReport.SELF_ADDRESS - LaunchReport.ADDRESS);
    for (int offset = 0; offset < self; offset += Integer.BYTES) {
      ByteBuffer bytes = ByteBuffer.allocate(LaunchReport.BYTES).order(ByteOrder.nativeOrder());
      LaunchReport empty = LaunchReport.read(bytes);
      LaunchReport read = LaunchReport.read(bytes.putInt(offset, 1));
      String field =
          read.step() != empty.step()
              ? "step"
              : read.result() != empty.result() ? "result" : read.failed() ? "failed" : "child";
      int within = field.equals("step") || field.equals("result") ? offset % Long.BYTES : 0;
      source.check(
          "__builtin_offsetof(struct report, " + field + ") == " + (offset - within),
          "report." + field + " is read at byte " + offset);
    }
    source.check(
        "__builtin_offsetof(struct report, child) == "
            + (LaunchReport.CHILD_ADDRESS - LaunchReport.ADDRESS),
        "where a clone leaves its child");
    source.check(
        "__builtin_offsetof(struct report, self) == " + self, "where a second child tells");
    source.check(
        "sizeof(((struct report *)0)->self) == " + LaunchReport.SELF_BYTES, "how much room it has");
    byte[] text = new byte[LaunchReport.BYTES];
    text[self] = '4';
    text[self + 1] = '2';
    LaunchReport told = LaunchReport.read(ByteBuffer.wrap(text).order(ByteOrder.nativeOrder()));
    assertThat(told.grandchild()).isEqualTo(42);
    assertThat(told.last()).isEqualTo(42);
  }

  @Test
  void aWrongStructureIsNoticed() {
    Requirements.command("gcc");
    CSource source = new CSource().include("\"launcher.h\"").size("struct step", "LaunchStep", 95);
    CCompiler.Answer answer = new CCompiler("gcc", SOURCES, directory).compile(source);
    assertThat(answer.accepted()).isFalse();
    assertThat(answer.output()).contains("LaunchStep has 95 bytes in Java");
  }

  /** What each interpreter has to be able to do. */
  static final class BasicLaunches {
    private BasicLaunches() {}

    static void check(Interpreter interpreter) throws Exception {
      assertThat(run(interpreter, Launching.of("/bin/sh", "-c", "echo hello; exit 3")))
          .isEqualTo(new Launching.Ended(3, "hello"));

      LaunchProgram forking = Launching.program();
      forking.add("go nowhere", SystemCall.CHDIR, forking.text("/none")).tolerating(Errno.ENOENT);
      Launching.fork(forking);
      Launching.execute(forking, "/bin/sh", "-c", "echo forked");
      assertThat(run(interpreter, forking)).isEqualTo(new Launching.Ended(0, "forked"));

      assertThat(run(interpreter, Launching.withInit("/bin/sh", "-c", "echo $$ $PPID; exit 4")))
          .isEqualTo(new Launching.Ended(4, "2 1"));

      LaunchProgram asking = Launching.program();
      asking.ask("wait");
      Launching.execute(asking, "/bin/echo", "answered");
      assertThat(run(interpreter, asking)).isEqualTo(new Launching.Ended(0, "answered"));

      LaunchProgram failing = Launching.program();
      failing.add("go nowhere", SystemCall.CHDIR, failing.text("/none"));
      Launching.execute(failing, "/bin/true");
      SyscallException failure =
          assertThrows(SyscallException.class, () -> run(interpreter, failing));
      assertThat(failure).hasMessageStartingWith("go nowhere: ENOENT");
    }

    private static Launching.Ended run(Interpreter interpreter, LaunchProgram program)
        throws Exception {
      try (Launching.Running running =
          Launching.start(interpreter, program, List.of(), pid -> {}, Launching.LONG)) {
        return running.end();
      }
    }
  }
}
