/**
 * A typed API over Linux namespaces: see, enter, make and keep them ({@link io.github.linuxns}),
 * start processes in them ({@link io.github.linuxns.process}), and say what those find mounted
 * ({@link io.github.linuxns.mount}); and look at all that there are ({@link
 * io.github.linuxns.inspect}).
 */
module io.github.linuxns {
  requires static org.jspecify;

  exports io.github.linuxns;
  exports io.github.linuxns.inspect;
  exports io.github.linuxns.mount;
  exports io.github.linuxns.process;
}
