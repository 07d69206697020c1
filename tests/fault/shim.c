/* Fails, stops or records the calls by which a program changes files. Loaded by LD_PRELOAD.
 *
 * A seccomp filter turns each such system call into SIGSYS, and the handler does what it was told to and makes the
 * call itself. Wrapping libc's functions would miss whoever calls the kernel directly, as rustix does to rename.
 *
 *   FAULT_UNDER  the folder whose files count; all others are passed through
 *   FAULT_LOG    where each call is recorded, with the bytes it wrote
 *   FAULT_KIND   log: only that; eio: call FAULT_AT fails; dead: it and all later ones do; enospc: they find the
 *                disk full, half way through a write; kill: the program is killed before it, half: half way through
 *   FAULT_AT     the number of that call, from 1
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

/* Our own calls carry this where the kernel looks at no argument. */
#define MARK 0x6661756cL
#define CALL(nr, a, b, c, d, e) raw(syscall(nr, a, b, c, d, e, MARK))

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define ARG(u, i) ((u)->uc_mcontext.gregs[(const int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9}[i]])
#define RESULT(u) ((u)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define ARG(u, i) ((u)->uc_mcontext.regs[i])
#define RESULT(u) ((u)->uc_mcontext.regs[0])
#else
#error "this machine's registers are not known here"
#endif

enum { PATH = 4096 };

/* What precedes the paths and the bytes of a record; `disk.rs` reads it. */
struct record {
    uint32_t call;
    uint8_t op, flags;
    uint16_t len_a, len_b;
    uint16_t pad;
    uint32_t bytes;
    uint64_t inode, offset;
} __attribute__((packed));

static char under[PATH], kind;
static size_t n_under;
static long at, n_calls, log_fd;
static int is_full, lock;

static long raw(long result) { return result < 0 ? -errno : result; }

static void path_of_fd(long fd, char *path) {
    char link[64] = "/proc/self/fd/";
    size_t n = strlen(link), digits = 1;
    for (long rest = fd; rest > 9; rest /= 10) digits++;
    for (size_t i = digits; i > 0; i--, fd /= 10) link[n + i - 1] = (char)('0' + fd % 10);
    long got = fd < 0 ? 0 : CALL(SYS_readlinkat, AT_FDCWD, link, path, PATH - 1, 0);
    path[got > 0 ? got : 0] = 0;
}

static void path_at(long folder, const char *name, char *path) {
    path[0] = 0;
    if (name[0] != '/') {
        if ((int)folder == AT_FDCWD) {
            if (CALL(SYS_getcwd, path, PATH, 0, 0, 0) < 0) return;
        } else {
            path_of_fd((int)folder, path);
        }
        strncat(path, "/", PATH - strlen(path) - 1);
    }
    while (name[0] == '.' && name[1] == '/') name += 2;
    strncat(path, name, PATH - strlen(path) - 1);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--) path[n - 1] = 0;
}

static int is_under(const char *path) {
    return strncmp(path, under, n_under) == 0 && (path[n_under] == '/' || path[n_under] == 0);
}

static void note(struct record head, const char *a, const char *b, const struct iovec *iov, int n_iov) {
    head.len_a = (uint16_t)strlen(a);
    head.len_b = (uint16_t)strlen(b);
    struct iovec all[16] = {{&head, sizeof head}, {(void *)a, head.len_a}, {(void *)b, head.len_b}};
    size_t left = head.bytes;
    int n = 3;
    for (int i = 0; i < n_iov && left > 0 && n < 16; i++, n++) {
        all[n] = iov[i];
        if (all[n].iov_len > left) all[n].iov_len = left;
        left -= all[n].iov_len;
    }
    CALL(SYS_writev, log_fd, all, n, 0, 0);
}

static void die(void) {
    CALL(SYS_kill, CALL(SYS_getpid, 0, 0, 0, 0, 0), SIGKILL, 0, 0, 0);
}

/* What becomes of the next call: 0: it is made; -1: half of it is; otherwise the error. */
static long fate(char op, int is_change) {
    n_calls++;
    if (kind == 'l' || n_calls < at) return 0;
    if (n_calls > at && kind != 'd' && kind != 'n') return 0;
    switch (kind) {
    case 'k': die(); return 0;
    case 'h': if (op != 'w') die(); return -1;
    case 'n':
        if (!is_change || op == 'u' || op == 's') return 0;
        if (op == 'w' && !is_full) { is_full = 1; return -1; }
        return ENOSPC;
    default: return EIO;
    }
}

static uint64_t inode_of(long fd) {
    struct stat found;
    return CALL(SYS_fstat, fd, &found, 0, 0, 0) < 0 ? 0 : found.st_ino;
}

static int is_folder(long fd) {
    struct stat found;
    return CALL(SYS_fstat, fd, &found, 0, 0, 0) == 0 && S_ISDIR(found.st_mode);
}

static uint64_t size_of(long fd) {
    struct stat found;
    return CALL(SYS_fstat, fd, &found, 0, 0, 0) < 0 ? 0 : (uint64_t)found.st_size;
}

static long refused(struct record head, const char *a, const char *b, long error) {
    head.flags = head.op;
    head.op = 'e';
    note(head, a, b, NULL, 0);
    return -error;
}

static long opened(long folder, const char *name, long flags, long mode) {
    char path[PATH];
    path_at(folder, name, path);
    if (!is_under(path)) return CALL(SYS_openat, folder, name, flags, mode, 0);
    int was_there = CALL(SYS_faccessat, folder, name, F_OK, 0, 0) == 0;
    struct record head = {.op = 'o'};
    long fate_of = fate('o', (flags & (O_CREAT | O_TRUNC)) != 0);
    head.call = (uint32_t)n_calls;
    if (fate_of) return refused(head, path, "", fate_of);
    long fd = CALL(SYS_openat, folder, name, flags, mode, 0);
    if (fd < 0) return fd;
    head.inode = inode_of(fd);
    head.flags = (uint8_t)((was_there ? 0 : 1) | (was_there && (flags & O_TRUNC) ? 2 : 0) | (is_folder(fd) ? 4 : 0));
    note(head, path, "", NULL, 0);
    return fd;
}

/* write, writev, pwrite64, pwritev; `offset` is -1 where the file's own counts. */
static long written(long nr, long fd, long data, long n, long offset) {
    char path[PATH];
    path_of_fd(fd, path);
    struct iovec one = {(void *)data, (size_t)n}, *iov = &one;
    int n_iov = 1;
    size_t bytes = (size_t)n;
    if (nr == SYS_writev || nr == SYS_pwritev) {
        iov = (struct iovec *)data;
        n_iov = (int)(n > 12 ? 12 : n);
        bytes = 0;
        for (int i = 0; i < n_iov; i++) bytes += iov[i].iov_len;
        n = n_iov;
    }
    struct record head = {.op = 'w'};
    if (!is_under(path)) {
        if (fd == 1) { /* What was acknowledged, and when. */
            head.op = 'a';
            head.call = (uint32_t)n_calls;
            note(head, "", "", NULL, 0);
        }
        return CALL(nr, fd, data, n, offset, 0);
    }
    long fate_of = fate('w', 1);
    head.call = (uint32_t)n_calls;
    if (fate_of > 0) return refused(head, path, "", fate_of);
    head.inode = inode_of(fd);
    head.offset = (uint64_t)offset;
    if (offset < 0) {
        int is_appended = (CALL(SYS_fcntl, fd, F_GETFL, 0, 0, 0) & O_APPEND) != 0;
        head.offset = is_appended ? size_of(fd) : (uint64_t)CALL(SYS_lseek, fd, 0, SEEK_CUR, 0, 0);
    }
    long done;
    if (fate_of < 0) {
        size_t half = iov[0].iov_len < bytes ? iov[0].iov_len : bytes / 2;
        if (half == 0 && kind == 'n') return refused(head, path, "", ENOSPC);
        done = offset < 0 ? CALL(SYS_write, fd, iov[0].iov_base, half, 0, 0)
                          : CALL(SYS_pwrite64, fd, iov[0].iov_base, half, offset, 0);
        if (kind == 'h') die();
    } else {
        done = CALL(nr, fd, data, n, offset, 0);
    }
    if (done > 0) {
        head.bytes = (uint32_t)done;
        note(head, path, "", iov, n_iov);
    }
    return done;
}

/* A call on an open file that writes no bytes: ftruncate, fallocate, fsync, fdatasync. */
static long changed(char op, long nr, long fd, long b, long c, long d, uint64_t size) {
    char path[PATH];
    path_of_fd(fd, path);
    if (!is_under(path)) return CALL(nr, fd, b, c, d, 0);
    struct record head = {.op = (uint8_t)op, .offset = size};
    long fate_of = fate(op, 1);
    head.call = (uint32_t)n_calls;
    if (fate_of > 0) return refused(head, path, "", fate_of);
    head.inode = inode_of(fd);
    long done = CALL(nr, fd, b, c, d, 0);
    if (done >= 0) note(head, path, "", NULL, 0);
    return done;
}

/* A call on names: rename, link, unlink, mkdir. */
static long named(char op, long nr, long dir_a, const char *a, long dir_b, const char *b, long flags) {
    char from[PATH], to[PATH] = "";
    path_at(dir_a, a, from);
    if (b) path_at(dir_b, b, to);
    int passes = !is_under(from) && !(b && is_under(to));
    long fate_of = passes ? 0 : fate(op, 1);
    struct record head = {.call = (uint32_t)n_calls, .op = (uint8_t)op};
    if (fate_of > 0) return refused(head, from, to, fate_of);
    long done = b ? CALL(nr, dir_a, a, dir_b, b, flags) : CALL(nr, dir_a, a, flags, 0, 0);
    if (op == 'u' && (flags & AT_REMOVEDIR)) head.flags = 1;
    if (done >= 0 && !passes) note(head, from, to, NULL, 0);
    return done;
}

static long call(long nr, ucontext_t *u) {
    long a = ARG(u, 0), b = ARG(u, 1), c = ARG(u, 2), d = ARG(u, 3), e = ARG(u, 4);
    switch (nr) {
#ifdef SYS_open
    case SYS_open: return opened(AT_FDCWD, (char *)a, b, c);
    case SYS_creat: return opened(AT_FDCWD, (char *)a, O_CREAT | O_WRONLY | O_TRUNC, b);
    case SYS_rename: return named('r', SYS_renameat2, AT_FDCWD, (char *)a, AT_FDCWD, (char *)b, 0);
    case SYS_link: return named('l', SYS_linkat, AT_FDCWD, (char *)a, AT_FDCWD, (char *)b, 0);
    case SYS_unlink: return named('u', SYS_unlinkat, AT_FDCWD, (char *)a, 0, NULL, 0);
    case SYS_rmdir: return named('u', SYS_unlinkat, AT_FDCWD, (char *)a, 0, NULL, AT_REMOVEDIR);
    case SYS_mkdir: return named('d', SYS_mkdirat, AT_FDCWD, (char *)a, 0, NULL, b);
#endif
    case SYS_openat: return opened(a, (char *)b, c, d);
    case SYS_renameat: return named('r', SYS_renameat2, a, (char *)b, c, (char *)d, 0);
    case SYS_renameat2: return named('r', SYS_renameat2, a, (char *)b, c, (char *)d, e);
    case SYS_linkat: return named('l', SYS_linkat, a, (char *)b, c, (char *)d, e);
    case SYS_unlinkat: return named('u', SYS_unlinkat, a, (char *)b, 0, NULL, c);
    case SYS_mkdirat: return named('d', SYS_mkdirat, a, (char *)b, 0, NULL, c);
    case SYS_write: return written(nr, a, b, c, -1);
    case SYS_writev: return written(nr, a, b, c, -1);
    case SYS_pwrite64: return written(nr, a, b, c, d);
    case SYS_pwritev: return written(nr, a, b, c, d);
    case SYS_ftruncate: return changed('t', nr, a, b, 0, 0, (uint64_t)b);
    case SYS_fallocate: return changed('f', nr, a, b, c, d, (uint64_t)(c + d));
    case SYS_fsync: return changed('s', nr, a, 0, 0, 0, 0);
    case SYS_fdatasync: return changed('s', nr, a, 0, 0, 0, 0);
    /* Copies in the kernel: the caller goes on with read and write. */
    case SYS_copy_file_range: return -ENOSYS;
    default: return -EINVAL; /* sendfile */
    }
}

static const int WATCHED[] = {
#ifdef SYS_open
    SYS_open, SYS_creat, SYS_rename, SYS_link, SYS_unlink, SYS_rmdir, SYS_mkdir,
#endif
    SYS_openat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat, SYS_mkdirat, SYS_write, SYS_writev,
    SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_copy_file_range,
    SYS_sendfile,
};
enum { N_WATCHED = sizeof WATCHED / sizeof *WATCHED };

static void trapped(int signal, siginfo_t *info, void *context) {
    (void)signal;
    ucontext_t *u = context;
    int before = errno;
    /* One call at a time, so that the record's order is the disk's. */
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) CALL(SYS_sched_yield, 0, 0, 0, 0, 0);
    RESULT(u) = call(info->si_syscall, u);
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
    errno = before;
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULT_UNDER"), *name = getenv("FAULT_LOG"), *what = getenv("FAULT_KIND");
    if (!folder || !name || !what) return;
    strncpy(under, folder, PATH - 1);
    n_under = strlen(under);
    kind = what[0] == 'e' && what[1] == 'n' ? 'n' : what[0];
    at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
    int opened_log = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    log_fd = fcntl(opened_log, F_DUPFD_CLOEXEC, 700);
    close(opened_log);

    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask, SIGSYS);
    if (sigaction(SIGSYS, &action, NULL)) _exit(70);

    struct sock_filter program[N_WATCHED + 8];
    int n = 0;
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]));
    program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, N_WATCHED + 1, 0);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < N_WATCHED; i++) {
        unsigned char to_trap = (unsigned char)(N_WATCHED - i);
        program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WATCHED[i], to_trap, 0);
    }
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog filter = {(unsigned short)n, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) _exit(71);
}
