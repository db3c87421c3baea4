/**
 * What the tests of this library stand on.
 *
 * <h2>Which test runs where</h2>
 *
 * <ul>
 *   <li>A {@code *Test} needs no privilege; surefire runs it against {@code target/classes}.
 *   <li>An {@code *IT} needs the kernel; failsafe runs it against the built jar, as a module, as
 *       whoever runs Maven. In CI that is root.
 *   <li>An {@code *IT} with {@code @Tag("unprivileged")} runs there <em>and once more</em> as an
 *       ordinary user without any capability.
 *   <li>An {@code *IT} with {@code @Tag("rootless")} runs there <em>and once more</em> as the root
 *       of a user namespace of that ordinary user, in network, UTS, IPC, cgroup and mount
 *       namespaces which that user namespace owns.
 * </ul>
 *
 * <p>A test may have both tags, on the class or on a method. The second runs are the lanes ({@link
 * io.github.linuxns.testing.Lane}): {@link io.github.linuxns.testing.LanesIT} starts a JVM for
 * each, with the library on the class path, and shows every test of it as one of its own.
 *
 * <h2>Skipping</h2>
 *
 * <p>Only {@link io.github.linuxns.testing.Requirements} skips a test. With {@code CI=true} in the
 * environment a requirement that is not met fails the test, unless the lane cannot meet it by its
 * nature: a test that calls {@code Requirements.unprivileged()} is skipped where the build runs as
 * root, and fails nowhere.
 */
package io.github.linuxns.testing;
