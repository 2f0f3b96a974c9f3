//! `AgentDrop`: transfers.

use dropoff::Transfer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::encryption::Encryption;
use crate::errors::{Failure, guarded};
use crate::job::Job;
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

/// The arguments that make up a transfer.
struct Request<'a, 'py> {
    files: &'a Bound<'py, PyAny>,
    sender: &'a Bound<'py, PyAny>,
    recipient: &'a Bound<'py, PyAny>,
    mode: &'a str,
    expires_in: Option<&'a Bound<'py, PyAny>>,
    max_downloads: Option<&'a Bound<'py, PyAny>>,
    message: Option<&'a Bound<'py, PyAny>>,
    metadata: Option<&'a Bound<'py, PyAny>>,
    auto_delete: bool,
    recipient_account: Option<&'a Bound<'py, PyAny>>,
    encrypt: Option<&'a Bound<'py, PyAny>>,
    multipart: Option<&'a Bound<'py, PyAny>>,
    resume: Option<&'a Bound<'py, PyAny>>,
    timeout: Option<&'a Bound<'py, PyAny>>,
}

impl Request<'_, '_> {
    fn to_core(&self, streams: &Streams) -> Result<Transfer, Failure> {
        let sender = inputs::text(self.sender, "sender")?;
        let recipient = inputs::text(self.recipient, "recipient")?;
        let mut transfer = Transfer::new(sender, recipient).mode(self.mode).auto_delete(self.auto_delete);
        for file in inputs::files(self.files, streams)? {
            transfer = transfer.file(file);
        }
        if let Some(time) = inputs::optional(self.expires_in, "expires_in")? {
            transfer = transfer.expires_in(time);
        }
        if let Some(count) = self.max_downloads {
            transfer = transfer.max_downloads(inputs::count(count, "max_downloads")?);
        }
        if let Some(text) = inputs::optional(self.message, "message")? {
            transfer = transfer.message(text);
        }
        if let Some(data) = self.metadata {
            transfer = transfer.metadata(json::object(data, "metadata")?);
        }
        if let Some(account) = inputs::optional(self.recipient_account, "recipient_account")? {
            transfer = transfer.recipient_account(account);
        }
        if let Some(encryption) = self.encrypt {
            let kind = "an Encryption, such as Encryption(key_pair)";
            let encryption = inputs::object::<Encryption>(encryption, "encrypt", kind)?;
            transfer = transfer.encrypt(encryption.get().to_core());
        }
        if let Some(parts) = self.multipart {
            transfer = transfer.multipart(inputs::truth(parts, "multipart")?);
        }
        if let Some(journal) = self.resume {
            transfer = transfer.resume(inputs::needed_path(journal, "resume")?);
        }
        if let Some(limit) = inputs::timeout(self.timeout)? {
            transfer = transfer.timeout(limit);
        }
        Ok(transfer)
    }
}

// Arguments that have a default other than None are converted before the body runs.
fn mode<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    Ok(inputs::text(value, "mode")?)
}
fn auto_delete(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(inputs::truth(value, "auto_delete")?)
}
fn dry_run(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(inputs::truth(value, "dry_run")?)
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
    /// resume: path of a journal, with which the same call goes on where an earlier one stopped. It is made
    /// if it is not there and removed once the transfer is active. File objects cannot be resumed.
    /// dry_run: True gives a TransferPlan instead, what would be sent, and sends nothing.
    /// timeout: seconds or a timedelta for the whole call, retries included; above 0, at most 10 000 000.
    /// Default: no limit.
    /// on_progress: a plain function that gets a Progress every 0.1 s at most, and once at the end. If it
    /// raises, the call is cancelled.
    /// Raises InvalidInputError before anything is sent, EncryptionError where files cannot be sealed,
    /// RejectedError where the service refuses, and any other DropoffError; its `resume` is the journal from
    /// which the same call goes on.
    #[pyo3(signature = (
        files, *, sender, recipient, mode="agent-to-agent", expires_in=None, max_downloads=None,
        message=None, metadata=None, auto_delete=false, recipient_account=None, encrypt=None,
        multipart=None, resume=None, dry_run=false, timeout=None, on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_send(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        sender: &Bound<'_, PyAny>,
        recipient: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = mode)] mode: &str,
        expires_in: Option<&Bound<'_, PyAny>>,
        max_downloads: Option<&Bound<'_, PyAny>>,
        message: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = auto_delete)] auto_delete: bool,
        recipient_account: Option<&Bound<'_, PyAny>>,
        encrypt: Option<&Bound<'_, PyAny>>,
        multipart: Option<&Bound<'_, PyAny>>,
        resume: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = dry_run)] dry_run: bool,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        let request = Request {
            files,
            sender,
            recipient,
            mode,
            expires_in,
            max_downloads,
            message,
            metadata,
            auto_delete,
            recipient_account,
            encrypt,
            multipart,
            resume,
            timeout,
        };
        if dry_run {
            return Job::start(py, on_progress, |streams| {
                Ok(self.0.start_plan(request.to_core(streams)?)?)
            });
        }
        Job::start(py, on_progress, |streams| Ok(self.0.start_send(request.to_core(streams)?)?))
    }

    /// Step one: makes a pending transfer and asks for a presigned URL per file. Gives a TransferTicket;
    /// start_presign() gives a Job at once.
    ///
    /// Arguments and errors are those of send(). File objects are read to their end to learn their size.
    #[pyo3(signature = (
        files, *, sender, recipient, mode="agent-to-agent", expires_in=None, max_downloads=None,
        message=None, metadata=None, auto_delete=false, recipient_account=None, encrypt=None,
        multipart=None, timeout=None, on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_presign(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        sender: &Bound<'_, PyAny>,
        recipient: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = mode)] mode: &str,
        expires_in: Option<&Bound<'_, PyAny>>,
        max_downloads: Option<&Bound<'_, PyAny>>,
        message: Option<&Bound<'_, PyAny>>,
        metadata: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = auto_delete)] auto_delete: bool,
        recipient_account: Option<&Bound<'_, PyAny>>,
        encrypt: Option<&Bound<'_, PyAny>>,
        multipart: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        let request = Request {
            files,
            sender,
            recipient,
            mode,
            expires_in,
            max_downloads,
            message,
            metadata,
            auto_delete,
            recipient_account,
            encrypt,
            multipart,
            resume: None,
            timeout,
        };
        Job::start(py, on_progress, |streams| Ok(self.0.start_presign(request.to_core(streams)?)?))
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
