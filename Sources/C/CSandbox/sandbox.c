/* SPDX-License-Identifier: Apache-2.0
 *
 * The confinement of `ward parse`. It is C because the filter is a table of kernel numbers that differ by processor and
 * that no Swift module has.
 *
 * - The filter is a list of what may be called. What a library may try harmlessly (opening a configuration file, asking
 *   for the host's name) answers EACCES; everything else ends the process (SIGSYS).
 * - Landlock takes away the file system and TCP again, so that a mistake in the list is not the end.
 * - Limits: memory, processor time, no new descriptors, no file writes, no core dump.
 */
#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define WARD_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define WARD_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "Ward runs on x86-64 and 64-bit ARM."
#endif

int ward_spawn(const char *path, const char *const arguments[], int *socket_out, pid_t *pid_out) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* dup2 of a descriptor onto itself would keep it closed on exec: it moves by way of 4, which is closed afterwards. */
    posix_spawn_file_actions_adddup2(&actions, ends[1], 4);
    posix_spawn_file_actions_adddup2(&actions, 4, 3);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 4);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

    char *environment[3] = {"SWIFT_BACKTRACE=enable=no", NULL, NULL};
    char library[4096];
    const char *libraries = getenv("LD_LIBRARY_PATH");
    if (libraries && snprintf(library, sizeof library, "LD_LIBRARY_PATH=%s", libraries) < (int)sizeof library)
        environment[1] = library;
    int failure = posix_spawn(pid_out, path, &actions, &attributes, (char *const *)arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (failure != 0) {
        close(ends[0]);
        return failure;
    }
    *socket_out = ends[0];
    return 0;
}

static uint64_t memory_in_use(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file) return 0;
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int limit(int resource, uint64_t value) {
    /* At the soft limit of processor time comes SIGXCPU, which tells it apart; at the hard one SIGKILL. */
    struct rlimit limits = {value, resource == RLIMIT_CPU ? value + 1 : value};
    return setrlimit(resource, &limits);
}

/* Landlock's numbers, for C libraries whose headers lack the newer ones (linux/landlock.h). */
struct ward_ruleset {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;
    uint64_t scoped;
};

static int landlock(void) {
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */);
    if (version < 1) return 0;
    /* 13 rights in version 1, REFER from 2, TRUNCATE from 3, IOCTL_DEV from 5; TCP from 4; scopes from 6. */
    const int rights = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    struct ward_ruleset rules = {(1ULL << rights) - 1, version >= 4 ? 3 : 0, version >= 6 ? 3 : 0};
    const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    const int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0) return 0;
    const long result = syscall(SYS_landlock_restrict_self, set, 0);
    close(set);
    return result == 0;
}

#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define DENY(name) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)

static int filter(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WARD_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read), ALLOW(write), ALLOW(close), ALLOW(exit), ALLOW(exit_group),
        ALLOW(mmap), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise), ALLOW(brk), ALLOW(mlock),
        ALLOW(munlock), ALLOW(futex), ALLOW(getrandom), ALLOW(clock_gettime), ALLOW(clock_getres),
        ALLOW(gettimeofday), ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(sigaltstack),
        ALLOW(getpid), ALLOW(gettid), ALLOW(tgkill), ALLOW(sched_yield), ALLOW(sched_getaffinity),
        ALLOW(set_robust_list), ALLOW(membarrier), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid),
        DENY(openat), DENY(openat2), DENY(fstat), DENY(newfstatat), DENY(statx), DENY(faccessat), DENY(faccessat2),
        DENY(readlinkat), DENY(getcwd), DENY(lseek), DENY(ioctl), DENY(fcntl), DENY(uname), DENY(sysinfo),
        DENY(socket), DENY(connect), DENY(prlimit64), DENY(getrlimit), DENY(getrusage), DENY(prctl), DENY(clone),
        DENY(clone3), DENY(pipe2), DENY(eventfd2), DENY(epoll_create1), DENY(getcpu), DENY(times),
        DENY(sched_getscheduler), DENY(clock_nanosleep),
#if defined(__x86_64__)
        DENY(open), DENY(stat), DENY(lstat), DENY(access), DENY(readlink), DENY(pipe), DENY(time),
#endif
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog code = {sizeof program / sizeof program[0], program};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &code) == 0;
}

int ward_confine(uint64_t memory, uint64_t processor_seconds) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    const uint64_t in_use = memory_in_use();
    if (in_use == 0 || limit(RLIMIT_AS, in_use + memory) != 0 || limit(RLIMIT_CPU, processor_seconds) != 0
        || limit(RLIMIT_FSIZE, 0) != 0 || limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_NOFILE, 8) != 0)
        return -1;
    int held = landlock() ? WARD_CONFINED_LANDLOCK : 0;
    if (limit(RLIMIT_NOFILE, 4) != 0 || !filter()) return -1;
    return held | WARD_CONFINED_FILTER;
}
