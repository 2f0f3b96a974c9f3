//! Where secrets come from: a file, standard input, the environment. It owns how they are read, and must not
//! print them.

use std::env::VarError;
use std::io::Read;
use std::path::Path;

use dropoff::{Error, Result};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::argv::SAFE_URL;
use crate::commands::shown;

/// The environment variable for a target.
pub const URL_VARIABLE: &str = "DROPOFF_URL";
/// More is no secret, but a file given by mistake. Ten thousand presigned URLs have some 20 MB.
const MOST_BYTES: u64 = 32 << 20;

/// The text of a file, or of standard input where the path is `-`.
///
/// # Errors
/// `source_unreadable`; `invalid_input` for what is empty, too long or no text.
pub fn read(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    let bytes = read_bytes(path, what)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.trim().is_empty() => Err(Error::bad_argument(&format!(
            "{} is empty and should hold {what}; check how it is written",
            shown(path)
        ))),
        Ok(text) => Ok(Zeroizing::new(text.trim().to_owned())),
        Err(_) => Err(no_text(path, what)),
    }
}

/// The same, as it is.
///
/// # Errors
/// `source_unreadable`; `invalid_input` for what is too long.
pub fn read_bytes(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    let failed = |error: std::io::Error| unreadable(path, what, &error);
    if path == Path::new("-") {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        let place = shown(path);
        return Err(Error::bad_argument(&format!("{place} is too long for {what}; give another file")));
    }
    Ok(bytes)
}

/// What should be text.
pub fn no_text(path: &Path, what: &str) -> Error {
    let place = shown(path);
    Error::bad_argument(&format!("{place} holds no text and should hold {what}; give another file"))
}

/// Whoever gives a secret in place of its file is not to find it on the screen, in a log or in JSON.
fn unreadable(path: &Path, what: &str, error: &std::io::Error) -> Error {
    let told = Error::unreadable(path, error);
    if path == Path::new("-") || path.symlink_metadata().is_ok() || looks_like_a_path(path) {
        return told;
    }
    told.without_path().with_message(format!(
        "there is no file with {what} where one was named, and what was named is not repeated, since it may be the secret itself; check the path"
    ))
}

/// A short name or one with an extension, in a folder that is there. Services' and private keys have twenty
/// characters or more.
fn looks_like_a_path(path: &Path) -> bool {
    let folder = path.parent().is_none_or(|folder| folder.as_os_str().is_empty() || folder.is_dir());
    let is_short = path.file_name().is_some_and(|name| name.len() < 20);
    let is_extension = |text: &std::ffi::OsStr| text.len() <= 5 && !text.as_encoded_bytes().contains(&b'=');
    folder && (is_short || path.extension().is_some_and(is_extension))
}

/// The value of an environment variable; what is empty is not set.
///
/// # Errors
/// `invalid_input` for what is no text, which would otherwise be passed over for another.
pub fn from_environment(variable: &str) -> Result<Option<Zeroizing<String>>> {
    match std::env::var(variable).map(Zeroizing::new) {
        Ok(text) if !text.trim().is_empty() => Ok(Some(Zeroizing::new(text.trim().to_owned()))),
        Ok(_) | Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(Error::bad_argument(&format!(
            "the environment variable {variable} holds no text; check how it is set"
        ))),
    }
}

/// A presigned target as it was handed out: a URL alone, or JSON with it.
pub struct Target(Zeroizing<String>);

impl Target {
    /// From the file named, else the environment.
    ///
    /// # Errors
    /// `invalid_input` if neither names one; those of [`read`].
    pub fn find(file: Option<&Path>) -> Result<Self> {
        if let Some(path) = file {
            return read(path, "a presigned URL").map(Self);
        }
        from_environment(URL_VARIABLE)?
            .map(Self)
            .ok_or_else(|| Error::bad_argument(&format!("there is no presigned URL; give it by {SAFE_URL}")))
    }

    fn json(&self) -> Result<Option<Value>> {
        if !self.0.starts_with(['{', '[']) {
            return Ok(None);
        }
        // The parser's own words quote nothing of the text.
        serde_json::from_str(&self.0).map(Some).map_err(|error| {
            Error::bad_argument(&format!(
                "the presigned target is no JSON ({error}); check how it is written"
            ))
        })
    }

    /// The URL of a `PUT` and the headers that were signed into it.
    ///
    /// # Errors
    /// `invalid_input` for another form.
    pub fn put(&self) -> Result<(String, Vec<(String, String)>)> {
        match self.json()? {
            None => Ok((self.single_line()?, Vec::new())),
            Some(json) => {
                let headers = json.get("headers").map_or(Some(Vec::new()), pairs);
                url_of(&json).zip(headers).ok_or_else(|| {
                    Error::bad_argument("the target of a put is a URL, or JSON such as {\"url\": \"https://…\", \"headers\": {\"Content-Type\": \"…\"}}; check how it is written")
                })
            }
        }
    }

    /// The URL of a form and its fields, in their order.
    ///
    /// # Errors
    /// `invalid_input` for another form.
    pub fn form(&self) -> Result<(String, Vec<(String, String)>)> {
        let json = self.json()?.unwrap_or_default();
        url_of(&json).zip(json.get("fields").and_then(pairs)).ok_or_else(|| {
            Error::bad_argument("the target of a form is JSON such as {\"url\": \"https://…\", \"fields\": {\"key\": \"…\"}}; check how it is written")
        })
    }

    /// The targets of parts, in the order of their numbers.
    ///
    /// # Errors
    /// `invalid_input` for another form.
    pub fn parts(&self) -> Result<PartTargets> {
        let Some(json) = self.json()? else {
            let lines = self.0.lines().map(str::trim).filter(|line| !line.is_empty());
            return Ok(PartTargets { urls: lines.map(str::to_owned).collect(), ..PartTargets::default() });
        };
        PartTargets::of(&json)
    }

    fn single_line(&self) -> Result<String> {
        if self.0.lines().count() > 1 {
            return Err(Error::bad_argument(
                "there is more than one line and a put has one URL; give that alone, or use put-parts",
            ));
        }
        Ok(self.0.to_string())
    }
}

/// The targets of parts, and what was signed into them.
#[derive(Default)]
pub struct PartTargets {
    pub urls: Vec<String>,
    /// Those of all parts.
    pub headers: Vec<(String, String)>,
    pub part_size: Option<u64>,
    pub part_sizes: Option<Vec<u64>>,
    pub part_headers: Option<Vec<Vec<(String, String)>>>,
}

impl PartTargets {
    fn of(json: &Value) -> Result<Self> {
        let Some(urls) = list_of(json.get("urls").unwrap_or(json), |url| url.as_str().map(str::to_owned))
        else {
            return Err(Error::bad_argument(
                "the targets of parts are one URL a line, or JSON such as {\"urls\": [\"https://…\", …]}; check how they are written",
            ));
        };
        let member = |name: &str| json.get(name).filter(|value| !value.is_null());
        let wrong = |name: &str, what: &str| {
            Error::bad_argument(&format!(
                "the member {name:?} of the targets of parts is not {what}; check how it is written"
            ))
        };
        let headers = member("headers").map_or(Some(Vec::new()), pairs);
        let size = member("part_size").map(Value::as_u64);
        let sizes = member("part_sizes").map(|sizes| list_of(sizes, Value::as_u64));
        let own = member("part_headers").map(|own| list_of(own, pairs));
        Ok(Self {
            urls,
            headers: headers.ok_or_else(|| wrong("headers", "an object of texts"))?,
            part_size: size
                .map(|size| size.ok_or_else(|| wrong("part_size", "a whole number of bytes")))
                .transpose()?,
            part_sizes: sizes
                .map(|sizes| sizes.ok_or_else(|| wrong("part_sizes", "a list of whole numbers of bytes")))
                .transpose()?,
            part_headers: own
                .map(|own| own.ok_or_else(|| wrong("part_headers", "a list of objects of texts")))
                .transpose()?,
        })
    }
}

/// What each item of a list is; `None` for what is no list, and for one with another item.
fn list_of<T>(list: &Value, item: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    list.as_array()?.iter().map(item).collect()
}

fn url_of(json: &Value) -> Option<String> {
    Some(json.get("url")?.as_str()?.to_owned())
}

/// An object's members, or a list of pairs, which keeps a name that comes twice.
fn pairs(value: &Value) -> Option<Vec<(String, String)>> {
    match value {
        Value::Object(map) => map.iter().map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect(),
        Value::Array(list) => list
            .iter()
            .map(|pair| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned())))
            .collect(),
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}
