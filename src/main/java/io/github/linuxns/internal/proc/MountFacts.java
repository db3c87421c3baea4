package io.github.linuxns.internal.proc;

import java.util.List;

/**
 * What the kernel says of a mount, whichever way it was asked.
 *
 * @param id the number that may be used again when the mount is gone
 * @param parentId that of the mount it lies on
 * @param uniqueId the number that is never used again; 0 where it was not told
 * @param uniqueParentId that of the mount it lies on; 0 where it was not told
 * @param deviceMajor of the file system
 * @param deviceMinor of the file system
 * @param root which part of the file system is seen
 * @param target where it is seen
 * @param attributes MOUNT_ATTR_…
 * @param shared the peer group that it shares its mounts with; 0 if none
 * @param master the peer group that it gets mounts from; 0 if none
 * @param propagateFrom of those that it gets mounts from, by way of others, the nearest that can be
 *     seen; 0 if that is the master, or none
 * @param unbindable nobody can make a bind of it
 * @param fsType the type of the file system, with its subtype
 * @param source what it is of
 * @param options of the file system, the first one rw or ro
 */
public record MountFacts(
    int id,
    int parentId,
    long uniqueId,
    long uniqueParentId,
    int deviceMajor,
    int deviceMinor,
    String root,
    String target,
    long attributes,
    int shared,
    int master,
    int propagateFrom,
    boolean unbindable,
    String fsType,
    String source,
    List<String> options) {

  /** What the kernel has where there is no source; the word that mount(8) has for it, too. */
  public static final String NO_SOURCE = "none";

  /** The same without the numbers that only one of the two ways to ask tells. */
  public MountFacts withoutUniqueIds() {
    return new MountFacts(
        id,
        parentId,
        0,
        0,
        deviceMajor,
        deviceMinor,
        root,
        target,
        attributes,
        shared,
        master,
        propagateFrom,
        unbindable,
        fsType,
        source,
        options);
  }
}
