package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Arch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The executable that a child begins as: an ELF header, the interpreter, and the program that it
 * interprets. {@code launcher.ld} has the same addresses.
 *
 * <p>Only the interpreter is executed. It maps the whole file a second time, shared with us: what
 * it writes there, results and the {@link LaunchReport} between the header and the code, is seen by
 * us at once, and costs no copy of a page.
 */
final class LaunchImage {
  /** Where its size is, behind the header: the interpreter has to know how much to map. */
  static final int SIZE_OFFSET = 0xb0;

  static final int REPORT_OFFSET = 0xe8;
  static final int CODE_OFFSET = 0x140;
  static final int PROGRAM_OFFSET = 0x900;

  /** No execve takes arguments that would not fit. */
  static final int LARGEST = 0x800_0000;

  /** Where it is executed. */
  static final long FILE_ADDRESS = 0x1000_0000L;

  /** Where the interpreter maps it to write to it. */
  static final long SHARED_ADDRESS = 0x2000_0000L;

  private static final int ELF_HEADER_BYTES = 64;
  private static final int SEGMENT_BYTES = 56;

  /** Segments lie in memory as they lie in the file, whatever the size of a page is. */
  private static final long ALIGNMENT = 0x10000;

  private static final int PT_LOAD = 1;
  private static final int PT_GNU_STACK = 0x6474e551;
  private static final int EXECUTABLE = 1;
  private static final int WRITABLE = 2;
  private static final int READABLE = 4;

  private LaunchImage() {}

  static int size(LaunchProgram program) {
    return PROGRAM_OFFSET + program.size();
  }

  /** Writes it, from where the buffer begins. */
  static void write(Interpreter interpreter, LaunchProgram program, ByteBuffer image) {
    image.order(ByteOrder.nativeOrder());
    writeHeader(image);
    int codeEnd = CODE_OFFSET + interpreter.size();
    writeSegment(image, PT_LOAD, READABLE | EXECUTABLE, 0, FILE_ADDRESS, codeEnd);
    writeSegment(image, PT_GNU_STACK, READABLE | WRITABLE, 0, 0, 0);
    image.position(SIZE_OFFSET).putLong(size(program));
    LaunchReport.writeEmpty(image.position(REPORT_OFFSET));
    interpreter.write(image.position(CODE_OFFSET));
    program.write(image.position(PROGRAM_OFFSET));
  }

  private static void writeHeader(ByteBuffer image) {
    image.position(0);
    image.put((byte) 0x7f).put((byte) 'E').put((byte) 'L').put((byte) 'F');
    image.put((byte) 2).put((byte) 1).put((byte) 1); // 64 bits, little endian, version 1
    image.position(16).putShort((short) 2); // executable, not to be relocated
    image.putShort((short) Arch.current().elfMachine()).putInt(1);
    image.putLong(FILE_ADDRESS + CODE_OFFSET); // where it starts
    image.putLong(ELF_HEADER_BYTES).putLong(0).putInt(0); // segments behind this; no sections
    image.putShort((short) ELF_HEADER_BYTES).putShort((short) SEGMENT_BYTES).putShort((short) 2);
    image.position(ELF_HEADER_BYTES);
  }

  private static void writeSegment(
      ByteBuffer image, int type, int access, long offset, long address, long bytes) {
    image.putInt(type).putInt(access).putLong(offset).putLong(address).putLong(address);
    image.putLong(bytes).putLong(bytes).putLong(ALIGNMENT);
  }
}
