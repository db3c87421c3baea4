/**
 * Mounts: what to mount ({@link io.github.linuxns.mount.Mount}), how ({@link
 * io.github.linuxns.mount.MountFlag}), and who sees it ({@link
 * io.github.linuxns.mount.Propagation}).
 */
@NullMarked
package io.github.linuxns.mount;

import org.jspecify.annotations.NullMarked;
