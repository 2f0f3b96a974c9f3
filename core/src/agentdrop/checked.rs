//! A request of which everything is checked that needs neither a look at a file nor a network, with each
//! file's name and media type settled once. Knows nothing of the service.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::encryption;
use super::request::{File, Terms, Transfer};
use crate::error::{Error, Result};
use crate::source::Source;

/// A transfer that may be prepared.
pub(super) struct CheckedTransfer {
    pub(super) terms: Terms,
    pub(super) files: Vec<CheckedFile>,
    pub(super) journal: Option<PathBuf>,
    pub(super) timeout: Option<Duration>,
}

/// A file under the name and the type that the recipient will see.
#[derive(Serialize)]
pub(super) struct CheckedFile {
    /// Of another size or content it is a file that changed, which is looked for on its own.
    #[serde(skip)]
    pub(super) source: Source,
    pub(super) name: String,
    pub(super) content_type: String,
    /// The nonce of a file that came sealed.
    pub(super) encryption_iv: Option<String>,
}

impl CheckedTransfer {
    pub(super) fn of(transfer: Transfer) -> Result<Self> {
        let Transfer { terms, files, journal, timeout } = transfer;
        check_terms(&terms)?;
        if files.is_empty() {
            return Err(Error::invalid("files is empty; give at least one"));
        }
        check_lifetime(terms.expires_in.as_deref())?;
        let journal = journal.transpose()?;
        let sealed = terms.seals_here();
        let files: Vec<_> =
            files.into_iter().map(|file| CheckedFile::of(file, sealed)).collect::<Result<_>>()?;
        let nonces: Vec<Option<&str>> = files.iter().map(|file| file.encryption_iv.as_deref()).collect();
        encryption::check(terms.encryption.as_ref(), &terms.mode, &nonces)?;
        Ok(Self { terms, files, journal, timeout })
    }
}

fn check_terms(terms: &Terms) -> Result<()> {
    for (value, what) in [(&terms.sender, "sender"), (&terms.recipient, "recipient")] {
        if value.trim().is_empty() {
            return Err(Error::invalid(format!("{what} is empty; every transfer needs one")));
        }
    }
    if terms.mode.trim().is_empty() {
        return Err(Error::invalid("mode is empty; leave it out for \"agent-to-agent\""));
    }
    Ok(())
}

fn check_lifetime(text: Option<&str>) -> Result<()> {
    let Some(text) = text else { return Ok(()) };
    let number = text.strip_suffix(['h', 'd']).unwrap_or("");
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::invalid(format!(
            "expires_in must be a number of hours or days such as \"12h\" or \"7d\", not {text:?}"
        )));
    }
    Ok(())
}

impl CheckedFile {
    /// `sealed`: it is to be sealed here.
    pub(super) fn of(file: File, sealed: bool) -> Result<Self> {
        file.source.check()?;
        let name = resolved_name(&file)?;
        let content_type = resolved_type(&file, &name, sealed || file.encryption_iv.is_some())?;
        Ok(Self { source: file.source, name, content_type, encryption_iv: file.encryption_iv })
    }
}

fn resolved_name(file: &File) -> Result<String> {
    let file_name = file.source.as_path().and_then(Path::file_name);
    let from_path = || Some(file_name?.to_str()?.to_owned());
    let name = file.name.clone().or_else(from_path).ok_or_else(|| {
        if let Some(odd) = file_name {
            return Error::invalid(format!(
                "the file name {odd:?} is not UTF-8, which the service needs; give the file another name for the recipient"
            ));
        }
        if let Some(path) = file.source.as_path() {
            return Error::invalid(format!("the path {path:?} names no file; give that of a file"));
        }
        Error::invalid("a file without a path has no name; give it the one that the recipient will see")
    })?;
    let base_name = Path::new(&name).file_name().is_some_and(|n| n == name.as_str());
    if !base_name || name.contains('\\') || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "the file name {:?} is not a plain base name; leave folders and control characters out",
            crate::secret::scrub(&name)
        )));
    }
    Ok(name)
}

/// A type guessed from the name says nothing true of a file that is `sealed`.
fn resolved_type(file: &File, name: &str, sealed: bool) -> Result<String> {
    match &file.content_type {
        Some(given) if http::HeaderValue::from_str(given).is_ok() && given.contains('/') => Ok(given.clone()),
        Some(given) => {
            Err(Error::invalid(format!("content_type {given:?} is not a media type such as text/csv")))
        }
        None if sealed => Ok("application/octet-stream".to_owned()),
        None => Ok(mime_guess::from_path(name).first_or_octet_stream().essence_str().to_owned()),
    }
}
