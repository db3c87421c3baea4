package io.github.linuxns.internal.survey;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.NamespaceHandle;
import io.github.linuxns.NamespaceType;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.testing.NothingLeft;
import io.github.linuxns.testing.Requirements;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the kernel lists is opened by its id, in as many portions as it comes. */
@ExtendWith(NothingLeft.class)
class KernelListIT {

  @Test
  void whatIsListedIsFound() throws Exception {
    Requirements.root();
    Requirements.kernel(6, 18); // ids of all types
    NamespaceTable namespaces = new NamespaceTable();
    List<Long> asked = new ArrayList<>();
    try (NamespaceHandle uts = NamespaceHandle.create(NamespaceType.UTS);
        NamespaceHandle network = NamespaceHandle.create(NamespaceType.NETWORK);
        ProcFiles files = new ProcFiles();
        Questions questions = new Questions(files, namespaces)) {
      List<NamespaceHandle> handles = List.of(uts, network);
      long[] listed = handles.stream().mapToLong(each -> id(each)).toArray();
      new KernelList(
              namespaces,
              questions,
              new KernelList.Source() {
                @Override
                public int list(long after, long[] ids) {
                  asked.add(after);
                  int next = after == 0 ? 0 : after == listed[0] ? 1 : 2;
                  if (next < 2) {
                    ids[0] = listed[next];
                  }
                  return next < 2 ? 1 : 0;
                }

                @Override
                public int open(long id) {
                  return handles
                      .get(id == listed[0] ? 0 : 1)
                      .withFd(fd -> Syscalls.openForReading("/proc/thread-self/fd/" + fd));
                }
              })
          .look();
      assertThat(asked).containsExactly(0L, listed[0], listed[1]);
      for (NamespaceHandle handle : handles) {
        FoundNamespace found = namespaces.find(handle.namespace().inode());
        assertThat(found).isNotNull();
        assertThat(found.isListed()).isTrue();
        assertThat(found.type()).isEqualTo(handle.type());
        assertThat(found.id()).isEqualTo(id(handle));
      }
    }
  }

  private static long id(NamespaceHandle handle) {
    try {
      return handle.id().orElseThrow();
    } catch (SyscallException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatIsRefusedOrGoneAddsNothing() {
    NamespaceTable namespaces = new NamespaceTable();
    for (int listed : new int[] {-38, 1}) {
      try (ProcFiles files = new ProcFiles();
          Questions questions = new Questions(files, namespaces)) {
        new KernelList(
                namespaces,
                questions,
                new KernelList.Source() {
                  @Override
                  public int list(long after, long[] ids) {
                    ids[0] = 4711;
                    return after == 0 ? listed : 0;
                  }

                  @Override
                  public int open(long id) {
                    return -116; // ESTALE
                  }
                })
            .look();
      }
    }
    assertThat(namespaces.all()).isEmpty();
  }
}
