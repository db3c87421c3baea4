package io.github.linuxns.internal.launch;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ProcessDirectory;
import java.util.function.BooleanSupplier;

/**
 * Ends a spawn that goes on for too long. The kernel holds the thread that spawns until its child
 * has executed the command, however long that takes to be read, over some network; neither a
 * deadline nor an interrupt reaches it there. What ends it is the end of the child.
 */
final class SpawnWatch implements BooleanSupplier, AutoCloseable {
  /**
   * In /proc/PID/stat: where the stack begins, which two processes have in common by vfork alone.
   */
  private static final int START_STACK = 28;

  /** Those before the name, which may have blanks in it. */
  private static final int FIELDS_BEFORE = 2;

  private final int thread;
  private final Patience patience;

  /** Guarded by this, so that nobody is killed who has been reaped meanwhile. */
  private boolean over;

  private SpawnWatch(int thread, Patience patience) {
    this.thread = thread;
    this.patience = patience;
  }

  /** Begins to watch the calling thread, until this is closed. */
  static SpawnWatch begin(int thread, Patience patience) throws SyscallException {
    SpawnWatch watch = new SpawnWatch(thread, patience);
    ChildWatch.lookNowAndThen(watch);
    return watch;
  }

  @Override
  public synchronized boolean getAsBoolean() {
    if (!over && patience.isOver()) {
      killWhatHoldsTheThread();
    }
    return over;
  }

  @Override
  public synchronized void close() {
    over = true;
  }

  private void killWhatHoldsTheThread() {
    try (ProcessDirectory process = ProcessDirectory.open(ProcessHandle.current().pid())) {
      String ours = startOfStack(process);
      String children = process.read("task/" + thread + "/children").strip();
      if (children.isEmpty()) {
        return;
      }
      for (String child : children.split(" ", -1)) {
        long pid = Long.parseLong(child);
        try (ProcessDirectory directory = ProcessDirectory.open(pid)) {
          if (startOfStack(directory).equals(ours)) {
            int _ = LaunchCalls.kill(pid);
          }
        }
      }
    } catch (SyscallException lookAgain) {
      // It is looked at again soon.
      return;
    }
  }

  private static String startOfStack(ProcessDirectory process) throws SyscallException {
    String stat = process.read("stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return fields[START_STACK - FIELDS_BEFORE - 1];
  }
}
