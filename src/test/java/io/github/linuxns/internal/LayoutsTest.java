package io.github.linuxns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.linuxns.internal.ffi.Constants;
import io.github.linuxns.internal.ffi.__sigset_t;
import io.github.linuxns.internal.ffi.dirent64;
import io.github.linuxns.internal.ffi.ifreq;
import io.github.linuxns.internal.ffi.mount_answer;
import io.github.linuxns.internal.ffi.mount_request;
import io.github.linuxns.internal.ffi.namespaces_h;
import io.github.linuxns.internal.ffi.nlmsghdr;
import io.github.linuxns.internal.ffi.open_how;
import io.github.linuxns.internal.ffi.pollfd;
import io.github.linuxns.internal.ffi.posix_spawn_file_actions_t;
import io.github.linuxns.internal.ffi.posix_spawnattr_t;
import io.github.linuxns.internal.ffi.sockaddr_nl;
import io.github.linuxns.internal.ffi.statfs;
import io.github.linuxns.internal.ffi.statx;
import io.github.linuxns.internal.ffi.statx_timestamp;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What stands in plain numbers, for the sake of a cold start, is what the bindings say. */
class LayoutsTest {
  @Test
  void structuresAreTheBindings() {
    assertThat(Layouts.STATX_SIZE).isEqualTo(statx.sizeof());
    assertThat(Layouts.STX_MASK).isEqualTo(statx.stx_mask$offset());
    assertThat(Layouts.STX_MNT_ID).isEqualTo(statx.stx_mnt_id$offset());
    assertThat(Layouts.STX_UID).isEqualTo(statx.stx_uid$offset());
    assertThat(Layouts.STX_MODE).isEqualTo(statx.stx_mode$offset());
    assertThat(Layouts.STX_UID).isEqualTo(statx.stx_uid$offset());
    assertThat(Layouts.STX_INO).isEqualTo(statx.stx_ino$offset());
    assertThat(Layouts.STX_SIZE).isEqualTo(statx.stx_size$offset());
    assertThat(Layouts.STX_GID).isEqualTo(statx.stx_gid$offset());
    assertThat(Layouts.STX_MTIME)
        .isEqualTo(statx.stx_mtime$offset() + statx_timestamp.tv_sec$offset());
    assertThat(Layouts.STX_MTIME_NANOS)
        .isEqualTo(statx.stx_mtime$offset() + statx_timestamp.tv_nsec$offset());
    assertThat(Layouts.STX_RDEV_MAJOR).isEqualTo(statx.stx_rdev_major$offset());
    assertThat(Layouts.STX_RDEV_MINOR).isEqualTo(statx.stx_rdev_minor$offset());
    assertThat(Layouts.STX_DEV_MAJOR).isEqualTo(statx.stx_dev_major$offset());
    assertThat(Layouts.STX_DEV_MINOR).isEqualTo(statx.stx_dev_minor$offset());
    assertThat(Layouts.STATFS_SIZE).isEqualTo(statfs.sizeof());
    assertThat(Layouts.F_TYPE).isEqualTo(statfs.f_type$offset());
    assertThat(Layouts.F_FLAGS).isEqualTo(statfs.f_flags$offset());
    assertThat(Layouts.IFREQ_SIZE).isEqualTo(ifreq.sizeof());
    assertThat(Layouts.IFR_NAME)
        .isEqualTo(ifreq.ifr_ifrn$offset() + ifreq.ifr_ifrn.ifrn_name$offset());
    assertThat(Layouts.IFR_FLAGS)
        .isEqualTo(ifreq.ifr_ifru$offset() + ifreq.ifr_ifru.ifru_flags$offset());
    assertThat(Layouts.SPAWN_FILE_ACTIONS_SIZE).isEqualTo(posix_spawn_file_actions_t.sizeof());
    assertThat(Layouts.SPAWN_ATTRIBUTES_SIZE).isEqualTo(posix_spawnattr_t.sizeof());
    assertThat(Layouts.SIGSET_SIZE).isEqualTo(__sigset_t.sizeof());
    assertThat(Layouts.POLLFD_SIZE).isEqualTo(pollfd.sizeof());
    assertThat(Layouts.POLLFD_FD).isEqualTo(pollfd.fd$offset());
    assertThat(Layouts.POLLFD_EVENTS).isEqualTo(pollfd.events$offset());
    assertThat(Layouts.POLLFD_REVENTS).isEqualTo(pollfd.revents$offset());
  }

  @Test
  void theNewerStructuresAreTheBindings() {
    assertThat(Layouts.OPEN_HOW_SIZE).isEqualTo(open_how.sizeof());
    assertThat(Layouts.OPEN_HOW_FLAGS).isEqualTo(open_how.flags$offset());
    assertThat(Layouts.OPEN_HOW_RESOLVE).isEqualTo(open_how.resolve$offset());
    assertThat(Layouts.DIRENT_LENGTH).isEqualTo(dirent64.d_reclen$offset());
    assertThat(Layouts.DIRENT_NAME).isEqualTo(dirent64.d_name$offset());
    assertThat(Layouts.MOUNT_REQUEST_SIZE).isEqualTo(mount_request.sizeof());
    assertThat(Layouts.MOUNT_REQUEST_ID).isEqualTo(mount_request.mnt_id$offset());
    assertThat(Layouts.MOUNT_REQUEST_PARAM).isEqualTo(mount_request.param$offset());
    assertThat(Layouts.MOUNT_REQUEST_NAMESPACE).isEqualTo(mount_request.mnt_ns_id$offset());
    assertThat(Layouts.MOUNT_ANSWER_SIZE).isEqualTo(mount_answer.sizeof());
    assertThat(Layouts.MOUNT_MASK).isEqualTo(mount_answer.mask$offset());
    assertThat(Layouts.MOUNT_DEV_MAJOR).isEqualTo(mount_answer.sb_dev_major$offset());
    assertThat(Layouts.MOUNT_DEV_MINOR).isEqualTo(mount_answer.sb_dev_minor$offset());
    assertThat(Layouts.MOUNT_SB_MAGIC).isEqualTo(mount_answer.sb_magic$offset());
    assertThat(Layouts.MOUNT_SB_FLAGS).isEqualTo(mount_answer.sb_flags$offset());
    assertThat(Layouts.MOUNT_FS_TYPE).isEqualTo(mount_answer.fs_type$offset());
    assertThat(Layouts.MOUNT_ID).isEqualTo(mount_answer.mnt_id$offset());
    assertThat(Layouts.MOUNT_PARENT_ID).isEqualTo(mount_answer.mnt_parent_id$offset());
    assertThat(Layouts.MOUNT_ID_OLD).isEqualTo(mount_answer.mnt_id_old$offset());
    assertThat(Layouts.MOUNT_PARENT_ID_OLD).isEqualTo(mount_answer.mnt_parent_id_old$offset());
    assertThat(Layouts.MOUNT_ATTR).isEqualTo(mount_answer.mnt_attr$offset());
    assertThat(Layouts.MOUNT_PROPAGATION).isEqualTo(mount_answer.mnt_propagation$offset());
    assertThat(Layouts.MOUNT_PEER_GROUP).isEqualTo(mount_answer.mnt_peer_group$offset());
    assertThat(Layouts.MOUNT_MASTER).isEqualTo(mount_answer.mnt_master$offset());
    assertThat(Layouts.MOUNT_PROPAGATE_FROM).isEqualTo(mount_answer.propagate_from$offset());
    assertThat(Layouts.MOUNT_ROOT).isEqualTo(mount_answer.mnt_root$offset());
    assertThat(Layouts.MOUNT_POINT).isEqualTo(mount_answer.mnt_point$offset());
    assertThat(Layouts.MOUNT_FS_SUBTYPE).isEqualTo(mount_answer.fs_subtype$offset());
    assertThat(Layouts.MOUNT_SOURCE).isEqualTo(mount_answer.sb_source$offset());
    assertThat(Layouts.MOUNT_OPTIONS).isEqualTo(mount_answer.opt_num$offset());
    assertThat(Layouts.MOUNT_OPTION_ARRAY).isEqualTo(mount_answer.opt_array$offset());
    assertThat(Layouts.MOUNT_SECURITY_OPTIONS).isEqualTo(mount_answer.opt_sec_num$offset());
    assertThat(Layouts.MOUNT_SECURITY_OPTION_ARRAY).isEqualTo(mount_answer.opt_sec_array$offset());
    assertThat(Layouts.MOUNT_SUPPORTED_MASK).isEqualTo(mount_answer.supported_mask$offset());
  }

  @Test
  void messagesAreTheBindings() {
    assertThat(Layouts.SOCKADDR_NL_SIZE).isEqualTo(sockaddr_nl.sizeof());
    assertThat(Layouts.NL_FAMILY).isEqualTo(sockaddr_nl.nl_family$offset());
    assertThat(Layouts.NL_GROUPS).isEqualTo(sockaddr_nl.nl_groups$offset());
    assertThat(Layouts.NLMSGHDR_SIZE).isEqualTo(nlmsghdr.sizeof());
    assertThat(Layouts.NLMSG_LEN).isEqualTo(nlmsghdr.nlmsg_len$offset());
    assertThat(Layouts.NLMSG_TYPE).isEqualTo(nlmsghdr.nlmsg_type$offset());
  }

  @Test
  void theDowncallIsTheBindings() {
    MemoryLayout[] arguments = new MemoryLayout[6];
    Arrays.fill(arguments, namespaces_h.C_LONG);
    assertThat(Syscalls.DESCRIPTOR)
        .isEqualTo(namespaces_h.syscall.makeInvoker(arguments).descriptor());
    assertThat(Linker.nativeLinker().defaultLookup().findOrThrow("syscall"))
        .isEqualTo(namespaces_h.syscall.address());
  }

  /** All others are called in the shape of syscall, so that they have to fit in it. */
  @Test
  void theOtherFunctionsFitTheDowncall() {
    List<GeneratedBinding.Function> others =
        GeneratedBinding.functions().stream()
            .filter(function -> !function.name().equals("syscall"))
            .toList();
    assertThat(others).hasSize(10);
    for (GeneratedBinding.Function function : others) {
      FunctionDescriptor descriptor = function.descriptor();
      assertThat(function.variadic()).as(function.name()).isFalse();
      assertThat(descriptor.returnLayout()).as(function.name()).contains(ValueLayout.JAVA_INT);
      assertThat(descriptor.argumentLayouts())
          .as(function.name())
          .hasSizeLessThanOrEqualTo(6) // what both CPUs pass in registers
          .allMatch(layout ->
              layout instanceof ValueLayout.OfShort
                  || layout instanceof ValueLayout.OfInt
                  || layout instanceof ValueLayout.OfLong
                  || layout instanceof AddressLayout);
    }
  }

  @Test
  void errnoIsTheFirstAndOnlyThingCaptured() {
    MemoryLayout state = Linker.Option.captureStateLayout();
    assertThat(state.byteOffset(PathElement.groupElement("errno"))).isZero();
  }

  @Test
  void inlinedConstantsAreTheBindings() throws ReflectiveOperationException {
    Field[] fields = Constants.class.getFields();
    assertThat(fields).hasSizeGreaterThan(50);
    for (Field field : fields) {
      assertThat(field.get(null))
          .as(field.getName())
          .isEqualTo(namespaces_h.class.getMethod(field.getName()).invoke(null));
    }
  }
}
