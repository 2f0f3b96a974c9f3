//! The browser a folder is of, beside what the caller says it is.

use crate::profile::family::known_as;

/// The browser a folder is of.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    /// The name the service knows it by.
    pub(crate) name: &'static str,
    pub(crate) product: &'static str,
    pub(crate) version: Option<String>,
}

impl Browser {
    /// Statements of the caller about the browser that the folder contradicts, a sentence each.
    pub(crate) fn contradicts(&self, name: Option<&str>, version: Option<&str>) -> Vec<String> {
        let product = self.product;
        if let Some(name) = name.filter(|name| self.is_other_than(name)) {
            return vec![format!(
                "the folder is {product}'s, and is registered as {name:?}, as the caller says; that browser may not read it"
            )];
        }
        let number = |version: &str| version.trim().split('.').next()?.parse::<u32>().ok();
        match (self.version.as_deref(), version) {
            (Some(own), Some(given)) if number(given).is_some_and(|given| number(own) != Some(given)) => {
                vec![format!(
                    "the folder was last used by {product} {own}, and is registered as version {given:?}, as the caller says"
                )]
            }
            _ => Vec::new(),
        }
    }

    /// Whether this is known to be the name of another kind of browser.
    pub(crate) fn is_other_than(&self, name: &str) -> bool {
        known_as(name).is_some_and(|known| known != self.name)
    }
}
