//! Fields of structs that a program filled, as the core takes them. Each error names the field as every
//! language names the argument, by its path in the request, such as `files[2].name`, and never holds what is
//! in it.

use std::ffi::{c_char, c_int};
use std::mem::size_of;
use std::path::PathBuf;

use dropoff::{Encryption, Error, Result, Source};
use serde_json::{Map, Value};

use crate::caller_struct::{self, CallerStruct, dropoff_choice, dropoff_pair, dropoff_pairs};
use crate::key_pair::dropoff_key_pair;
use crate::source::dropoff_source;
use crate::text;

/// The fields of one struct. Whoever makes one says that its pointers are what the header asks for.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    at: &'a str,
    /// Whether it is what a function takes: its fields are named without it then.
    is_parameter: bool,
    /// Whether sources that can be used again are left to the caller.
    keeps_sources: bool,
}

impl<'a> Fields<'a> {
    /// # Safety
    /// Every pointer of the struct, and of those that it points to, is NULL or points to what the header says
    /// of that field, which stays as it is meanwhile.
    pub(crate) unsafe fn new(at: &'a str) -> Self {
        Self { at, is_parameter: true, keeps_sources: false }
    }

    /// For a call that sends nothing: only streams are taken.
    pub(crate) fn keeping_sources(self) -> Self {
        Self { keeps_sources: true, ..self }
    }

    /// Those of a struct that this one points to.
    pub(crate) fn within<'b>(&self, at: &'b str) -> Fields<'b> {
        Fields { at, is_parameter: false, keeps_sources: self.keeps_sources }
    }

    fn path_of(&self, field: &str) -> String {
        if self.is_parameter { field.to_owned() } else { format!("{}.{field}", self.at) }
    }

    fn missing(&self, field: &str) -> Error {
        Error::bad_argument(&format!("{} is not set", self.path_of(field)))
    }

    pub(crate) fn text<'t>(&self, text: *const c_char, field: &str) -> Result<Option<&'t str>> {
        if text.is_null() {
            return Ok(None);
        }
        // SAFETY: what `new` was promised.
        unsafe { text::utf8(text, &self.path_of(field)) }.map(Some)
    }

    pub(crate) fn needed_text<'t>(&self, text: *const c_char, field: &str) -> Result<&'t str> {
        self.text(text, field)?.ok_or_else(|| self.missing(field))
    }

    pub(crate) fn path(&self, path: *const c_char, field: &str) -> Result<Option<PathBuf>> {
        if path.is_null() {
            return Ok(None);
        }
        // SAFETY: what `new` was promised.
        unsafe { text::raw_path(path, &self.path_of(field)) }.map(Some)
    }

    pub(crate) fn needed_path(&self, path: *const c_char, field: &str) -> Result<PathBuf> {
        self.path(path, field)?.ok_or_else(|| self.missing(field))
    }

    pub(crate) fn choice(&self, number: c_int, field: &str) -> Result<Option<bool>> {
        dropoff_choice::to_core(number).ok_or_else(|| self.no_such(field, "dropoff_choice", number))
    }

    /// What an enum has no enumerator for.
    pub(crate) fn no_such(&self, field: &str, of: &str, number: c_int) -> Error {
        Error::bad_argument(&format!("{} is {number}, which is no {of}", self.path_of(field)))
    }

    pub(crate) fn json(&self, json: *const c_char, field: &str) -> Result<Option<Map<String, Value>>> {
        let Some(text) = self.text(json, field)? else { return Ok(None) };
        serde_json::from_str(text).map(Some).map_err(|_| {
            Error::bad_argument(&format!("{} must be the text of one JSON object", self.path_of(field)))
        })
    }

    /// An array of the program's. It may be NULL if it has no items.
    fn items<'t, T>(&self, items: *const T, count: usize, field: &str) -> Result<&'t [T]> {
        if count == 0 {
            return Ok(&[]);
        }
        let largest = isize::MAX as usize / size_of::<T>().max(1);
        if items.is_null() || count > largest {
            let field = self.path_of(field);
            return Err(Error::bad_argument(&format!(
                "{field} is NULL or cannot have as many items as {field}_count says"
            )));
        }
        // SAFETY: what `new` was promised, and it is no longer than memory can be.
        Ok(unsafe { std::slice::from_raw_parts(items, count) })
    }

    pub(crate) fn texts<'t>(
        &self,
        texts: *const *const c_char,
        count: usize,
        field: &str,
    ) -> Result<Vec<&'t str>> {
        let items = self.items(texts, count, field)?.iter().enumerate();
        items.map(|(at, text)| self.needed_text(*text, &format!("{field}[{at}]"))).collect()
    }

    pub(crate) fn pairs<'t>(
        &self,
        pairs: *const dropoff_pair,
        count: usize,
        field: &str,
    ) -> Result<Vec<(&'t str, &'t str)>> {
        let pair = |(at, pair): (usize, &dropoff_pair)| {
            let name = self.needed_text(pair.name, &format!("{field}[{at}].name"))?;
            Ok((name, self.needed_text(pair.value, &format!("{field}[{at}].value"))?))
        };
        self.items(pairs, count, field)?.iter().enumerate().map(pair).collect()
    }

    pub(crate) fn pair_lists(
        &self,
        lists: *const dropoff_pairs,
        count: usize,
        field: &str,
    ) -> Result<Vec<Vec<(String, String)>>> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let list = |(at, list): (usize, &dropoff_pairs)| {
            let pairs = self.pairs(list.pairs, list.pairs_count, &format!("{field}[{at}].pairs"))?;
            Ok(pairs.into_iter().map(owned).collect())
        };
        self.items(lists, count, field)?.iter().enumerate().map(list).collect()
    }

    pub(crate) fn numbers(&self, numbers: *const u64, count: usize, field: &str) -> Result<Vec<u64>> {
        self.items(numbers, count, field).map(<[u64]>::to_vec)
    }

    /// A struct that this one points to, and its path; none for NULL.
    pub(crate) fn structure<T: CallerStruct>(
        &self,
        given: *const T,
        field: &str,
    ) -> Result<Option<(T, String)>> {
        if given.is_null() {
            return Ok(None);
        }
        let at = self.path_of(field);
        // SAFETY: what `new` was promised.
        let item = unsafe { caller_struct::read(given, &at) }?;
        Ok(Some((item, at)))
    }

    /// An array of structs, each with its path. They lie as far apart as the program's compiler put them,
    /// which is as far as the first one's size.
    pub(crate) fn structs<T: CallerStruct>(
        &self,
        given: *const T,
        count: usize,
        field: &str,
    ) -> Result<Vec<(T, String)>> {
        let path = self.path_of(field);
        let mut items: Vec<(T, String)> = Vec::new();
        let mut next = given;
        for index in 0..count {
            let at = format!("{path}[{index}]");
            // SAFETY: what `new` was promised.
            let item: T = unsafe { caller_struct::read(next, &at) }?;
            let size = item.size();
            if items.first().is_some_and(|(first, _)| first.size() != size) {
                let (name, init) = (T::NAME, T::INIT_MACRO);
                let text = format!("{at}.size is another than {path}[0].size; begin each {name} with {init}");
                return Err(Error::bad_argument(&text));
            }
            next = next.wrapping_byte_add(size);
            items.push((item, at));
        }
        Ok(items)
    }

    /// A path, or a source, which this empties unless it is kept.
    pub(crate) fn source(&self, path: *const c_char, source: *mut dropoff_source) -> Result<Source> {
        match self.given_source(path, source)? {
            GivenSource::Path(path) => Ok(Source::path(path)),
            GivenSource::Handle(source) if self.keeps_sources => source.share(),
            GivenSource::Handle(source) => source.take(),
        }
    }

    /// Refuses what `source` would refuse, and takes nothing.
    pub(crate) fn check_source(&self, path: *const c_char, source: *mut dropoff_source) -> Result<()> {
        match self.given_source(path, source)? {
            GivenSource::Path(_) => Ok(()),
            GivenSource::Handle(source) => source.check(),
        }
    }

    fn given_source(&self, path: *const c_char, source: *mut dropoff_source) -> Result<GivenSource<'_>> {
        // SAFETY: what `new` was promised; the header says that no other thread uses it.
        let source = unsafe { source.as_mut() };
        match (self.path(path, "path")?, source) {
            (Some(path), None) => Ok(GivenSource::Path(path)),
            (None, Some(source)) => Ok(GivenSource::Handle(source)),
            (None, None) => Err(Error::bad_argument(&format!(
                "{} has neither a path nor a source; set {} or {}",
                self.at,
                self.path_of("path"),
                self.path_of("source")
            ))),
            (Some(_), Some(_)) => Err(Error::bad_argument(&format!(
                "{} has a path and a source; set one of {} and {}",
                self.at,
                self.path_of("path"),
                self.path_of("source")
            ))),
        }
    }

    /// The sender's key pair, or a key that files were sealed with before.
    pub(crate) fn encryption(
        &self,
        key_pair: *const dropoff_key_pair,
        encrypted_key: *const c_char,
    ) -> Result<Encryption> {
        // SAFETY: what `new` was promised.
        let pair = unsafe { key_pair.as_ref() };
        match (pair, self.text(encrypted_key, "encrypted_key")?) {
            (Some(pair), None) => Ok(Encryption::new(pair.pair.clone())),
            (None, Some(key)) => Ok(Encryption::presealed(key)),
            _ => Err(Error::bad_argument(&format!(
                "{} needs one of {} and {}",
                self.at,
                self.path_of("key_pair"),
                self.path_of("encrypted_key")
            ))),
        }
    }
}

/// A source as a struct gives it.
enum GivenSource<'a> {
    Path(PathBuf),
    Handle(&'a mut dropoff_source),
}

/// The fields of a struct parameter of an exported function; `""` for a parameter that is a list.
macro_rules! fields {
    ($at:literal) => {
        // SAFETY: the header says what each field of a struct that a function takes points to.
        unsafe { crate::fields::Fields::new($at) }
    };
}
pub(crate) use fields;
