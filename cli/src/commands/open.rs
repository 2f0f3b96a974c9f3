//! `dropoff open`: a sealed file that was downloaded.

use std::path::PathBuf;

use dropoff::{Error, Result, SealedFile, start_open_sealed};
use serde_json::Value;

use super::shared::{key_pair, shown};
use crate::report::{Report, size};
use crate::run::Session;
use crate::secrets;

/// Opens a sealed file that was downloaded, and writes it to a new file.
///
/// How it was sealed stands in the download's reply: give that whole, by --reply, or its texts one by one.
#[derive(Debug, clap::Args)]
pub struct Open {
    /// The sealed file.
    file: PathBuf,
    /// The opened file, where nothing is yet.
    #[arg(long, value_name = "PATH")]
    to: PathBuf,
    /// A file with the download's reply, as JSON; - is standard input.
    #[arg(long, value_name = "FILE")]
    reply: Option<PathBuf>,
    /// The file's name in the reply [default: that of the sealed file].
    #[arg(long, value_name = "NAME", requires = "reply")]
    name: Option<String>,
    /// The sender's public key: only what that sender sealed opens.
    #[arg(long, value_name = "BASE64")]
    sender_public_key: Option<String>,
    /// The transfer's wrapped key.
    #[arg(long, value_name = "BASE64")]
    encrypted_key: Option<String>,
    /// The transfer's salt, where it has one.
    #[arg(long, value_name = "BASE64")]
    encryption_salt: Option<String>,
    /// The file's nonce.
    #[arg(long, value_name = "BASE64")]
    encryption_iv: Option<String>,
    /// The recipient's key: a file of `dropoff key new`, or the official SDK's folder or config.json
    /// [default: the environment variable DROPOFF_PRIVATE_KEY, else ~/.agentdrop].
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Open {
    pub fn run(self, session: &Session) -> Result<Report> {
        let told = self.told()?;
        let mut sealed = SealedFile::new(&self.file);
        let given = |argument: &Option<String>, name: &str| argument.clone().or_else(|| told.text(name));
        if let Some(key) = given(&self.sender_public_key, "sender_public_key") {
            sealed = sealed.sender_public_key(key);
        }
        if let Some(key) = given(&self.encrypted_key, "encrypted_key") {
            sealed = sealed.encrypted_key(key);
        }
        if let Some(salt) = given(&self.encryption_salt, "encryption_salt") {
            sealed = sealed.encryption_salt(salt);
        }
        if let Some(nonce) = given(&self.encryption_iv, "encryption_iv") {
            sealed = sealed.encryption_iv(nonce);
        }
        let pair = key_pair(self.key_file.as_deref())?;
        let opened = session.wait(|| start_open_sealed(&sealed, &self.to, &pair))?;
        let headline = format!("opened {} as {}", shown(&self.file), opened.path.display());
        let mut report = Report::of(&opened, format!("{headline}, {}", size(opened.bytes)));
        report.fact("path", Some(opened.path.display()));
        report.fact("bytes", Some(opened.bytes));
        report.ids.push(opened.path.display().to_string());
        Ok(report)
    }

    /// What the reply says of this file.
    fn told(&self) -> Result<Told> {
        let Some(path) = &self.reply else { return Ok(Told::default()) };
        let wrong =
            |why: &str| Error::bad_argument(&format!("{} {why}; give the download's reply", shown(path)));
        let reply: Value = serde_json::from_str(&secrets::read(path, "the download's reply")?)
            .map_err(|_| wrong("holds no JSON"))?;
        let own = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        let wanted = self.name.clone().or(own).unwrap_or_default();
        let files = reply.get("files").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_it = |file: &Value| ["name", "file_name"].iter().any(|key| file[*key] == wanted.as_str());
        let file = match &files[..] {
            [] => Value::Null,
            [only] if self.name.is_none() => only.clone(),
            several => several
                .iter()
                .find(|file| is_it(file))
                .cloned()
                .ok_or_else(|| wrong(&format!("knows no file {wanted:?}, so name it by --name")))?,
        };
        Ok(Told { reply, file })
    }
}

#[derive(Default)]
struct Told {
    reply: Value,
    file: Value,
}

impl Told {
    fn text(&self, name: &str) -> Option<String> {
        // A service may well say `null` of a file, and mean what it says of the transfer.
        let text = |place: &Value| place.get(name).and_then(Value::as_str).map(str::to_owned);
        text(&self.file).or_else(|| text(&self.reply))
    }
}
