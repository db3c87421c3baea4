/**
 * Processes in new and existing namespaces: {@link
 * io.github.linuxns.process.NamespaceProcessBuilder} starts them, and {@link
 * io.github.linuxns.process.NamespaceProcess} is one. What describes them: who is who on both sides
 * of a user namespace ({@link io.github.linuxns.process.IdMapping}), what a process may do ({@link
 * io.github.linuxns.process.Capability}) and how much it may take ({@link
 * io.github.linuxns.process.ResourceLimit}).
 */
@NullMarked
package io.github.linuxns.process;

import org.jspecify.annotations.NullMarked;
