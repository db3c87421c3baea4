package io.github.linuxns.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.testing.Requirements;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The programs that pictures are made for take them. */
@Timeout(120)
class PicturesTest {
  private static final Path BASEDIR = Path.of(System.getProperty("basedir", ""));

  @TempDir Path directory;

  private static List<NamespaceGraph> machines() {
    return List.of(
        SampleMachine.empty(),
        SampleMachine.server(),
        SampleMachine.server(180),
        SampleMachine.sandboxes(40));
  }

  @Test
  void graphvizDrawsThem() throws Exception {
    Requirements.command("dot");
    for (NamespaceGraph machine : machines()) {
      String drawn = draw(machine.toDot(), "dot", "-Tsvg");
      assertThat(drawn).contains("user:[4026531840]").contains("pid:[4026531838]");
    }
    assertThat(draw(SampleMachine.server().toDot(), "dot", "-Tplain"))
        .contains("docker:4b5e57f6eb2f")
        .containsPattern("(?m)^edge n\\d+ n\\d+ .* pid ");
  }

  @Test
  void rsvgDrawsThem() throws Exception {
    Requirements.command("rsvg-convert");
    for (NamespaceGraph machine : machines()) {
      Path picture = directory.resolve("picture.png");
      assertThat(draw(machine.toSvg(), "rsvg-convert", "-o", picture.toString())).isEmpty();
      assertThat(Files.readAllBytes(picture)).startsWith(0x89, 'P', 'N', 'G');
    }
  }

  /** Made anew when this fails and the change was meant. */
  @Test
  void thePictureOfTheReadmeIsOneOfThem() throws Exception {
    Path committed = BASEDIR.resolve("images/machine.svg");
    String drawn = SampleMachine.server(180).toSvg();
    if (!Files.exists(committed) || !Files.readString(committed).equals(drawn)) {
      Path made = Files.createDirectories(BASEDIR.resolve("target")).resolve("machine.svg");
      Files.writeString(made, drawn);
      throw new AssertionError(committed + " is not what is drawn now, which is in " + made);
    }
  }

  /** What a program makes of a text, which it must take without a word. */
  private String draw(String picture, String... command) throws IOException, InterruptedException {
    Path file = directory.resolve("picture");
    Files.writeString(file, picture);
    List<String> all = new ArrayList<>(List.of(command));
    all.add(file.toString());
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }
}
