//! Options that a program filled in, as the core takes them. Names, ranges and defaults are the core's.

use std::ffi::{c_char, c_int};
use std::time::Duration;

use dropoff::{Error, OptionValue, Options, Result};

use crate::fields::Fields;

/// Options, one after the other.
pub(crate) struct GivenOptions<'a> {
    options: Options,
    fields: &'a Fields<'a>,
}

impl<'a> GivenOptions<'a> {
    pub(crate) fn new(fields: &'a Fields<'a>) -> Self {
        Self { options: Options::new(), fields }
    }

    pub(crate) fn end(self) -> Options {
        self.options
    }

    fn set(&mut self, name: &str, value: OptionValue) -> Result<()> {
        self.options.set(name, value)
    }

    /// `unset` is what stands for the default.
    pub(crate) fn time(&mut self, name: &str, ms: u64, unset: u64) -> Result<()> {
        if ms == unset { Ok(()) } else { self.set(name, OptionValue::Duration(Duration::from_millis(ms))) }
    }

    pub(crate) fn number(&mut self, name: &str, number: u64) -> Result<()> {
        if number == 0 { Ok(()) } else { self.set(name, OptionValue::Number(number)) }
    }

    pub(crate) fn text(&mut self, name: &str, text: *const c_char) -> Result<()> {
        match self.fields.text(text, name)? {
            Some(text) => self.set(name, OptionValue::Text(text.to_owned())),
            None => Ok(()),
        }
    }

    pub(crate) fn path(&mut self, name: &str, path: *const c_char) -> Result<()> {
        self.fields.path(path, name)?.map_or(Ok(()), |path| self.set(name, OptionValue::Path(path)))
    }

    pub(crate) fn texts(&mut self, name: &str, texts: *const *const c_char, count: usize) -> Result<()> {
        let texts = self.fields.texts(texts, count, name)?;
        if texts.is_empty() {
            return Ok(());
        }
        self.set(name, OptionValue::Texts(texts.into_iter().map(str::to_owned).collect()))
    }

    pub(crate) fn choice(&mut self, name: &str, number: c_int) -> Result<()> {
        match self.fields.choice(number, name) {
            Ok(Some(on)) => self.set(name, OptionValue::Bool(on)),
            Ok(None) => Ok(()),
            Err(error) => {
                Err(Error::bad_argument(&format!("{}; it is DROPOFF_AUTO, _YES or _NO", error.message())))
            }
        }
    }
}
