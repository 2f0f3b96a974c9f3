//! `AgentDrop`: transfers.

use dropoff::Transfer;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{Failure, guarded};
use crate::job::Job;
use crate::reader::Streams;
use crate::tickets::TransferTicket;
use crate::{inputs, json, options};

/// A client of AgentDrop transfers.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct AgentDrop(dropoff::AgentDrop);

/// The arguments that make up a transfer.
struct Request<'a, 'py> {
    files: &'a Bound<'py, PyAny>,
    sender: &'a str,
    recipient: &'a str,
    mode: &'a str,
    expires_in: Option<&'a str>,
    max_downloads: Option<&'a Bound<'a, PyAny>>,
    message: Option<&'a str>,
    metadata: Option<&'a Bound<'py, PyAny>>,
    auto_delete: bool,
    recipient_account: Option<&'a str>,
    timeout: Option<&'a Bound<'py, PyAny>>,
}

impl Request<'_, '_> {
    fn to_core(&self, streams: &Streams) -> Result<Transfer, Failure> {
        let mut transfer =
            Transfer::new(self.sender, self.recipient).mode(self.mode).auto_delete(self.auto_delete);
        for file in inputs::files(self.files, streams)? {
            transfer = transfer.file(file);
        }
        if let Some(time) = self.expires_in {
            transfer = transfer.expires_in(time);
        }
        if let Some(count) = self.max_downloads {
            transfer = transfer.max_downloads(inputs::count(count, "max_downloads")?);
        }
        if let Some(text) = self.message {
            transfer = transfer.message(text);
        }
        if let Some(data) = self.metadata {
            transfer = transfer.metadata(json::object(data, "metadata")?);
        }
        if let Some(account) = self.recipient_account {
            transfer = transfer.recipient_account(account);
        }
        if let Some(limit) = inputs::timeout(self.timeout)? {
            transfer = transfer.timeout(limit);
        }
        Ok(transfer)
    }
}

#[pymethods]
impl AgentDrop {
    #[new]
    #[pyo3(signature = (api_key=None, *, base_url=None, **options))]
    fn new(
        api_key: Option<inputs::Text>,
        base_url: Option<inputs::Text>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let mut builder = dropoff::AgentDrop::builder().options(options::options(options)?);
            if let Some(key) = api_key {
                builder = builder.api_key(key.0);
            }
            if let Some(url) = base_url {
                builder = builder.base_url(url.0);
            }
            Ok(Self(builder.build()?))
        })
    }

    /// Sends files. send() waits until the transfer is active.
    #[pyo3(signature = (
        files, *, sender, recipient, mode="agent-to-agent", expires_in=None, max_downloads=None,
        message=None, metadata=None, auto_delete=false, recipient_account=None, timeout=None,
        on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_send(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        sender: &str,
        recipient: &str,
        mode: &str,
        expires_in: Option<&str>,
        max_downloads: Option<&Bound<'_, PyAny>>,
        message: Option<&str>,
        metadata: Option<&Bound<'_, PyAny>>,
        auto_delete: bool,
        recipient_account: Option<&str>,
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
            timeout,
        };
        Job::start(py, on_progress, |streams| Ok(self.0.start_send(request.to_core(streams)?)?))
    }

    /// Step one: makes a pending transfer and asks for a presigned URL per file.
    #[pyo3(signature = (
        files, *, sender, recipient, mode="agent-to-agent", expires_in=None, max_downloads=None,
        message=None, metadata=None, auto_delete=false, recipient_account=None, timeout=None,
        on_progress=None
    ))]
    #[expect(clippy::too_many_arguments, reason = "keyword arguments of a Python call")]
    fn start_presign(
        &self,
        py: Python<'_>,
        files: &Bound<'_, PyAny>,
        sender: &str,
        recipient: &str,
        mode: &str,
        expires_in: Option<&str>,
        max_downloads: Option<&Bound<'_, PyAny>>,
        message: Option<&str>,
        metadata: Option<&Bound<'_, PyAny>>,
        auto_delete: bool,
        recipient_account: Option<&str>,
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
            timeout,
        };
        Job::start(py, on_progress, |streams| Ok(self.0.start_presign(request.to_core(streams)?)?))
    }

    /// Step two: sends the files to storage, several at once.
    #[pyo3(signature = (ticket, files, *, on_progress=None))]
    fn start_upload(
        &self,
        py: Python<'_>,
        ticket: &Bound<'_, TransferTicket>,
        files: &Bound<'_, PyAny>,
        on_progress: Option<Py<PyAny>>,
    ) -> PyResult<Job> {
        Job::start(py, on_progress, |streams| {
            Ok(self.0.start_upload(&ticket.get().0, inputs::files(files, streams)?)?)
        })
    }

    /// Step three: makes the transfer active.
    fn start_confirm(&self, py: Python<'_>, transfer_id: &str) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_confirm(transfer_id)?))
    }

    /// The transfer as the service has it now.
    fn start_get_transfer(&self, py: Python<'_>, transfer_id: &str) -> PyResult<Job> {
        Job::start(py, None, |_| Ok(self.0.start_get_transfer(transfer_id)?))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}
