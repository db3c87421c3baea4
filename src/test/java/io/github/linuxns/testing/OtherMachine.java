package io.github.linuxns.testing;

import static io.github.linuxns.testing.MachineCheck.require;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.StrayThread;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Says whether the library works on the machine that it runs on, as root: one line a check, and
 * exit status 1 if one does not hold, or lacks something that the machine should have. {@code
 * machines/run} runs it on other CPUs and kernels, and OtherMachineIT here.
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

  /** How a line begins, of which each is about one check. */
  static final String OK = "ok      ";

  static final String LACKS = "lacks   ";

  private static final String FAILED = "FAILED  ";

  /** For who looks at the lines: what a machine lacks is no failure then. */
  static final String LACKING_ALLOWED = "--lacking-allowed";

  /** The checks that have a machine to themselves, in place of the others. */
  private static final String REFUSALS = "refusals";

  private OtherMachine() {}

  /**
   * Runs the checks.
   *
   * @param arguments none, or {@link #LACKING_ALLOWED}; or {@code refusals}, for {@link
   *     RefusalChecks} in place of all others
   */
  public static void main(String[] arguments) {
    System.out.printf(
        "Linux %s, %s, Java %s%n",
        System.getProperty("os.version"), System.getProperty("os.arch"), Runtime.version());
    List<String> options = List.of(arguments);
    Map<String, Integer> counts = new HashMap<>();
    for (List<MachineCheck> part :
        options.contains(REFUSALS) ? List.of(RefusalChecks.ALL) : PARTS) {
      for (MachineCheck check : part) {
        int _ = counts.merge(outcome(check), 1, Integer::sum);
      }
    }
    int failed = counts.getOrDefault(FAILED, 0);
    int lacking = counts.getOrDefault(LACKS, 0);
    System.out.printf(
        "%d checks hold, %d do not, %d lack something%n",
        counts.getOrDefault(OK, 0), failed, lacking);
    boolean allowed = options.contains(LACKING_ALLOWED);
    System.exit(failed == 0 && (lacking == 0 || allowed) ? 0 : 1);
  }

  /** How many there are. */
  static int checks() {
    return PARTS.stream().mapToInt(List::size).sum();
  }

  /** Makes a check, and returns how its line begins. */
  private static String outcome(MachineCheck check) {
    long start = System.nanoTime();
    try {
      Map<NamespaceType, Long> home = here();
      check.body().run();
      Map<NamespaceType, Long> after = here();
      require(after.equals(home), "the thread was left in " + after + ", its home is " + home);
      List<StrayThread> strays = StrayThread.find();
      require(strays.isEmpty(), "threads were left elsewhere: " + strays);
    } catch (MachineCheck.Lacking e) {
      System.out.println(LACKS + check.claim() + ": needs " + e.getMessage());
      return LACKS;
    } catch (Throwable e) {
      System.out.println(FAILED + check.claim());
      e.printStackTrace(System.out);
      return FAILED;
    }
    System.out.printf(OK + "%s (%d ms)%n", check.claim(), (System.nanoTime() - start) / 1_000_000);
    return OK;
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
