/** What stands between the public types and the kernel; not exported. */
@NullMarked
package io.github.linuxns.internal;

import org.jspecify.annotations.NullMarked;
