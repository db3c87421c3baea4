package io.github.linuxns.internal.launch;

import static io.github.linuxns.internal.ffi.Constants.*;

import io.github.linuxns.internal.SystemCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** A launch program that is being written, and the descriptors that the child is given for it. */
final class ChildSteps {
  private final LaunchProgram program = new LaunchProgram();
  private final List<Integer> given = new ArrayList<>();

  /** Gives the child a descriptor of ours, and returns the number that it has there. */
  int give(int fd) {
    given.add(fd);
    return Descriptors.FIRST_FURTHER + given.size() - 1;
  }

  LaunchProgram program() {
    return program;
  }

  /** Those of ours that the child is given, in the order of their numbers there. */
  List<Integer> given() {
    return given;
  }

  LaunchStep add(String label, SystemCall call, long... arguments) {
    return program.add(label, call, arguments);
  }

  /** Writes a file of /proc at once; the descriptor is closed by the last steps. */
  void write(String path, byte[] content, UnaryOperator<LaunchStep> how) {
    LaunchStep.Slot file = program.slot();
    how.apply(
            add(
                "open " + path,
                SystemCall.OPENAT,
                AT_FDCWD,
                program.text(path),
                O_WRONLY
                    | O_CLOEXEC))
        .into(file);
    how.apply(add("write " + path, SystemCall.WRITE, 0, program.bytes(content), content.length))
        .from(0, file);
  }
}
