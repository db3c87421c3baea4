import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.Diag;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;
import jdk.jshell.UnresolvedReferenceException;
import jdk.jshell.execution.DirectExecutionControl;
import jdk.jshell.spi.ExecutionControl;
import jdk.jshell.spi.ExecutionControlProvider;
import jdk.jshell.spi.ExecutionEnv;

/**
 * Runs a JShell script and fails when it fails; {@code ns-shell} runs it as a source file. The
 * jshell tool goes on after a line that threw, and ends with status 0.
 *
 * <p>The lines are run in this JVM, all by one thread. The tool has a second JVM for that, which it
 * talks to through a socket that waits for 40 ms several times with each line. Another thread reads
 * and compiles them: it stays at home, wherever they move theirs.
 *
 * <p>Arguments: the library's jar, which is on the module path, too; a script for an output that
 * takes no more than letters, the startup script, the script, and the script's arguments.
 */
final class RunScript {
  private static final String MODULE = "io.github.linuxns";
  private static final Path STANDARD_INPUT = Path.of("/dev/stdin");
  private static final int FAILED = 1;
  private static final int NOT_STARTED = 2;
  private static final int REFUSED = 77; // as test harnesses have it: not failed, but not possible

  /** White space and comments. */
  private static final Pattern BEFORE_CODE =
      Pattern.compile("(?:\\s++|//[^\\n]*+|/\\*(?:[^*]|\\*(?!/))*+\\*/)*+");

  /** Held, since a logger that nobody holds is collected, with its handlers. */
  private static final Logger EXITS = Logger.getLogger("java.lang.Runtime");

  private final JShell shell;
  private final Path script;
  private final Map<String, Origin> origins = new HashMap<>();
  private final Handler exitHandler = new ExitHandler();

  /** What was begun last; null before, and when all is done. */
  private volatile Origin running;

  private RunScript(JShell shell, Path script) {
    this.shell = shell;
    this.script = script;
  }

  /** Where a snippet begins in its file. */
  private record Origin(Path file, int line) {}

  public static void main(String[] arguments) throws IOException {
    String jar = arguments[0];
    Path letters = Path.of(arguments[1]);
    Path startup = Path.of(arguments[2]);
    Path script = Path.of(arguments[3]);
    List<String> scriptArguments = List.of(arguments).subList(4, arguments.length);

    int status;
    try (JShell shell = start(jar)) {
      RunScript run = new RunScript(shell, script);
      try {
        if (!System.out.charset().newEncoder().canEncode('├')) {
          run.evaluateAll(letters, Files.readString(letters));
        }
        run.evaluateAll(startup, Files.readString(startup));
        run.evaluateAll(script, "List<String> args = " + listOf(scriptArguments) + ";");
        run.evaluateAll(script, text(script));
        run.requireEverythingDefined();
      } finally {
        run.running = null;
      }
      status = 0;
    } catch (Failure e) {
      System.out.flush();
      System.err.println(e.getMessage());
      status = e.status;
    }
    System.exit(status);
  }

  /** What is open already is not opened again: that takes rights which its reader need not have. */
  private static String text(Path script) throws IOException {
    return script.equals(STANDARD_INPUT)
        ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
        : Files.readString(script);
  }

  private static JShell start(String jar) {
    try {
      return JShell.builder()
          .compilerOptions("--module-path", jar, "--add-modules", MODULE)
          .executionEngine(new OneThread(), Map.of())
          .build();
    } catch (IllegalStateException e) {
      String reason =
          String.valueOf(e.getMessage()).lines().limit(3).collect(Collectors.joining("\n"));
      throw new Failure(NOT_STARTED, "ns-shell: " + reason);
    }
  }

  /** All lines of a script are run by one thread, as those of a program are: it may be moved. */
  private static final class OneThread implements ExecutionControlProvider {
    @Override
    public String name() {
      return "one-thread";
    }

    @Override
    public ExecutionControl generate(ExecutionEnv environment, Map<String, String> parameters) {
      ExecutorService thread =
          Executors.newSingleThreadExecutor(Thread.ofPlatform().name("script").daemon().factory());
      return new DirectExecutionControl() {
        @Override
        protected String invoke(Method line) throws Exception {
          try {
            return thread.submit(() -> super.invoke(line)).get();
          } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception thrown ? thrown : e;
          }
        }
      };
    }
  }

  /**
   * Nobody takes a script that has ended its JVM half-way for one that has done all: what it ends
   * with is a failure then, whatever it said. The JVM logs each exit before it begins, in the
   * thread that asks for it; so the shutdown hooks of the script run as they would without us,
   * which they would not to their end if it were one of them that changed the status, by a halt. A
   * signal is not for us to explain; and one snippet that resets all logging and then exits is not
   * noticed.
   */
  private final class ExitHandler extends Handler {
    @Override
    public void publish(LogRecord exit) {
      Origin origin = running;
      if (origin != null && Arrays.stream(new Throwable().getStackTrace()).anyMatch(this::isExit)) {
        running = null; // what follows is ours
        System.out.flush();
        System.err.println(at(origin.file(), origin.line()) + "the script ended its JVM here");
        System.exit(FAILED);
      }
    }

    private boolean isExit(StackTraceElement frame) {
      return frame.getClassName().equals("java.lang.Runtime")
          && frame.getMethodName().equals("exit");
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private void evaluateAll(Path file, String text) {
    String rest = text;
    while (true) {
      int start = text.length() - rest.length();
      CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(rest);
      if (next.completeness() == Completeness.EMPTY) {
        return;
      }
      // JShell gives right line numbers only for what begins with code.
      Matcher beforeCode = BEFORE_CODE.matcher(rest);
      int code = beforeCode.lookingAt() ? beforeCode.end() : 0;
      if (next.source() == null || next.completeness() == Completeness.DEFINITELY_INCOMPLETE) {
        throw new Failure(at(file, line(text, start + code)) + "what begins here does not end");
      }
      evaluate(file, text, start + code, next.source().substring(code));
      rest = next.remaining();
    }
  }

  /**
   * Before each snippet: the one before may have set up logging anew, and all handlers are gone.
   */
  private void watchForExits() {
    EXITS.setLevel(Level.FINE);
    EXITS.setUseParentHandlers(false);
    EXITS.removeHandler(exitHandler);
    EXITS.addHandler(exitHandler);
  }

  private void evaluate(Path file, String text, int start, String source) {
    watchForExits();
    running = new Origin(file, line(text, start));
    for (SnippetEvent event : shell.eval(source)) {
      Snippet snippet = event.snippet();
      if (event.causeSnippet() == null) {
        origins.put("#" + snippet.id(), new Origin(file, line(text, start)));
      }
      if (event.status() == Snippet.Status.REJECTED) {
        throw new Failure(
            shell
                .diagnostics(snippet)
                .filter(Diag::isError)
                .map(error ->
                    at(file, line(text, start + (int) Math.max(0, error.getPosition())))
                        + error.getMessage(Locale.ENGLISH))
                .collect(Collectors.joining("\n")));
      }
      if (event.exception() != null) {
        throw failure(event.exception());
      }
    }
  }

  /** A method may use what is declared after it, but not what never is. */
  private void requireEverythingDefined() {
    for (Snippet snippet : shell.snippets().toList()) {
      if (snippet instanceof DeclarationSnippet declaration
          && shell.status(snippet) != Snippet.Status.VALID
          && shell.unresolvedDependencies(declaration).findAny().isPresent()) {
        throw new Failure(at("#" + snippet.id(), 1) + undefined(declaration));
      }
    }
  }

  private Failure failure(JShellException thrown) {
    if (thrown instanceof UnresolvedReferenceException unresolved) {
      return new Failure(place(thrown) + undefined(unresolved.getSnippet()));
    }
    List<String> lines = new ArrayList<>();
    String refused = null;
    Throwable cause = thrown;
    while (cause != null) {
      String name =
          cause instanceof EvalException e ? e.getExceptionClassName() : cause.getClass().getName();
      String message = cause.getMessage();
      if (name.equals(MODULE + ".SyscallException")
          && message != null
          && (message.contains(": EPERM (") || message.contains(": EACCES ("))) {
        refused = message;
      }
      lines.add(
          (lines.isEmpty() ? place(cause) : "  caused by ")
              + name
              + (message == null ? "" : ": " + message));
      cause = cause.getCause();
    }
    if (refused != null && !isRootOfTheMachine()) {
      lines.add("It takes root: sudo ./ns-shell ...; " + ofUserNamespaces(refused));
    }
    return new Failure(refused == null ? FAILED : REFUSED, String.join("\n", lines));
  }

  /** To be root of one counts for what belongs to it, and for nothing that was there before. */
  private static String ofUserNamespaces(String refusal) {
    return refusal.contains("CAP_SYS_PTRACE")
        ? "a user namespace (unshare -UrnmuiC) does not let you look at more processes of others"
        : "or, for what the script itself makes, and not for what is there before:"
            + " unshare -UrnmuiC ./ns-shell ...";
  }

  /** To whom it is no help to be told so: what else is in the way the exception says. */
  private static boolean isRootOfTheMachine() {
    try {
      String ids = Files.readString(Path.of("/proc/self/uid_map")).strip();
      return System.getProperty("user.name").equals("root") && ids.matches("0\\s+0\\s+4294967295");
    } catch (IOException noProc) {
      return false;
    }
  }

  private String undefined(DeclarationSnippet snippet) {
    return snippet.name()
        + " uses what is not defined: "
        + shell.unresolvedDependencies(snippet).collect(Collectors.joining(", "));
  }

  /**
   * The innermost line of the script that an exception passed through. What the startup script
   * defines is to its callers as a library is: its lines count only where there are no others.
   */
  private String place(Throwable thrown) {
    List<StackTraceElement> lines =
        Arrays.stream(thrown.getStackTrace())
            .filter(frame -> origins.containsKey(frame.getFileName()))
            .toList();
    return lines.stream()
        .filter(frame -> origins.get(frame.getFileName()).file().equals(script))
        .findFirst()
        .or(() -> lines.stream().findFirst())
        .map(frame -> at(frame.getFileName(), frame.getLineNumber()))
        .orElse("");
  }

  private String at(String snippet, int lineInSnippet) {
    Origin origin = origins.get(snippet);
    return at(origin.file(), origin.line() + Math.max(lineInSnippet, 1) - 1);
  }

  private static String at(Path file, int line) {
    return file + ":" + line + ": ";
  }

  private static int line(String text, int position) {
    return 1 + (int) text.substring(0, position).chars().filter(c -> c == '\n').count();
  }

  /** Java source for a list of strings. */
  private static String listOf(List<String> strings) {
    return strings.stream()
        .map(string ->
            string
                .chars()
                .mapToObj(c -> String.format(c < 256 ? "\\%03o" : "\\u%04x", c))
                .collect(Collectors.joining("", "\"", "\"")))
        .collect(Collectors.joining(", ", "List.of(", ")"));
  }

  private static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    Failure(String message) {
      this(FAILED, message);
    }

    Failure(int status, String message) {
      super(message);
      this.status = status;
    }
  }
}
