/** What a mount description holds, for those who mount it; not exported. */
@NullMarked
package io.github.linuxns.internal.mounts;

import org.jspecify.annotations.NullMarked;
