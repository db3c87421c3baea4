package io.github.linuxns.internal.survey;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/**
 * The kernel's own list of namespaces, on Linux 6.19 or later, for those whom it lets see it: root
 * of the machine. It has those, too, that are kept alive by what nobody can look at.
 */
final class KernelList {
  /** Where they come from. */
  interface Source {
    /** How many ids follow a given one, and puts as many of them there as fit; or −errno. */
    int list(long after, long[] ids);

    /** Opens the one with an id; or −errno. */
    int open(long id);
  }

  /** Of struct ns_id_req, whose other fields, at zero, stand for all types and all owners. */
  private static final int REQUEST_BYTES = 32;

  private static final int REQUEST_AFTER = 8;
  private static final int AT_A_TIME = 512;

  /** Of struct file_handle with a struct nsfs_file_handle in it: an id, a type, an inode. */
  private static final int HANDLE_LENGTH = 16;

  private static final int HANDLE_TYPE_AT = 4;
  private static final int HANDLE_ID_AT = 8;
  private static final int FILEID_NSFS = 0xf1;
  private static final int FD_NSFS_ROOT = -10003;

  private final NamespaceTable namespaces;
  private final Questions questions;
  private final Source source;

  KernelList(NamespaceTable namespaces, Questions questions) {
    this(namespaces, questions, new Kernel());
  }

  KernelList(NamespaceTable namespaces, Questions questions, Source source) {
    this.namespaces = namespaces;
    this.questions = questions;
    this.source = source;
  }

  /** Adds what is not known yet. */
  void look() {
    Set<Long> known = new HashSet<>();
    for (FoundNamespace found : namespaces.all()) {
      known.add(found.id());
    }
    long[] ids = new long[AT_A_TIME];
    long last = 0;
    int count = source.list(last, ids);
    while (count > 0) {
      for (int i = 0; i < count; i++) {
        if (!known.contains(ids[i])) {
          open(ids[i]);
        }
      }
      last = ids[count - 1];
      count = source.list(last, ids);
    }
  }

  private void open(long id) {
    int fd = source.open(id);
    if (fd >= 0) {
      FoundNamespace found = questions.identify(fd);
      if (found != null) {
        found.listed = true;
      }
      Syscalls.close(fd);
    }
  }

  /** The kernel that we run on. */
  private static final class Kernel implements Source {
    @Override
    public int list(long after, long[] ids) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment request = arena.allocate(REQUEST_BYTES, Long.BYTES);
        MemorySegment answer = arena.allocate((long) Long.BYTES * ids.length, Long.BYTES);
        ByteBuffer fields = Syscalls.buffer(request);
        fields.putInt(0, REQUEST_BYTES);
        fields.putLong(REQUEST_AFTER, after);
        int count =
            (int)
                Syscalls.call(
                    SystemCall.LISTNS, request.address(), answer.address(), ids.length, 0, 0);
        if (count > 0) {
          Syscalls.buffer(answer).asLongBuffer().get(ids, 0, count);
        }
        return count;
      }
    }

    /** By an id alone, as kernels that list can. */
    @Override
    public int open(long id) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate(HANDLE_ID_AT + (long) HANDLE_LENGTH, Long.BYTES);
        ByteBuffer handle = Syscalls.buffer(memory);
        handle.putInt(0, HANDLE_LENGTH);
        handle.putInt(HANDLE_TYPE_AT, FILEID_NSFS);
        handle.putLong(HANDLE_ID_AT, id);
        return (int)
            Syscalls.call(
                SystemCall.OPEN_BY_HANDLE_AT,
                FD_NSFS_ROOT,
                memory.address(),
                O_RDONLY | O_CLOEXEC,
                0,
                0);
      }
    }
  }
}
