package io.github.linuxns.process;

import io.github.linuxns.internal.launch.Launches;
import io.github.linuxns.internal.launch.StandardStreams;
import java.io.IOException;

/** Who starts a process from the same description: the JDK, the shortest image, or the builder. */
enum StartedBy {
  THE_JDK {
    @Override
    Process start(ProcessBuilder builder) throws IOException {
      return builder.start();
    }
  },
  US {
    @Override
    Process start(ProcessBuilder builder) throws IOException {
      return launch(builder, 0);
    }
  },

  /** What applications use: without an image here, since nothing is asked that takes one. */
  THE_BUILDER {
    @Override
    Process start(ProcessBuilder builder) throws IOException {
      return same(builder).start();
    }
  },

  /** Something is asked that takes an image, and changes nothing else that is looked at. */
  THE_BUILDER_BY_AN_IMAGE {
    @Override
    Process start(ProcessBuilder builder) throws IOException {
      return same(builder).noNewPrivileges().start();
    }
  };

  abstract Process start(ProcessBuilder builder) throws IOException;

  private static NamespaceProcessBuilder same(ProcessBuilder builder) {
    NamespaceProcessBuilder ours =
        new NamespaceProcessBuilder(builder.command())
            .redirectInput(builder.redirectInput())
            .redirectOutput(builder.redirectOutput())
            .redirectError(builder.redirectError())
            .redirectErrorStream(builder.redirectErrorStream());
    ours.environment().keySet().retainAll(builder.environment().keySet());
    ours.environment().putAll(builder.environment());
    return ours;
  }

  /** Starts a shell command with pipes. */
  Process shell(String script) throws IOException {
    return start(new ProcessBuilder("/bin/sh", "-c", script));
  }

  /** Starts it in new namespaces. */
  static NamespaceProcess launch(ProcessBuilder builder, long unshare) throws IOException {
    try (StandardStreams streams =
        StandardStreams.open(
            builder.redirectInput(),
            builder.redirectOutput(),
            builder.redirectError(),
            builder.redirectErrorStream())) {
      return new NamespaceProcess(
          Launches.run(streams, unshare, builder.environment(), builder.command()), streams, true);
    }
  }
}
