//! What calls result in: frozen objects whose attributes are the core's fields.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::PyType;
use serde_json::{Map, Value};

use crate::errors::{Failure, bad_argument, guarded};
use crate::json;

/// A value of the core as Python has it.
pub(crate) trait ToPython {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

/// A value of the core out of what a pickle kept. Not by serde: the core takes what was proved from nobody's
/// JSON, so most of its results cannot be read that way.
trait Restore: Sized {
    fn restore(kept: Value) -> Result<Self, String>;
}

macro_rules! scalars {
    ($($scalar:ty),*) => {$(
        impl ToPython for $scalar {
            fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                self.clone().into_py_any(py)
            }
        }
        restored_by_serde!($scalar);
    )*};
}
macro_rules! json {
    ($($json:ty),*) => {$(
        impl ToPython for $json {
            fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                Ok(json::to_python(py, self)?.unbind())
            }
        }
        restored_by_serde!($json);
    )*};
}
macro_rules! restored_by_serde {
    ($kind:ty) => {
        impl Restore for $kind {
            fn restore(kept: Value) -> Result<Self, String> {
                serde_json::from_value(kept).map_err(|e| e.to_string())
            }
        }
    };
}
scalars!(String, bool, u32, u64, i32);
json!(Map<String, Value>, Value);
/// Their names, which are also what serde has for them.
macro_rules! names {
    ($($name:ty),*) => {$(
        impl ToPython for $name {
            fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                self.as_str().into_py_any(py)
            }
        }
        restored_by_serde!($name);
    )*};
}
names!(dropoff::Consistency, dropoff::LockState, dropoff::Verdict);

impl<T: ToPython> ToPython for Option<T> {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.as_ref().map_or_else(|| Ok(py.None()), |value| value.to_python(py))
    }
}

impl<T: Restore> Restore for Option<T> {
    fn restore(kept: Value) -> Result<Self, String> {
        if kept.is_null() { Ok(None) } else { T::restore(kept).map(Some) }
    }
}

impl<T: Restore> Restore for Vec<T> {
    fn restore(kept: Value) -> Result<Self, String> {
        match kept {
            Value::Array(items) => items.into_iter().map(T::restore).collect(),
            _ => Err("it is no list".to_owned()),
        }
    }
}

impl<T: ToPython> ToPython for Vec<T> {
    fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let items: PyResult<Vec<_>> = self.iter().map(|item| item.to_python(py)).collect();
        items?.into_py_any(py)
    }
}

/// A Python class around a core type of the same name, with a getter for each field listed.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[pyclass(frozen, eq, module = "dropoff")]
        #[derive(PartialEq)]
        pub(crate) struct $name(pub(crate) dropoff::$name);

        #[pymethods]
        impl $name {
            $(
                #[getter]
                fn $field(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                    self.0.$field.to_python(py)
                }
            )*

            /// Every field as dicts, lists and scalars, fit for JSON.
            fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                Ok(json::to_python(py, &self.0)?.unbind())
            }

            // Pickled and copied as `to_dict` has it.
            fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Py<PyAny>,))> {
                Ok((py.get_type::<Self>().getattr("_restore")?, (self.to_dict(py)?,)))
            }
            #[classmethod]
            fn _restore(_cls: &Bound<'_, PyType>, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
                guarded(|| {
                    let kept = Value::Object(json::object(fields, "fields")?);
                    dropoff::$name::restore(kept).map(Self).map_err(|why| cannot_be_read(&why))
                })
            }

            fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
                let mut fields = Vec::new();
                $(
                    let value = self.0.$field.to_python(py)?;
                    fields.push(format!("{}={}", stringify!($field), value.bind(py).repr()?));
                )*
                Ok(format!("{}({})", stringify!($name), fields.join(", ")))
            }
        }

        impl Restore for dropoff::$name {
            fn restore(kept: Value) -> Result<Self, String> {
                let Value::Object(mut kept) = kept else { return Err("it is no object".to_owned()) };
                Ok(Self { $($field: field(&mut kept, stringify!($field))?),* })
            }
        }

        impl ToPython for dropoff::$name {
            fn to_python(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                $name(self.clone()).into_py_any(py)
            }
        }
    };
}

fn field<T: Restore>(kept: &mut Map<String, Value>, name: &str) -> Result<T, String> {
    T::restore(kept.remove(name).unwrap_or_default()).map_err(|why| format!("{name}: {why}"))
}

fn cannot_be_read(why: &str) -> Failure {
    bad_argument(&format!("what was pickled cannot be read ({why}); pickle with the version that unpickles"))
}

// <generated results> by `make generate`, from the core's sources
record! {
    /// One part that storage has.
    StoredPart { part_number, bytes, etag, md5, verified, attempts, verified_by, crc64nvme }
}

record! {
    /// Storage's reply to a success. What the ticket held is hidden in it.
    StorageReply { status, headers, body }
}

record! {
    /// An object that storage has after an upload.
    StoredObject {
        bytes, etag, sha256, md5, verified, attempts, warnings, verified_by, crc64nvme, parts, reply,
    }
}

record! {
    /// The result of packing a folder.
    PackReport { files, bytes, archive_bytes, left_out, consistency, browser_guessed, unknown, warnings }
}

record! {
    /// A browser profile as the service reports it, and what was proved about it.
    Profile {
        id, name, browser_name, browser_version, description, labels, s3_path, file_size_bytes, checksum,
        usage_count, last_used_at, is_default, user_id, org_id, created_at, updated_at, verified, unchanged,
        upload, packed, abandoned_profile_ids, verified_by,
    }
}

record! {
    /// One kind of file in a folder.
    CategorySize { category, files, bytes, packed }
}

record! {
    /// A file and its size.
    FileSize { path, bytes }
}

record! {
    /// Something that would not be packed.
    LeftOut { path, category, reason, files, bytes }
}

record! {
    /// How a profile's cookies are encrypted.
    CookieKeys { system, key_versions }
}

record! {
    /// The contents of a browser's folder, and whether it will sign in elsewhere.
    ProfileInspection {
        family, product, browser_name, browser_version, profiles, files, bytes, sizes, largest, left_out,
        unknown, lock, lock_process, cookies, verdict, advice, warnings,
    }
}

record! {
    /// One file of a `SentTransfer`.
    SentFile { file_id, name, bytes, etag, md5, sha256, verified, attempts, parts, verified_by, crc64nvme }
}

record! {
    /// A transfer that is active, file by file.
    SentTransfer {
        id, status, encrypted, expires_at, recipient_key_fingerprint, recipient_key_source, files,
    }
}

record! {
    /// One file of a `TransferPlan`.
    PlannedFile { name, bytes, content_type, parts, part_size }
}

record! {
    /// The files and the first request that `AgentDrop::send` would send.
    TransferPlan { multipart, encrypted, total_bytes, files, request }
}

record! {
    /// The service's answer to a confirm.
    Confirmed { id, status }
}

record! {
    /// A transfer as the service reports it.
    TransferInfo { id, status, fields }
}

record! {
    /// The parts that storage has after `Storage::put_parts`.
    StoredParts { bytes, part_size, parts, verified, verified_by, crc64nvme }
}
// </generated results>
