/**
 * Mounts and files: what to mount ({@link io.github.linuxns.mount.Mount}), how ({@link
 * io.github.linuxns.mount.MountFlag}), and who sees it ({@link
 * io.github.linuxns.mount.Propagation}). These are descriptions: the root and the mounts of a
 * process, for {@link
 * io.github.linuxns.process.NamespaceProcessBuilder#root(io.github.linuxns.mount.Mount)} and {@link
 * io.github.linuxns.process.NamespaceProcessBuilder#mount}.
 *
 * <p>And what is there: the mounts of a thread, a process or a namespace ({@link
 * io.github.linuxns.mount.MountTable}), and the files of another process as it sees them ({@link
 * io.github.linuxns.mount.NamespaceRoot}).
 *
 * <p>Everywhere a path that is a {@link java.nio.file.Path} is one of the caller's, and looked up
 * where the caller is; one that is a {@link String} is one of somebody else's: in another root,
 * another mount namespace, a table of them, or the root that a child will have.
 */
@NullMarked
package io.github.linuxns.mount;

import org.jspecify.annotations.NullMarked;
