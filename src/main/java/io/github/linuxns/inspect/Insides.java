package io.github.linuxns.inspect;

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.proc.NetworkDevices;
import io.github.linuxns.internal.survey.Unread;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What only those inside a namespace can tell: host names and network devices. Each is entered by a
 * thread of its own, after it was opened and found to be the one that is meant.
 */
final class Insides {
  private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");
  private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");

  private final Map<NamespaceInfo, NamespaceInfo> looked = new HashMap<>();
  private final Map<String, Integer> refused = new LinkedHashMap<>();

  private Insides() {}

  static NamespaceGraph of(NamespaceGraph graph) {
    Insides insides = new Insides();
    for (NamespaceType type : List.of(NamespaceType.UTS, NamespaceType.NETWORK)) {
      graph.namespaces(type).forEach(insides::look);
    }
    List<Unread> unread = new ArrayList<>();
    insides.refused.forEach((why, count) -> unread.add(new Unread(count + why, false)));
    return graph.with(insides.looked, unread);
  }

  private void look(NamespaceInfo info) {
    try {
      if (Namespace.current(info.type()).equals(info.namespace())) {
        looked.put(info, inside(info));
        return;
      }
      Optional<NamespaceHandle> opened = open(info);
      if (opened.isEmpty()) {
        refuse(info, "nothing that holds it can be opened, or it is gone");
        return;
      }
      try (NamespaceHandle handle = opened.get()) {
        looked.put(info, handle.<NamespaceInfo, IOException>call(() -> inside(info)));
      }
    } catch (SyscallException e) {
      refuse(info, e.errno().toString());
    } catch (IOException e) {
      refuse(info, HOSTNAME.getParent() + " or " + DEVICES + " cannot be read");
    }
  }

  private void refuse(NamespaceInfo info, String why) {
    refused.merge(" " + info.type() + " namespaces not looked into: " + why, 1, Integer::sum);
  }

  private static NamespaceInfo inside(NamespaceInfo info) throws IOException {
    NamespaceInfo.Builder made = new NamespaceInfo.Builder(info);
    return (info.type() == NamespaceType.UTS
            ? made.hostname(text(HOSTNAME).strip())
            : made.interfaces(NetworkDevices.names(text(DEVICES))))
        .build();
  }

  private static String text(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
  }

  /** By what holds it; empty if that has become another one, or does not open. */
  private static Optional<NamespaceHandle> open(NamespaceInfo info) {
    for (Holder holder : info.holders()) {
      try {
        NamespaceHandle handle = open(holder, info.type());
        if (handle != null) {
          if (handle.namespace().equals(info.namespace()) && handle.id().equals(info.id())) {
            return Optional.of(handle);
          }
          handle.close();
        }
      } catch (SyscallException gone) {
        // another holder may still have it
      }
    }
    return Optional.empty();
  }

  private static @Nullable NamespaceHandle open(Holder holder, NamespaceType type)
      throws SyscallException {
    String process = "/proc/" + holder.pid();
    return switch (holder.kind()) {
      case PROCESS -> NamespaceHandle.open(holder.pid(), type);
      case THREAD -> NamespaceHandle.open(number(holder.description()), type);
      case FD -> NamespaceHandle.open(Path.of(process, "fd", "" + number(holder.description())));
      case PIN -> NamespaceHandle.open(Path.of(process + "/root" + holder.description()));
      case SOCKET, CHILD, FOR_CHILDREN -> null;
    };
  }

  /** The second word of a description. */
  private static long number(String description) {
    String[] words = description.split(" ", 3);
    return Long.parseLong(words[1]);
  }
}
