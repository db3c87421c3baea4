// One thread makes a mount namespace of its own and mounts something there. Another one finds it, enters,
// and reads what nobody else can see.
//
//   A:  unshare --mount sh -c 'mount -t tmpfs tmpfs DIR; echo secret > DIR/file; sleep 1d'
//   B:  nsenter --mount --target PID-OF-A cat DIR/file

import io.github.linuxns.Namespace;
import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceScope;
import static io.github.linuxns.NamespaceType.MOUNT;

Namespace home = Namespace.current(MOUNT);
Path directory = Files.createTempDirectory("mount-full-cycle");
Path file = directory.resolve("file");

// What A tells the others: its thread id, as the kernel has it. And what they tell A: that they are done.
var mounted = new CompletableFuture<Long>();
var done = new CountDownLatch(1);

void beThreadA() {
  try (var _ = NamespaceScope.unshare(MOUNT)) {
    // The library cannot mount yet, so mount(8) does. It is a child of this thread, so it mounts in here. A
    // first child makes the JDK start threads of its own; the library made it do so before A left home.
    var mount = new ProcessBuilder("mount", "-t", "tmpfs", "tmpfs", directory.toString())
        .redirectErrorStream(true).start();
    String said = new String(mount.getInputStream().readAllBytes());
    if (mount.waitFor() != 0) {
      throw new AssertionError(said);
    }
    Files.writeString(file, "A was here");
    // "/proc/thread-self" points to "PID/task/TID".
    Path self = Files.readSymbolicLink(Path.of("/proc/thread-self"));
    mounted.complete(Long.parseLong(self.getFileName().toString()));
    done.await();
  } catch (Throwable e) {
    mounted.completeExceptionally(e);
  }
}

Thread a = Thread.ofPlatform().name("A").start(() -> beThreadA());
try {
  long tid = mounted.get();

  // B: opens the namespace of thread A, and reads the file from a thread inside.
  try (NamespaceHandle handle = NamespaceHandle.open(tid, MOUNT)) {
    System.out.println("A is thread " + tid + ", in " + handle.namespace() + "; home is " + home + ".");
    if (handle.namespace().equals(home)) {
      throw new AssertionError("A is at home");
    }
    String read = handle.call(() -> Files.readString(file));
    System.out.println("B reads there: " + read + ".");
    if (!read.equals("A was here")) {
      throw new AssertionError(read);
    }
  }

  // At home there is a directory, and nothing in it.
  if (Files.exists(file)) {
    throw new AssertionError(file + " is seen at home");
  }
  System.out.println("At home, " + file + " is not there.");
} finally {
  done.countDown();
  a.join();  // A is gone, and with it the namespace and the mount
  Files.delete(directory);
}
