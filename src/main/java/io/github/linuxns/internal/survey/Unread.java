package io.github.linuxns.internal.survey;

/**
 * Something that could not be looked at.
 *
 * @param line what and why, in words
 * @param isOfProcesses true if it is where processes are: then the {@link ProcessTable} has for
 *     each of them why
 */
public record Unread(String line, boolean isOfProcesses) {}
