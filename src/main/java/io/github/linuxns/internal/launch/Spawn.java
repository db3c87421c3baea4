package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.Syscalls.buffer;
import static io.github.linuxns.internal.ffi.Constants.*;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.github.linuxns.internal.Layouts;
import io.github.linuxns.internal.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Starts a program as a child of the calling thread, by {@code posix_spawn}: the one thing that
 * takes functions of libc, since no Java thread could survive a vfork. All return the child's
 * process id, or −errno. The child has the signals of {@link SpawnSignals}.
 *
 * <p>Memory or the stack may run out as soon as there is a child. So its number is left where
 * whoever made this finds it, whatever happens to the call that starts it.
 */
final class Spawn implements AutoCloseable {
  /** Several times what it takes to follow a child or to end it. */
  private static final int ROOM_FRAMES = 256;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment number = arena.allocate(Integer.BYTES, Integer.BYTES);
  private final ByteBuffer pid = buffer(number);

  /** The process id of the child, until this is closed; 0 if none was started. */
  int pid() {
    return pid.getInt(0);
  }

  /**
   * Starts a program that is open, without arguments or environment.
   *
   * @param program by descriptor; not one of the numbers that the child gets
   * @param descriptors those of ours that the child gets as its descriptors 0, 1, 2, …; none of
   *     them is a number that an earlier one becomes
   * @param name what it is to be called
   */
  int image(int program, int[] descriptors, String name) {
    // The child has one thread; the way by /proc/thread-self would be longer, and cost it more.
    return image("/proc/self/fd/" + program, descriptors, name);
  }

  /**
   * Does all that starts an image, but for the image, and leaves no child.
   *
   * @param descriptors as those of an image
   * @return −ENOENT if nothing else is in the way of one: no program has an empty path
   */
  int noImage(int[] descriptors) {
    return image("", descriptors, "");
  }

  private int image(String path, int[] descriptors, String name) {
    try (Actions actions = new Actions()) {
      actions.give(descriptors);
      Texts texts = Texts.of(List.of(name));
      return actions.spawn(text(path), pointers(texts), pointers(Texts.NONE));
    }
  }

  /**
   * Starts a command, with no descriptor but those given.
   *
   * @param path the program
   * @param standard as the descriptors of an image
   * @param parent a file that is there as long as the calling thread is
   */
  int command(String path, Texts arguments, Texts environment, int[] standard, String parent) {
    try (Actions actions = new Actions()) {
      actions.give(standard);
      actions.requireAndClose(text(parent), standard.length);
      return actions.spawn(text(path), pointers(arguments), pointers(environment));
    }
  }

  /**
   * Has the stack overflow now, if it does not suffice for what is to be done with a child: then
   * there is none yet, and later there might be no room even to end it.
   */
  private static int descend(int frames) {
    return frames == 0 ? 0 : 1 + descend(frames - 1);
  }

  private long text(String text) {
    return copy(Texts.of(List.of(text)));
  }

  private long copy(Texts texts) {
    byte[] bytes = texts.bytes();
    MemorySegment memory = arena.allocate(bytes.length);
    MemorySegment.copy(bytes, 0, memory, JAVA_BYTE, 0, bytes.length);
    return memory.address();
  }

  /** The address of an array of pointers to texts. */
  private long pointers(Texts texts) {
    long[] pointers = texts.pointers(copy(texts));
    MemorySegment memory = arena.allocate((long) pointers.length * Long.BYTES, Long.BYTES);
    buffer(memory).asLongBuffer().put(pointers);
    return memory.address();
  }

  @Override
  public void close() {
    arena.close();
  }

  /** What the child does to its descriptors before it is the program. */
  private final class Actions implements AutoCloseable {
    private final long address;
    private final boolean made;

    /** The first one, after which nothing more is done. */
    private int error;

    Actions() {
      this.address = arena.allocate(Layouts.SPAWN_FILE_ACTIONS_SIZE, Long.BYTES).address();
      this.error = Syscalls.initSpawnActions(address);
      this.made = error == 0;
    }

    void give(int[] descriptors) {
      for (int i = 0; i < descriptors.length && error == 0; i++) {
        error = Syscalls.addSpawnDuplicate(address, descriptors[i], i);
      }
    }

    /** Has it end if a file is not there, and closes all descriptors from a number on. */
    void requireAndClose(long path, int lowest) {
      if (error == 0) {
        error = Syscalls.addSpawnOpen(address, lowest, path, O_RDONLY);
      }
      if (error == 0) {
        error = Syscalls.addSpawnCloseFrom(address, lowest);
      }
    }

    int spawn(long path, long arguments, long environment) {
      if (error != 0) {
        return -error;
      }
      long signals = SpawnSignals.attributes();
      int _ = descend(ROOM_FRAMES);
      error = Syscalls.spawn(number.address(), path, address, signals, arguments, environment);
      if (error != 0) {
        pid.putInt(0, 0); // POSIX leaves open what is there then
        return -error;
      }
      return pid();
    }

    @Override
    public void close() {
      if (made) {
        Syscalls.destroySpawnActions(address);
      }
    }
  }
}
