//! `AgentDrop`: transfers.

use dropoff::Transfer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client_state::{ClientState, Pickled, lasting};
use crate::encryption::Encryption;
use crate::errors::{Failure, guarded};
use crate::job::Job;
use crate::keywords::Keywords;
use crate::reader::Streams;
use crate::tickets::TransferTicket;
use crate::{inputs, json, options};

/// A client of AgentDrop transfers. May be shared between threads, and pickled if its key came from the
/// environment: it is made anew where it is unpickled.
///
/// Each call has a start_… twin that takes the same arguments, returns a Job at once, and calls on_progress
/// on a thread of its own instead of the caller's.
///
/// api_key: the API key (agd_… or ada_…). Default: the environment variable AGENTDROP_API_KEY.
/// base_url: another place for the API; https, or http on loopback. Default: the environment variable
/// AGENTDROP_BASE_URL.
/// options: see Options.
/// Raises AuthenticationError: there is no key.
/// Raises InvalidInputError: a URL or option is not one.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct AgentDrop(dropoff::AgentDrop, pub(crate) ClientState);

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
        py: Python<'_>,
        api_key: Option<&Bound<'_, PyAny>>,
        base_url: Option<&Bound<'_, PyAny>>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let options = lasting(options)?;
            let mut builder = dropoff::AgentDrop::builder().options(options::options(options.as_ref())?);
            if let Some(key) = inputs::optional(api_key, "api_key")? {
                builder = builder.api_key(key);
            }
            if let Some(url) = inputs::optional(base_url, "base_url")? {
                builder = builder.base_url(url);
            }
            let more = [("base_url", base_url)];
            let state = ClientState::new(py, options.as_ref(), &more, api_key.is_some())?;
            Ok(Self(builder.build()?, state))
        })
    }

    /// From now on all uploads of this client together send at most so many bytes a second, those under way
    /// too.
    ///
    /// bytes_per_second: 1024 to 1099511627776 (1 TiB), or None for no limit.
    /// Raises InvalidInputError: it is neither.
    fn set_bandwidth_limit(&self, bytes_per_second: &Bound<'_, PyAny>) -> PyResult<()> {
        guarded(|| Ok(self.0.set_bandwidth_limit(options::bandwidth_limit(bytes_per_second)?)?))
    }

    /// Sends files and waits until the transfer is active.
    ///
    /// start_send() gives a Job of it at once.
    ///
    /// files: the files to send; results come in their order. Paths, (name, source) pairs or File objects.
    /// sender: the id of the agent that sends.
    /// recipient: the id of the agent that receives; an e-mail address in mode agent-to-human.
    /// mode: who sends to whom: agent-to-agent (default), agent-to-human or human-to-agent.
    /// expires_in: how long the transfer lives, such as 12h or 7d; the account's plan decides how much is
    /// allowed. Default: the service's.
    /// max_downloads: how often it may be downloaded; the service allows 1 to 1000. Default: the service's.
    /// message: a text for the recipient.
    /// metadata: free data kept with the transfer, as a JSON object.
    /// auto_delete: whether the service deletes the transfer once it was downloaded. Default false.
    /// recipient_account: the recipient's account (e-mail, id or display name), where an agent's id alone is
    /// ambiguous.
    /// encrypt: seals every file for the recipient before it leaves. Default: files are sent as they are.
    /// multipart: whether all files go in parts. Default: if one of them has at least multipart_threshold
    /// bytes.
    /// journal: a journal: a file that lets the same call go on where this one stopped, after its process was
    /// killed or the network failed. It is made if it is not there, readable by its owner alone, and removed
    /// once the transfer is active. It holds live upload URLs, and never a key. The second call takes the
    /// same arguments and sources, on a client of the same service; options may differ. Streams cannot be
    /// resumed. A leading ~/ is the home folder.
    /// timeout: bounds the whole call, retries included. Default: no limit. It is seconds or a timedelta,
    /// above 0 and at most 10 000 000 s.
    /// on_progress: a plain function, called on this thread with a Progress, every 0.1 s at most and once at
    /// the end. If it raises, the transfer is cancelled and the exception passes on.
    /// Raises InvalidInputError: an argument is missing or wrong; nothing was sent.
    /// Raises EncryptionError: sealing was asked for and is not possible; nothing was sent.
    /// Raises RejectedError: the service refused; service_code and details say why.
    /// Raises DropoffError: any other kind. transfer_id names the pending transfer if one was made; it is not
    /// delivered unless outcome says so, and calling again is safe. journal is the journal from which the
    /// same call goes on.
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

    /// What send would send. The files are looked at, and nothing is sent.
    ///
    /// start_plan() gives a Job of it at once.
    ///
    /// Arguments and errors as in send; the journal is left alone.
    ///
    /// Raises InvalidInputError: also for a file object, which telling its size would use up.
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

    /// Step one: makes a pending transfer and asks for a presigned URL per file.
    ///
    /// start_presign() gives a Job of it at once.
    ///
    /// The sources are looked at for their sizes, and a file object is read to its end: give the same files
    /// to upload, file objects rewound. Arguments and errors as in send.
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

    /// The ticket of what TransferTicket.reveal gave, also in another process and on another machine: there
    /// it is uploaded to, and whoever has its id confirms it. Nothing is sent.
    ///
    /// revealed: whole, as JSON has it. It holds secrets.
    /// Raises InvalidInputError: it is not what a ticket revealed, or the files are sealed, whose key stays
    /// where the ticket was asked for.
    fn restore_ticket(&self, revealed: &Bound<'_, PyAny>) -> PyResult<TransferTicket> {
        guarded(|| {
            let revealed = serde_json::Value::Object(json::object(revealed, "revealed")?);
            Ok(TransferTicket(self.0.restore_ticket(&revealed)?))
        })
    }

    /// Step two: sends the files to storage, several at once.
    ///
    /// start_upload() gives a Job of it at once.
    ///
    /// files: those that were presigned, in the same order, with the same names and sizes.
    /// on_progress: as in send.
    /// Raises DropoffError: as Storage.put, with the file's name in the message.
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

    /// Step three: makes the transfer active.
    ///
    /// start_confirm() gives a Job of it at once.
    ///
    /// Raises RejectedError: with service_code FILES_MISSING if storage lacks a file.
    /// Raises ConflictError: somebody else confirmed it.
    /// Raises NotFoundError, UnknownOutcomeError: as their names say.
    fn start_confirm(&self, py: Python<'_>, transfer_id: &Bound<'_, PyAny>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_confirm(inputs::text(transfer_id, "transfer_id")?)?))
    }

    /// The transfer as the service has it now.
    ///
    /// start_get_transfer() gives a Job of it at once.
    ///
    /// Raises NotFoundError: the service does not know it, or hides it from this key.
    fn start_get_transfer(&self, py: Python<'_>, transfer_id: &Bound<'_, PyAny>) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_get_transfer(inputs::text(transfer_id, "transfer_id")?)?))
    }

    // `close()`, `with` and their async forms: see `dropoff/_waiting.py` and `_async.py`.
    fn _close<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, Job>>> {
        self.1.close(py)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Pickled<'py>> {
        slf.get().1.pickled(slf.as_any())
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
