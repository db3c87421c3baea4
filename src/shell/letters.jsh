// What ./ns-shell begins with where the output takes no more than letters, as in the C locale: there the lines of a
// tree would come as question marks.

/** Writes what is printed as text with letters for lines; bytes stay what they are. */
class LinesOfLetters extends java.io.PrintStream {
  LinesOfLetters(java.io.PrintStream output) { super(output, true, output.charset()); }

  @Override public void print(String text) {
    super.print(String.valueOf(text)
        .replace('├', '|').replace('└', '`').replace('│', '|').replace('─', '-').replace("…", "..."));
  }

  // Whatever else prints text comes by way of these.
  @Override public void print(Object object) { print(String.valueOf(object)); }
  @Override public void print(char[] text) { print(String.valueOf(text)); }
  @Override public void print(char c) { print(String.valueOf(c)); }
}

if (!System.out.charset().newEncoder().canEncode('├')) System.setOut(new LinesOfLetters(System.out));
