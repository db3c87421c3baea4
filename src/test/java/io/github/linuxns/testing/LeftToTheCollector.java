package io.github.linuxns.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * On a test that makes what only the garbage collector can close, such as a thread factory: {@link
 * NothingLeft} lets it run before it looks.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface LeftToTheCollector {}
