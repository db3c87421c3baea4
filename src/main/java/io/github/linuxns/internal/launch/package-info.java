/** What it takes to launch a process into namespaces; not exported. */
@NullMarked
package io.github.linuxns.internal.launch;

import org.jspecify.annotations.NullMarked;
