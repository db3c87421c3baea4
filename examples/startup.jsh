// What ./ns-shell starts with: JShell's usual imports, the library, and a few short words for the prompt.

import java.io.*;
import java.math.*;
import java.net.*;
import java.nio.file.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.function.*;
import java.util.regex.*;
import java.util.stream.*;
import io.github.linuxns.*;
import io.github.linuxns.Namespace;  // by name, since java.se has another one
import io.github.linuxns.inspect.*;
import io.github.linuxns.inspect.NamespaceWatch.*;
import io.github.linuxns.mount.*;
import io.github.linuxns.process.*;
import static io.github.linuxns.NamespaceType.*;
import static io.github.linuxns.inspect.TableColumn.CONTAINER;  // by name: PID, USER and CGROUP are types
import static io.github.linuxns.inspect.TableColumn.ID;
import static io.github.linuxns.inspect.TableColumn.NS;
import static io.github.linuxns.inspect.TableColumn.ONS;
import static io.github.linuxns.inspect.TableColumn.PNS;

/** ns(): prints the namespaces of the calling thread. */
void ns() throws SyscallException {
  Namespace.currentAll().forEach((type, ns) -> System.out.printf("%-8s %s%n", type, ns));
}

/** ns(pid): prints the namespaces of a process or thread, and which of them the calling thread is in too. */
void ns(long pid) throws SyscallException {
  var mine = Namespace.currentAll();
  Namespace.allOf(pid).forEach((type, ns) ->
      System.out.printf("%-8s %-18s %s%n", type, ns, ns.equals(mine.get(type)) ? "mine" : "another"));
}

/** shared(pid1, pid2): prints the namespaces in which two processes are together. */
void shared(long pid1, long pid2) throws SyscallException {
  var together = new LinkedHashMap<>(Namespace.allOf(pid1));
  together.entrySet().retainAll(Namespace.allOf(pid2).entrySet());
  together.forEach((type, ns) -> System.out.printf("%-8s %s%n", type, ns));
  if (together.isEmpty()) System.out.println("none");
}

/** strays(): prints the threads of this JVM that were left behind in a namespace; "none" is good. */
void strays() throws SyscallException {
  var strays = StrayThread.find();
  strays.forEach(System.out::println);
  if (strays.isEmpty()) System.out.println("none");
}

/** sh(script): a builder for a shell that runs a script, to be told where: sh("id").mapRootUser() */
NamespaceProcessBuilder sh(String script) { return new NamespaceProcessBuilder("/bin/sh", "-c", script); }

/**
 * show(builder): starts it without input, and prints what it says, on either stream, and how it ends. At the
 * prompt inheritIO() would show nothing: there a JVM without a terminal runs these lines.
 */
void show(NamespaceProcessBuilder builder) throws IOException, InterruptedException {
  var process = builder.redirectOutput(ProcessBuilder.Redirect.PIPE).redirectErrorStream(true).start();
  process.getOutputStream().close();
  process.getInputStream().transferTo(System.out);
  System.out.println("status " + process.waitFor());
}
