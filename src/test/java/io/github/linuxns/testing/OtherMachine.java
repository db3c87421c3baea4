package io.github.linuxns.testing;

import static io.github.linuxns.testing.MachineCheck.require;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.StrayThread;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Says whether the library works on the machine that it runs on, as root: one line a check, and
 * exit status 1 if one does not hold. {@code machines/run} runs it on other CPUs and kernels, and
 * OtherMachineIT here.
 */
public final class OtherMachine {
  /** The checks, by the part of the library that they are of. */
  private static final List<List<MachineCheck>> PARTS =
      List.of(
          ThreadChecks.ALL,
          LaunchChecks.ALL,
          MountChecks.ALL,
          ConfinementChecks.ALL,
          GraphChecks.ALL);

  private OtherMachine() {}

  /**
   * Runs the checks.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    System.out.printf(
        "Linux %s, %s, Java %s%n",
        System.getProperty("os.version"), System.getProperty("os.arch"), Runtime.version());
    int held = 0;
    int failed = 0;
    for (List<MachineCheck> part : PARTS) {
      for (MachineCheck check : part) {
        if (holds(check)) {
          held++;
        } else {
          failed++;
        }
      }
    }
    System.out.printf("%d checks hold, %d do not%n", held, failed);
    System.exit(failed == 0 ? 0 : 1);
  }

  private static boolean holds(MachineCheck check) {
    long start = System.nanoTime();
    try {
      Map<NamespaceType, Long> home = here();
      check.body().run();
      Map<NamespaceType, Long> after = here();
      require(after.equals(home), "the thread was left in " + after + ", its home is " + home);
      List<StrayThread> strays = StrayThread.find();
      require(strays.isEmpty(), "threads were left elsewhere: " + strays);
    } catch (Throwable e) {
      System.out.println("FAILED  " + check.claim());
      e.printStackTrace(System.out);
      return false;
    }
    System.out.printf(
        "ok      %s (%d ms)%n", check.claim(), (System.nanoTime() - start) / 1_000_000);
    return true;
  }

  /** Where the calling thread is, by the kernel's word. */
  private static Map<NamespaceType, Long> here() {
    Map<NamespaceType, Long> inodes = new EnumMap<>(NamespaceType.class);
    for (NamespaceType type : NamespaceType.values()) {
      inodes.put(type, Machine.inode(type.procName()));
    }
    return inodes;
  }
}
