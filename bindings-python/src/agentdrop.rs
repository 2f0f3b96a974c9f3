//! `AgentDrop`: transfers.

use dropoff::Transfer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::encryption::Encryption;
use crate::errors::{Failure, guarded};
use crate::job::Job;
use crate::keywords::Keywords;
use crate::reader::Streams;
use crate::tickets::TransferTicket;
use crate::{errors, inputs, json, options};

/// A client of AgentDrop transfers. May be shared between threads.
///
/// api_key: default, the environment variable AGENTDROP_API_KEY. base_url: another place for the API.
/// options: see Options; lengths of time are seconds or timedeltas.
/// Raises AuthenticationError without a key, InvalidInputError for a bad URL or option.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct AgentDrop(dropoff::AgentDrop);

/// The optional arguments of a transfer. The last is that of a whole send alone.
const TERMS: [&str; 12] = [
    "mode",
    "expires_in",
    "max_downloads",
    "message",
    "metadata",
    "auto_delete",
    "recipient_account",
    "encrypt",
    "multipart",
    "timeout",
    "on_progress",
    JOURNAL,
];
const JOURNAL: &str = "journal";

/// What to send and to whom, as it was given.
struct Terms<'py>(Keywords<'py>);

impl<'py> Terms<'py> {
    fn of(call: &str, given: Option<Bound<'py, PyDict>>, known: &[&str]) -> PyResult<Self> {
        Ok(Self(Keywords::of(call, given, &["sender", "recipient"], known)?))
    }

    fn on_progress(&self) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.0.get("on_progress")?.map(Bound::unbind))
    }

    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let value = self.0.get(name)?;
        Ok(inputs::optional(value.as_ref(), name)?.map(str::to_owned))
    }

    fn truth(&self, name: &str) -> Result<Option<bool>, Failure> {
        self.0.given(name)?.map(|value| inputs::truth(&value, name)).transpose()
    }

    /// One that has a default other than None, or none at all.
    fn needed(&self, name: &str) -> Result<Option<String>, Failure> {
        self.0.given(name)?.map(|value| inputs::text(&value, name).map(str::to_owned)).transpose()
    }

    fn to_core(&self, files: &Bound<'_, PyAny>, streams: &Streams) -> Result<Transfer, Failure> {
        let sender = self.needed("sender")?.unwrap_or_default();
        let recipient = self.needed("recipient")?.unwrap_or_default();
        let (mode, auto_delete) = (self.needed("mode")?, self.truth("auto_delete")?);
        let mut transfer = Transfer::new(sender, recipient);
        for file in inputs::files(files, streams)? {
            transfer = transfer.file(file);
        }
        transfer = mode.into_iter().fold(transfer, Transfer::mode);
        transfer = auto_delete.into_iter().fold(transfer, Transfer::auto_delete);
        transfer = self.text("expires_in")?.into_iter().fold(transfer, Transfer::expires_in);
        transfer = self.text("message")?.into_iter().fold(transfer, Transfer::message);
        transfer = self.text("recipient_account")?.into_iter().fold(transfer, Transfer::recipient_account);
        self.add_objects(transfer)
    }

    /// Those that are no texts.
    fn add_objects(&self, mut transfer: Transfer) -> Result<Transfer, Failure> {
        if let Some(count) = self.0.get("max_downloads")? {
            transfer = transfer.max_downloads(inputs::count(&count, "max_downloads")?);
        }
        if let Some(data) = self.0.get("metadata")? {
            transfer = transfer.metadata(json::object(&data, "metadata")?);
        }
        if let Some(encryption) = self.0.get("encrypt")? {
            let kind = "an Encryption, such as Encryption(key_pair)";
            let encryption = inputs::object::<Encryption>(&encryption, "encrypt", kind)?;
            transfer = transfer.encrypt(encryption.get().to_core());
        }
        if let Some(parts) = self.0.get("multipart")? {
            transfer = transfer.multipart(inputs::truth(&parts, "multipart")?);
        }
        if let Some(journal) = self.0.get(JOURNAL)? {
            transfer = transfer.journal(inputs::needed_path(&journal, JOURNAL)?);
        }
        let limit = inputs::timeout(self.0.get("timeout")?.as_ref())?;
        Ok(limit.into_iter().fold(transfer, Transfer::timeout))
    }
}

#[pymethods]
impl AgentDrop {
    #[new]
    #[pyo3(signature = (api_key=None, *, base_url=None, **options))]
    fn new(
        api_key: Option<&Bound<'_, PyAny>>,
        base_url: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let mut builder = dropoff::AgentDrop::builder().options(options::options(options)?);
            if let Some(key) = inputs::optional(api_key, "api_key")? {
                builder = builder.api_key(key);
            }
            if let Some(url) = inputs::optional(base_url, "base_url")? {
                builder = builder.base_url(url);
            }
            Ok(Self(builder.build()?))
        })
    }

    /// From now on all uploads of this client together send at most so many bytes a second, those under way
    /// too.
    ///
    /// bytes_per_second: 1024 to 1099511627776, or None for no limit.
    fn set_bandwidth_limit(&self, bytes_per_second: &Bound<'_, PyAny>) -> PyResult<()> {
        guarded(|| Ok(self.0.set_bandwidth_limit(options::bandwidth_limit(bytes_per_second)?)?))
    }

    /// Sends files until the transfer is active. send() gives a SentTransfer, start_send() a Job at once.
    ///
    /// files: paths, (name, source) pairs or File objects. A source is a path, bytes-like, or a file object
    /// opened in binary mode.
    /// sender, recipient: agents' ids; in mode "agent-to-human" the recipient is an e-mail address.
    /// expires_in: such as "12h" or "7d"; max_downloads: 1 to 1000. Default: the service's.
    /// metadata: a mapping that JSON can hold. recipient_account: where an agent's id alone is ambiguous.
    /// encrypt: an Encryption, by which every file is sealed before it leaves.
    /// multipart: whether all files go in parts. Default: if one has at least multipart_threshold bytes.
    /// journal: path of a journal, with which the same call goes on where an earlier one stopped. It is made
    /// if it is not there and removed once the transfer is active. File objects cannot be resumed.
    /// timeout: seconds or a timedelta for the whole call, retries included; above 0, at most 10 000 000.
    /// Default: no limit.
    /// on_progress: a plain function that gets a Progress every 0.1 s at most, and once at the end. If it
    /// raises, the call is cancelled.
    /// Raises InvalidInputError before anything is sent, EncryptionError where files cannot be sealed,
    /// RejectedError where the service refuses, and any other DropoffError; its `journal` is the journal from
    /// which the same call goes on.
    #[pyo3(
        signature = (files, **terms),
        text_signature = "($self, files, *, sender, recipient, mode='agent-to-agent', expires_in=None, max_downloads=None, message=None, metadata=None, auto_delete=False, recipient_account=None, encrypt=None, multipart=None, journal=None, timeout=None, on_progress=None)"
    )]
    fn start_send(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        terms: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Job> {
        let terms = Terms::of("AgentDrop.start_send", terms, &TERMS)?;
        Job::start(py, terms.on_progress()?, |streams| {
            Ok(self.0.start_send(terms.to_core(files, streams)?)?)
        })
    }

    /// What send() would send, as a TransferPlan; start_plan() gives a Job at once. The files are looked at and
    /// nothing is sent.
    ///
    /// Arguments and errors are those of send(); the journal is left alone, and file objects are refused.
    #[pyo3(
        signature = (files, **terms),
        text_signature = "($self, files, *, sender, recipient, mode='agent-to-agent', expires_in=None, max_downloads=None, message=None, metadata=None, auto_delete=False, recipient_account=None, encrypt=None, multipart=None, journal=None, timeout=None, on_progress=None)"
    )]
    fn start_plan(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        terms: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Job> {
        let terms = Terms::of("AgentDrop.start_plan", terms, &TERMS)?;
        Job::start(py, terms.on_progress()?, |streams| {
            Ok(self.0.start_plan(terms.to_core(files, streams)?)?)
        })
    }

    /// Step one: makes a pending transfer and asks for a presigned URL per file. Gives a TransferTicket;
    /// start_presign() gives a Job at once.
    ///
    /// Arguments and errors are those of send(). File objects are read to their end to learn their size.
    #[pyo3(
        signature = (files, **terms),
        text_signature = "($self, files, *, sender, recipient, mode='agent-to-agent', expires_in=None, max_downloads=None, message=None, metadata=None, auto_delete=False, recipient_account=None, encrypt=None, multipart=None, timeout=None, on_progress=None)"
    )]
    fn start_presign(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        terms: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Job> {
        let terms = Terms::of("AgentDrop.start_presign", terms, &TERMS[..TERMS.len() - 1])?;
        let on_progress = terms.on_progress()?;
        Job::start(py, on_progress, |streams| Ok(self.0.start_presign(terms.to_core(files, streams)?)?))
    }

    /// Step two: sends the files to storage, several at once. Gives a list of SentFile; start_upload() gives
    /// a Job at once.
    ///
    /// files: those that were presigned, in the same order, with the same names and sizes.
    /// on_progress: as in send().
    /// Raises DropoffError as Storage.put(), with the file's name in the message.
    #[pyo3(signature = (ticket, files, *, on_progress=None))]
    fn start_upload(
        &self,
        py: Python<'_>,
        ticket: &Bound<'_, PyAny>,
        files: &Bound<'_, PyAny>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            let ticket = inputs::object::<TransferTicket>(ticket, "ticket", "a TransferTicket")?;
            Ok(self.0.start_upload(&ticket.get().0, inputs::files(files, streams)?)?)
        })
    }

    /// Step three: makes the transfer active. Gives a Confirmed; start_confirm() gives a Job at once.
    ///
    /// Raises RejectedError with service_code FILES_MISSING if storage lacks a file, ConflictError if somebody
    /// else confirmed it, NotFoundError, UnknownOutcomeError, or another DropoffError.
    fn start_confirm(&self, py: Python<'_>, transfer_id: &Bound<'_, PyAny>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_confirm(inputs::text(transfer_id, "transfer_id")?)?))
    }

    /// The transfer as the service has it now, a TransferInfo; start_get_transfer() gives a Job at once.
    ///
    /// Raises NotFoundError if the service does not know it, or hides it from this key.
    fn start_get_transfer(&self, py: Python<'_>, transfer_id: &Bound<'_, PyAny>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_get_transfer(inputs::text(transfer_id, "transfer_id")?)?))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(errors::holds_a_key())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
