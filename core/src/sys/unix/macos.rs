//! macOS alone.

#![allow(unsafe_code, reason = "calls that neither std nor rustix offers")]

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd as _, BorrowedFd, RawFd};
use std::os::macos::fs::MetadataExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use libc::{c_int, socklen_t};
use rustix::fs::{OFlags, StatFs, fcntl_getfl, getpath};
use socket2::SockRef;

use super::processes::{is_there, program_name};
use crate::sys::files::FileSystem;
use crate::sys::processes::RunningProgram;

/// Nothing here reads the cache alone: `RWF_NOWAIT` is Linux's, and `mincore` wants a mapping.
pub(crate) fn read_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

/// What keeps a program from Documents, Desktop, network volumes or Safari's folder says EPERM, whatever the
/// permissions are, and so does a sandbox. EDEADLK is said of a file of iCloud where nothing may be
/// downloaded for this program.
pub(crate) fn why_unreadable(error: &io::Error) -> Option<&'static str> {
    match error.raw_os_error()? {
        libc::EPERM => Some(
            "perhaps since macOS keeps it from this program; allow the program, or the terminal that it runs in, to read it under System Settings, Privacy & Security, Files and Folders or Full Disk Access",
        ),
        libc::EDEADLK => {
            Some("since it is in iCloud and not on this Mac; download it in the Finder and try again")
        }
        _ => None,
    }
}

pub(crate) const MAY_BE_ELSEWHERE: &str =
    ", whether it is in iCloud and not on this Mac yet, and whether macOS asks if this program may read it";

/// sys/stat.h; libc does not have it.
const SF_DATALESS: u32 = 0x4000_0000;

/// Reading it downloads it.
pub(super) fn is_elsewhere(meta: &Metadata) -> bool {
    meta.st_flags() & SF_DATALESS != 0
}

/// macOS gives no name to a file that has none.
pub(crate) fn unnamed_file_in(_: &Path) -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

pub(crate) fn name_file(_: &File, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

pub(crate) fn file_system_of(file: &File) -> FileSystem {
    rustix::fs::fstatfs(file).map_or(FileSystem::UNKNOWN, |fs| file_system(&fs))
}

pub(crate) fn file_system_at(path: &Path) -> FileSystem {
    rustix::fs::statfs(path).map_or(FileSystem::UNKNOWN, |fs| file_system(&fs))
}

/// The server of NFS keeps inodes and records. What is in memory is a disk image here, of one of these types.
fn file_system(fs: &StatFs) -> FileSystem {
    let name = fs.f_fstypename.map(i8::cast_unsigned);
    let disk = name.starts_with(b"apfs\0") || name.starts_with(b"hfs\0");
    let kept = disk || name.starts_with(b"nfs\0");
    FileSystem { in_memory: false, local: disk, keeps_inodes: kept, keeps_records: kept }
}

/// `/dev/fd` lists this process's own descriptors.
pub(crate) fn find_open_for_writing<T>(wanted: impl Fn(&Path) -> Option<T>) -> Option<T> {
    fs::read_dir("/dev/fd").ok()?.flatten().find_map(|entry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        // SAFETY: it was open when it was listed. Where another thread has closed it since, these two calls
        // fail, or tell of the file that has the number by now; neither changes anything.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        let path = getpath(descriptor).ok()?;
        let found = wanted(Path::new(OsStr::from_bytes(path.to_bytes())))?;
        let is_written = fcntl_getfl(descriptor).is_ok_and(|flags| flags.intersects(OFlags::RWMODE));
        is_written.then_some(found)
    })
}

pub(crate) fn program_of(process: i32) -> RunningProgram {
    if !is_there(process) {
        return RunningProgram::None;
    }
    let mut path = [0_u8; libc::PROC_PIDPATHINFO_MAXSIZE as usize];
    let size = u32::try_from(path.len()).unwrap_or(0);
    // SAFETY: the call writes at most `size` bytes, which there are.
    let len = unsafe { libc::proc_pidpath(process, path.as_mut_ptr().cast(), size) };
    match usize::try_from(len).ok().and_then(|len| path.get(..len)).filter(|path| !path.is_empty()) {
        Some(path) => RunningProgram::Named(program_name(Path::new(OsStr::from_bytes(path)))),
        // One that ended and was not waited for has no program.
        None if io::Error::last_os_error().raw_os_error() == Some(libc::ESRCH) => RunningProgram::None,
        None => RunningProgram::Hidden,
    }
}

/// netinet/tcp.h; libc does not have it.
const TCP_NOTSENT_LOWAT: c_int = 0x201;

/// The kernel is as patient as it is by itself.
pub(crate) const WAITING_NEEDS: &str = "sockets, which a sandbox may forbid";
/// The setting that says how many files all programs may have open.
pub(super) const LIMIT_OF_ALL_PROGRAMS: &str = "sysctl kern.maxfiles";

pub(crate) fn tune_upload(socket: &SockRef<'_>, unsent: u32, _: Duration) {
    let _ = socket.set_tcp_nodelay(true);
    let unsent = c_int::try_from(unsent).unwrap_or(c_int::MAX);
    // SAFETY: the socket is open as long as it is borrowed. This option is an int, and its size is given.
    let _ = unsafe {
        let (at, size) = ((&raw const unsent).cast(), size_of::<c_int>() as socklen_t);
        libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, TCP_NOTSENT_LOWAT, at, size)
    };
}

pub(crate) fn unacknowledged_bytes(socket: RawFd) -> Option<u64> {
    let mut bytes: c_int = 0;
    let mut size = size_of::<c_int>() as socklen_t;
    // SAFETY: This option is an int, and its size is given; both outlive the call.
    let done = unsafe {
        let level = libc::SOL_SOCKET;
        libc::getsockopt(socket, level, libc::SO_NWRITE, (&raw mut bytes).cast(), &raw mut size)
    };
    if done == 0 { u64::try_from(bytes).ok() } else { None }
}

/// Its allocator is not asked for what a connection frees.
pub(crate) fn keep_heap() {}
