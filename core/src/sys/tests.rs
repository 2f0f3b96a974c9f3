//! What every family of systems has to do.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::testing::{is_private, open_to_all, symlink};
use super::*;

#[test]
fn what_is_written_at_an_offset_leaves_the_cursor_and_the_rest_alone() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"abc").expect("written");
    file.write_all_at(b"X", 0).expect("written");
    file.write_all(b"def").expect("appended");
    let mut all = [0; 6];
    file.read_exact_at(&mut all, 0).expect("read");
    assert_eq!(&all, b"Xbcdef");
    assert_eq!(file.read_at(&mut all, 6).expect("its end"), 0);
    let error = file.read_exact_at(&mut all, 1).expect_err("it is shorter");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let mut cached = [0; 2];
    if let Some(count) = read_cached(&file, &mut cached, 4) {
        assert_eq!(&cached[..count], b"ef");
    }
}

#[test]
fn what_was_written_can_be_waited_for() {
    let file = tempfile::tempfile().expect("a file");
    (&file).write_all(b"abc").expect("written");
    sync_data(&file).expect("on the disk");
    sync_all(&file).expect("on the disk");
}

#[test]
fn an_error_that_std_has_words_for_needs_no_others() {
    for kind in [ErrorKind::NotFound, ErrorKind::PermissionDenied] {
        assert_eq!(why_unreadable(&kind.into()), None);
    }
    let closed = std::io::Error::from_raw_os_error(os_error::EXISTS);
    assert!(!is_closed_by_peer(&closed));
}

#[test]
fn a_folder_opens_as_one_and_a_link_as_none() {
    let folder = tempfile::tempdir().expect("a folder");
    for open in [open_to_read, open_without_following] {
        assert!(open(folder.path()).and_then(|file| file.metadata()).expect("opened").is_dir());
        assert_eq!(open(&folder.path().join("none")).expect_err("none").kind(), ErrorKind::NotFound);
    }
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "text").expect("written");
    symlink(&file, &link).expect("a link");
    // Wine makes a link that is not there.
    if fs::symlink_metadata(&link).is_err() {
        return;
    }
    let is_file = |open: fn(&Path) -> std::io::Result<fs::File>, path: &Path| {
        let opened = open(path).and_then(|file| Ok(!is_device(&file) && file.metadata()?.is_file()));
        opened.unwrap_or(false)
    };
    assert!(is_file(open_to_read, &link) && is_file(open_without_following, &file));
    assert!(!is_file(open_without_following, &link));
}

#[test]
fn a_file_is_known_again_by_its_handle_and_by_its_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    fs::write(&one, "text").expect("written");
    fs::write(&other, "text").expect("written");
    let at = |path: &Path| facts_at(path, &fs::metadata(path).expect("there")).expect("looked at");
    let mut file = fs::File::options().append(true).open(&one).expect("opened");
    let of = |file: &fs::File| facts_of(file, &file.metadata().expect("open")).expect("looked at");
    let before = of(&file);
    assert!(before.is_same_file(&at(&one)) && !before.is_same_file(&at(&other)));
    assert_eq!((before.size, at(&one).modified, at(&one).recorded), (4, before.modified, before.recorded));
    let now = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).expect("now");
    let age = i64::try_from(now.as_secs()).expect("a time") - before.modified.0;
    assert!((-3600..3600).contains(&age), "{age} s old");
    file.write_all(b"more").expect("written");
    let after = of(&file);
    assert!(after.is_same_file(&before) && after.size == 8);
}

#[test]
fn a_private_file_is_its_owners_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("private");
    let file = create_private(&path).expect("made");
    assert!(is_private(&path) && belongs_to_user(&file, &file.metadata().expect("open")).expect("asked"));
    assert_eq!(create_private(&path).expect_err("taken").kind(), ErrorKind::AlreadyExists);
    drop(file);
    open_to_all(&path);
    assert!(!is_private(&path));
    make_private(&open_private(&path).expect("opened")).expect("made private");
    assert!(is_private(&path));
}

#[test]
fn a_file_without_a_name_gets_one_that_nothing_has() {
    let folder = tempfile::tempdir().expect("a folder");
    let (name, taken) = (folder.path().join("name"), folder.path().join("taken"));
    fs::write(&taken, "theirs").expect("written");
    // Not every system and file system makes one.
    if let Ok(mut file) = unnamed_file_in(folder.path()) {
        file.write_all(b"mine").expect("written");
        assert_eq!(name_file(&file, &taken).expect_err("taken").kind(), ErrorKind::AlreadyExists);
        name_file(&file, &name).expect("named");
        assert_eq!(fs::read(&name).expect("read"), b"mine");
    }
    assert!(may_be_named(&name));
    assert!(!may_be_named(&folder.path().join("folder/")) && !may_be_named(Path::new("..")));
    assert!(!may_be_named(&folder.path().join("a".repeat(256))));
}

#[test]
fn this_process_runs_its_program_and_nobody_holds_its_files() {
    let own = std::env::current_exe().expect("a program");
    let own = own.file_name().expect("a name").to_string_lossy().to_ascii_lowercase();
    let number = i32::try_from(std::process::id()).expect("a number");
    assert_eq!(program_of(number), RunningProgram::Named(own));
    assert_eq!(program_of(i32::MAX), RunningProgram::None);
    assert_eq!(program_of(-1), RunningProgram::None);
    let file = tempfile::NamedTempFile::new().expect("a file");
    assert_eq!(lock_holder(file.path()), None);
    assert_eq!(lock_holder(&file.path().join("none")), None);
    assert!(!is_listened_to(file.path()));
}
