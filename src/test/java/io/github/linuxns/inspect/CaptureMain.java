package io.github.linuxns.inspect;

import io.github.linuxns.SyscallException;

/** Captures in a JVM of its own, and prints what there is to compare, a line each. */
final class CaptureMain {
  private CaptureMain() {}

  public static void main(String[] arguments) {
    try {
      NamespaceGraph graph = NamespaceGraph.capture();
      System.out.println("me " + ProcessHandle.current().pid());
      graph.processes().forEach(process -> System.out.println("process " + process.pid()));
      graph
          .namespacesOf(ProcessHandle.current().pid())
          .forEach(info -> System.out.println("in " + info.namespace()));
      graph.unreadable().forEach(line -> System.out.println("unreadable " + line));
    } catch (SyscallException e) {
      System.out.println("failed " + e.getMessage());
    }
  }
}
