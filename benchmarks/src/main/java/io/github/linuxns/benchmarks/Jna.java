package io.github.linuxns.benchmarks;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;

/** The contender that JNA is, in its fastest form: direct mapping. A failure is an exception. */
final class Jna {
  static {
    Native.register("c");
  }

  private Jna() {}

  static native int setns(int fd, int type) throws LastErrorException;

  static native int unshare(int flags) throws LastErrorException;

  static native int fchdir(int fd) throws LastErrorException;

  static native int open(String path, int flags) throws LastErrorException;

  static native int close(int fd) throws LastErrorException;

  static native long readlink(String path, byte[] text, long size) throws LastErrorException;
}
