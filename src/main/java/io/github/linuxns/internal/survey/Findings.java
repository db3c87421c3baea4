package io.github.linuxns.internal.survey;

import java.util.List;

/**
 * What a survey has found.
 *
 * @param processes all that were seen
 * @param namespaces all that were met; of some nothing is known but that they exist
 * @param unreadable what could not be looked at
 */
public record Findings(
    ProcessTable processes, NamespaceTable namespaces, List<Unread> unreadable) {}
