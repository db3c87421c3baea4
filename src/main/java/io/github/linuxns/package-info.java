/**
 * Linux namespaces as Java sees them: what they are ({@link io.github.linuxns.Namespace}) and which
 * kinds there are ({@link io.github.linuxns.NamespaceType}).
 */
@NullMarked
package io.github.linuxns;

import org.jspecify.annotations.NullMarked;
