//! Processes, and the files that they keep from others.

use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::path::{Path, PathBuf};

use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION, FALSE, WAIT_OBJECT_0,
};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    QueryFullProcessImageNameW, WaitForSingleObject,
};

use crate::sys::processes::RunningProgram;

/// Whether another program has a file open and does not share it, or has locked the part that was asked for.
pub(crate) fn is_held_elsewhere(error: &io::Error) -> bool {
    let held = [ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION].map(u32::cast_signed);
    error.raw_os_error().is_some_and(|number| held.contains(&number))
}

/// A browser shares the file that says that it runs with nobody who would write to it. No call here tells of
/// locks without taking one.
pub(crate) fn lock_holder(path: &Path) -> Option<Option<i32>> {
    match File::options().write(true).open(path) {
        Err(e) if is_held_elsewhere(&e) => Some(None),
        _ => None,
    }
}

/// A file that this process itself has open and does not share is found by `lock_holder`.
pub(crate) fn find_open_for_writing<T>(_: impl Fn(&Path) -> Option<T>) -> Option<T> {
    None
}

pub(crate) fn program_of(process: i32) -> RunningProgram {
    let Ok(number) = u32::try_from(process) else { return RunningProgram::None };
    let rights = PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE;
    // SAFETY: the call takes and gives nothing but values.
    let opened = unsafe { OpenProcess(rights, FALSE, number) };
    if opened.is_null() {
        let error = io::Error::last_os_error().raw_os_error();
        let is_none = error == Some(ERROR_INVALID_PARAMETER.cast_signed());
        return if is_none { RunningProgram::None } else { RunningProgram::Hidden };
    }
    // SAFETY: nobody else has this handle.
    let opened = unsafe { OwnedHandle::from_raw_handle(opened) };
    // SAFETY: the handle is open; zero waits for nothing. One that has ended is kept by whoever has it open.
    if unsafe { WaitForSingleObject(opened.as_raw_handle(), 0) } == WAIT_OBJECT_0 {
        return RunningProgram::None;
    }
    let mut path = vec![0_u16; 1 << 15];
    let mut len = u32::try_from(path.len()).unwrap_or(0);
    // SAFETY: the handle is open; at most `len` units are written, which there are, and `len` then says how
    // many.
    let done = unsafe {
        let (process, path) = (opened.as_raw_handle(), path.as_mut_ptr());
        QueryFullProcessImageNameW(process, PROCESS_NAME_WIN32, path, &raw mut len)
    };
    if done == FALSE {
        return RunningProgram::Hidden;
    }
    path.truncate(usize::try_from(len).unwrap_or(0));
    let path = PathBuf::from(String::from_utf16_lossy(&path));
    RunningProgram::Named(path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase())
}

/// Only a browser on Unix names its host.
pub(crate) fn is_this_host(_: &str) -> bool {
    false
}

/// A browser on Windows listens at no such socket.
pub(crate) fn is_listened_to(_: &Path) -> bool {
    false
}
