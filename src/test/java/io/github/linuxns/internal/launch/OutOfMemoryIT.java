package io.github.linuxns.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.ChildJvm;
import io.github.linuxns.testing.Machine;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Wherever memory runs out while files to redirect to are opened, none stays open. */
@Tag("unprivileged")
@Tag("rootless")
@Timeout(120)
class OutOfMemoryIT {
  @Test
  void nothingStaysOpen() throws Exception {
    List<String> options = List.of("-XX:+UseSerialGC", "-Xms6m", "-Xmx6m", "-XX:-UseTLAB", "-Xint");
    List<String> command = ChildJvm.command(List.of(), options, EachAmount.class);
    assertThat(Machine.run(command.toArray(String[]::new)))
        .contains("ran out: true")
        .contains("left: 0");
  }

  /** Does it with ever more memory, from none on, until that suffices. */
  static final class EachAmount {
    private static final File NOTHING = new File("/dev/null");
    private static final int STEP = 3;
    private static final int MOST = 4000;

    /** So many times in turn that had enough. */
    private static final int ENOUGH = 5;

    private EachAmount() {}

    /** The least that can be taken. */
    private static final class Block {
      private @Nullable Block next;
    }

    public static void main(String[] arguments) throws Exception {
      open(); // what is loaded once is loaded now
      open();
      int before = Machine.openFiles().size();
      int ranOut = 0;
      int enough = 0;
      Block all = new Block();
      for (int left = 0; left < MOST && enough < ENOUGH; left += STEP) {
        take(all);
        give(all, left);
        boolean failed = runsOut();
        ranOut += failed ? 1 : 0;
        enough = failed ? 0 : enough + 1;
      }
      all.next = null;
      int left = Machine.openFiles().size() - before;
      for (int looks = 0; looks < 100 && left > 0; looks++) {
        System.gc(); // what has an owner is closed when that is forgotten
        left = Machine.openFiles().size() - before;
      }
      System.out.println("ran out: " + (ranOut > 0 && enough == ENOUGH));
      System.out.println("left: " + left);
    }

    private static void open() throws IOException {
      Redirect input = Redirect.from(NOTHING);
      StandardStreams.open(input, Redirect.DISCARD, Redirect.DISCARD, false).close();
    }

    private static boolean runsOut() throws IOException {
      try {
        open();
        return false;
      } catch (OutOfMemoryError expected) {
        return true;
      }
    }

    private static void take(Block all) {
      try {
        while (true) {
          Block block = new Block();
          block.next = all.next;
          all.next = block;
        }
      } catch (OutOfMemoryError expected) {
        // that is what it was for
      }
    }

    private static void give(Block all, int blocks) {
      for (int i = 0; i < blocks && all.next != null; i++) {
        all.next = all.next.next;
      }
    }
  }
}
