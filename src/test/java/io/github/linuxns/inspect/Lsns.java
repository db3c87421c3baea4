package io.github.linuxns.inspect;

import io.github.linuxns.testing.Machine;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What lsns(8) says of each namespace, by inode number: its columns, "" for what is null. */
record Lsns(Map<Long, Map<String, String>> rows) {
  private static final Pattern FIELD =
      Pattern.compile("\"([a-z]+)\": ?(?:null|\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"|([0-9]+))");

  static Lsns run(String... prefix) throws Exception {
    String json =
        Machine.run(
            Stream.concat(
                    Stream.of(prefix),
                    Stream.of(
                        "lsns",
                        "--json",
                        "--output",
                        "NS,TYPE,NPROCS,PID,PPID,COMMAND,UID,USER,NETNSID,NSFS,PNS,ONS"))
                .toArray(String[]::new));
    Map<Long, Map<String, String>> rows = new HashMap<>();
    Map<String, String> row = Map.of();
    Matcher field = FIELD.matcher(json);
    while (field.find()) {
      String text = field.group(2) == null ? field.group(3) : field.group(2);
      if (field.group(1).equals("ns")) { // the first of a row
        row = new LinkedHashMap<>();
        rows.put(Long.valueOf(text), row);
      }
      row.put(field.group(1), text == null ? "" : text);
    }
    return new Lsns(rows);
  }
}
