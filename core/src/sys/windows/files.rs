//! What Windows tells of a file, and of the file system it is on.

use std::fs::{File, Metadata};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{FALSE, HANDLE};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_ID_INFO,
    FILE_INFO_BY_HANDLE_CLASS, FILE_REMOTE_PROTOCOL_INFO, FileBasicInfo, FileIdInfo, FileRemoteProtocolInfo,
    GetFileInformationByHandle, GetFileInformationByHandleEx, GetVolumeInformationByHandleW,
};
use windows_sys::Win32::System::SystemServices::FILE_PERSISTENT_ACLS;

use crate::sys::files::{FileFacts, FileSystem, Time};

pub(crate) fn sync_all(file: &File) -> io::Result<()> {
    file.sync_all()
}

pub(crate) fn sync_data(file: &File) -> io::Result<()> {
    file.sync_data()
}

/// Numbers of errors mean here what std says.
pub(crate) fn why_unreadable(_: &io::Error) -> Option<&'static str> {
    None
}

pub(crate) const MAY_BE_ELSEWHERE: &str = ", and whether it is in OneDrive or another cloud and not here yet";

pub(crate) fn facts_of(file: &File, _: &Metadata) -> io::Result<FileFacts> {
    facts(file)
}

/// What a folder's listing tells of a file that is open is often stale (NTFS), and has no number and no time
/// of the record, so the file itself is asked.
pub(crate) fn facts_at(path: &Path, _: &Metadata) -> io::Result<FileFacts> {
    facts(&open_to_ask(path)?)
}

/// Reads and writes nothing, so nobody's refusal to share the file stands in the way. A folder is opened too.
fn open_to_ask(path: &Path) -> io::Result<File> {
    File::options().access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)
}

fn facts(file: &File) -> io::Result<FileFacts> {
    let found = by_handle(file)?;
    // SAFETY: each class is asked for with its own struct, of integers only.
    let (basic, id) =
        unsafe { (told::<FILE_BASIC_INFO>(file, FileBasicInfo), told::<FILE_ID_INFO>(file, FileIdInfo)) };
    let both = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let basic = basic?;
    // ReFS has numbers of 128 bits, and FAT none of this kind.
    let (volume, inode) = match id {
        Ok(id) => (id.VolumeSerialNumber, folded(id.FileId.Identifier)),
        Err(_) => (u64::from(found.dwVolumeSerialNumber), both(found.nFileIndexHigh, found.nFileIndexLow)),
    };
    Ok(FileFacts {
        volume,
        inode,
        size: both(found.nFileSizeHigh, found.nFileSizeLow),
        modified: since_1970(basic.LastWriteTime),
        recorded: since_1970(basic.ChangeTime),
        takes_no_room: false,
    })
}

fn folded(number: [u8; 16]) -> u64 {
    let whole = u128::from_le_bytes(number);
    let low = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
    low(whole) ^ low(whole >> 64)
}

/// Windows counts tenths of microseconds since 1601.
fn since_1970(time: i64) -> Time {
    const A_SECOND: i64 = 10_000_000;
    const SECONDS_TO_1970: i64 = 11_644_473_600;
    (time.div_euclid(A_SECOND) - SECONDS_TO_1970, time.rem_euclid(A_SECOND) * 100)
}

fn by_handle(file: &File) -> io::Result<BY_HANDLE_FILE_INFORMATION> {
    let mut found = MaybeUninit::zeroed();
    // SAFETY: the handle is open as long as the file is borrowed; the call writes one such struct.
    match unsafe { GetFileInformationByHandle(handle(file), found.as_mut_ptr()) } {
        FALSE => Err(io::Error::last_os_error()),
        // SAFETY: the struct was written, and holds integers only.
        _ => Ok(unsafe { found.assume_init() }),
    }
}

/// # Safety
/// `T` is the struct of that class, and may be all zeros.
unsafe fn told<T>(file: &File, class: FILE_INFO_BY_HANDLE_CLASS) -> io::Result<T> {
    let mut found = MaybeUninit::<T>::zeroed();
    let size = u32::try_from(size_of::<T>()).unwrap_or(0);
    // SAFETY: the handle is open as long as the file is borrowed; the call writes at most `size` bytes.
    match unsafe { GetFileInformationByHandleEx(handle(file), class, found.as_mut_ptr().cast(), size) } {
        FALSE => Err(io::Error::last_os_error()),
        // SAFETY: zeros are a value of it, and so is what was written.
        _ => Ok(unsafe { found.assume_init() }),
    }
}

fn handle(file: &File) -> HANDLE {
    file.as_raw_handle()
}

pub(crate) fn file_system_at(path: &Path) -> FileSystem {
    open_to_ask(path).map_or(FileSystem::UNKNOWN, |file| file_system_of(&file))
}

/// A server's file system has its name told too, and keeps to none of what is known of it here.
pub(crate) fn file_system_of(file: &File) -> FileSystem {
    // SAFETY: the class is asked for with its own struct, of integers only.
    let is_remote = unsafe { told::<FILE_REMOTE_PROTOCOL_INFO>(file, FileRemoteProtocolInfo) }.is_ok();
    let Some(volume) = volume_of(file).filter(|_| !is_remote) else { return FileSystem::UNKNOWN };
    let kept = ["NTFS", "ReFS"].contains(&volume.system.as_str());
    FileSystem { in_memory: false, local: true, keeps_inodes: kept, keeps_records: kept }
}

/// Whether a file's rights are kept; where that is not told, they may be.
pub(super) fn keeps_rights(file: &File) -> bool {
    volume_of(file).is_none_or(|volume| volume.flags & FILE_PERSISTENT_ACLS != 0)
}

struct Volume {
    /// `NTFS` and the like.
    system: String,
    flags: u32,
}

fn volume_of(file: &File) -> Option<Volume> {
    let (mut name, mut flags) = ([0_u16; 64], 0);
    let length = u32::try_from(name.len()).unwrap_or(0);
    // SAFETY: the handle is open as long as the file is borrowed; `length` is that of `name`, and NULL stands
    // for what is not asked for.
    let done = unsafe {
        GetVolumeInformationByHandleW(
            handle(file),
            null_mut(),
            0,
            null_mut(),
            null_mut(),
            &raw mut flags,
            name.as_mut_ptr(),
            length,
        )
    };
    let end = name.iter().position(|unit| *unit == 0).filter(|_| done != FALSE)?;
    Some(Volume { system: String::from_utf16_lossy(&name[..end]), flags })
}
