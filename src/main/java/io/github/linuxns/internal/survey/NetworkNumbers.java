package io.github.linuxns.internal.survey;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The numbers by which a network namespace knows others, such as those at the far ends of its veth
 * devices: asked for by netlink, one question and one answer at a time.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/rtnetlink.7.html">rtnetlink(7)</a>
 */
final class NetworkNumbers implements AutoCloseable {
  /** Of a struct nlmsghdr, which is 16 bytes. */
  private static final int MESSAGE_TYPE = 4;

  private static final int MESSAGE_FLAGS = 6;

  /** Behind it a struct rtgenmsg, of one byte and three to fill up; behind that an attribute. */
  private static final int ATTRIBUTE = 20;

  private static final int ATTRIBUTE_TYPE = ATTRIBUTE + 2;
  private static final int ATTRIBUTE_VALUE = ATTRIBUTE + 4;
  private static final int REQUEST_BYTES = ATTRIBUTE_VALUE + 4;
  private static final int ATTRIBUTE_BYTES = 8;

  private static final int ANSWER_BYTES = 4096;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment memory = arena.allocate(ANSWER_BYTES, Long.BYTES);
  private final ByteBuffer message = Syscalls.buffer(memory);
  private int socket;

  /** The number of an open network; −1 if it has none; null if that could not be asked. */
  @Nullable Integer numberOf(int network) {
    if (socket == 0) {
      socket =
          (int)
              Syscalls.call(
                  SystemCall.SOCKET, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE, 0, 0);
    }
    if (socket < 0) {
      return null;
    }
    memory.asSlice(0, REQUEST_BYTES).fill((byte) 0);
    message.putInt(0, REQUEST_BYTES);
    message.putShort(MESSAGE_TYPE, (short) RTM_GETNSID);
    message.putShort(MESSAGE_FLAGS, (short) NLM_F_REQUEST);
    message.putShort(ATTRIBUTE, (short) ATTRIBUTE_BYTES);
    message.putShort(ATTRIBUTE_TYPE, (short) NETNSA_FD);
    message.putInt(ATTRIBUTE_VALUE, network);
    if (Syscalls.call(SystemCall.WRITE, socket, memory.address(), REQUEST_BYTES, 0, 0) < 0) {
      return null;
    }
    long length = Syscalls.call(SystemCall.READ, socket, memory.address(), ANSWER_BYTES, 0, 0);
    return length >= REQUEST_BYTES
            && message.getShort(MESSAGE_TYPE) == RTM_NEWNSID
            && message.getShort(ATTRIBUTE_TYPE) == NETNSA_NSID
        ? message.getInt(ATTRIBUTE_VALUE)
        : null;
  }

  @Override
  public void close() {
    if (socket > 0) {
      Syscalls.close(socket);
    }
    arena.close();
  }
}
