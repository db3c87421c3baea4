package io.github.linuxns.testing;

import java.util.Locale;
import java.util.Set;

/** As whom a test runs, and so which requirements it can never meet there. */
enum Lane {
  /** Root, as CI runs Maven. */
  ROOT(Requirements.Need.UNPRIVILEGED),

  /** A user without any capability; the tag is {@code unprivileged}. */
  UNPRIVILEGED(
      Requirements.Need.ROOT, Requirements.Need.INITIAL_ROOT, Requirements.Need.CAPABILITY),

  /** Root of that user's own user namespace; the tag is {@code rootless}. */
  ROOTLESS(Requirements.Need.UNPRIVILEGED, Requirements.Need.INITIAL_ROOT);

  /** The system property by which a lane's JVM learns which lane it is. */
  static final String PROPERTY = "linuxns.lane";

  private final Set<Requirements.Need> outOfReach;

  Lane(Requirements.Need... outOfReach) {
    this.outOfReach = Set.of(outOfReach);
  }

  /** The lane this JVM runs in. */
  static Lane current() {
    String name = System.getProperty(PROPERTY);
    if (name != null) {
      return valueOf(name);
    }
    return Credentials.ofThisThread().isRoot() ? ROOT : UNPRIVILEGED;
  }

  /** What a test writes into {@code @Tag}. */
  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean canMeet(Requirements.Need need) {
    return !outOfReach.contains(need);
  }
}
