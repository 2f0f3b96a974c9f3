//! Opening files.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::windows::io::AsRawHandle as _;
use std::path::Path;

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_TYPE_DISK,
    GetFileType, READ_CONTROL, WRITE_DAC,
};

use super::files::facts_of;
use super::privacy::make_private;

/// Without this flag a folder is "access denied".
const FOLDERS_TOO: u32 = FILE_FLAG_BACKUP_SEMANTICS;

pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(FOLDERS_TOO).open(path)
}

/// A link opens as itself, and is then no file to its metadata. Other reparse points, of a file that a cloud
/// keeps or that shares its bytes with others, would open as less than the file they stand for.
pub(crate) fn open_without_following(path: &Path) -> io::Result<File> {
    let flags = FOLDERS_TOO | FILE_FLAG_OPEN_REPARSE_POINT;
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    if is_device(&file) {
        return Ok(file);
    }
    let meta = file.metadata()?;
    let is_other = meta.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 && meta.is_file();
    if is_other { open_to_read(path) } else { Ok(file) }
}

pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    owned(File::options().create(true).truncate(false)).custom_flags(FOLDERS_TOO).open(path)
}

/// It begins with the rights that the folder grants, so nobody shares it until it has its own: whoever had
/// opened it before could go on reading.
///
/// A device is made by nobody, and would get the rights of a file for everybody.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let alone = owned(File::options().create_new(true)).share_mode(0).open(path)?;
    if is_device(&alone) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let facts = |file: &File| facts_of(file, &file.metadata()?);
    let made = make_private(&alone).and_then(|()| facts(&alone));
    drop(alone);
    let shared = made.and_then(|made| {
        let file = owned(&mut File::options()).open(path)?;
        Ok(facts(&file)?.is_same_file(&made).then_some(file))
    });
    match shared {
        Ok(file) => file.ok_or_else(|| io::ErrorKind::AlreadyExists.into()),
        Err(error) => {
            // Of this error there is enough to tell.
            let _ = std::fs::remove_file(path);
            Err(error)
        }
    }
}

/// With the right to say who else may open it.
fn owned(options: &mut OpenOptions) -> &mut OpenOptions {
    let access = GENERIC_READ | GENERIC_WRITE | READ_CONTROL | WRITE_DAC;
    options.read(true).write(true).access_mode(access)
}

/// `NUL`, `CON`, a pipe: nothing else may be asked of one.
pub(crate) fn is_device(file: &File) -> bool {
    // SAFETY: the handle is open as long as the file is borrowed.
    unsafe { GetFileType(file.as_raw_handle()) != FILE_TYPE_DISK }
}
