/** A typed API over Linux namespaces: the handles, the scopes and what the kernel says of them. */
module io.github.linuxns {
  requires static org.jspecify;

  exports io.github.linuxns;
  exports io.github.linuxns.mount;
  exports io.github.linuxns.process;
}
