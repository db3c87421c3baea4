package io.github.linuxns.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.process.NamespaceProcess;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/**
 * A container whose root attacks whoever joins it: {@code src/test/c/hostile.c}. It has a lease on
 * the file of a command, so that the launch of that command stands still at its last step, in all
 * its namespaces and with all its descriptors, until the root of the container lets go.
 */
public final class HostileRoot implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;
  private final Path command;

  private HostileRoot(Process process, Path command) throws IOException {
    this.process = process;
    this.output = process.inputReader(UTF_8);
    this.command = command;
    assertThat(output.readLine()).isEqualTo("leased");
  }

  /**
   * Starts one.
   *
   * @param directory for its files
   * @param uid whose container it is; −1 for that of the user who runs the tests
   */
  public static HostileRoot start(Path directory, long uid)
      throws IOException, InterruptedException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path program = CProgram.compile("hostile.c", directory);
    Path command = directory.resolve("command");
    Files.copy(
        Path.of(
            Machine.run("sh", "-c", "command -v id")
                .lines()
                .reduce((first, last) -> last)
                .orElseThrow()),
        command);
    List<String> line = new ArrayList<>();
    if (uid >= 0) {
      Files.setAttribute(command, "unix:uid", (int) uid); // who owns a file may have a lease on it
      line.addAll(List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups"));
    }
    line.addAll(List.of("unshare", "-Urmui", program.toString(), command.toString()));
    return new HostileRoot(
        new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start(), command);
  }

  public long pid() {
    return process.pid();
  }

  /** A launch of the command, which prints its user id, into the container. */
  public NamespaceProcessBuilder builder() {
    return new NamespaceProcessBuilder(command.toString(), "-u").joinProcess(pid());
  }

  /** What a command printed, which has to have succeeded. */
  public static String printed(NamespaceProcessBuilder builder)
      throws IOException, InterruptedException {
    NamespaceProcess process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.getErrorStream().close();
    assertThat(process.waitFor()).isZero();
    return output;
  }

  /** A launch that stands still at its last step. */
  public record Paused(FutureTask<NamespaceProcess> launch, Thread thread, long pid) {
    /** How it went on. */
    public NamespaceProcess get() throws Exception {
      return launch.get(60, TimeUnit.SECONDS);
    }
  }

  /** Starts it on a thread of its own, and returns when it stands still. */
  public Paused pause(NamespaceProcessBuilder builder) throws IOException {
    List<Long> before = children();
    FutureTask<NamespaceProcess> launch = new FutureTask<>(builder::start);
    Thread thread = Thread.ofPlatform().daemon().name("launch").start(launch);
    write("wait");
    assertThat(output.readLine()).isEqualTo("wanted");
    List<Long> now = new ArrayList<>(children());
    now.removeAll(before);
    assertThat(now).as("the child half-launched").hasSize(1);
    return new Paused(launch, thread, now.getFirst());
  }

  private static List<Long> children() {
    return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
  }

  /** What each attack on a process gave: "ok", or the name of an errno. */
  public Map<String, String> attack(long pid, long address) throws IOException {
    write("attack " + pid + ' ' + Long.toHexString(address));
    return readAttacks();
  }

  /** What the same attacks give on a process of its own. */
  public Map<String, String> control() throws IOException {
    write("control");
    return readAttacks();
  }

  private Map<String, String> readAttacks() throws IOException {
    Map<String, String> attacks = new LinkedHashMap<>();
    for (String line = output.readLine(); !"end".equals(line); line = output.readLine()) {
      assertThat(line).as("an attack").isNotNull();
      int blank = line.indexOf(' ');
      attacks.put(line.substring(0, blank), line.substring(blank + 1));
    }
    return attacks;
  }

  /** Sends a signal to a process. */
  public void kill(long pid, int signal) throws IOException {
    write("kill " + pid + ' ' + signal);
    assertThat(output.readLine()).isEqualTo("kill ok");
  }

  /** Gets hold of the memory of a process, and of whoever shares it later. */
  public void hold(long pid) throws IOException {
    write("hold " + pid);
    assertThat(output.readLine()).isEqualTo("hold ok");
  }

  /** Writes a number into the memory that it has got hold of. */
  public void write(long address, long number) throws IOException {
    write("write " + Long.toHexString(address) + ' ' + number);
    assertThat(output.readLine()).isEqualTo("write ok");
  }

  /** Lets launches go on. */
  public void release() throws IOException {
    write("release");
    assertThat(output.readLine()).isEqualTo("release ok");
  }

  private void write(String line) throws IOException {
    process.getOutputStream().write((line + '\n').getBytes(UTF_8));
    process.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }
}
