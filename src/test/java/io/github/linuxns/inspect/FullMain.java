package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/** Captures in a JVM that has 0, 1, 2, … free descriptors, and prints a line for each. */
final class FullMain {
  private static final int MOST = 20;

  private FullMain() {}

  public static void main(String[] arguments) throws Exception {
    capture(-1); // what is loaded for it needs descriptors, too; and what explains a failure
    try {
      for (String words : new String[] {"Failures$1", "Remedies$1", "proc.ProcOptions"}) {
        Class<?> _ = Class.forName("io.github.linuxns.internal." + words);
      }
      var _ = Namespace.of(Integer.MAX_VALUE, NamespaceType.UTS);
    } catch (SyscallException expected) {
      String _ = expected.getMessage();
    }
    Deque<FileInputStream> files = new ArrayDeque<>();
    try {
      while (true) {
        files.push(new FileInputStream("/dev/null"));
      }
    } catch (IOException full) {
      for (int free = 0; free <= MOST; free++) {
        capture(free);
        files.pop().close();
      }
    }
    while (!files.isEmpty()) {
      files.pop().close();
    }
  }

  private static void capture(int free) {
    String said;
    try {
      NamespaceGraph graph = NamespaceGraph.capture(Holder.Kind.PROCESS);
      long owned =
          graph.namespacesOf(ProcessHandle.current().pid()).stream()
              .filter(info -> info.owner().isPresent())
              .count();
      said =
          (graph.processes().isEmpty() ? "nothing" : owned + " owned")
              + "; "
              + String.join("; ", graph.unreadable());
    } catch (SyscallException e) {
      said = "failed " + e.getMessage();
    }
    if (free >= 0) {
      System.out.println(free + ": " + said);
    }
  }
}
