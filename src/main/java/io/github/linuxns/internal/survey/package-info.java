/**
 * How a look at all namespaces is taken: what each class knows is where one kind of holder is
 * found. It goes by the bytes of {@code /proc} in memory of its own, and makes an object for what
 * it has found only, since machines have tens of thousands of processes.
 */
@NullMarked
package io.github.linuxns.internal.survey;

import org.jspecify.annotations.NullMarked;
