package io.github.linuxns.internal;

import io.github.linuxns.testing.Requirements;
import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what is known by heart of the kernel's messages with what a C compiler reads. */
@Timeout(120)
class ProcessEventsTest {
  @TempDir private static Path scratch;

  @ParameterizedTest
  @ValueSource(strings = {"gcc", "aarch64-linux-gnu-gcc"})
  void messages(String command) {
    CCompiler compiler = new CCompiler(command, scratch, scratch);
    Requirements.that(compiler.works(), "needs " + command + " and a C library's headers for it");
    compiler.accepts(
        new CSource()
            .include("<stddef.h>")
            .include("<linux/cn_proc.h>")
            .include("<linux/connector.h>")
            .constant("CN_IDX_PROC", ProcessEvents.CN_IDX_PROC)
            .constant("CN_VAL_PROC", ProcessEvents.CN_VAL_PROC)
            .constant("sizeof(struct cn_msg)", ProcessEvents.CN_MSG_BYTES)
            .constant("offsetof(struct cn_msg, id.idx)", 0)
            .constant("offsetof(struct cn_msg, id.val)", ProcessEvents.CN_MSG_VAL)
            .constant("offsetof(struct cn_msg, ack)", ProcessEvents.CN_MSG_ACK)
            .constant("offsetof(struct cn_msg, len)", ProcessEvents.CN_MSG_LEN)
            .constant("PROC_CN_MCAST_LISTEN", ProcessEvents.MCAST_LISTEN)
            .constant("PROC_CN_MCAST_IGNORE", ProcessEvents.MCAST_IGNORE)
            .constant("PROC_EVENT_NONE", ProcessEvents.WHAT_NONE)
            .constant("PROC_EVENT_FORK", ProcessEvents.WHAT_FORK)
            .constant("(int)PROC_EVENT_EXIT", ProcessEvents.WHAT_EXIT)
            .constant("offsetof(struct proc_event, what)", 0)
            .constant("offsetof(struct proc_event, event_data.ack.err)", ProcessEvents.EVENT_DATA)
            .constant(event("exec.process_pid"), ProcessEvents.EVENT_PID)
            .constant(event("exec.process_tgid"), ProcessEvents.EVENT_TGID)
            .constant(event("id.process_pid"), ProcessEvents.EVENT_PID)
            .constant(event("id.process_tgid"), ProcessEvents.EVENT_TGID)
            .constant(event("exit.process_pid"), ProcessEvents.EVENT_PID)
            .constant(event("exit.process_tgid"), ProcessEvents.EVENT_TGID)
            .constant(event("fork.child_pid"), ProcessEvents.EVENT_CHILD_PID)
            .constant(event("fork.child_tgid"), ProcessEvents.EVENT_CHILD_TGID));
  }

  private static String event(String field) {
    return "offsetof(struct proc_event, event_data." + field + ")";
  }
}
