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
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[pyclass(frozen, eq, module = "dropoff")]
        #[derive(PartialEq)]
        pub(crate) struct $name(pub(crate) dropoff::$name);

        #[pymethods]
        impl $name {
            $(
                $(#[$about])*
                #[getter]
                fn $field(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                    self.0.$field.to_python(py)
                }
            )*

            /// Every field as dicts, lists and scalars, fit for JSON.
            fn to_dict(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
                Ok(json::to_python(py, &self.0)?.unbind())
            }

            /// The object that to_dict() told, as a dict or as JSON has it.
            ///
            /// Raises InvalidInputError: the fields are not those of such an object.
            #[classmethod]
            fn from_dict(_cls: &Bound<'_, PyType>, fields: &Bound<'_, PyAny>) -> PyResult<Self> {
                guarded(|| {
                    let kept = Value::Object(json::object(fields, "fields")?);
                    dropoff::$name::restore(kept).map(Self).map_err(|why| are_no_fields(stringify!($name), &why))
                })
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

pub(crate) fn are_no_fields(of: &str, why: &str) -> Failure {
    bad_argument(&format!("these are not the fields of a {of} ({why}); give what to_dict() gave"))
}

pub(crate) fn cannot_be_read(why: &str) -> Failure {
    bad_argument(&format!("what was pickled cannot be read ({why}); pickle with the version that unpickles"))
}

// <generated results> by `make generate`, from the core's sources
record! {
    /// One part that storage has.
    StoredPart {
        /// Its number, from 1.
        part_number,
        /// Bytes of it.
        bytes,
        /// Storage's ETag of it, without quotes: completing the upload needs it. Empty where storage gives
        /// none and needs none, as for Azure's blocks.
        etag,
        /// MD5 of what was sent, in hex, if it was computed.
        md5,
        /// Whether storage answered with a digest that equals that of what was sent.
        verified,
        /// Requests it took, the successful one included.
        attempts,
        /// The digest that verified it, as in `StoredObject`.
        verified_by,
        /// CRC-64/NVME of what was sent, in base64: completing an upload that was begun with this checksum
        /// needs it. Unless `integrity_check` is false.
        crc64nvme,
    }
}

record! {
    /// Storage's reply to a success. What the ticket held is hidden in it.
    StorageReply {
        /// The HTTP status.
        status,
        /// The headers about the object and the exchange, by their names in lower case.
        headers,
        /// The body as text, at most 64 KiB of it.
        body,
    }
}

record! {
    /// An object that storage has after an upload.
    StoredObject {
        /// Bytes of the source that storage took.
        bytes,
        /// Storage's ETag, without quotes, if it sent one.
        etag,
        /// SHA-256 of what was sent, in hex, if it was computed.
        sha256,
        /// MD5 of what was sent, in hex, if it was computed.
        md5,
        /// Whether storage answered with a digest that equals that of what was sent.
        verified,
        /// Requests it took, the successful one included.
        attempts,
        /// Doubts that are left all the same, each a sentence: a success that bears no sign of being
        /// storage's own.
        warnings,
        /// The digest that verified it: `crc32`, `crc32c`, `crc64nvme`, `md5`, `sha1` or `sha256`. A CRC
        /// finds damage on the way, and is no proof against somebody who means to deceive.
        verified_by,
        /// CRC-64/NVME of what was sent, in base64, as S3 takes it as `x-amz-checksum-crc64nvme`; unless
        /// `integrity_check` is false.
        crc64nvme,
        /// The parts that it was sent in, by number; none of an object that went whole.
        parts,
        /// Storage's reply, in which some services say what they made of the bytes. That of the commit, where
        /// a plan has one.
        reply,
    }
}

record! {
    /// The result of packing a folder.
    PackReport {
        /// Files in the archive.
        files,
        /// Their size before packing.
        bytes,
        /// Size of the archive.
        archive_bytes,
        /// Files and folders left out: locks, sockets, symlinks, caches, and those that the level or a
        /// pattern excludes; a folder counts once.
        left_out,
        /// Whether the files belong together. `clean`: nothing changed while they were packed. `snapshot`: a
        /// browser was using them, and its databases were copied at one moment each. `forced`: a browser was
        /// using them, or they changed, and they were packed as they were.
        consistency,
        /// Whether the browser's name or version was taken from the folder, because the caller did not give
        /// it.
        browser_guessed,
        /// Names that no rule knows; they are in the archive.
        unknown,
        /// Warnings about the profile elsewhere, and about files that could not be packed, a sentence each.
        warnings,
    }
}

record! {
    /// A browser profile as the service reports it, and what was proved about it.
    Profile {
        /// The profile's id, a UUID.
        id,
        /// Its name.
        name,
        /// The browser it belongs to.
        browser_name,
        /// That browser's version.
        browser_version,
        /// A text for people.
        description,
        /// Labels; the service types their values freely.
        labels,
        /// The service's internal place of the archive.
        s3_path,
        /// Size of the stored archive in bytes.
        file_size_bytes,
        /// SHA-256 of the stored archive, in hex or base64.
        checksum,
        /// How often it was used.
        usage_count,
        /// When it was last used, RFC 3339.
        last_used_at,
        /// Whether it is the default for its browser.
        is_default,
        /// The user it belongs to.
        user_id,
        /// The organization it belongs to.
        org_id,
        /// When it was made, RFC 3339.
        created_at,
        /// When it was last changed, RFC 3339.
        updated_at,
        /// Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were
        /// not `unchanged`. False also when the service reports none, or this call had nothing to compare.
        verified,
        /// Nothing was sent: this is the earlier profile, which the archive equals.
        unchanged,
        /// The object that this call sent to storage.
        upload,
        /// The report on packing, if a folder was given.
        packed,
        /// Ids that were reserved and given up because their ticket ran out; the service removes them.
        abandoned_profile_ids,
        /// The digest that verified it: `sha256`, or none.
        verified_by,
    }
}

record! {
    /// One kind of file in a folder.
    CategorySize {
        /// `login` (cookies and what sites store), `settings`, `extensions`, `apps` (installed web apps),
        /// `passwords`, `autofill`, `bookmarks`, `history`, `cache`, `runtime`, `other_profile` or `unknown`.
        category,
        /// How many files.
        files,
        /// Their size.
        bytes,
        /// Whether this kind is packed at the level asked for.
        packed,
    }
}

record! {
    /// A file and its size.
    FileSize {
        /// Inside the folder; what names a site is not shown.
        path,
        /// Its size.
        bytes,
    }
}

record! {
    /// Something that would not be packed.
    LeftOut {
        /// Inside the folder; what names a site is not shown.
        path,
        /// Its category, as in `CategorySize`.
        category,
        /// Why it is left out.
        reason,
        /// How many files are in it.
        files,
        /// Their size.
        bytes,
    }
}

record! {
    /// How a profile's cookies are encrypted.
    CookieKeys {
        /// The system they were written on, if the folder shows it: `linux`, `macos`, `windows`, otherwise
        /// `unknown`.
        system,
        /// Prefixes of those of the profile that opens: `v10`, `v11`, `v12`, `v20`, `plain`, `other`; the
        /// most frequent first.
        key_versions,
    }
}

record! {
    /// The contents of a browser's folder, and whether it will sign in elsewhere.
    ProfileInspection {
        /// `chrome` (Chrome, Chromium, Edge, Brave and the like) or `firefox`.
        family,
        /// The browser that wrote it, as far as the folder tells: `Chromium`, `Google Chrome`, `Firefox`, …
        product,
        /// The name a profile of it is registered under by default: `chromium` or `firefox`.
        browser_name,
        /// Its version, if the folder tells.
        browser_version,
        /// Names of the profiles in it.
        profiles,
        /// Files that would be packed.
        files,
        /// Their size.
        bytes,
        /// Everything in the folder by what it is.
        sizes,
        /// The ten largest files that would be packed.
        largest,
        /// Files and folders that would be left out, the largest first; a folder counts once.
        left_out,
        /// Names that no rule knows; they would be packed.
        unknown,
        /// Whether a browser is using it, by its lock and those on its databases. `none`: no lock was seen,
        /// which proves nothing. `live`: a browser is, or another program has one of its databases locked.
        /// `stale`: the browser is gone and left its lock. `foreign`: the lock is from another machine or
        /// container, where its process cannot be looked for.
        lock,
        /// The process that holds the lock, if that is known: not of one in another container.
        lock_process,
        /// How cookies are encrypted.
        cookies,
        /// Whether it will sign in on Linux. `likely`: its cookies can be read there. `unlikely`: they
        /// cannot. `unknown`: there are none, or they tell nothing.
        verdict,
        /// The same as a sentence, with the reason and what to do.
        advice,
        /// Warnings, a sentence each.
        warnings,
    }
}

record! {
    /// One file of a `SentTransfer`.
    SentFile {
        /// The service's id of it.
        file_id,
        /// Its name.
        name,
        /// Bytes sent: 16 more than the file has if it was sealed here.
        bytes,
        /// Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags.
        etag,
        /// MD5 of what was sent, in hex, if it was computed. A file in parts has none.
        md5,
        /// SHA-256 of what was sent, in hex, if it was computed. A file in parts has none.
        sha256,
        /// Whether storage answered with a digest, for every part if it went in parts, that equals that of
        /// what was sent.
        verified,
        /// Requests it took, over all its parts.
        attempts,
        /// How many parts it was sent in; 0 if it went whole.
        parts,
        /// The digest that verified it, `crc32`, `crc32c`, `crc64nvme`, `md5`, `sha1` or `sha256`; for a file
        /// in parts the weakest of theirs. A CRC finds damage on the way, and is no proof against somebody
        /// who means to deceive.
        verified_by,
        /// CRC-64/NVME of what was sent, in base64, unless `integrity_check` is false.
        crc64nvme,
    }
}

record! {
    /// A transfer that is active, file by file.
    SentTransfer {
        /// The transfer's id.
        id,
        /// `active`, as the service reported it.
        status,
        /// Whether its files were sealed before they left.
        encrypted,
        /// When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree.
        expires_at,
        /// SHA-256, in hex, of the public key that files were sealed for, if they were sealed here; compare
        /// it with the recipient's.
        recipient_key_fingerprint,
        /// Whose word it is that this key is the recipient's, `caller` or `service`, if files were sealed
        /// here.
        recipient_key_source,
        /// The files, in the order given.
        files,
    }
}

record! {
    /// One file of a `TransferPlan`.
    PlannedFile {
        /// Its name.
        name,
        /// Bytes that would be sent: 16 more than the file has if it is sealed here.
        bytes,
        /// Its media type.
        content_type,
        /// How many parts it would be sent in; 0 if it goes whole.
        parts,
        /// Bytes of each part but the last, if it goes in parts.
        part_size,
    }
}

record! {
    /// The files and the first request that `AgentDrop::send` would send.
    TransferPlan {
        /// Whether its files go in parts.
        multipart,
        /// Whether they are sealed.
        encrypted,
        /// Bytes that would be sent in all.
        total_bytes,
        /// The files, in the order given.
        files,
        /// The body of the first request. Secret and random values in it are `[hidden]`.
        request,
    }
}

record! {
    /// The service's answer to a confirm.
    Confirmed {
        /// The transfer's id.
        id,
        /// `active`, as the service reported it.
        status,
    }
}

record! {
    /// A transfer as the service reports it.
    TransferInfo {
        /// The transfer's id.
        id,
        /// `pending`, `active`, `expired`, `deleted`, `downloaded`, and whatever the service adds.
        status,
        /// Every field of the reply, these two included.
        fields,
    }
}

record! {
    /// The parts that storage has after `Storage::put_parts`.
    StoredParts {
        /// Bytes of the source that storage took.
        bytes,
        /// Bytes of each part but the last.
        part_size,
        /// The parts, by number. Completing the upload needs their ETags.
        parts,
        /// Whether every part is verified.
        verified,
        /// The weakest digest that verified a part, if every part is verified.
        verified_by,
        /// CRC-64/NVME of the whole, in base64: completing the upload with it as `x-amz-checksum-crc64nvme`
        /// has S3 compare it. Unless `integrity_check` is false.
        crc64nvme,
        /// Doubts that are left all the same, each a sentence: a part that was taken without any sign of
        /// storage's own.
        warnings,
    }
}
// </generated results>
