package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.NamespaceOptions.Joined;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the calling thread is, to bring a child there that another thread starts. */
record CallersPlace(Joined namespaces, @Nullable OpenFile directory) implements AutoCloseable {
  /** Takes hold of it. */
  static CallersPlace open() throws SyscallException {
    List<NamespaceHandle> elsewhere = ParentThread.openWhereItIsNot();
    Joined namespaces = Joined.of(elsewhere);
    if (elsewhere.isEmpty()) {
      return new CallersPlace(namespaces, null);
    }
    int fd = Syscalls.openDirectoryPath(".");
    if (fd < 0) {
      namespaces.close();
      throw Failures.of(SystemCall.OPENAT, fd, "the working directory");
    }
    return new CallersPlace(namespaces, OpenFile.of(fd));
  }

  /** True if that is in another mount namespace than the thread that launches. */
  boolean hasOtherMounts() {
    return namespaces.has(NamespaceType.MOUNT);
  }

  /** Adds the steps that go there. */
  void write(ChildSteps steps) throws SyscallException {
    if (directory == null) {
      return;
    }
    namespaces.write(steps, null);
    steps.add("work where the caller does", SystemCall.FCHDIR, steps.lend(directory));
  }

  @Override
  public void close() {
    namespaces.close();
    if (directory != null) {
      directory.close();
    }
  }
}
