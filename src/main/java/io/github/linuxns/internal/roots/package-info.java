/** The files below the root directory of another process; not exported. */
@NullMarked
package io.github.linuxns.internal.roots;

import org.jspecify.annotations.NullMarked;
