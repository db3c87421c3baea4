/** Namespaces that are kept by a mount on a file; not exported. */
@NullMarked
package io.github.linuxns.internal.pins;

import org.jspecify.annotations.NullMarked;
