//! How a browser's folder is packed, and `start_inspect_profile`, which needs no service.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::errors::{Failure, guarded};
use crate::inputs;
use crate::job::Job;

/// How a browser's folder is packed. The default is right for a folder whose browser is closed.
///
/// level: "default", everything but caches and what belongs to a run or a machine; "minimal", what signs in;
/// "full", caches too.
/// profile: only this one of the profiles, by the name of its folder, such as "Profile 2". Default: all.
/// include, exclude: globs on paths inside the folder, such as "Default/Code Cache"; exclude goes before
/// include.
/// if_running: what to do while a browser is using the folder: "error", "snapshot" or "force".
/// prefix: a folder that everything in the archive is in. Default: none.
/// Raises InvalidInputError for another level or if_running; globs and prefix are looked at by the call.
#[pyclass(frozen, eq, hash, module = "dropoff")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Pack {
    level: String,
    profile: Option<String>,
    include: Vec<String>,
    exclude: Vec<String>,
    if_running: String,
    prefix: String,
}

const LEVEL: &str = "default";
const IF_RUNNING: &str = "error";

// Arguments that have a default other than None are converted before the body runs.
fn level(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(inputs::text(value, "level")?.to_owned())
}
fn include(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    Ok(inputs::texts(value, "include", "globs")?)
}
fn exclude(value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    Ok(inputs::texts(value, "exclude", "globs")?)
}
fn if_running(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(inputs::text(value, "if_running")?.to_owned())
}
fn prefix(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(inputs::text(value, "prefix")?.to_owned())
}

#[pymethods]
impl Pack {
    #[new]
    #[pyo3(
        signature = (
            level=LEVEL.to_owned(), *, profile=None, include=Vec::new(), exclude=Vec::new(), if_running=IF_RUNNING.to_owned(),
            prefix=String::new()
        ),
        text_signature = "(level='default', *, profile=None, include=(), exclude=(), if_running='error', prefix='')"
    )]
    fn new(
        #[pyo3(from_py_with = level)] level: String,
        profile: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = include)] include: Vec<String>,
        #[pyo3(from_py_with = exclude)] exclude: Vec<String>,
        #[pyo3(from_py_with = if_running)] if_running: String,
        #[pyo3(from_py_with = prefix)] prefix: String,
    ) -> PyResult<Self> {
        guarded(|| {
            let profile = inputs::optional(profile, "profile")?.map(str::to_owned);
            let made = Self { level, profile, include, exclude, if_running, prefix };
            made.to_core()?;
            Ok(made)
        })
    }

    #[getter]
    fn level(&self) -> &str {
        &self.level
    }
    #[getter]
    fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }
    #[getter]
    fn include<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.include)
    }
    #[getter]
    fn exclude<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.exclude)
    }
    #[getter]
    fn if_running(&self) -> &str {
        &self.if_running
    }
    #[getter]
    fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How it is pickled and copied.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        Ok((PyTuple::empty(py), self.chosen(py)?))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut shown = Vec::new();
        for (name, value) in self.chosen(py)? {
            shown.push(format!("{}={}", name.cast::<PyString>()?, value.repr()?));
        }
        Ok(format!("Pack({})", shown.join(", ")))
    }
}

impl Pack {
    /// What is not the default, by its argument's name.
    fn chosen<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let chosen = PyDict::new(py);
        if self.level != LEVEL {
            chosen.set_item("level", &self.level)?;
        }
        if let Some(profile) = &self.profile {
            chosen.set_item("profile", profile)?;
        }
        if !self.include.is_empty() {
            chosen.set_item("include", self.include(py)?)?;
        }
        if !self.exclude.is_empty() {
            chosen.set_item("exclude", self.exclude(py)?)?;
        }
        if self.if_running != IF_RUNNING {
            chosen.set_item("if_running", &self.if_running)?;
        }
        if !self.prefix.is_empty() {
            chosen.set_item("prefix", &self.prefix)?;
        }
        Ok(chosen)
    }

    fn to_core(&self) -> Result<dropoff::Pack, Failure> {
        let mut pack = dropoff::Pack::new().level(self.level.parse()?).if_running(self.if_running.parse()?);
        if let Some(folder) = &self.profile {
            pack = pack.profile(folder);
        }
        for glob in &self.include {
            pack = pack.include(glob);
        }
        for glob in &self.exclude {
            pack = pack.exclude(glob);
        }
        Ok(pack.prefix(&self.prefix))
    }
}

/// The argument `pack` of a call; None is the default.
pub(crate) fn pack(value: Option<&Bound<'_, PyAny>>) -> Result<dropoff::Pack, Failure> {
    match value {
        Some(value) => {
            inputs::object::<Pack>(value, "pack", "a Pack, such as Pack(level=\"minimal\")")?.get().to_core()
        }
        None => Ok(dropoff::Pack::new()),
    }
}

/// Looks at a browser's folder as upload_profile() would, without packing or sending anything; the folder is
/// only read. inspect_profile() gives a ProfileInspection, start_inspect_profile() a Job at once.
///
/// path: the user-data folder. pack: how it would be packed.
/// Raises InvalidInputError for what is no browser's folder, SourceUnreadableError, or another DropoffError.
#[pyfunction]
#[pyo3(signature = (path, *, pack=None))]
pub(crate) fn start_inspect_profile(
    py: Python<'_>,
    path: &Bound<'_, PyAny>,
    pack: Option<&Bound<'_, PyAny>>,
) -> PyResult<Job> {
    Job::start(py, None, |_| {
        let folder = inputs::needed_path(path, "path")?;
        Ok(dropoff::start_inspect_profile(folder, &self::pack(pack)?)?)
    })
}
