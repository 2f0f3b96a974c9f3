//! A checksum that a ticket demands and does not tell: a signed header without a value, or an empty header,
//! field or parameter of the URL. Storage wants it ahead of the body, so the source is read before that.

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::checksums::{CONTENT_MD5, DIGEST, demandable, http_digest, value_for, wanted_by};
use crate::digest::{Algorithm, AlgorithmSet, Digests, Hasher};
use crate::error::{Error, Result};
use crate::source::Prepared;

/// The names (in lower case) that a `PUT` has to send a checksum under.
pub(super) fn of_put(signed: &[String], headers: &HeaderMap, url: &Url) -> Vec<&'static str> {
    let empty_in_url = |name: &str| {
        let pairs = url.query().unwrap_or_default().split('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.any(|(n, value)| n.eq_ignore_ascii_case(name) && value.is_empty())
    };
    // Nearly no ticket has one, and thousands of small files are looked at.
    let may_be_signed = signed.iter().any(|name| name.starts_with("x-") || name == CONTENT_MD5);
    let has_gap = headers.values().any(|value| value.as_bytes().trim_ascii().is_empty())
        || url
            .query()
            .is_some_and(|query| query.split('&').any(|pair| !pair.contains('=') || pair.ends_with('=')));
    if !may_be_signed && !has_gap {
        return Vec::new();
    }
    let is_demanded = |name: &str| match headers.get(name) {
        Some(value) => value.as_bytes().trim_ascii().is_empty(),
        None => signed.iter().any(|signed| signed == name) || empty_in_url(name),
    };
    demandable().filter(|name| is_demanded(name)).collect()
}

/// The checksums that a ticket demanded, computed.
#[derive(Default)]
pub(super) struct FilledChecksums {
    pub(super) digests: Digests,
    values: Vec<(&'static str, String)>,
}

impl FilledChecksums {
    /// Those under these names, and the one that the header `Digest` has to tell.
    pub(super) async fn compute(
        names: &[&'static str],
        digest: Option<Algorithm>,
        source: &Prepared,
    ) -> Result<Self> {
        if names.is_empty() && digest.is_none() {
            return Ok(Self::default());
        }
        let wanted = names
            .iter()
            .fold(digest.into_iter().collect::<AlgorithmSet>(), |all, name| all.and(wanted_by(name)));
        let mut hasher = Hasher::new(wanted);
        // Away from here: only uploads that need it are to take its room.
        Box::pin(source.each_chunk(|chunk| hasher.update(chunk))).await?;
        let digests = hasher.finish();
        let value = |name| value_for(name, &digests).map(|value| (name, value));
        let told = digest.and_then(|algorithm| http_digest(algorithm, &digests));
        let told = told.map(|value| (DIGEST, value));
        let values = names.iter().filter_map(|name| value(*name)).chain(told).collect();
        Ok(Self { digests, values })
    }

    /// Those of what is sent around an empty source: a header tells each.
    pub(super) fn of_content(digests: Digests) -> Self {
        let value = value_for(CONTENT_MD5, &digests).map(|value| (CONTENT_MD5, value));
        Self { values: value.into_iter().collect(), digests }
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.values.iter().map(|(name, _)| *name).collect()
    }

    pub(super) fn put_into_headers(&self, headers: &mut HeaderMap) -> Result<()> {
        for (name, value) in &self.values {
            let value = HeaderValue::from_str(value)
                .map_err(|_| Error::internal("a checksum could not be made a header"))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(())
    }

    /// In the place of the empty ones; those that the form lacks stand before the others.
    pub(super) fn put_into_fields(&self, fields: &mut Vec<(String, String)>) {
        for (name, value) in &self.values {
            match fields.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                Some((_, empty)) => empty.clone_from(value),
                None => fields.insert(0, ((*name).to_owned(), value.clone())),
            }
        }
    }
}
