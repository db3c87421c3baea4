package io.github.linuxns.benchmarks.launch;

import io.github.linuxns.NamespaceType;
import io.github.linuxns.process.NamespaceProcessBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The ways in which a JVM starts a command in namespaces. */
enum Way {
  OURS {
    @Override
    Process start(Place place, long target) throws IOException {
      NamespaceProcessBuilder builder = new NamespaceProcessBuilder(COMMAND);
      switch (place) {
        case PLAIN -> {}
        case FIVE ->
            builder
                .unshare(
                    NamespaceType.USER,
                    NamespaceType.MOUNT,
                    NamespaceType.UTS,
                    NamespaceType.IPC,
                    NamespaceType.PID)
                .mapRootUser();
        case EIGHT -> builder.unshare(NamespaceType.values()).mapRootUser();
        case JOIN -> builder.joinProcess(target);
      }
      return builder.start();
    }
  },

  /** {@link ProcessBuilder}, which takes {@code unshare} or {@code nsenter} to get there. */
  TOOL {
    @Override
    Process start(Place place, long target) throws IOException {
      List<String> command = new ArrayList<>();
      switch (place) {
        case PLAIN -> {}
        case FIVE -> command.addAll(List.of("unshare", "-Urmuipf"));
        case EIGHT -> command.addAll(List.of("unshare", "-UrmuipnCTf"));
        case JOIN -> command.addAll(List.of("nsenter", "-a", "-t", Long.toString(target)));
      }
      command.add(COMMAND);
      return new ProcessBuilder(command).start();
    }
  },

  /**
   * {@link ProcessBuilder} and {@code bwrap}, which knows no time namespaces, and joins nothing.
   */
  BWRAP {
    @Override
    Process start(Place place, long target) throws IOException {
      List<String> command = new ArrayList<>(List.of("bwrap", "--dev-bind", "/", "/"));
      command.addAll(
          switch (place) {
            case FIVE ->
                List.of("--unshare-user", "--unshare-uts", "--unshare-ipc", "--unshare-pid");
            case EIGHT -> List.of("--unshare-all");
            case PLAIN, JOIN -> throw new IllegalArgumentException("not by bwrap: " + place);
          });
      command.add(COMMAND);
      return new ProcessBuilder(command).start();
    }
  };

  private static final String COMMAND = "/bin/true";

  /** Where the command runs. */
  enum Place {
    PLAIN,
    FIVE,
    EIGHT,
    JOIN
  }

  /**
   * Starts the command.
   *
   * @param target the process whose namespaces are joined
   */
  abstract Process start(Place place, long target) throws IOException;
}
