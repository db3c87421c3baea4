package io.github.linuxns;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SyscallExceptionTest {
  @Test
  void theMessageSaysWhatAndWhyAndWhatToDo() {
    SyscallException e =
        new SyscallException(
            "setns", 1, "net:[4026532008]", "needs CAP_SYS_ADMIN in user:[4026531837]");
    assertThat(e)
        .hasMessage(
            "setns(net:[4026532008]): EPERM (Operation not permitted): needs CAP_SYS_ADMIN in"
                + " user:[4026531837]");
    assertThat(e.syscall()).isEqualTo("setns");
    assertThat(e.errno()).isEqualTo(Errno.EPERM);
    assertThat(e.errnoNumber()).isEqualTo(1);
    assertThat(e.remedy()).hasValue("needs CAP_SYS_ADMIN in user:[4026531837]");
  }

  @Test
  void anUnknownNumberSurvives() {
    SyscallException e = new SyscallException("setns", 4711, null, null);
    assertThat(e).hasMessage("setns: error 4711");
    assertThat(e.errno()).isEqualTo(Errno.UNKNOWN);
    assertThat(e.errnoNumber()).isEqualTo(4711);
    assertThat(e.remedy()).isEmpty();
  }

  @Test
  void everyErrnoIsFoundByItsNumber() {
    for (Errno errno : Errno.values()) {
      assertThat(Errno.of(errno.number())).isEqualTo(errno);
    }
    assertThat(Errno.of(-1)).isEqualTo(Errno.UNKNOWN);
    assertThat(Errno.of(41)).isEqualTo(Errno.UNKNOWN); // a gap in the kernel's list
    assertThat(Errno.of(Integer.MAX_VALUE)).isEqualTo(Errno.UNKNOWN);
  }
}
