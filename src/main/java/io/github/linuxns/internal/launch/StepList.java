package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.Paths;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * System calls, one after the other, and all that they point to. Who makes them decides where that
 * is written: what is written is known by its address at once.
 */
abstract class StepList {
  private final List<LaunchStep> steps = new ArrayList<>();

  /** Adds a step; its label says in words what it does, such as "mount proc on /proc". */
  LaunchStep add(String label, SystemCall call, long... arguments) {
    LaunchStep step = new LaunchStep(label, call, arguments);
    steps.add(step);
    return step;
  }

  /** The address of a text, with the NUL that ends it. */
  long text(String text) {
    return bytes(Syscalls.pathBytes(text), 1);
  }

  /** The address of a path of the machine's own file system, with the NUL that ends it. */
  long path(Path path) {
    return bytes(Paths.bytes(path), 1);
  }

  /** The address of some bytes. */
  long bytes(byte... bytes) {
    return bytes(bytes, 0);
  }

  /** The address of some bytes that are a text, with the NUL that ends it. */
  long textOf(byte... bytes) {
    return bytes(bytes, 1);
  }

  /** The address of some words. */
  long words(long... words) {
    ByteBuffer data = room(words.length * Long.BYTES);
    long address = address();
    for (long word : words) {
      data.putLong(word);
    }
    return address;
  }

  /** The address of some 32-bit numbers. */
  long ints(int... ints) {
    ByteBuffer bytes =
        ByteBuffer.allocate(ints.length * Integer.BYTES).order(ByteOrder.nativeOrder());
    for (int number : ints) {
      bytes.putInt(number);
    }
    return bytes(bytes.array());
  }

  /** Keeps the result of a step for later ones. */
  abstract Slot slot();

  List<LaunchStep> steps() {
    return steps;
  }

  /** Where to write so many bytes, and those that make them whole words. */
  abstract ByteBuffer room(int bytes);

  /** The address of what is written next. */
  abstract long address();

  private long bytes(byte[] bytes, int zeros) {
    ByteBuffer data = room(bytes.length + zeros);
    long address = address();
    data.put(bytes);
    for (int i = 0; i < zeros; i++) {
      data.put((byte) 0);
    }
    int misaligned = data.position() % Long.BYTES;
    data.position(misaligned == 0 ? data.position() : data.position() - misaligned + Long.BYTES);
    return address;
  }
}
