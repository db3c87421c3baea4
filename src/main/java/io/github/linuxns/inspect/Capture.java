package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.SyscallException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes a graph of what there is. */
final class Capture {
  private Capture() {}

  static NamespaceGraph of(Set<Holder.Kind> kinds) throws SyscallException {
    Map<Namespace, List<NamespaceInfo.Member>> members = new HashMap<>();
    List<String> unreadable = new ArrayList<>();
    for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
      NamespaceInfo.Member member =
          new NamespaceInfo.Member(
              process.pid(),
              process.parent().map(ProcessHandle::pid).orElse(0L),
              0,
              process.info().commandLine().orElse("?"));
      try {
        for (Namespace namespace : Namespace.allOf(process.pid()).values()) {
          members.computeIfAbsent(namespace, _ -> new ArrayList<>()).add(member);
        }
      } catch (SyscallException e) {
        unreadable.add(e.getMessage());
      }
    }
    List<NamespaceInfo> infos = new ArrayList<>();
    members.forEach(
        (namespace, in) -> infos.add(new NamespaceInfo.Builder(namespace).members(in).build()));
    return new NamespaceGraph(infos, EnumSet.copyOf(kinds), unreadable);
  }
}
