//! Linux alone.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::{ReadWriteFlags, preadv2};

use super::files::FileSystem;

/// File systems that do not know `RWF_NOWAIT` may wait for ever (FUSE, a network), so a refused flag says
/// nothing. Nor does any other refusal: sandboxes answer calls they do not know with EPERM, EINVAL or ENOSYS,
/// and the plain read tells what is wrong with the file too.
pub(crate) fn read_cached(file: &File, into: &mut [u8], at: u64) -> Option<usize> {
    preadv2(file, &mut [IoSliceMut::new(into)], at, ReadWriteFlags::NOWAIT).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

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
