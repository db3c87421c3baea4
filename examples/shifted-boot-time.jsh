// A machine that has been up for a year longer: clocks that count from the boot, shifted for one command.
//
//   unshare -r --time --fork --boottime 31536000 cat /proc/uptime
//
// It needs no privilege. The time of day cannot be shifted: the kernel has no namespace for it.

import io.github.linuxns.process.NamespaceProcessBuilder;
import java.time.Duration;

Duration year = Duration.ofDays(365);

long seconds(String uptime) { return Long.parseLong(uptime.substring(0, uptime.indexOf('.'))); }

var command = new NamespaceProcessBuilder("cat", "/proc/uptime")
    .mapRootUser()
    .timeOffsets(Duration.ZERO, year)  // CLOCK_MONOTONIC, CLOCK_BOOTTIME
    .redirectErrorStream(true);

long before = seconds(Files.readString(Path.of("/proc/uptime")));
var process = command.start();
String uptime = new String(process.getInputStream().readAllBytes());
if (process.waitFor() != 0) {
  throw new AssertionError(uptime);
}
long after = seconds(Files.readString(Path.of("/proc/uptime")));

long inside = seconds(uptime) - year.toSeconds();
System.out.println("Up for " + before + " seconds here; for " + seconds(uptime) + " inside.");
if (inside < before || inside > after) {
  throw new AssertionError("not a year more: " + uptime);
}
System.out.println("That is a year more.");
