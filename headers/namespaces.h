/*
 * What jextract reads to write src/main/java/io/github/linuxns/internal/ffi; see README.md.
 *
 * Only the C library's headers are included where they say enough. Two headers are avoided on purpose:
 *   <linux/pidfd.h>  pulls in <linux/fcntl.h>, which defines the same structs as <fcntl.h>;
 *   <linux/fs.h>     pulls in <linux/mount.h>, which clashes with <sys/mount.h> of some glibc.
 */
#ifndef LINUX_NAMESPACES_H
#define LINUX_NAMESPACES_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CLONE_, O_PATH, AT_EMPTY_PATH, struct statx, syscall */
#endif

#include <dirent.h>      /* struct dirent64 */
#include <fcntl.h>       /* O_, AT_, F_ */
#include <net/if.h>      /* struct ifreq, IFF_ */
#include <poll.h>        /* POLL */
#include <sched.h>       /* CLONE_ */
#include <signal.h>      /* SIG */
#include <spawn.h>       /* posix_spawn */
#include <sys/epoll.h>   /* EPOLL */
#include <sys/file.h>    /* LOCK_ */
#include <sys/ioctl.h>   /* SIOC; with it the kernel's _IO family */
#include <sys/mman.h>    /* MFD_ */
#include <sys/mount.h>   /* MS_, MNT_, UMOUNT_, OPEN_TREE_, MOVE_MOUNT_, MOUNT_ATTR_ */
#include <sys/prctl.h>   /* PR_ */
#include <sys/socket.h>  /* AF_, SOCK_ */
#include <sys/stat.h>    /* struct statx, STATX_, S_IF */
#include <sys/statfs.h>  /* struct statfs */
#include <sys/statvfs.h> /* ST_: its f_flags */
#include <sys/syscall.h> /* SYS_ */
#include <sys/wait.h>    /* W */
#include <unistd.h>      /* syscall */

#include <linux/capability.h> /* struct __user_cap_data_struct, _LINUX_CAPABILITY_ */
#include <linux/close_range.h>
#include <linux/ioctl.h> /* _IO, _IOR */
#include <linux/magic.h> /* NSFS_MAGIC */
#include <linux/net_namespace.h> /* NETNSA_ */
#include <linux/netlink.h> /* NETLINK_, NLM_F_, NLMSG_ */
#include <linux/nsfs.h>  /* NS_GET_ */
#include <linux/openat2.h> /* struct open_how, RESOLVE_ */
#include <linux/rtnetlink.h> /* RTM_ */
#include <linux/seccomp.h> /* SECCOMP_ */
#include <linux/sockios.h> /* SIOCGSKNS */
#include <linux/types.h> /* __u64 */

/*
 * Constants newer than the headers of a distribution we build on, each by the formula the kernel gives it.
 * HeadersTest finds them by their #ifndef and compares them with the system's own, where that has them.
 */

/* <linux/stat.h> */

#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U /* Linux 6.8 */
#endif

/* <linux/nsfs.h>: ioctls on a namespace's file; 0xb7 is NSIO, which older headers define as well. */

#ifndef NS_GET_MNTNS_ID
#define NS_GET_MNTNS_ID _IOR(0xb7, 5, __u64) /* Linux 6.11 */
#endif

#ifndef NS_GET_PID_FROM_PIDNS
#define NS_GET_PID_FROM_PIDNS _IOR(0xb7, 6, int) /* Linux 6.11 */
#endif

#ifndef NS_GET_ID
#define NS_GET_ID _IOR(0xb7, 13, __u64) /* Linux 6.18 */
#endif

/* <linux/pidfd.h>: a flag of pidfd_open(2), and ioctls on what it returns; 0xff is PIDFS_IOCTL_MAGIC. */

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9 */
#endif

#ifndef PIDFD_GET_CGROUP_NAMESPACE
#define PIDFD_GET_CGROUP_NAMESPACE _IO(0xff, 1) /* Linux 6.11 */
#endif

/* PIDFD_GET_INFO with the size that struct pidfd_info has had from the first; what it tells is asked by bits. */
#ifndef PIDFD_GET_EXIT_INFO
#define PIDFD_GET_EXIT_INFO _IOWR(0xff, 11, char[64]) /* Linux 6.15 */
#endif

#ifndef PIDFD_INFO_EXIT
#define PIDFD_INFO_EXIT (1UL << 3) /* Linux 6.15 */
#endif

#ifndef PIDFD_GET_IPC_NAMESPACE
#define PIDFD_GET_IPC_NAMESPACE _IO(0xff, 2) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_MNT_NAMESPACE
#define PIDFD_GET_MNT_NAMESPACE _IO(0xff, 3) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_NET_NAMESPACE
#define PIDFD_GET_NET_NAMESPACE _IO(0xff, 4) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_PID_NAMESPACE
#define PIDFD_GET_PID_NAMESPACE _IO(0xff, 5) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE
#define PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE _IO(0xff, 6) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_TIME_NAMESPACE
#define PIDFD_GET_TIME_NAMESPACE _IO(0xff, 7) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_USER_NAMESPACE
#define PIDFD_GET_USER_NAMESPACE _IO(0xff, 9) /* Linux 6.11 */
#endif

#ifndef PIDFD_GET_UTS_NAMESPACE
#define PIDFD_GET_UTS_NAMESPACE _IO(0xff, 10) /* Linux 6.11 */
#endif

/* <linux/mount.h>: what listmount(2) and statmount(2) are asked, and what the latter answers. */

#ifndef SYS_statmount
#define SYS_statmount 457 /* Linux 6.8 */
#endif

#ifndef SYS_listmount
#define SYS_listmount 458 /* Linux 6.8 */
#endif

#ifndef STATMOUNT_SB_BASIC
#define STATMOUNT_SB_BASIC 0x00000001U /* Linux 6.8 */
#endif

#ifndef STATMOUNT_MNT_BASIC
#define STATMOUNT_MNT_BASIC 0x00000002U /* Linux 6.8 */
#endif

#ifndef STATMOUNT_PROPAGATE_FROM
#define STATMOUNT_PROPAGATE_FROM 0x00000004U /* Linux 6.8 */
#endif

#ifndef STATMOUNT_MNT_ROOT
#define STATMOUNT_MNT_ROOT 0x00000008U /* Linux 6.8 */
#endif

#ifndef STATMOUNT_MNT_POINT
#define STATMOUNT_MNT_POINT 0x00000010U /* Linux 6.8 */
#endif

#ifndef STATMOUNT_FS_TYPE
#define STATMOUNT_FS_TYPE 0x00000020U /* Linux 6.8 */
#endif

#ifndef STATMOUNT_FS_SUBTYPE
#define STATMOUNT_FS_SUBTYPE 0x00000100U /* Linux 6.13 */
#endif

#ifndef STATMOUNT_SB_SOURCE
#define STATMOUNT_SB_SOURCE 0x00000200U /* Linux 6.13 */
#endif

#ifndef STATMOUNT_OPT_ARRAY
#define STATMOUNT_OPT_ARRAY 0x00000400U /* Linux 6.13 */
#endif

#ifndef STATMOUNT_OPT_SEC_ARRAY
#define STATMOUNT_OPT_SEC_ARRAY 0x00000800U /* Linux 6.13 */
#endif

#ifndef STATMOUNT_SUPPORTED_MASK
#define STATMOUNT_SUPPORTED_MASK 0x00001000U /* Linux 6.15 */
#endif

/*
 * The kernel's struct mnt_id_req and struct statmount by names of our own: a distribution's headers may have them
 * with fewer fields, and C knows no #ifndef of those. The strings follow the answer; a field with [str] says where.
 */
struct mount_request {
    __u32 size;
    __u32 spare;
    __u64 mnt_id;
    __u64 param;
    __u64 mnt_ns_id;
};

struct mount_answer {
    __u32 size;
    __u32 mnt_opts; /* [str] */
    __u64 mask;
    __u32 sb_dev_major;
    __u32 sb_dev_minor;
    __u64 sb_magic;
    __u32 sb_flags;
    __u32 fs_type; /* [str] */
    __u64 mnt_id;
    __u64 mnt_parent_id;
    __u32 mnt_id_old;
    __u32 mnt_parent_id_old;
    __u64 mnt_attr;
    __u64 mnt_propagation;
    __u64 mnt_peer_group;
    __u64 mnt_master;
    __u64 propagate_from;
    __u32 mnt_root;  /* [str] */
    __u32 mnt_point; /* [str] */
    __u64 mnt_ns_id;
    __u32 fs_subtype; /* [str] */
    __u32 sb_source;  /* [str] */
    __u32 opt_num;
    __u32 opt_array; /* [str] */
    __u32 opt_sec_num;
    __u32 opt_sec_array; /* [str] */
    __u64 supported_mask;
    __u64 spare[45];
};

/* <linux/statfs.h> of the kernel itself: what a program sees in f_flags, with the other ST_. */

#ifndef ST_VALID
#define ST_VALID 0x20 /* Linux 2.6.36: the flags are told */
#endif

#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000 /* Linux 5.10 */
#endif

/* <linux/memfd.h> */

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

/* <sys/syscall.h> */

#ifndef SYS_listns
#define SYS_listns 470 /* Linux 6.19 */
#endif

#endif /* LINUX_NAMESPACES_H */
