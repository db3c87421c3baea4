/**
 * What namespaces there are on the machine: one look at all of them ({@link
 * io.github.linuxns.inspect.NamespaceGraph}), with who is in each, what keeps it alive, who owns it
 * and how they nest. It looks and changes nothing.
 */
@NullMarked
package io.github.linuxns.inspect;

import org.jspecify.annotations.NullMarked;
