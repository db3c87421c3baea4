package io.github.linuxns.internal.launch;

import io.github.linuxns.internal.SystemCall;
import io.github.linuxns.internal.launch.LaunchStep.Slot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The system calls that a child makes before it becomes the command, and all that they point to. It
 * is written where the child will find it, at a fixed address, so that an address is known as soon
 * as something has been added.
 *
 * <p>A program is for one launch: it names descriptors by the numbers that the child has them by.
 */
final class LaunchProgram extends StepList {
  /** Where it begins in the child; {@code launcher.ld} says the same. */
  static final long ADDRESS = LaunchImage.SHARED_ADDRESS + LaunchImage.PROGRAM_OFFSET;

  /** Where its steps are and where they end comes first. */
  private static final int HEADER_BYTES = 2 * Long.BYTES;

  private ByteBuffer data =
      ByteBuffer.allocate(1024).order(ByteOrder.nativeOrder()).position(HEADER_BYTES);
  private String name = "linux-namespaces";
  private int questions;
  private boolean isExposed;

  /** Sets what ps shows of the processes that run the program, for as long as they do. */
  void name(String name) {
    this.name = name;
  }

  /** What ps shows. */
  String name() {
    return name;
  }

  /** Adds steps in which the child waits until we have done something for it, or are gone. */
  void ask(String label) {
    questions++;
    long word = words(0);
    add(label, SystemCall.WRITE, Descriptors.CONTROL, word, 1);
    add(label, SystemCall.READ, Descriptors.CONTROL, word, 1).expecting(1);
  }

  /** The address of pointers to texts, with the null that ends them. */
  long texts(List<String> texts) {
    return texts(Texts.of(texts));
  }

  /** As the other, for texts that have been made before. */
  long texts(Texts texts) {
    return words(texts.pointers(bytes(texts.bytes())));
  }

  @Override
  Slot slot() {
    return new Slot(words(0));
  }

  /** A slot that has a descriptor from the beginning. */
  Slot slotOf(int fd) {
    return new Slot(words(fd));
  }

  /** Says that somebody else can get at the process, and have it report anything from then on. */
  void expose() {
    isExposed = true;
  }

  /** True if what it reports may be somebody else's word. */
  boolean isExposed() {
    return isExposed;
  }

  /** True if it has steps in which it waits for us. */
  boolean asks() {
    return questions > 0;
  }

  /** How often it waits for us, at most. */
  int questions() {
    return questions;
  }

  /** True if another process goes on in its place from some step on. */
  boolean forks() {
    return steps().stream().anyMatch(LaunchStep::isFork);
  }

  /** True if another one goes on in the place of that, too. */
  boolean forksTwice() {
    int forks = 0;
    for (LaunchStep step : steps()) {
      forks += step.isReplacing() ? 1 : 0;
    }
    return forks > 1;
  }

  /** True if the command runs below an init. */
  boolean hasInit() {
    return steps().stream().anyMatch(step -> step.isFork() && !step.isReplacing());
  }

  int size() {
    return data.position() + steps().size() * LaunchStep.BYTES;
  }

  /** Writes it, the steps behind what they point to. */
  void write(ByteBuffer target) {
    long first = ADDRESS + data.position();
    data.putLong(0, first).putLong(Long.BYTES, first + (long) steps().size() * LaunchStep.BYTES);
    target.put(data.array(), 0, data.position());
    for (LaunchStep step : steps()) {
      step.write(target);
    }
  }

  @Override
  ByteBuffer room(int bytes) {
    int needed = data.position() + bytes + Long.BYTES;
    if (needed > data.capacity()) {
      data =
          ByteBuffer.allocate(Math.max(needed, 2 * data.capacity()))
              .order(ByteOrder.nativeOrder())
              .put(data.flip());
    }
    return data;
  }

  @Override
  long address() {
    return ADDRESS + data.position();
  }
}
