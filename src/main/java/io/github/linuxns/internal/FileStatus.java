package io.github.linuxns.internal;

import io.github.linuxns.SyscallException;
import io.github.linuxns.internal.ffi.Constants;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What the kernel says of an open file, once it has been {@linkplain #read read}. */
public final class FileStatus {
  int mode;
  long inode;
  int deviceMajor;
  int deviceMinor;
  long size;

  /** As the calling thread's user namespace has them; unsigned. */
  int uid;

  int gid;

  long modifiedSeconds;
  int modifiedNanos;

  /** The device that a device file stands for. */
  int ofDeviceMajor;

  int ofDeviceMinor;

  /** The id of the mount that it was reached through; −1 before Linux 5.8. */
  long mount;

  /**
   * What the kernel says of an open file.
   *
   * @param object what it is called in a failure
   */
  public static FileStatus of(int fd, @Nullable String object) throws SyscallException {
    FileStatus status = new FileStatus();
    int result = status.read(fd);
    if (result < 0) {
      throw Failures.of(SystemCall.STATX, result, object);
    }
    return status;
  }

  /** Asks the kernel, and returns 0, or −errno. */
  public int read(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(Layouts.STATX_SIZE + 1L, Long.BYTES);
      long address = answer.address();
      int result =
          (int)
              Syscalls.call(
                  SystemCall.STATX,
                  fd,
                  address + Layouts.STATX_SIZE, // an empty path, for the file itself
                  Constants.AT_EMPTY_PATH,
                  Constants.STATX_BASIC_STATS | Constants.STATX_MNT_ID,
                  address);
      ByteBuffer fields = Syscalls.buffer(answer);
      mode = Short.toUnsignedInt(fields.getShort(Layouts.STX_MODE));
      uid = fields.getInt(Layouts.STX_UID);
      inode = fields.getLong(Layouts.STX_INO);
      size = fields.getLong(Layouts.STX_SIZE);
      gid = fields.getInt(Layouts.STX_GID);
      modifiedSeconds = fields.getLong(Layouts.STX_MTIME);
      modifiedNanos = fields.getInt(Layouts.STX_MTIME_NANOS);
      ofDeviceMajor = fields.getInt(Layouts.STX_RDEV_MAJOR);
      ofDeviceMinor = fields.getInt(Layouts.STX_RDEV_MINOR);
      deviceMajor = fields.getInt(Layouts.STX_DEV_MAJOR);
      deviceMinor = fields.getInt(Layouts.STX_DEV_MINOR);
      boolean hasMount = (fields.getInt(Layouts.STX_MASK) & Constants.STATX_MNT_ID) != 0;
      mount = hasMount ? fields.getLong(Layouts.STX_MNT_ID) : -1;
      return result;
    }
  }

  public boolean isDirectory() {
    return (mode & Constants.S_IFMT) == Constants.S_IFDIR;
  }

  public boolean isRegularFile() {
    return (mode & Constants.S_IFMT) == Constants.S_IFREG;
  }

  public boolean isLink() {
    return (mode & Constants.S_IFMT) == Constants.S_IFLNK;
  }

  public boolean isEmptyRegularFile() {
    return isRegularFile() && size == 0;
  }

  /** Type and permissions. */
  public int mode() {
    return mode;
  }

  public long inode() {
    return inode;
  }

  public long size() {
    return size;
  }

  /** In the calling thread's user namespace. */
  public long uid() {
    return Integer.toUnsignedLong(uid);
  }

  /** In the calling thread's user namespace. */
  public long gid() {
    return Integer.toUnsignedLong(gid);
  }

  /** When its content was last changed. */
  public Instant modified() {
    return Instant.ofEpochSecond(modifiedSeconds, modifiedNanos);
  }

  /** The major number of the device that it stands for. */
  public int ofDeviceMajor() {
    return ofDeviceMajor;
  }

  /** The minor number of the device that it stands for. */
  public int ofDeviceMinor() {
    return ofDeviceMinor;
  }

  /** True if nobody may do anything with it, by its mode. */
  public boolean isClosedToAll() {
    return (mode & ~Constants.S_IFMT) == 0;
  }

  public boolean isSameFileAs(FileStatus other) {
    return inode == other.inode
        && deviceMajor == other.deviceMajor
        && deviceMinor == other.deviceMinor;
  }

  /** The number of the mount that it was reached by; −1 if the kernel does not tell. */
  public long mount() {
    return mount;
  }
}
