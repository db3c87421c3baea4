/**
 * Linux namespaces as Java sees them: what they are ({@link io.github.linuxns.Namespace}) and which
 * kinds there are ({@link io.github.linuxns.NamespaceType}).
 *
 * <p>Whatever has to ask the kernel throws {@link UnsupportedOperationException}, each time and
 * saying why, on anything but Linux on x86-64 and aarch64, and where the JVM denies native access:
 * {@code --enable-native-access=io.github.linuxns} grants it, or {@code ALL-UNNAMED} when the
 * library is on the class path.
 */
@NullMarked
package io.github.linuxns;

import org.jspecify.annotations.NullMarked;
