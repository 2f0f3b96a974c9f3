//! The few fields of a certificate that rustls does not give out: who issued it, for whom, from when until
//! when, and its key, in versions 1 to 3 (RFC 5280, 4.1), and whether others may be issued with it. It does
//! not decide about trust; a text that is no certificate gives nothing.
//!
//! A reader of our own, since the crates that read certificates bring ten others.

use std::net::IpAddr;

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

#[derive(Clone, Copy)]
pub(super) struct Certificate<'a> {
    /// Names as they stand there.
    pub(super) issuer_name: &'a [u8],
    pub(super) subject_name: &'a [u8],
    pub(super) not_before: OffsetDateTime,
    pub(super) not_after: OffsetDateTime,
    /// The whole `SubjectPublicKeyInfo`.
    pub(super) key: &'a [u8],
    /// Absent in version 1.
    version: Option<&'a [u8]>,
    /// The bytes between its tags.
    extensions: Option<&'a [u8]>,
}

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]` and `[3]`, constructed.
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const BOOLEAN: u8 = 0x01;
const BITS: u8 = 0x03;
/// 2.5.29.17, 2.5.29.19, 2.5.29.15, 2.5.4.3 and 2.5.4.10.
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
/// `[2]` and `[7]` among the general names.
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;

/// One element of DER.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    value: &'a [u8],
    /// With tag and length.
    whole: &'a [u8],
}

/// The elements that stand one after the other; it ends at the first that is not whole.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, short], rest) = self.0.split_first_chunk::<2>()?;
        let long = usize::from(short).checked_sub(0x80);
        // Four bytes of length are more than any certificate has.
        let (length, rest) = match long {
            None => (usize::from(short), rest),
            Some(count @ 1..=4) => {
                let (bytes, rest) = rest.split_at_checked(count)?;
                (bytes.iter().fold(0, |n, b| (n << 8) | usize::from(*b)), rest)
            }
            Some(_) => return None,
        };
        let (value, after) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some(Element { tag, value, whole })
    }
}

impl<'a> Elements<'a> {
    fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|e| e.tag == tag)
    }
}

impl<'a> Certificate<'a> {
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let outer = Elements(der).expect(SEQUENCE)?;
        let signed = Elements(outer.value).expect(SEQUENCE)?;
        let mut fields = Elements(signed.value);
        // Version 1 leaves out its number.
        let version = match signed.value.first() {
            Some(&VERSION) => Some(fields.next()?.value),
            _ => None,
        };
        let (_serial, _algorithm) = (fields.next()?, fields.expect(SEQUENCE)?);
        let issuer_name = fields.expect(SEQUENCE)?.value;
        let mut validity = Elements(fields.expect(SEQUENCE)?.value);
        let (not_before, not_after) = (moment(validity.next()?)?, moment(validity.next()?)?);
        let subject_name = fields.expect(SEQUENCE)?.value;
        let key = fields.expect(SEQUENCE)?.whole;
        let extensions =
            fields.find(|e| e.tag == EXTENSIONS).and_then(|e| Elements(e.value).expect(SEQUENCE));
        let extensions = extensions.map(|list| list.value);
        Some(Self { issuer_name, subject_name, not_before, not_after, key, version, extensions })
    }

    pub(super) fn issued_itself(&self) -> bool {
        self.issuer_name == self.subject_name
    }

    /// Whether others may be issued with it, as OpenSSL has it (crypto/x509/v3_purp.c, `check_ca`), and so
    /// curl: its basic constraints say so; or it has none and its key is for that; or it is a root of the
    /// time before there were any.
    pub(super) fn may_issue(&self) -> bool {
        if self.version.is_none() {
            return self.issued_itself();
        }
        match (self.extension(BASIC_CONSTRAINTS), self.extension(KEY_USAGE)) {
            (Some(constraints), _) => {
                let ca =
                    Elements(constraints).expect(SEQUENCE).and_then(|c| Elements(c.value).expect(BOOLEAN));
                ca.is_some_and(|ca| ca.value != [0])
            }
            // The sixth bit, after the number of those that do not count.
            (None, Some(usage)) => {
                let bits = Elements(usage).expect(BITS);
                bits.and_then(|bits| bits.value.get(1)).is_some_and(|bits| bits & 0x04 != 0)
            }
            (None, None) => false,
        }
    }

    fn extension(&self, id: &[u8]) -> Option<&'a [u8]> {
        Elements(self.extensions?).find_map(|extension| value_of(extension, id))
    }

    /// Whoever issued it, as a stranger wrote it.
    pub(super) fn issuer(&self) -> Option<String> {
        attribute(self.issuer_name, COMMON_NAME).or_else(|| attribute(self.issuer_name, ORGANIZATION))
    }

    /// The names it is for: its alternative names, or the common name where it has none, as curl reads them.
    pub(super) fn names(&self) -> Vec<String> {
        let alternatives = self.extension(ALTERNATIVE_NAMES).and_then(|list| Elements(list).expect(SEQUENCE));
        let names: Vec<String> =
            alternatives.map(|list| Elements(list.value).filter_map(name).collect()).unwrap_or_default();
        if names.is_empty() { attribute(self.subject_name, COMMON_NAME).into_iter().collect() } else { names }
    }
}

/// The value of an extension, if it is this one.
fn value_of<'a>(extension: Element<'a>, id: &[u8]) -> Option<&'a [u8]> {
    let mut parts = Elements(extension.value);
    parts.expect(OID).filter(|found| found.value == id)?;
    // Between them may stand whether it is critical.
    parts.find(|part| part.tag == OCTETS).map(|part| part.value)
}

fn name(general: Element<'_>) -> Option<String> {
    match general.tag {
        DNS_NAME => Some(String::from_utf8_lossy(general.value).into_owned()),
        IP_ADDRESS => address(general.value).map(|a| a.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// An attribute of a distinguished name.
fn attribute(distinguished: &[u8], id: &[u8]) -> Option<String> {
    let parts = Elements(distinguished).filter(|e| e.tag == SET).flat_map(|set| Elements(set.value));
    parts.into_iter().find_map(|pair| {
        let mut pair = Elements(pair.value);
        pair.expect(OID).filter(|e| e.value == id)?;
        pair.next().map(|text| String::from_utf8_lossy(text.value).into_owned())
    })
}

fn moment(time: Element<'_>) -> Option<OffsetDateTime> {
    const LONG: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day][hour][minute][second]Z");
    let text = std::str::from_utf8(time.value).ok()?;
    // Two digits of a year are from 1950 to 2049 (RFC 5280, 4.1.2.5.1).
    let full = match time.tag {
        UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
        UTC_TIME => format!("19{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    PrimitiveDateTime::parse(&full, LONG).ok().map(PrimitiveDateTime::assume_utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn certified(names: &[&str]) -> (Vec<u8>, KeyPair) {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, "the common one");
        (params.not_before, params.not_after) = (date_time_ymd(1999, 12, 31), date_time_ymd(2055, 1, 2));
        let key = KeyPair::generate().expect("a key");
        (params.self_signed(&key).expect("a certificate").der().to_vec(), key)
    }

    #[test]
    fn what_was_written_is_read() {
        let (der, key) = certified(&["a.example", "*.b.example", "10.0.0.1", "::1"]);
        let read = Certificate::read(&der).expect("a certificate");
        assert_eq!(read.names(), ["a.example", "*.b.example", "10.0.0.1", "::1"]);
        assert!(read.issued_itself());
        assert_eq!(read.issuer().as_deref(), Some("the common one"));
        assert_eq!(
            (read.not_before, read.not_after),
            (date_time_ymd(1999, 12, 31), date_time_ymd(2055, 1, 2))
        );
        assert_eq!(read.key, rcgen::PublicKeyData::subject_public_key_info(&key));
        let (der, _) = certified(&[]);
        assert_eq!(Certificate::read(&der).expect("a certificate").names(), ["the common one"]);
    }

    #[test]
    fn who_may_issue_is_told() {
        use rcgen::{BasicConstraints, IsCa, KeyUsagePurpose as Usage};
        let any = BasicConstraints::Unconstrained;
        for (is_ca, usages, may) in [
            (IsCa::NoCa, vec![], false),
            (IsCa::ExplicitNoCa, vec![Usage::KeyCertSign], false),
            (IsCa::NoCa, vec![Usage::DigitalSignature], false),
            (IsCa::NoCa, vec![Usage::DigitalSignature, Usage::KeyCertSign], true),
            (IsCa::Ca(any), vec![], true),
            (IsCa::Ca(BasicConstraints::Constrained(0)), vec![Usage::CrlSign], true),
        ] {
            let mut params = CertificateParams::new(vec!["a.example".to_owned()]).expect("names");
            params.is_ca = is_ca;
            params.key_usages.clone_from(&usages);
            let der = params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate");
            let read = Certificate::read(der.der()).expect("a certificate");
            assert_eq!(read.may_issue(), may, "{is_ca:?} {usages:?}");
        }
    }

    /// A certificate that cannot be read here would no longer be trusted. Debian keeps a server's own among
    /// them (ssl-cert-snakeoil).
    #[test]
    fn the_roots_of_this_system_are_read_and_may_issue() {
        for root in rustls_native_certs::load_native_certs().certs {
            let read = Certificate::read(&root).expect("a certificate");
            let is_a_servers = read.extension(ALTERNATIVE_NAMES).is_some();
            assert!(read.may_issue() || is_a_servers, "{:?} {:?}", read.issuer(), read.names());
        }
    }

    #[test]
    fn nothing_that_is_no_certificate_is_more_than_nothing() {
        let (der, _) = certified(&["a.example", "10.0.0.1"]);
        for end in 0..der.len() {
            assert!(Certificate::read(&der[..end]).is_none(), "{end}");
        }
        for at in 0..der.len() {
            for change in [0x00, 0x01, 0x7f, 0x80, 0x84, 0xff] {
                let mut der = der.clone();
                der[at] ^= change;
                if let Some(read) = Certificate::read(&der) {
                    let _ = (read.names(), read.issuer(), read.issued_itself(), read.may_issue());
                }
            }
        }
    }
}
