/** The kernel's texts below {@code /proc}, read and written without any I/O. */
@NullMarked
package io.github.linuxns.internal.proc;

import org.jspecify.annotations.NullMarked;
