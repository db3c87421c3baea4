package io.github.linuxns.testing;

/**
 * Something that holds on every machine that the library works on. What {@link OtherMachine} runs
 * has only the JDK and the library to stand on, neither JUnit nor AssertJ.
 *
 * @param claim what holds, in a sentence
 * @param body throws whatever it likes if it does not hold
 */
record MachineCheck(String claim, Body body) {
  /** How it is shown. */
  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }

  /** Says that the machine lacks what a check takes: that it holds has not been shown then. */
  static final class Lacking extends Exception {
    private static final long serialVersionUID = 1;

    Lacking(String what) {
      super(what);
    }
  }

  static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new AssertionError(otherwise);
    }
  }

  static void requireEqual(Object actual, Object expected, String what) {
    require(actual.equals(expected), what + " is <" + actual + ">, where it should be " + expected);
  }
}
