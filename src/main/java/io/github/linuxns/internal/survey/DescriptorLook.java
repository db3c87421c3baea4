package io.github.linuxns.internal.survey;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.inspect.Holder;
import io.github.linuxns.internal.NamespaceFiles;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.survey.ProcFiles.Name;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Open files that stand for namespaces, and sockets of other networks. What a file is the text of
 * its link tells: to ask the file itself could wait for a server that does not answer.
 */
final class DescriptorLook {
  private static final String SOCKET = "socket";

  private final boolean filesWanted;
  private final boolean socketsWanted;
  private final ProcFiles files;
  private final NamespaceTable namespaces;
  private final Questions questions;
  private final Unreadable unreadable;

  /** In which network each socket is that has been asked; null where that is out of sight. */
  private final Map<Long, @Nullable FoundNamespace> networks = new HashMap<>();

  DescriptorLook(
      Set<Holder.Kind> kinds,
      ProcFiles files,
      NamespaceTable namespaces,
      Questions questions,
      Unreadable unreadable) {
    this.filesWanted = kinds.contains(Holder.Kind.FD);
    this.socketsWanted = kinds.contains(Holder.Kind.SOCKET) && numbersAreOurs(unreadable);
    this.files = files;
    this.namespaces = namespaces;
    this.questions = questions;
    this.unreadable = unreadable;
  }

  /** A process can be asked for its sockets only by the number that it has for us. */
  private static boolean numbersAreOurs(Unreadable unreadable) {
    byte[] text = new byte[16];
    int length = Syscalls.readLink(AT_FDCWD, "/proc/self", text);
    boolean ours =
        length > 0
            && new String(text, 0, length, StandardCharsets.US_ASCII)
                .equals(Long.toString(ProcessHandle.current().pid()));
    if (!ours) {
      unreadable.add("sockets: /proc has other numbers for processes than this one sees");
    }
    return ours;
  }

  /** Whether there is anything to look for. */
  boolean isWanted() {
    return filesWanted || socketsWanted;
  }

  /**
   * Looks at the open files of a process.
   *
   * @param process its directory
   * @param network where it is; null if that is not known
   */
  void lookAt(int process, int pid, @Nullable FoundNamespace network) {
    int directory = files.openDirectory(process, Name.FD);
    int result = directory;
    if (directory >= 0) {
      try (OfProcess open = new OfProcess(process, directory, pid, network)) {
        result = files.list(directory, open);
      } finally {
        Syscalls.close(directory);
      }
    }
    if (result < 0 && !Survey.isEnd(result)) {
      unreadable.add(pid, files.commandName(process), "its open files", result);
    }
  }

  /** What the text of a link stands for; null if it is no namespace. */
  private static @Nullable NamespaceType typeOf(ByteBuffer text) {
    for (NamespaceType type : NamespaceType.values()) {
      if (startsWith(text, type.procName())) {
        return type;
      }
    }
    return null;
  }

  /** Paths begin with a slash, so that none can look like what has no path. */
  private static boolean startsWith(ByteBuffer text, String name) {
    for (int i = 0; i < name.length(); i++) {
      if (text.get(i) != name.charAt(i)) {
        return false;
      }
    }
    return text.get(name.length()) == ':' && text.get(name.length() + 1) == '[';
  }

  private final class OfProcess implements ProcFiles.Numbered, AutoCloseable {
    private final int process;
    private final int directory;
    private final int pid;
    private final @Nullable FoundNamespace network;

    /** 0 until it is needed, negative if there is none to be had. */
    private int pidfd;

    OfProcess(int process, int directory, int pid, @Nullable FoundNamespace network) {
      this.process = process;
      this.directory = directory;
      this.pid = pid;
      this.network = network;
    }

    @Override
    public void accept(int fd) {
      int length = files.readLink(directory, fd);
      if (length <= 0 || files.link().get(0) == '/') {
        return;
      }
      if (socketsWanted && pidfd >= 0 && startsWith(files.link(), SOCKET)) {
        lookAtSocket(fd, ProcFiles.numberAfter('[', files.link(), length));
        return;
      }
      NamespaceType type = filesWanted ? typeOf(files.link()) : null;
      if (type != null) {
        lookAtFile(fd, type, ProcFiles.numberAfter('[', files.link(), length));
      }
    }

    private void lookAtFile(int fd, NamespaceType type, long inode) {
      FoundNamespace found = namespaces.findOrAdd(type, inode);
      if (!found.asked) {
        int file = files.openNumberPath(directory, fd);
        if (file >= 0) {
          questions.ask(found, NamespaceFiles.openIfNamespace(file));
          Syscalls.close(file);
        }
      }
      found.add(new Holder(Holder.Kind.FD, pid, "fd " + fd));
    }

    private void lookAtSocket(int fd, long socket) {
      if (!networks.containsKey(socket) && !ask(fd, socket)) {
        return;
      }
      FoundNamespace found = networks.get(socket);
      if (found != null && (network == null || found.inode() != network.inode())) {
        found.add(new Holder(Holder.Kind.SOCKET, pid, "fd " + fd));
      }
    }

    /** Asks once in which network a socket is, however many have it; false if that failed. */
    private boolean ask(int fd, long socket) {
      if (pidfd == 0) {
        pidfd = Syscalls.pidfdOpen(pid);
        // If its directory still tells something, the number was not used again before.
        if (pidfd < 0 || files.readLink(directory, fd) <= 0) {
          return false;
        }
      }
      int copy = (int) Syscalls.call(SystemCall.PIDFD_GETFD, pidfd, fd, 0, 0, 0);
      if (copy < 0) {
        refused(copy, "its sockets");
        return false;
      }
      int net = (int) Syscalls.call(SystemCall.IOCTL, copy, SIOCGSKNS, 0, 0, 0);
      Syscalls.close(copy);
      if (net < 0) {
        refused(net, "the networks of its sockets");
        return false;
      }
      networks.put(socket, questions.identify(net));
      Syscalls.close(net);
      return true;
    }

    /** Said once: they are refused one and all. A descriptor that is closed meanwhile is not. */
    private void refused(int result, String what) {
      if (result == -Errno.EPERM.number()
          || result == -Errno.EACCES.number()
          || result == -Errno.ENOSYS.number()
          || result == -Errno.EMFILE.number()) {
        unreadable.add(pid, files.commandName(process), what, result);
        close();
        pidfd = result;
      }
    }

    @Override
    public void close() {
      if (pidfd > 0) {
        Syscalls.close(pidfd);
        pidfd = 0;
      }
    }
  }
}
