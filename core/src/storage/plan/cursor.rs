//! A value of a plan together with the place where it stands (JSON Pointer, RFC 6901), so that every
//! complaint names what is wrong.

use serde_json::{Map, Value};

use crate::error::{Detail, Error};

/// A value of a plan, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    pub(super) value: &'a Value,
    pub(super) at: String,
}

impl<'a> Cursor<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, at: String::new() }
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<Self> {
        let value = self.value.as_object()?.get(name).filter(|value| !value.is_null())?;
        Some(Self { value, at: self.place(name) })
    }

    /// The one of several names for the same thing that is there.
    pub(super) fn one_of(&self, names: &[&str]) -> Result<Option<Self>, Error> {
        let mut found = names.iter().filter_map(|name| self.get(name));
        let first = found.next();
        match found.next() {
            Some(other) => Err(other.wrong("says what another member says already; leave one of them out")),
            None => Ok(first),
        }
    }

    /// The first of several members that is there.
    pub(super) fn any(&self, names: &[&str]) -> Option<Self> {
        names.iter().find_map(|name| self.get(name))
    }

    pub(super) fn needed(&self, name: &str) -> Result<Self, Error> {
        self.object()?;
        self.get(name).ok_or_else(|| wrong(&self.place(name), "is missing"))
    }

    fn place(&self, name: &str) -> String {
        format!("{}/{}", self.at, name.replace('~', "~0").replace('/', "~1"))
    }

    pub(super) fn wrong(&self, what: &str) -> Error {
        wrong(&self.at, what)
    }

    pub(super) fn object(&self) -> Result<&'a Map<String, Value>, Error> {
        self.value.as_object().ok_or_else(|| self.wrong("must be an object"))
    }

    /// Refuses members that nobody would read: one that is misspelt would change what is sent.
    pub(super) fn knows_only(&self, names: &[&str]) -> Result<(), Error> {
        match self.object()?.keys().find(|name| !names.contains(&name.as_str())) {
            Some(name) => {
                let what =
                    format!("is not a member that a plan has there; leave it out ({})", names.join(", "));
                Err(wrong(&self.place(name), &what))
            }
            None => Ok(()),
        }
    }

    pub(super) fn members(&self) -> Result<impl Iterator<Item = (&'a str, Self)>, Error> {
        let members = self.object()?.iter();
        let found = members.map(|(name, value)| (name.as_str(), Self { value, at: self.place(name) }));
        Ok(found.collect::<Vec<_>>().into_iter())
    }

    /// The items of a list of at most so many.
    pub(super) fn items(&self, most: usize) -> Result<Vec<Self>, Error> {
        let items = self.value.as_array().ok_or_else(|| self.wrong("must be a list"))?;
        if items.len() > most {
            return Err(self.wrong(&format!("has {} entries and may have {most}", items.len())));
        }
        Ok(items
            .iter()
            .enumerate()
            .map(|(at, value)| Self { value, at: self.place(&at.to_string()) })
            .collect())
    }

    pub(super) fn text(&self) -> Result<&'a str, Error> {
        self.value.as_str().ok_or_else(|| self.wrong("must be text"))
    }

    pub(super) fn filled_text(&self) -> Result<&'a str, Error> {
        match self.text()? {
            "" => Err(self.wrong("must not be empty")),
            text => Ok(text),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self) -> Result<u64, Error> {
        self.value.as_u64().ok_or_else(|| self.wrong("must be a whole number from 0"))
    }
}

/// A complaint about the value at a place.
pub(super) fn wrong(at: &str, what: &str) -> Error {
    let told = format!("{} {what}; give the plan as it was handed out", place(at));
    Error::invalid(told).details_are(vec![Detail { field: at.to_owned(), message: what.to_owned() }])
}

/// Another layer's error, about the value at a place.
pub(super) fn at_place(at: &str, error: Error) -> Error {
    let detail = Detail { field: at.to_owned(), message: error.message().to_owned() };
    error.context(&place(at)).details_are(vec![detail])
}

fn place(at: &str) -> String {
    if at.is_empty() { "the plan".to_owned() } else { format!("{at} of the plan") }
}
