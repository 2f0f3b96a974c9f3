//! Where the API key comes from: the caller, the environment, or the file of the service's own tool.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result, Side};
use crate::secret::Secret;

/// Where a service's own tool keeps the key of whoever signed in.
pub(crate) struct Login {
    /// The command that the user signs in with.
    pub(crate) command: &'static str,
    /// A dotenv file, if there is a home for it.
    pub(crate) file: Option<PathBuf>,
}

/// The key given, else the environment's, else the one that the service's own tool keeps.
pub(crate) fn api_key(given: Option<String>, variable: &str, login: Option<&Login>) -> Result<Secret> {
    let usable = |key: String| Some(key.trim().to_owned()).filter(|k| !k.is_empty());
    let found = match given {
        Some(key) => usable(key),
        None => std::env::var(variable)
            .ok()
            .and_then(usable)
            .or_else(|| usable(key_in_file(login?.file.as_deref()?, variable).ok()??)),
    };
    found.map(Secret::new).ok_or_else(|| no_key(variable, login).side_is(Side::Caller))
}

fn no_key(variable: &str, login: Option<&Login>) -> Error {
    let error = |what: String| Error::new(ErrorKind::Authentication, what);
    let Some(Login { command, file }) = login else {
        return error(format!("no API key: pass api_key or set the environment variable {variable}"));
    };
    let what = format!(
        "no API key: pass api_key, set the environment variable {variable}, or sign in with `{command}`"
    );
    let Some(file) = file else { return error(what) };
    let shown = file.display();
    match key_in_file(file, variable) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => error(what),
        Err(e) => error(format!("{what} (its file {shown} cannot be read: {e})")).of_file(file, &e),
        Ok(_) => error(format!("{what} (its file {shown} holds none)")).with_path(file),
    }
}

fn key_in_file(file: &Path, variable: &str) -> std::io::Result<Option<String>> {
    let text = std::fs::read_to_string(file)?;
    Ok(text.lines().find_map(|line| {
        let line = line.trim().strip_prefix("export ").unwrap_or(line.trim());
        let (name, value) = line.split_once('=')?;
        (name.trim() == variable).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_a_dotenv_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let login = Login { command: "x login", file: Some(folder.path().join(".env")) };
        let write = |text: &str| std::fs::write(folder.path().join(".env"), text).expect("written");
        let found = || api_key(None, "NO_SUCH_VARIABLE", Some(&login));
        let message = || found().expect_err("no key").message().to_owned();
        assert!(message().ends_with("or sign in with `x login`"), "{}", message());
        write("# hi\nexport OTHER=1\nNO_SUCH_VARIABLE=''\n");
        assert!(message().contains(".env holds none"), "{}", message());
        for line in ["NO_SUCH_VARIABLE=\"abc\"", "export NO_SUCH_VARIABLE='abc'", " NO_SUCH_VARIABLE = abc "]
        {
            write(&format!("# hi\nexport OTHER=1\n{line}\n"));
            assert_eq!(found().expect("found").reveal(), "abc");
        }
        api_key(Some(String::new()), "NO_SUCH_VARIABLE", Some(&login)).expect_err("an empty key is no key");
        std::fs::remove_file(folder.path().join(".env")).expect("removed");
        std::fs::create_dir(folder.path().join(".env")).expect("a folder in its place");
        let error = found().expect_err("no file");
        assert!(error.message().contains("cannot be read") && error.errno().is_some(), "{error:?}");

        let error = api_key(Some("  ".into()), "NO_SUCH_VARIABLE", None).expect_err("none");
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert!(error.message().contains("NO_SUCH_VARIABLE"));
    }
}
