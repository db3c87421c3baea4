package io.github.linuxns.internal.roots;

/**
 * A path below the root of a process.
 *
 * @param path as it is from there
 * @param pid whose root it is, which messages have to say: the same path is also one of the
 *     caller's
 */
record RootPath(String path, long pid) {
  /** The path of what has that name in this directory. */
  RootPath child(String name) {
    return new RootPath(path + (path.endsWith("/") ? "" : "/") + name, pid);
  }

  /** As a message says it. */
  @Override
  public String toString() {
    return path + " in the root of process " + pid;
  }
}
