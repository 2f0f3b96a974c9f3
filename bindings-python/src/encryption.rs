//! Key pairs, and how a transfer is sealed with one.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::{Failure, guarded};
use crate::inputs;

/// An agent's long-term key pair on Curve25519. Printing shows the public half alone.
///
/// Make one with generate(), from_private_key() or from_agentdrop_config(). May be shared between threads.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct KeyPair(pub(crate) dropoff::KeyPair);

#[pymethods]
impl KeyPair {
    /// A new pair, from the operating system's randomness.
    #[staticmethod]
    fn generate() -> PyResult<Self> {
        guarded(|| Ok(Self(dropoff::KeyPair::generate()?)))
    }

    /// The pair of a private key: the base64 of 32 bytes, as reveal_private_key() gives it.
    ///
    /// Raises EncryptionError for anything else; the message does not hold it.
    #[staticmethod]
    fn from_private_key(private_key: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(|| {
            let base64 = inputs::text(private_key, "private_key")?;
            Ok(Self(dropoff::KeyPair::from_private_key(base64)?))
        })
    }

    /// The pair that the official SDK keeps. path: its folder .agentdrop, or the config.json in it.
    ///
    /// Raises SourceUnreadableError if it cannot be read, EncryptionError if it holds no key.
    #[staticmethod]
    fn from_agentdrop_config(py: Python<'_>, path: &Bound<'_, PyAny>) -> PyResult<Self> {
        guarded(|| {
            let path = inputs::needed_path(path, "path")?;
            Ok(Self(py.detach(|| dropoff::KeyPair::from_agentdrop_config(path))?))
        })
    }

    /// The public key: standard base64 of 32 raw bytes. Not a secret.
    #[getter]
    fn public_key(&self) -> String {
        self.0.public_key()
    }

    /// The private key as base64. Do not log it.
    fn reveal_private_key<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(py, &self.0.reveal_private_key())
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "a key pair holds a private key, so it cannot be pickled; load it where it is used",
        ))
    }
    // It never changes, so one is as good as two.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __deepcopy__(slf: Py<Self>, memo: &Bound<'_, PyAny>) -> Py<Self> {
        let _ = memo;
        slf
    }

    fn __repr__(&self) -> String {
        format!("KeyPair(public_key='{}')", self.0.public_key())
    }
}

/// How a transfer's files are sealed, so that only the recipient can read them.
///
/// key_pair: the sender's. recipient_public_key: the recipient's, base64 of 32 bytes. Default: the one that
/// the service names, which trusts it to name the right one.
/// algorithm: another name for the scheme, which stays the same. Default: X25519-HKDF-AES-256-GCM.
/// Raises EncryptionError for a public key that is none. May be used for many transfers, and in threads.
#[pyclass(frozen, module = "dropoff")]
pub(crate) struct Encryption {
    core: dropoff::Encryption,
    /// Without secrets.
    shown: String,
}

#[pymethods]
impl Encryption {
    #[new]
    #[pyo3(signature = (key_pair, recipient_public_key=None, *, algorithm=None))]
    fn new(
        key_pair: &Bound<'_, PyAny>,
        recipient_public_key: Option<&Bound<'_, PyAny>>,
        algorithm: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        guarded(|| {
            let kind = "a KeyPair, such as KeyPair.generate()";
            let pair = inputs::object::<KeyPair>(key_pair, "key_pair", kind)?.get();
            let mut core = dropoff::Encryption::new(pair.0.clone());
            let mut shown = pair.__repr__();
            if let Some(key) = inputs::optional(recipient_public_key, "recipient_public_key")? {
                core = core.recipient_public_key(key)?;
                shown += &format!(", recipient_public_key='{}'", key.trim());
            }
            Self::named(core, algorithm, format!("Encryption({shown})"))
        })
    }

    /// For files that are sealed already, all with the key in encrypted_key: base64 of 60 bytes. They are
    /// sent as they are, and each is a File with its encryption_iv.
    #[staticmethod]
    #[pyo3(signature = (encrypted_key, *, algorithm=None))]
    fn presealed(encrypted_key: &Bound<'_, PyAny>, algorithm: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        guarded(|| {
            let core = dropoff::Encryption::presealed(inputs::text(encrypted_key, "encrypted_key")?);
            Self::named(core, algorithm, "Encryption.presealed(<hidden>)".to_owned())
        })
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "an encryption holds a key, so it cannot be pickled; make one where it is used",
        ))
    }
    // As with key pairs.
    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }
    fn __deepcopy__(slf: Py<Self>, memo: &Bound<'_, PyAny>) -> Py<Self> {
        let _ = memo;
        slf
    }

    fn __repr__(&self) -> &str {
        &self.shown
    }
}

impl Encryption {
    fn named(
        core: dropoff::Encryption,
        algorithm: Option<&Bound<'_, PyAny>>,
        shown: String,
    ) -> Result<Self, Failure> {
        let core = match inputs::optional(algorithm, "algorithm")? {
            Some(name) => core.algorithm(name),
            None => core,
        };
        Ok(Self { core, shown })
    }

    pub(crate) fn to_core(&self) -> dropoff::Encryption {
        self.core.clone()
    }
}
