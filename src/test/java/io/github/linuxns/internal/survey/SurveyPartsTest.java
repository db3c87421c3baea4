package io.github.linuxns.internal.survey;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The parts of a survey that need no kernel. */
class SurveyPartsTest {

  @Test
  void aStatIsReadWhateverTheName() {
    ProcessStat stat = new ProcessStat();
    String name = "a) R 7\n(\t";
    String text =
        "4711 ("
            + name
            + ") Z 12 4711 0 0 -1 0 0 0 0 0 1 2 3 4 20 0 17 0 123456789012 0 0"
            + " 18446744073709551615\n";
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    assertThat(stat.parse(bytes, bytes.capacity())).isTrue();
    assertThat(stat.pid).isEqualTo(4711);
    assertThat(stat.parentPid).isEqualTo(12);
    assertThat(stat.zombie).isTrue();
    assertThat(stat.threads).isEqualTo(17);
    assertThat(stat.startTime).isEqualTo(123456789012L);
    assertThat(text.substring(stat.nameStart, stat.nameEnd)).isEqualTo(name);
  }

  @Test
  void whatIsNoStatIsRefused() {
    ProcessStat stat = new ProcessStat();
    for (String text : new String[] {"", "12", "12 (", "12 )(", "12 (a) R 1 2 3", "garbage"}) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
      assertThat(stat.parse(bytes, bytes.capacity())).as(text).isFalse();
    }
  }

  @Test
  void aTableFindsEachOfThousands() {
    NamespaceTable table = new NamespaceTable();
    for (long inode = 1; inode <= 5000; inode++) {
      long collides = inode * 4096;
      FoundNamespace added = table.findOrAdd(NamespaceType.UTS, collides);
      assertThat(table.findOrAdd(NamespaceType.UTS, collides)).isSameAs(added);
    }
    assertThat(table.all()).hasSize(5000);
    for (long inode = 1; inode <= 5000; inode++) {
      FoundNamespace found = table.find(inode * 4096);
      assertThat(found).isNotNull();
      assertThat(found.inode()).isEqualTo(inode * 4096);
      assertThat(table.all().get(found.index())).isSameAs(found);
    }
    assertThat(table.find(7)).isNull();
  }

  @Test
  void fewAreToldOneByOneAndManyTogether() {
    Unreadable unreadable = new Unreadable();
    unreadable.addPlaces(1, "ini\nt", "its namespaces", -13);
    unreadable.add(2, "", "its mounts", -1);
    for (int pid = 10; pid < 2010; pid++) {
      unreadable.add(pid, "p", "its open files", -13);
    }
    unreadable.addNamespace(NamespaceType.UTS, 4711, -24);
    unreadable.add("something else");
    assertThat(unreadable.all()).filteredOn(Unread::isOfProcesses).hasSize(1);
    assertThat(unreadable.all())
        .extracting(Unread::line)
        .containsExactly(
            "process 1 (ini?t): EACCES: its namespaces",
            "process 2: EPERM: its mounts",
            "2000 processes, as process 10 (p), process 11 (p), process 12 (p): EACCES: its open"
                + " files",
            "uts:[4711]: EMFILE: its owner and its parent",
            "something else");
  }
}
