//! Linux alone.

#![allow(unsafe_code, reason = "one system call, which socket2 and rustix do not offer")]

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, IoSliceMut};
use std::os::fd::{AsRawFd as _, RawFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::{ReadWriteFlags, preadv2};
use socket2::SockRef;

use super::processes::{is_there, program_name};
use crate::sys::files::FileSystem;
use crate::sys::processes::RunningProgram;

/// File systems that do not know `RWF_NOWAIT` may wait for ever (FUSE, a network), so a refused flag says
/// nothing. Nor does any other refusal: sandboxes answer calls they do not know with EPERM, EINVAL or ENOSYS,
/// and the plain read tells what is wrong with the file too.
pub(crate) fn read_cached(file: &File, into: &mut [u8], at: u64) -> Option<usize> {
    preadv2(file, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT).ok()
}

/// Numbers of errors mean here what std says.
pub(crate) fn why_unreadable(_: &io::Error) -> Option<&'static str> {
    None
}

pub(crate) const MAY_BE_ELSEWHERE: &str = "";

/// Where the bytes are, metadata does not tell.
pub(super) fn is_elsewhere(_: &Metadata) -> bool {
    false
}

/// Not every file system makes one.
pub(crate) fn unnamed_file_in(folder: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR)?.into())
}

/// The documented way: open(2), `O_TMPFILE`.
pub(crate) fn name_file(file: &File, path: &Path) -> io::Result<()> {
    let itself = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, itself, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

pub(crate) fn file_system_of(file: &File) -> FileSystem {
    rustix::fs::fstatfs(file).map_or(FileSystem::UNKNOWN, |fs| file_system(fs.f_type))
}

pub(crate) fn file_system_at(path: &Path) -> FileSystem {
    rustix::fs::statfs(path).map_or(FileSystem::UNKNOWN, |fs| file_system(fs.f_type))
}

/// Numbers: linux/magic.h, and statfs(2).
fn file_system(number: i64) -> FileSystem {
    /// tmpfs and ramfs.
    const MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];
    /// ext2 to ext4, XFS, Btrfs, F2FS, ZFS, bcachefs.
    const DISK: [i64; 6] = [0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x2fc1_2fc1, 0xca45_1a4e];
    const OVERLAY: i64 = 0x794c_7630;
    /// The server keeps inodes and records.
    const NFS: i64 = 0x6969;
    // Some are above what 32 bits with a sign hold.
    let number = number & 0xffff_ffff;
    let (memory, disk) = (MEMORY.contains(&number), DISK.contains(&number));
    FileSystem {
        in_memory: memory,
        local: memory || disk || number == OVERLAY,
        keeps_inodes: memory || disk || number == NFS,
        keeps_records: memory || disk || number == NFS || number == OVERLAY,
    }
}

/// By what `/proc` tells of this process's own descriptors.
pub(crate) fn find_open_for_writing<T>(wanted: impl Fn(&Path) -> Option<T>) -> Option<T> {
    /// A process with more open files than that is not looked through.
    const MOST: usize = 1 << 16;
    fs::read_dir("/proc/self/fd").ok()?.flatten().take(MOST).find_map(|entry| {
        let found = wanted(&fs::read_link(entry.path()).ok()?)?;
        is_open_for_writing(&entry.file_name().to_string_lossy()).then_some(found)
    })
}

fn is_open_for_writing(descriptor: &str) -> bool {
    let facts = fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = facts.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
    flags.is_some_and(|flags| flags & 0b11 != 0)
}

pub(crate) fn program_of(process: i32) -> RunningProgram {
    if !is_there(process) {
        return RunningProgram::None;
    }
    match fs::read_link(format!("/proc/{process}/exe")) {
        Ok(program) => RunningProgram::Named(program_name(&program)),
        // It ended, and nobody asked how: what is left has no program.
        Err(e) if e.kind() == ErrorKind::NotFound && Path::new("/proc/self/exe").exists() => {
            RunningProgram::None
        }
        Err(_) => RunningProgram::Hidden,
    }
}

pub(crate) const WAITING_NEEDS: &str =
    "epoll, eventfd, socketpair and fcntl, which a sandbox (seccomp) may forbid";
/// The setting that says how many files all programs may have open.
pub(super) const LIMIT_OF_ALL_PROGRAMS: &str = "fs.file-max";

pub(crate) fn tune_upload(socket: &SockRef<'_>, unsent: u32, stall_timeout: Duration) {
    let _ = socket.set_tcp_nodelay(true);
    let _ = socket.set_tcp_user_timeout(Some(user_timeout(stall_timeout)));
    let _ = socket.set_tcp_notsent_lowat(unsent);
}

/// Linux measures this limit from the first loss that is not made good yet, and takes no notice of what
/// arrived since: on a slow line with many connections it cut uploads that moved. So it is out of the way of
/// ours, and below it only the kernel's own (some 15 min of silence), which would be in the way of the
/// longest `stall_timeout`.
fn user_timeout(stall_timeout: Duration) -> Duration {
    stall_timeout * 4 + Duration::from_secs(15 * 60)
}

pub(crate) fn unacknowledged_bytes(socket: RawFd) -> Option<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: This request (SIOCOUTQ in tcp(7)) writes one int, which outlives the call.
    let done = unsafe { libc::ioctl(socket, libc::TIOCOUTQ, &raw mut bytes) };
    if done == 0 { u64::try_from(bytes).ok() } else { None }
}

/// rustls makes each record in an allocation of its own. By default glibc gives the end of a heap back to the
/// kernel as soon as 128 KiB of it are free, and then gets it again, page by page, for the next records: with
/// a buffer of 256 KiB that was half of all an upload cost. Once a larger block was freed it waits until
/// twice that is free (mallopt(3), `M_MMAP_THRESHOLD`), which any program that frees large blocks has done by
/// itself. Nothing is written to the block, so it never takes memory.
pub(crate) fn keep_heap() {
    const BLOCK: usize = 1024 * 1024;
    static DONE: AtomicBool = AtomicBool::new(false);
    if cfg!(target_env = "gnu") && !DONE.swap(true, Relaxed) {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(BLOCK)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_and_was_not_waited_for_runs_nothing() {
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        let number = i32::try_from(child.id()).expect("a number");
        while fs::read_link(format!("/proc/{number}/exe")).is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert_eq!(program_of(number), RunningProgram::None);
        child.wait().expect("it ended");
    }

    #[test]
    fn an_inode_is_kept_by_disks_and_by_nfs() {
        for fuse_smb_fat_overlay in
            [0x6573_5546, 0xfe53_4d42, 0xff53_4d42, 0x4d44, 0x0102_1997, 0x794c_7630, 1]
        {
            assert!(!file_system(fuse_smb_fat_overlay).keeps_inodes, "{fuse_smb_fat_overlay:x}");
        }
        assert!(file_system(0xef53).keeps_inodes && file_system(0x6969).keeps_inodes);
        // As a 32-bit number with a sign has it.
        assert!(file_system(i64::from(0x9123_683e_u32 as i32)).keeps_inodes);
        assert!(file_system(0x794c_7630).keeps_records, "an overlay keeps the time of a record");
    }
}
