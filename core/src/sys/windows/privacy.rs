//! Whose a file is, and who else may open it.

use std::fs::{File, Metadata};
use std::io;
use std::os::windows::io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle};
use std::ptr::{null, null_mut};

use windows_sys::Win32::Foundation::{ERROR_SUCCESS, FALSE, LocalFree, WIN32_ERROR};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1, SE_FILE_OBJECT,
    SetSecurityInfo,
};
use windows_sys::Win32::Security::{
    ACL, CheckTokenMembership, DACL_SECURITY_INFORMATION, EqualSid, GetSecurityDescriptorDacl,
    GetTokenInformation, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, PSID, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows_sys::w;

use super::files::keeps_rights;

/// All rights to the owner, to administrators and to the system itself, which Unix would not keep out either,
/// and none by what the folder grants.
const PRIVATE: *const u16 = w!("D:P(A;;FA;;;OW)(A;;FA;;;BA)(A;;FA;;;SY)");

/// A file system that keeps no rights (FAT) leaves nothing to do.
pub(crate) fn make_private(file: &File) -> io::Result<()> {
    if !keeps_rights(file) {
        return Ok(());
    }
    let private = Descriptor::private()?;
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is open as long as the file is borrowed, and the list is part of the descriptor,
    // which lives until the end of this function. NULL stands for what stays as it is.
    succeeded(unsafe {
        SetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            what,
            null_mut(),
            null_mut(),
            private.access_list()?,
            null(),
        )
    })
}

/// The user's own, or a group's that the user acts for, as administrators do.
pub(crate) fn belongs_to_user(file: &File, _: &Metadata) -> io::Result<bool> {
    let mut owner: PSID = null_mut();
    let mut descriptor = Descriptor(null_mut());
    // SAFETY: the handle is open as long as the file is borrowed. The owner that is written points into the
    // descriptor that is, and NULL stands for what is not asked for.
    succeeded(unsafe {
        GetSecurityInfo(
            file.as_raw_handle(),
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            &raw mut owner,
            null_mut(),
            null_mut(),
            null_mut(),
            &raw mut descriptor.0,
        )
    })?;
    let mut is_member = FALSE;
    // SAFETY: NULL stands for this thread's user; the owner lives as long as the descriptor.
    match unsafe { CheckTokenMembership(null_mut(), owner, &raw mut is_member) } {
        FALSE => Err(io::Error::last_os_error()),
        // Wine counts a user's groups alone.
        _ => Ok(is_member != FALSE || is_user(owner)?),
    }
}

/// Whether it is this process's own user. The owner points to a SID.
fn is_user(owner: PSID) -> io::Result<bool> {
    let mut token = null_mut();
    // SAFETY: the first handle stands for this process; the call writes the other.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == FALSE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: nobody else has this handle.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // The struct, and the longest SID (68 bytes) behind it, aligned as the struct is.
    let mut told = [0_u64; 16];
    let (size, mut len) = (u32::try_from(size_of_val(&told)).unwrap_or(0), 0);
    // SAFETY: the token is open; at most `size` bytes are written, which there are.
    let done = unsafe {
        let (token, into) = (token.as_raw_handle(), told.as_mut_ptr().cast());
        GetTokenInformation(token, TokenUser, into, size, &raw mut len)
    };
    if done == FALSE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the struct was written, and points into what was written behind it; both SIDs are whole.
    Ok(unsafe { EqualSid(owner, (*told.as_ptr().cast::<TOKEN_USER>()).User.Sid) != FALSE })
}

/// One that Windows allocated.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn private() -> io::Result<Self> {
        let mut made = Self(null_mut());
        // SAFETY: the text ends with NUL; the call writes the pointer, and NULL stands for its length.
        let done = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                PRIVATE,
                SDDL_REVISION_1,
                &raw mut made.0,
                null_mut(),
            )
        };
        if done == FALSE { Err(io::Error::last_os_error()) } else { Ok(made) }
    }

    fn access_list(&self) -> io::Result<*const ACL> {
        let (mut is_there, mut list, mut is_default) = (FALSE, null_mut(), FALSE);
        // SAFETY: the descriptor is one; the others are places to write to.
        let done = unsafe {
            GetSecurityDescriptorDacl(self.0, &raw mut is_there, &raw mut list, &raw mut is_default)
        };
        if done == FALSE { Err(io::Error::last_os_error()) } else { Ok(list) }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: Windows allocated it so, and nothing points into it any more. NULL is none.
        unsafe { LocalFree(self.0) };
    }
}

/// These calls return their error.
fn succeeded(code: WIN32_ERROR) -> io::Result<()> {
    match code {
        ERROR_SUCCESS => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.cast_signed())),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use std::os::windows::fs::symlink_file as symlink;
    use std::path::Path;
    use std::process::Command;

    use crate::sys::open_private;

    /// No right that the folder grants: `icacls` marks those by `(I)`.
    pub(crate) fn is_private(path: &Path) -> bool {
        let said = Command::new("icacls").arg(path).output().expect("icacls");
        !String::from_utf8_lossy(&said.stdout).contains("(I)")
    }

    /// The folder's rights again.
    pub(crate) fn open_to_all(path: &Path) {
        drop(open_private(path).expect("there"));
        let reset = Command::new("icacls").arg(path).arg("/reset").status().expect("icacls");
        assert!(reset.success());
    }
}
