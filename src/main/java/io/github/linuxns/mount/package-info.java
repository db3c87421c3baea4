/**
 * Mounts: what to mount ({@link io.github.linuxns.mount.Mount}), how ({@link
 * io.github.linuxns.mount.MountFlag}), and who sees it ({@link
 * io.github.linuxns.mount.Propagation}). They are descriptions: the root and the mounts of a
 * process, for {@link
 * io.github.linuxns.process.NamespaceProcessBuilder#root(io.github.linuxns.mount.Mount)} and {@link
 * io.github.linuxns.process.NamespaceProcessBuilder#mount}.
 */
@NullMarked
package io.github.linuxns.mount;

import org.jspecify.annotations.NullMarked;
