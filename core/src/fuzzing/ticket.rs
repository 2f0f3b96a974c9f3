//! A presigned target's own conditions: a form's policy, and a URL's query.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use crate::error::Error;
use crate::http::Target;
use crate::options::Options;
use crate::storage::form::Fields;
use crate::storage::policy::Policy;
use crate::storage::signed_url::SignedUrl;
use crate::storage::ticket_origin::TicketOrigin;

/// Any policy and any URL is refused or taken, and says so without its secrets.
pub fn fuzz_ticket(data: &[u8]) {
    let secret = &super::secret(data);
    let check = |error: &Error| super::check(error, secret);
    let text = String::from_utf8_lossy(data);
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let fields = |policy: &str| {
        let lines = rest.lines().filter_map(|line| line.split_once('='));
        let mut fields: Vec<(String, String)> = lines.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        fields.push(("x-amz-signature".to_owned(), secret.clone()));
        fields.push(("policy".to_owned(), policy.to_owned()));
        Fields(fields)
    };
    for fields in [fields(first), fields(&STANDARD.encode(first))] {
        let Some(policy) = Policy::decode(&fields) else { continue };
        let size = u64::from(text.len() as u32);
        for from in [TicketOrigin::Caller, TicketOrigin::Service] {
            if let Err(error) = policy.check(&fields, "a.zip", size, from) {
                check(&error);
            }
        }
        if let Some(Err(error)) = policy.expiry_by_date().map(|expiry| expiry.check("the ticket")) {
            check(&error);
        }
    }
    let and = if first.contains('?') { '&' } else { '?' };
    let url = format!("{first}{and}X-Amz-Signature={secret}");
    match Target::check(&url, &Options::new()) {
        Ok(target) => {
            assert!(!format!("{target} {target:?}").contains(secret));
            let signed = SignedUrl::decode(target.url());
            let expiries = [signed.expiry_by_date(), signed.expiry_from_now()];
            for error in expiries.into_iter().flatten().filter_map(|e| e.check("the URL").err()) {
                check(&error);
            }
            if let Err(error) = signed.check(&HeaderMap::new(), TicketOrigin::Caller) {
                check(&error);
            }
        }
        Err(error) => check(&error),
    }
}
