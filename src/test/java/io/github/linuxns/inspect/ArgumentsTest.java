package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.linuxns.NamespaceType;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArgumentsTest {
  @Test
  void withoutAny() {
    Arguments none = Arguments.parse();
    assertThat(none.format()).isEqualTo(Arguments.Format.TABLE);
    assertThat(none.relation()).isEqualTo(Relation.PROCESS);
    assertThat(none.columns()).isEqualTo(TableView.DEFAULT);
    assertThat(none.types()).isEmpty();
    assertThat(none.headings()).isTrue();
    assertThat(none.persistent()).isFalse();
    assertThat(none.process()).isZero();
    assertThat(none.namespace()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "-J, JSON",
    "--json, JSON",
    "-l, TABLE",
    "-r, RAW",
    "--raw, RAW",
    "-T, TABLE",
    "--svg, SVG",
    "--dot, DOT",
    "--mermaid, MERMAID",
    "-h, HELP",
    "--help, HELP",
    "-V, VERSION",
    "--version, VERSION",
    "-nul, TABLE",
    "-rW, RAW",
  })
  void formats(String argument, Arguments.Format format) {
    assertThat(Arguments.parse(argument).format()).isEqualTo(format);
  }

  /** As in lsns: a tree of processes if nothing else is said, and of owners if only a tree is. */
  @ParameterizedTest
  @CsvSource({
    "-J, PROCESS",
    "-r, PROCESS",
    "-l,",
    "--list,",
    "-lJ,",
    "-rl,",
    "-T, OWNER",
    "--tree, OWNER",
    "-Tprocess, PROCESS",
    "-JTparent, PARENT",
    "--output-all,",
    "-oNS,",
    "-oCOMMAND, PROCESS",
    "-o+PNS, PROCESS",
    "-tnet, PROCESS",
    "-p1, PROCESS",
  })
  void trees(String argument, @Nullable Relation relation) {
    assertThat(Arguments.parse(argument).relation()).isEqualTo(relation);
  }

  /** As in lsns: it is the option that makes it a list, and not the columns. */
  @Test
  void allColumnsAreAList() {
    String all = Stream.of(TableColumn.values()).map(Enum::name).collect(Collectors.joining(","));
    assertThat(Arguments.parse("--output-all", "-oNS,COMMAND").relation()).isNull();
    assertThat(Arguments.parse("-oNS,COMMAND", "--output-all").relation()).isNull();
    assertThat(Arguments.parse("-o", all).relation()).isEqualTo(Relation.PROCESS);
    assertThat(Arguments.parse("--output-all", "-T").relation()).isEqualTo(Relation.OWNER);
  }

  @Test
  void aTreeNeedsTheColumnThatItIsDrawnIn() {
    assertThat(Arguments.parse("-T", "--output-all").relation()).isEqualTo(Relation.OWNER);
    assertThat(Arguments.parse("-T", "-o", "PID,COMMAND").relation()).isNull();
    assertThat(Arguments.parse("-T", "-o", "PID,NS").relation()).isEqualTo(Relation.OWNER);
  }

  @Test
  void valuesStandBehindOrInTheNext() {
    for (String[] arguments :
        new String[][] {
          {"-t", "net", "-p", "42", "-o", "NS,type"},
          {"-tnet", "-p42", "-oNS,TYPE"},
          {"--type=net", "--task=42", "--output=ns,TYPE"},
          {"--type", "net", "--task", "42", "--output", "NS,TYPE"},
        }) {
      Arguments parsed = Arguments.parse(arguments);
      assertThat(parsed.types()).containsExactly(NamespaceType.NETWORK);
      assertThat(parsed.process()).isEqualTo(42);
      assertThat(parsed.columns()).containsExactly(TableColumn.NS, TableColumn.TYPE);
    }
    assertThat(Arguments.parse("-Towner").relation()).isEqualTo(Relation.OWNER);
    assertThat(Arguments.parse("--tree=parent").relation()).isEqualTo(Relation.PARENT);
    assertThat(Arguments.parse("-t", "net", "-t", "uts").types())
        .containsExactly(NamespaceType.NETWORK, NamespaceType.UTS);
    assertThat(Arguments.parse("-nP", "--", "4026531833").namespace()).isEqualTo(4026531833L);
  }

  @Test
  void columns() {
    assertThat(Arguments.parse("-t", "net").columns())
        .contains(TableColumn.NETNSID, TableColumn.NSFS);
    assertThat(Arguments.parse("-o", "+ONS,PNS").columns())
        .startsWith(TableColumn.NS, TableColumn.TYPE)
        .endsWith(TableColumn.ONS, TableColumn.PNS)
        .hasSize(8);
    assertThat(Arguments.parse("--output-all").columns()).isEqualTo(List.of(TableColumn.values()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "--foo | unrecognized option '--foo'",
        "-x | invalid option -- 'x'",
        "-t | option -- 't' requires an argument",
        "--type | option '--type' requires an argument",
        "--json=1 | option '--json' doesn't allow an argument",
        "-Jr | mutually exclusive arguments: --json --raw",
        "-rJ | mutually exclusive arguments: --json --raw",
        "-lT | mutually exclusive arguments: --list --tree",
        "-tfoo | unknown namespace type: foo",
        "-oFOO | unknown column: FOO",
        "-oNS, | \"unknown column: \"",
        "-Tup | unsupported --tree argument: up",
        "-p0 | invalid PID argument: '0'",
        "-px | invalid PID argument: 'x'",
        "net | invalid namespace argument: 'net'",
        "\"\" | invalid namespace argument: ''",
      })
  void whatIsWrongIsSaid(String argument, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Arguments.parse(argument))
        .withMessage(message);
  }

  @Test
  void whatDoesNotGoTogether() {
    assertThatIllegalArgumentException().isThrownBy(() -> Arguments.parse("1", "2"));
    assertThatIllegalArgumentException().isThrownBy(() -> Arguments.parse("-p", "1", "2"));
  }
}
