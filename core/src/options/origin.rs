//! The scheme, host and port of a storage service.

use url::Url;

use super::table::{OptionSpec, out_of_range};
use crate::error::Result;

/// The scheme, host and port of a storage service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    pub(crate) fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_ascii_lowercase(),
            port: url.port_or_known_default()?,
        })
    }

    pub(crate) fn is_of(&self, url: &Url) -> bool {
        self.scheme == url.scheme()
            && url.host_str().is_some_and(|host| self.host.eq_ignore_ascii_case(host))
            && url.port_or_known_default() == Some(self.port)
    }
}

pub(super) fn parse_origin(spec: &OptionSpec, text: &str) -> Result<Origin> {
    origin(text).ok_or_else(|| out_of_range(spec))
}

/// The origins of a list with commas or blanks between, without what is none.
pub(super) fn origins(listed: &str) -> Vec<Origin> {
    let is_between = |c: char| c == ',' || c.is_whitespace();
    listed.split(is_between).filter(|text| !text.is_empty()).filter_map(origin).collect()
}

fn origin(text: &str) -> Option<Origin> {
    let url = Url::parse(text).ok().filter(|u| {
        matches!(u.scheme(), "http" | "https")
            && u.path() == "/"
            && u.query().is_none()
            && u.username().is_empty()
            && u.password().is_none()
    });
    url.as_ref().and_then(Origin::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_the_environment_trusts_what_is_an_origin_and_nothing_else() {
        let trusted =
            origins(" http://127.0.0.1:9000,https://minio.internal\n, x, https://u:p@h, https://h/p ");
        let named = |text: &str| trusted.iter().any(|origin| origin.is_of(&Url::parse(text).expect(text)));
        assert_eq!(trusted.len(), 2, "{trusted:?}");
        assert!(named("http://127.0.0.1:9000/a") && named("https://minio.internal:443/b"));
        assert!(!named("https://127.0.0.1:9000/a") && !named("https://h/p"));
        assert!(origins("").is_empty());
    }
}
