//! `dropoff send`: files to another agent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dropoff::{Encryption, Error, File, Result, SentTransfer, Transfer, TransferPlan};
use serde_json::Value;

use super::shared::{ServiceArguments, key_pair};
use crate::client_options::{parse_bytes, parse_duration};
use crate::report::{Report, count, size};
use crate::run::{SIZE_OF_A_FILE, Session};
use crate::sys::paths_of_lines;
use crate::{secrets, state};

/// Sends files to another agent through AgentDrop, and waits until they can be downloaded.
#[derive(Debug, clap::Args)]
pub struct Send {
    /// The files; - is standard input, and needs --name.
    #[arg(required_unless_present = "files_from")]
    files: Vec<PathBuf>,
    /// A file with more paths, one a line as it is; - is standard input.
    #[arg(long, value_name = "FILE")]
    files_from: Option<PathBuf>,
    /// The agent that sends.
    #[arg(long, value_name = "AGENT")]
    from: String,
    /// The agent that receives; an e-mail address in mode agent-to-human.
    #[arg(long, value_name = "AGENT")]
    to: String,
    /// The name that the recipient sees of a single file.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Bytes that standard input must have; where it has others, nothing is sent.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    size: Option<u64>,
    /// Seals the files for the key that the service names for the recipient.
    #[arg(long, help_heading = "Sealing")]
    seal: bool,
    /// Seals the files for this public key of the recipient.
    #[arg(long, value_name = "PUBLIC_KEY", conflicts_with = "seal", help_heading = "Sealing")]
    seal_for: Option<String>,
    /// The sender's key: a file of `dropoff key new`, or the official SDK's folder or config.json [default:
    /// the environment variable DROPOFF_PRIVATE_KEY, else ~/.agentdrop].
    #[arg(long, value_name = "FILE", help_heading = "Sealing")]
    key_file: Option<PathBuf>,
    /// How long the transfer lives, such as 12h or 7d [default: the service's].
    #[arg(long, value_name = "TIME")]
    expires_in: Option<String>,
    /// How often it may be downloaded [default: the service's].
    #[arg(long, value_name = "N")]
    max_downloads: Option<u64>,
    /// The service deletes the transfer once it was downloaded.
    #[arg(long)]
    auto_delete: bool,
    /// A text for the recipient; - is standard input.
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Data kept with the transfer, as a JSON object.
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
    /// The recipient's account, where an agent's id alone is ambiguous.
    #[arg(long, value_name = "ACCOUNT")]
    recipient_account: Option<String>,
    /// Who sends to whom: agent-to-agent, agent-to-human or human-to-agent.
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Whether all files go in parts [default: if one of them is large].
    #[arg(long, value_name = "true|false")]
    multipart: Option<bool>,
    /// Keeps a journal, from which the same command goes on if it is interrupted [default: one for these
    /// files and this recipient in dropoff/ of XDG_STATE_HOME, else of ~/.local/state; on Windows of
    /// LOCALAPPDATA].
    #[arg(long, value_name = "JOURNAL", num_args = 0..=1, require_equals = true)]
    resume: Option<Option<PathBuf>>,
    /// Tells what would be sent, and sends nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Bounds the whole command, retries included, such as 10min.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    service: ServiceArguments,
}

impl Send {
    pub fn run(mut self, session: &Session) -> Result<Report> {
        self.check_one_stdin()?;
        self.add_listed()?;
        let client = self.service.agentdrop()?;
        let transfer = self.transfer(session)?;
        if self.dry_run {
            return session.wait(|| client.start_plan(transfer)).map(|plan| planned(&plan, &self.to));
        }
        session.wait(|| client.start_send(transfer)).map(|sent| report(&sent, &self.to))
    }

    fn check_one_stdin(&self) -> Result<()> {
        let stdin = Path::new("-");
        let paths =
            self.files.iter().chain(&self.files_from).chain(&self.service.api_key_file).chain(&self.key_file);
        let uses =
            paths.filter(|path| *path == stdin).count() + usize::from(self.message.as_deref() == Some("-"));
        if uses > 1 {
            return Err(Error::bad_argument(
                "standard input can be one thing only; give the others as files",
            ));
        }
        Ok(())
    }

    fn add_listed(&mut self) -> Result<()> {
        if let Some(list) = &self.files_from {
            let what = "paths of files";
            let paths = paths_of_lines(&secrets::read_bytes(list, what)?);
            let paths = paths.map_err(|_| secrets::no_text(list, what))?;
            if paths.iter().any(|path| path == Path::new("-")) {
                return Err(Error::bad_argument(
                    "a list of files names files, and no standard input; write ./- for a file that is called so",
                ));
            }
            self.files.extend(paths);
        }
        if self.files.is_empty() {
            return Err(Error::bad_argument("there is no file to send; name one, or fill the list"));
        }
        if self.size.is_some() && !self.files.iter().any(|path| path == Path::new("-")) {
            return Err(Error::bad_argument(SIZE_OF_A_FILE));
        }
        if self.name.is_some() && self.files.len() != 1 {
            return Err(Error::bad_argument("--name is for a single file; leave it out, or send one file"));
        }
        Ok(())
    }

    fn transfer(&self, session: &Session) -> Result<Transfer> {
        let mut transfer = Transfer::new(&self.from, &self.to).auto_delete(self.auto_delete);
        for path in &self.files {
            let size = self.size.filter(|_| path == Path::new("-"));
            let mut file = File::new(session.source(path, size)?);
            if let Some(name) = &self.name {
                file = file.name(name);
            } else if path == Path::new("-") {
                return Err(Error::bad_argument(
                    "what comes from standard input has no name; give it one by --name",
                ));
            }
            transfer = transfer.file(file);
        }
        let set = |transfer: Transfer, value: &Option<String>, setter: fn(Transfer, String) -> Transfer| {
            match value {
                Some(value) => setter(transfer, value.clone()),
                None => transfer,
            }
        };
        transfer = set(transfer, &self.expires_in, Transfer::expires_in);
        transfer = set(transfer, &self.recipient_account, Transfer::recipient_account);
        transfer = set(transfer, &self.mode, Transfer::mode);
        if let Some(count) = self.max_downloads {
            transfer = transfer.max_downloads(count);
        }
        if let Some(parts) = self.multipart {
            transfer = transfer.multipart(parts);
        }
        if let Some(limit) = self.timeout {
            transfer = transfer.timeout(limit);
        }
        transfer = self.with_texts(transfer)?;
        transfer = self.sealed(transfer)?;
        self.with_journal(transfer)
    }

    fn with_texts(&self, mut transfer: Transfer) -> Result<Transfer> {
        match self.message.as_deref() {
            Some("-") => transfer = transfer.message(&*secrets::read(Path::new("-"), "the message")?),
            Some(text) => transfer = transfer.message(text),
            None => {}
        }
        if let Some(json) = &self.metadata {
            let Ok(Value::Object(data)) = serde_json::from_str(json) else {
                return Err(Error::bad_argument(
                    "--metadata is a JSON object, such as '{\"run\": 7}'; check its quotes",
                ));
            };
            transfer = transfer.metadata(data);
        }
        Ok(transfer)
    }

    fn sealed(&self, transfer: Transfer) -> Result<Transfer> {
        if !self.seal && self.seal_for.is_none() {
            return match self.key_file {
                Some(_) => Err(Error::bad_argument(
                    "--key-file is for sealing; give --seal or --seal-for too, or leave it out",
                )),
                None => Ok(transfer),
            };
        }
        let mut encryption = Encryption::new(key_pair(self.key_file.as_deref())?);
        if let Some(key) = &self.seal_for {
            encryption = encryption.recipient_public_key(key)?;
        }
        Ok(transfer.encrypt(encryption))
    }

    fn with_journal(&self, transfer: Transfer) -> Result<Transfer> {
        Ok(match &self.resume {
            None => transfer,
            Some(Some(journal)) => transfer.journal(journal),
            Some(None) => transfer.journal(state::journal(&self.from, &self.to, &self.files)?),
        })
    }
}

fn report(sent: &SentTransfer, to: &str) -> Report {
    let bytes: u64 = sent.files.iter().map(|file| file.bytes).sum();
    let files = count(sent.files.len(), "file");
    let mut report = Report::of(sent, format!("sent {files}, {}, to {to}", size(bytes)));
    report.fact("transfer", Some(&sent.id));
    report.fact("status", Some(&sent.status));
    report.fact("files", Some(sent.files.len()));
    report.fact("bytes", Some(bytes));
    report.fact("verified", Some(sent.files.iter().all(|file| file.verified)));
    report.fact("sealed_for", sent.recipient_key_fingerprint.as_deref());
    report.fact("key_is_the_word_of", sent.recipient_key_source.as_deref());
    report.fact("expires_at", sent.expires_at.as_deref());
    report.ids.push(sent.id.clone());
    report
}

fn planned(plan: &TransferPlan, to: &str) -> Report {
    let files = count(plan.files.len(), "file");
    let mut report = Report::of(plan, format!("would send {files}, {}, to {to}", size(plan.total_bytes)));
    report.fact("files", Some(plan.files.len()));
    report.fact("bytes", Some(plan.total_bytes));
    report.fact("multipart", Some(plan.multipart));
    report.fact("encrypted", Some(plan.encrypted));
    report.lines =
        plan.files.iter().map(|f| format!("  {}  {}  {}", f.name, size(f.bytes), f.content_type)).collect();
    report.ids = plan.files.iter().map(|file| file.name.clone()).collect();
    report
}
