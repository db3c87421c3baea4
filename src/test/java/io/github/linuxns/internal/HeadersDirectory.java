package io.github.linuxns.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What jextract was given to read: the repository's directory {@code headers}. */
record HeadersDirectory(Path path) {

  private static final Pattern INCLUDE =
      Pattern.compile("^--include-(\\w+) +(\\w+)", Pattern.MULTILINE);
  private static final Pattern GUARD =
      Pattern.compile("^#ifndef (\\w+)\n#define \\1 ", Pattern.MULTILINE);

  /** The names that namespaces.h defines where the system's headers do not. */
  SortedSet<String> guarded() throws IOException {
    SortedSet<String> names = new TreeSet<>();
    GUARD
        .matcher(Files.readString(path.resolve("namespaces.h")))
        .results()
        .forEach(match -> names.add(match.group(1)));
    names.remove("_GNU_SOURCE");
    return names;
  }

  /** The names of one kind in includes.txt, such as {@code constant}. */
  SortedSet<String> included(String kind) throws IOException {
    SortedSet<String> names = new TreeSet<>();
    INCLUDE
        .matcher(Files.readString(path.resolve("includes.txt")))
        .results()
        .filter(match -> match.group(1).equals(kind))
        .forEach(match -> names.add(match.group(2)));
    return names;
  }

  /**
   * The C type of each generated struct class by its name: {@code struct statx}, but {@code
   * __fsid_t}.
   */
  SortedMap<String, String> cTypes() throws IOException {
    SortedMap<String, String> types = new TreeMap<>();
    included("typedef").forEach(name -> types.put(name, name));
    included("struct").forEach(name -> types.put(name, "struct " + name));
    included("union").forEach(name -> types.put(name, "union " + name));
    return types;
  }
}
