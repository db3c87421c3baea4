/** How children are started: the image that they begin as, the program in it, and who waits. */
@NullMarked
package io.github.linuxns.internal.launch;

import org.jspecify.annotations.NullMarked;
