package io.github.linuxns.internal.proc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EscapedTextTest {
  private static String text(byte[] bytes) {
    return EscapedText.of(bytes, 0, bytes.length);
  }

  /** On the left the bytes, each as the character of its number; on the right the text. */
  @ParameterizedTest
  @CsvSource({
    "plain, plain",
    "a b, a b",
    "Ã¤, ä",
    "ä, \\344", // a byte that is no UTF-8
    "xÃ, x\\303", // a character that ends too early
    "À¯, \\300\\257", // a slash, in two bytes
    "í\u00a0\u0080, \\355\\240\\200", // half a surrogate pair
    "ð\u009f\u0090\u00a7, \uD83D\uDC27",
    "C:\\x, C:\\x",
    "a\\134b, a\\134134b",
    "a\\040b, a\\134040b",
    "a\\9, a\\9",
    "\\400, \\400" // more than a byte, so no escape
  })
  void bytesAndText(String latin, String text) {
    byte[] bytes = latin.getBytes(ISO_8859_1);
    assertThat(text(bytes)).isEqualTo(text);
    assertThat(EscapedText.bytes(text)).isEqualTo(bytes);
  }

  @Test
  void whateverItIsComesBack() {
    Random random = new Random(20_251_126);
    byte[] alphabet = "\\01234567/abÃ¤ä\u00ff\u0080 \n".getBytes(ISO_8859_1);
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      for (int j = 0; j < bytes.length; j++) {
        bytes[j] =
            random.nextInt(4) == 0
                ? (byte) random.nextInt(256)
                : alphabet[random.nextInt(alphabet.length)];
      }
      String text = text(bytes);
      assertThat(EscapedText.bytes(text)).as(text).isEqualTo(bytes);
    }
  }

  /** The JDK's decoder says what is UTF-8. */
  @Test
  void whatIsUtf8IsNotEscaped() {
    Random random = new Random(7);
    int valid = 0;
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(4)];
      random.nextBytes(bytes);
      bytes[0] |= (byte) 0xc0;
      String expected;
      try {
        expected = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        valid++;
      } catch (CharacterCodingException invalid) {
        assertThat(text(bytes)).contains("\\");
        continue;
      }
      assertThat(text(bytes)).isEqualTo(expected);
    }
    assertThat(valid).isGreaterThan(100);
  }

  @Test
  void halfASurrogateIsNoByte() {
    assertThat(EscapedText.bytes("a\ud800")).isEqualTo(new byte[] {'a', '?'});
  }
}
