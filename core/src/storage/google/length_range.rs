//! The sizes that a URL was signed for. <https://cloud.google.com/storage/docs/xml-api/reference-headers>

use http::HeaderMap;

use super::super::ticket_origin::{TicketOrigin, broken_ticket};
use crate::error::{Error, ErrorKind, Result};

const LENGTH_RANGE: &str = "x-goog-content-length-range";

/// Refuses a size that storage would refuse once all of it was sent.
pub(in crate::storage) fn check_length(headers: &HeaderMap, len: u64, from: TicketOrigin) -> Result<()> {
    let told = headers.get(LENGTH_RANGE).and_then(|value| value.to_str().ok());
    let range = told.and_then(|text| text.split_once(','));
    let range = range.and_then(|(low, high)| Some((low.trim().parse().ok()?, high.trim().parse().ok()?)));
    let Some((low, high)): Option<(u64, u64)> = range else { return Ok(()) };
    if len > high {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!(
                "it is {len} bytes and the URL was signed for at most {high} ({LENGTH_RANGE}); send less, or have it signed for more"
            ),
        ));
    }
    if len < low {
        return Err(broken_ticket(
            from,
            format!("it is {len} bytes and the URL was signed for at least {low} ({LENGTH_RANGE})"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_out_of_range_is_told_before_it_is_sent() {
        let check = |range: &'static str, len| {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static(LENGTH_RANGE),
                http::HeaderValue::from_static(range),
            )]);
            check_length(&headers, len, TicketOrigin::Caller).map_err(|error| error.kind())
        };
        assert_eq!(check("5,10", 4), Err(ErrorKind::InvalidInput));
        assert_eq!(check("5, 10", 5), Ok(()));
        assert_eq!(check("5,10", 10), Ok(()));
        assert_eq!(check("5,10", 11), Err(ErrorKind::TooLarge));
        assert_eq!(check("what", 11), Ok(()));
    }
}
