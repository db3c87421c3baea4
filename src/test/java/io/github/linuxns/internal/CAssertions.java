package io.github.linuxns.internal;

import io.github.linuxns.Errno;
import io.github.linuxns.internal.GeneratedBinding.Struct;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/** The C files that say in C what the binding, and the tables beside it, say in Java. */
final class CAssertions {

  /** The newest system call that the oldest headers we build with, those of Linux 6.1, have. */
  private static final int NEWEST_COMMON_CALL = 450;

  /** What aarch64 defines before it reads the generic table: calls that only some CPUs have. */
  private static final List<String> GENERIC_TABLE_SWITCHES =
      List.of(
          "MEMFD_SECRET",
          "NEW_STAT",
          "RENAMEAT",
          "SET_GET_RLIMIT",
          "SYS_CLONE3",
          "TIME32_SYSCALLS");

  private CAssertions() {}

  static CSource ourHeader() {
    return new CSource().include("\"namespaces.h\"");
  }

  static CSource constants(boolean withCallNumbers) {
    CSource source = ourHeader();
    GeneratedBinding.constants()
        .forEach((name, value) -> {
          if (withCallNumbers || !name.startsWith("SYS_")) {
            source.constant(name, value);
          }
        });
    return source;
  }

  static CSource structs(HeadersDirectory headers) throws IOException {
    CSource source = ourHeader();
    headers
        .cTypes()
        .forEach((name, cType) -> {
          for (Struct struct : GeneratedBinding.structs(name, cType)) {
            source.size(struct.cType(), struct.javaName(), struct.size());
            struct.fields().stream()
                .filter(field -> !field.reserved())
                .forEach(field ->
                    source.field(
                        struct.cType(),
                        struct.javaName(),
                        field.name(),
                        field.offset(),
                        field.size()));
          }
        });
    return source;
  }

  static CSource functions() {
    CSource source = ourHeader();
    GeneratedBinding.functions()
        .forEach(function ->
            source.function(function.name(), function.descriptor(), function.variadic()));
    return source;
  }

  static CSource errnoNumbers() {
    CSource source = new CSource().include("<errno.h>");
    Arrays.stream(Errno.values())
        .filter(errno -> errno != Errno.UNKNOWN)
        .forEach(errno -> source.constant(errno.name(), errno.number()));
    return source;
  }

  /** What {@link Arch} has for a CPU, for a compiler for that CPU. */
  static CSource arch(Arch arch) {
    return new CSource()
        .line("#define _GNU_SOURCE")
        .include("<elf.h>")
        .include("<fcntl.h>")
        .include("<sys/epoll.h>")
        .constant("O_DIRECTORY", arch.oDirectory())
        .constant("O_NOFOLLOW", arch.oNofollow())
        .constant("O_TMPFILE", arch.oTmpfile())
        .constant(arch == Arch.X86_64 ? "EM_X86_64" : "EM_AARCH64", arch.elfMachine())
        .size("struct epoll_event", "epoll_event", arch.epollSize())
        .field("struct epoll_event", "epoll_event", "events", 0, Integer.BYTES)
        .field("struct epoll_event", "epoll_event", "data", arch.epollData(), Long.BYTES);
  }

  static CSource systemCalls(String header, String prefix, ToLongFunction<SystemCall> number) {
    CSource source = new CSource();
    GENERIC_TABLE_SWITCHES.forEach(name -> source.line("#define __ARCH_WANT_" + name));
    source.include(header);
    for (SystemCall call : SystemCall.values()) {
      systemCall(source, prefix, call.cName(), number.applyAsLong(call));
    }
    return source;
  }

  /**
   * A call the headers do not know has to be newer than the oldest headers, else its name is wrong.
   */
  static CSource systemCall(CSource source, String prefix, String cName, long number) {
    String name = prefix + cName;
    return source.constantIfDefined(
        name,
        number,
        number + " > " + NEWEST_COMMON_CALL,
        name + " is not in these headers, but calls up to " + NEWEST_COMMON_CALL + " are");
  }
}
