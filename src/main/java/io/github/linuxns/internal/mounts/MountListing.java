package io.github.linuxns.internal.mounts;

import static io.github.linuxns.internal.Syscalls.buffer;
import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.proc.EscapedText;
import io.github.linuxns.internal.proc.MountFacts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The mounts of a mount namespace that one is not in: by listmount(2), which tells their numbers,
 * and statmount(2), which tells of one of them. Both take the number of the namespace, and nobody
 * goes there. It takes Linux 6.15, which can say what it is able to tell.
 *
 * <p>Not safe for use by several threads.
 */
public final class MountListing implements AutoCloseable {
  /** In place of a mount: the root of the namespace, so that all mounts are listed. */
  private static final long ALL = -1;

  private static final long FACTS =
      STATMOUNT_SB_BASIC
          | STATMOUNT_MNT_BASIC
          | STATMOUNT_PROPAGATE_FROM
          | STATMOUNT_MNT_ROOT
          | STATMOUNT_MNT_POINT
          | STATMOUNT_FS_TYPE
          | STATMOUNT_FS_SUBTYPE
          | STATMOUNT_SB_SOURCE
          | STATMOUNT_OPT_ARRAY
          | STATMOUNT_OPT_SEC_ARRAY;

  private static final int IDS_AT_A_TIME = 1024;
  private static final int FIRST_ANSWER_BYTES = 1 << 12;
  private static final int MOST_ANSWER_BYTES = 1 << 24;

  /** How often to begin anew when mounts have come or gone meanwhile. */
  private static final int TRIES = 5;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment request = arena.allocate(Layouts.MOUNT_REQUEST_SIZE, Long.BYTES);
  private final ByteBuffer question = buffer(request);
  private final MemorySegment ids = arena.allocate((long) IDS_AT_A_TIME * Long.BYTES, Long.BYTES);

  /** Where answers land; replaced by a larger one when an answer does not fit. */
  private Answer answer;

  private MountListing(long namespace, int answerBytes) {
    question.putInt(0, Layouts.MOUNT_REQUEST_SIZE);
    question.putLong(Layouts.MOUNT_REQUEST_NAMESPACE, namespace);
    answer = new Answer(arena, answerBytes);
  }

  /**
   * What is mounted in a namespace.
   *
   * @param namespace its number
   * @return empty if the kernel cannot tell, or does not tell us
   */
  public static Optional<List<MountFacts>> of(long namespace) throws SyscallException {
    return of(namespace, FIRST_ANSWER_BYTES);
  }

  /** As {@link #of(long)}, with room for the first answer. */
  static Optional<List<MountFacts>> of(long namespace, int answerBytes) throws SyscallException {
    try (MountListing listing = new MountListing(namespace, answerBytes)) {
      return listing.read();
    }
  }

  private Optional<List<MountFacts>> read() throws SyscallException {
    long[] before = list();
    if (before.length == 0 || !tellsAll(before)) {
      return Optional.empty();
    }
    for (int tries = 1; ; tries++) {
      List<MountFacts> all = new ArrayList<>(before.length);
      for (long id : before) {
        if (ask(id, FACTS) >= 0) { // else it has gone meanwhile
          all.add(answer.facts());
        }
      }
      long[] after = list();
      if (Arrays.equals(before, after)) {
        return Optional.of(all);
      }
      if (tries == TRIES) {
        return Optional.of(MountInfoFile.withoutTheGone(all));
      }
      before = after;
    }
  }

  /** The numbers of all mounts; none if we are not told. */
  private long[] list() throws SyscallException {
    ByteBuffer numbers = buffer(ids);
    long[] all = new long[IDS_AT_A_TIME];
    int length = 0;
    question.putLong(Layouts.MOUNT_REQUEST_ID, ALL);
    question.putLong(Layouts.MOUNT_REQUEST_PARAM, 0);
    while (true) {
      int count =
          (int)
              Syscalls.call(
                  SystemCall.LISTMOUNT, request.address(), ids.address(), IDS_AT_A_TIME, 0, 0);
      if (count < 0) {
        return switch (Errno.of(-count)) {
          // Too old: for the call, or for a namespace in its question. Not ours to see: the last.
          case ENOSYS, EINVAL, E2BIG, EPERM, ENOENT -> new long[0];
          default -> throw Failures.of(SystemCall.LISTMOUNT, count, "mount namespace");
        };
      }
      if (length + count > all.length) {
        all = Arrays.copyOf(all, Math.max(2 * all.length, length + count));
      }
      for (int i = 0; i < count; i++) {
        all[length++] = numbers.getLong(i * Long.BYTES);
      }
      if (count < IDS_AT_A_TIME) {
        return Arrays.copyOf(all, length);
      }
      question.putLong(Layouts.MOUNT_REQUEST_PARAM, all[length - 1]);
    }
  }

  /** Asks a kernel whether it knows all that we want to know. */
  private boolean tellsAll(long[] mounts) throws SyscallException {
    for (long id : mounts) {
      if (ask(id, STATMOUNT_SUPPORTED_MASK) >= 0) {
        return (answer.number(Layouts.MOUNT_MASK) & STATMOUNT_SUPPORTED_MASK) != 0
            && (answer.number(Layouts.MOUNT_SUPPORTED_MASK) & FACTS) == FACTS;
      }
    }
    return false;
  }

  /** Asks after a mount; −ENOENT if there is none, or none any more that can be reached. */
  private int ask(long mount, long what) throws SyscallException {
    question.putLong(Layouts.MOUNT_REQUEST_ID, mount);
    question.putLong(Layouts.MOUNT_REQUEST_PARAM, what);
    while (true) {
      int result =
          (int)
              Syscalls.call(
                  SystemCall.STATMOUNT, request.address(), answer.address(), answer.size(), 0, 0);
      if (result == -Errno.EOVERFLOW.number() && answer.size() < MOST_ANSWER_BYTES) {
        answer = new Answer(arena, 2 * answer.size());
        continue;
      }
      return switch (Errno.of(-result)) {
        case ENOENT, EPERM -> -Errno.ENOENT.number();
        default -> {
          if (result < 0) {
            throw Failures.of(SystemCall.STATMOUNT, result, "mount " + mount);
          }
          yield result;
        }
      };
    }
  }

  @Override
  public void close() {
    arena.close();
  }

  /** A struct statmount, and the strings behind it. */
  private static final class Answer {
    private final MemorySegment segment;
    private final ByteBuffer fields;

    /** The answer that came last, on the heap. */
    private final byte[] bytes;

    /**
     * Those of the mount before, since the next one often has the same; then they are kept once.
     */
    private List<String> lastOptions = List.of();

    Answer(Arena arena, int size) {
      segment = arena.allocate(size, Long.BYTES);
      fields = buffer(segment);
      bytes = new byte[size];
    }

    long address() {
      return segment.address();
    }

    int size() {
      return bytes.length;
    }

    long number(int field) {
      return fields.getLong(field);
    }

    MountFacts facts() {
      int size = Math.min(fields.getInt(0), bytes.length);
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, bytes, 0, size);
      long mask = number(Layouts.MOUNT_MASK);
      long propagation = number(Layouts.MOUNT_PROPAGATION);
      int master = (int) number(Layouts.MOUNT_MASTER);
      int from = (int) number(Layouts.MOUNT_PROPAGATE_FROM);
      String type = text(Layouts.MOUNT_FS_TYPE);
      return new MountFacts(
          fields.getInt(Layouts.MOUNT_ID_OLD),
          fields.getInt(Layouts.MOUNT_PARENT_ID_OLD),
          number(Layouts.MOUNT_ID),
          number(Layouts.MOUNT_PARENT_ID),
          fields.getInt(Layouts.MOUNT_DEV_MAJOR),
          fields.getInt(Layouts.MOUNT_DEV_MINOR),
          (mask & STATMOUNT_MNT_ROOT) == 0 ? "" : text(Layouts.MOUNT_ROOT),
          (mask & STATMOUNT_MNT_POINT) == 0 ? "" : text(Layouts.MOUNT_POINT),
          number(Layouts.MOUNT_ATTR),
          (int) number(Layouts.MOUNT_PEER_GROUP),
          master,
          from == master ? 0 : from, // as mountinfo has it
          (propagation & MS_UNBINDABLE) != 0,
          (mask & STATMOUNT_FS_SUBTYPE) == 0 ? type : type + '.' + text(Layouts.MOUNT_FS_SUBTYPE),
          (mask & STATMOUNT_SB_SOURCE) == 0 ? MountFacts.NO_SOURCE : text(Layouts.MOUNT_SOURCE),
          options(mask));
    }

    /** A field that says where a string is. */
    private String text(int field) {
      return textAt(Layouts.MOUNT_ANSWER_SIZE + fields.getInt(field));
    }

    private String textAt(int start) {
      return EscapedText.of(bytes, start, end(start));
    }

    private int end(int start) {
      int end = start;
      while (end < bytes.length && bytes[end] != 0) {
        end++;
      }
      return end;
    }

    /** In the order of mountinfo: those that are bits, those of security modules, the others. */
    private List<String> options(long mask) {
      List<String> all = new ArrayList<>();
      int bits = fields.getInt(Layouts.MOUNT_SB_FLAGS);
      all.add((bits & MS_RDONLY) != 0 ? "ro" : "rw");
      add(all, bits, MS_SYNCHRONOUS, "sync");
      add(all, bits, MS_DIRSYNC, "dirsync");
      add(all, bits, MS_MANDLOCK, "mand");
      add(all, bits, MS_LAZYTIME, "lazytime");
      if ((mask & STATMOUNT_OPT_SEC_ARRAY) != 0) {
        add(all, Layouts.MOUNT_SECURITY_OPTIONS, Layouts.MOUNT_SECURITY_OPTION_ARRAY);
      }
      if ((mask & STATMOUNT_OPT_ARRAY) != 0) {
        add(all, Layouts.MOUNT_OPTIONS, Layouts.MOUNT_OPTION_ARRAY);
      }
      if (!all.equals(lastOptions)) {
        lastOptions = List.copyOf(all);
      }
      return lastOptions;
    }

    private static void add(List<String> all, int bits, int bit, String word) {
      if ((bits & bit) != 0) {
        all.add(word);
      }
    }

    private void add(List<String> all, int countField, int arrayField) {
      int start = Layouts.MOUNT_ANSWER_SIZE + fields.getInt(arrayField);
      for (int i = fields.getInt(countField); i > 0; i--) {
        all.add(textAt(start));
        start = end(start) + 1;
      }
    }
  }
}
