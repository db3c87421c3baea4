package io.github.linuxns.internal.launch;

import io.github.linuxns.Errno;
import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.Failures;
import io.github.linuxns.internal.FileStatus;
import io.github.linuxns.internal.OpenFile;
import io.github.linuxns.internal.Syscalls;
import io.github.linuxns.internal.SystemCall;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a child gets as its standard input, output and errors, and our ends of the pipes among them.
 * All is opened before anything is started, so that nothing can fail afterwards.
 */
public final class StandardStreams implements AutoCloseable {
  private static final int NONE = -1;

  private final int[] descriptors = new int[Descriptors.STANDARD];

  /** What only the child needs; {@link #NONE} where it needs nothing. */
  private final int[] theirs = {NONE, NONE, NONE};

  private @Nullable PipeOutput input;
  private @Nullable PipeInput output;
  private @Nullable PipeInput errors;

  private OutputStream toChild = NullOutput.STREAM;
  private InputStream fromChild = NullInput.STREAM;
  private InputStream errorsFromChild = NullInput.STREAM;
  private boolean started;

  private StandardStreams() {}

  /**
   * Opens them as {@link ProcessBuilder} does.
   *
   * @param errorsToo if true, errors go where the output goes, and {@code error} does not matter
   * @throws IllegalArgumentException if the input is to be written to, or an output to be read from
   * @throws SyscallException if a file cannot be opened, or the process has too many open; nothing
   *     is left open
   */
  public static StandardStreams open(
      Redirect input, Redirect output, Redirect error, boolean errorsToo) throws SyscallException {
    StandardStreams streams = new StandardStreams();
    try {
      streams.openInput(input);
      streams.output = streams.openOutput(1, output);
      if (errorsToo) {
        streams.descriptors[2] = streams.descriptors[1];
      } else {
        streams.errors = streams.openOutput(2, error);
      }
      streams.buffer();
      return streams;
    } catch (SyscallException | RuntimeException | Error e) {
      streams.close();
      throw e;
    }
  }

  private void openInput(Redirect redirect) throws SyscallException {
    switch (redirect.type()) {
      case PIPE -> {
        int[] ends = pipe();
        theirs(0, ends[0]);
        input = new PipeOutput(OpenFile.of(ends[1]));
      }
      case INHERIT -> descriptors[0] = 0;
      case READ -> {
        String path = file(redirect);
        theirs(0, opened(Syscalls.openForReading(path), path));
        requireNoDirectory(theirs[0], path);
      }
      case WRITE, APPEND ->
          throw new IllegalArgumentException("standard input cannot be: " + redirect);
    }
  }

  private @Nullable PipeInput openOutput(int number, Redirect redirect) throws SyscallException {
    switch (redirect.type()) {
      case PIPE -> {
        int[] ends = pipe();
        theirs(number, ends[1]);
        return new PipeInput(OpenFile.of(ends[0]));
      }
      case INHERIT -> descriptors[number] = number;
      case WRITE, APPEND -> {
        String path = file(redirect);
        boolean append = redirect.type() == Redirect.Type.APPEND;
        theirs(number, opened(LaunchCalls.openForWriting(path, append), path));
      }
      case READ -> throw new IllegalArgumentException("an output cannot be: " + redirect);
    }
    return null;
  }

  /** From here on it is closed whatever fails, also if that is for want of memory. */
  private void theirs(int number, int fd) {
    theirs[number] = fd;
    descriptors[number] = fd;
  }

  private static int[] pipe() throws SyscallException {
    int[] ends = new int[2];
    int result = LaunchCalls.pipe(ends);
    if (result < 0) {
      throw Failures.of(SystemCall.PIPE2, result, "a standard stream");
    }
    return ends;
  }

  private static String file(Redirect redirect) throws SyscallException {
    File file = Objects.requireNonNull(redirect.file());
    String path = file.getPath();
    if (path.indexOf('\0') >= 0) {
      throw Failures.of(
          SystemCall.OPENAT,
          -Errno.EINVAL.number(),
          path.replace('\0', '?'),
          "a path has no NUL in it");
    }
    return path;
  }

  /** The kernel would let us open a directory, and the child find out when it reads. */
  private static void requireNoDirectory(int fd, String path) throws SyscallException {
    FileStatus status = new FileStatus();
    int result = status.read(fd);
    if (result < 0 || status.isDirectory()) {
      throw Failures.of(SystemCall.OPENAT, result < 0 ? result : -Errno.EISDIR.number(), path);
    }
  }

  private static int opened(int fd, String path) throws SyscallException {
    if (fd < 0) {
      throw Failures.of(SystemCall.OPENAT, fd, path);
    }
    return fd;
  }

  private void buffer() {
    if (input != null) {
      toChild = new BufferedOutputStream(input);
    }
    if (output != null) {
      fromChild = new BufferedInputStream(output);
    }
    if (errors != null) {
      errorsFromChild = new BufferedInputStream(errors);
    }
  }

  /** Descriptors of ours that the child is to have as 0, 1 and 2. */
  public int[] descriptors() {
    return descriptors.clone();
  }

  /**
   * The child has what it needs: now nobody but it has its ends of the pipes, and our ends outlive
   * {@link #close()}.
   */
  public void started(Child child) {
    closeTheirs();
    if (input != null) {
      child.atEnd(input);
    }
    if (output != null) {
      child.atEnd(output);
    }
    if (errors != null) {
      child.atEnd(errors);
    }
    started = true;
  }

  /** Its standard input; one that cannot be written to if that is no pipe. */
  public OutputStream toChild() {
    return toChild;
  }

  /** Its standard output; one that is at its end if that is no pipe. */
  public InputStream fromChild() {
    return fromChild;
  }

  /** Its errors; a stream that is at its end if those go elsewhere. */
  public InputStream errors() {
    return errorsFromChild;
  }

  /**
   * Closes our ends as well, for a process that is told to end; what has not been written to it yet
   * is dropped, since to write it could take for ever.
   */
  public void closeOurs() {
    if (input != null) {
      input.close();
    }
    close(output, fromChild);
    close(errors, errorsFromChild);
  }

  private static void close(@Nullable PipeInput pipe, InputStream buffered) {
    if (pipe != null) {
      pipe.close();
    }
    try {
      buffered.close();
    } catch (IOException neverThrown) {
      throw new AssertionError(neverThrown);
    }
  }

  /** Closes all, unless the child was started. */
  @Override
  public void close() {
    closeTheirs();
    if (!started) {
      closeOurs();
    }
  }

  private void closeTheirs() {
    for (int i = 0; i < theirs.length; i++) {
      if (theirs[i] != NONE) {
        int _ = Syscalls.close(theirs[i]);
        theirs[i] = NONE;
      }
    }
  }

  /** Where there is no pipe to write to. */
  private static final class NullOutput extends OutputStream {
    static final OutputStream STREAM = new NullOutput();

    @Override
    public void write(int value) throws IOException {
      throw new IOException(Pipes.CLOSED);
    }
  }

  /** Where there is no pipe to read from. */
  private static final class NullInput extends InputStream {
    static final InputStream STREAM = new NullInput();

    @Override
    public int read() {
      return -1;
    }
  }
}
