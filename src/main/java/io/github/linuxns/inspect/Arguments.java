package io.github.linuxns.inspect;

import io.github.linuxns.NamespaceType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the command is told to do, by options that are named as those of {@code lsns}. */
final class Arguments {
  /** The ways to show it. */
  enum Format {
    TABLE,
    RAW,
    JSON,
    SVG,
    DOT,
    MERMAID,
    HELP,
    VERSION
  }

  private static final List<TableColumn> WITH_NETWORKS =
      List.of(
          TableColumn.NS,
          TableColumn.TYPE,
          TableColumn.NPROCS,
          TableColumn.PID,
          TableColumn.USER,
          TableColumn.NETNSID,
          TableColumn.NSFS,
          TableColumn.COMMAND);

  private final List<String> rest;
  private final Set<NamespaceType> types = EnumSet.noneOf(NamespaceType.class);
  private @Nullable List<TableColumn> columns;
  private Format format = Format.TABLE;
  private @Nullable Relation relation;

  /** What stands above what if nothing is said of that; null for a list. */
  private @Nullable Relation usual = Relation.PROCESS;

  private boolean list;
  private boolean headings = true;
  private boolean persistent;
  private long process;
  private long namespace;

  private Arguments(String[] arguments) {
    this.rest = new ArrayList<>(List.of(arguments));
  }

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException that says what is wrong
   */
  static Arguments parse(String... arguments) {
    Arguments parsed = new Arguments(arguments);
    parsed.parse();
    return parsed;
  }

  /** The namespaces to show; empty for all types. */
  Set<NamespaceType> types() {
    return types;
  }

  List<TableColumn> columns() {
    if (columns != null) {
      return columns;
    }
    return types.contains(NamespaceType.NETWORK) ? WITH_NETWORKS : TableView.DEFAULT;
  }

  Format format() {
    return format;
  }

  /**
   * What stands above what; null for a list: if that is wanted, if all columns were asked for at
   * once, and if the one that a tree is drawn in is not among them.
   */
  @Nullable Relation relation() {
    Relation wanted = relation == null ? usual : relation;
    return wanted == null || !columns().contains(TreeView.column(wanted)) ? null : wanted;
  }

  boolean headings() {
    return headings;
  }

  /** Whether to look for what keeps namespaces alive that nobody is in. */
  boolean persistent() {
    return persistent;
  }

  /** The process whose namespaces to show; 0 for all. */
  long process() {
    return process;
  }

  /** The namespace whose processes to show, by its inode; 0 for none. */
  long namespace() {
    return namespace;
  }

  private void parse() {
    while (!rest.isEmpty()) {
      String argument = rest.removeFirst();
      if (argument.equals("--")) {
        while (!rest.isEmpty()) {
          operand(rest.removeFirst());
        }
      } else if (argument.startsWith("--")) {
        longOption(argument);
      } else if (argument.startsWith("-") && argument.length() > 1) {
        shortOptions(argument);
      } else {
        operand(argument);
      }
    }
    if (list && relation != null) {
      throw new IllegalArgumentException("mutually exclusive arguments: --list --tree");
    }
    if (namespace != 0 && process != 0) {
      throw new IllegalArgumentException("--task and a namespace are mutually exclusive");
    }
  }

  private void operand(String argument) {
    if (namespace != 0) {
      throw new IllegalArgumentException("more than one namespace: " + argument);
    }
    namespace = number(argument, "namespace");
  }

  private void longOption(String argument) {
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    String value = equals < 0 ? null : argument.substring(equals + 1);
    char option =
        switch (name) {
          case "--json" -> 'J';
          case "--list" -> 'l';
          case "--noheadings" -> 'n';
          case "--output" -> 'o';
          case "--output-all" -> 'A';
          case "--persistent" -> 'P';
          case "--task" -> 'p';
          case "--raw" -> 'r';
          case "--notruncate" -> 'u';
          case "--nowrap" -> 'W';
          case "--type" -> 't';
          case "--tree" -> 'T';
          case "--svg" -> 'S';
          case "--dot" -> 'D';
          case "--mermaid" -> 'M';
          case "--help" -> 'h';
          case "--version" -> 'V';
          default -> throw new IllegalArgumentException("unrecognized option '" + name + "'");
        };
    if (option == 'T') {
      apply(option, value == null ? "owner" : value);
    } else if (takesValue(option)) {
      apply(option, value == null ? next("option '" + name + "'") : value);
    } else if (value != null) {
      throw new IllegalArgumentException("option '" + name + "' doesn't allow an argument");
    } else {
      apply(option, "");
    }
  }

  private void shortOptions(String argument) {
    for (int i = 1; i < argument.length(); i++) {
      char option = argument.charAt(i);
      if ("JlnoPpruWtThV".indexOf(option) < 0) {
        throw new IllegalArgumentException("invalid option -- '" + option + "'");
      }
      if (option == 'T' || takesValue(option)) {
        String value = argument.substring(i + 1);
        if (value.isEmpty()) {
          value = option == 'T' ? "owner" : next("option -- '" + option + "'");
        }
        apply(option, value);
        return;
      }
      apply(option, "");
    }
  }

  private static boolean takesValue(char option) {
    return option == 'o' || option == 'p' || option == 't';
  }

  private String next(String option) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException(option + " requires an argument");
    }
    return rest.removeFirst();
  }

  private void apply(char option, String value) {
    switch (option) {
      case 'J' -> show(Format.JSON, Format.RAW);
      case 'l' -> {
        list = true;
        usual = null;
      }
      case 'r' -> show(Format.RAW, Format.JSON);
      case 'S' -> format = Format.SVG;
      case 'D' -> format = Format.DOT;
      case 'M' -> format = Format.MERMAID;
      case 'h' -> format = Format.HELP;
      case 'V' -> format = Format.VERSION;
      case 'n' -> headings = false;
      case 'P' -> persistent = true;
      case 'A' -> {
        columns = List.of(TableColumn.values());
        usual = null; // whatever the columns are in the end, as with lsns
      }
      case 'o' -> columns = columns(value);
      case 'p' -> process = number(value, "PID");
      case 't' -> types.add(type(value));
      case 'T' -> relation = relation(value);
      default -> {} // -u and -W: nothing is cut or wrapped here
    }
  }

  private void show(Format wanted, Format other) {
    if (format == other) {
      throw new IllegalArgumentException("mutually exclusive arguments: --json --raw");
    }
    format = wanted;
  }

  private List<TableColumn> columns(String text) {
    List<TableColumn> chosen = new ArrayList<>();
    String names = text;
    if (text.startsWith("+")) {
      chosen.addAll(columns());
      names = text.substring(1);
    }
    int start = 0;
    while (start <= names.length()) {
      int comma = names.indexOf(',', start);
      int end = comma < 0 ? names.length() : comma;
      chosen.add(TableColumn.ofName(names.substring(start, end)));
      start = end + 1;
    }
    return chosen;
  }

  private static NamespaceType type(String name) {
    try {
      return NamespaceType.ofProcName(name);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("unknown namespace type: " + name, e);
    }
  }

  private static Relation relation(String name) {
    return switch (name) {
      case "process" -> Relation.PROCESS;
      case "owner" -> Relation.OWNER;
      case "parent" -> Relation.PARENT;
      default -> throw new IllegalArgumentException("unsupported --tree argument: " + name);
    };
  }

  private static long number(String text, String what) {
    try {
      long number = Long.parseLong(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid " + what + " argument: '" + text + "'", e);
    }
    throw new IllegalArgumentException("invalid " + what + " argument: '" + text + "'");
  }
}
