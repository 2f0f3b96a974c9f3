//! Whether a service can be used: it is asked for something that nobody has, once. It knows no service's
//! answers but by the kind of error that they become.

use std::time::{Duration, Instant};

use http::Method;

use super::client::Service;
use crate::error::{Error, ErrorKind, Result};
use crate::http::api::{ApiReply, CallFailure};
use crate::job::JobContext;

/// A service as it was found when it was asked.
#[derive(Debug, Clone, Default)]
pub struct ServiceCheck {
    /// Where it is.
    pub url: String,
    /// The proxy on the way to it.
    pub proxy: Option<String>,
    /// How long it took to answer, connecting included.
    pub took: Duration,
    /// Seconds by which this machine's clock is ahead of the service's, to a second or two, if it told the
    /// time.
    pub clock_ahead: Option<f64>,
    /// Why it cannot be used: the key is refused, or there is no way to it.
    pub error: Option<Error>,
}

/// Asks once for what is below the root at `segments`, where nothing may be.
pub(crate) async fn check(service: &Service, segments: &[&str], ctx: &JobContext) -> Result<ServiceCheck> {
    let clients = service.clients.get()?;
    let call = service.call("check", Method::GET, segments, None)?;
    let began = Instant::now();
    let proxy = clients.api.proxy_shown(&call.url);
    let asked = clients.api.try_once(&call, ctx.progress.job()).await.map_err(CallFailure::into_error);
    let error = match (&proxy, asked) {
        (Err(broken), _) => Some(broken.clone()),
        // It was looked for, so the key may look.
        (_, Err(error)) if error.kind() == ErrorKind::NotFound && error.in_own_form() => None,
        (_, Err(error)) => Some(error),
        // A web server that has a page for any address, say.
        (_, Ok(reply)) => Some(another_server(service, &reply)),
    };
    Ok(ServiceCheck {
        url: service.shown(),
        proxy: proxy.unwrap_or_default(),
        took: began.elapsed(),
        clock_ahead: clients.api.clock_ahead(),
        error,
    })
}

/// Nobody has what was asked for, and it was answered with success.
fn another_server(service: &Service, reply: &ApiReply) -> Error {
    let (url, status) = (service.shown(), reply.status.as_u16());
    let message = format!(
        "another server than the service answers at {url} ({status} to what nobody has); check base_url and what stands in between"
    );
    Error::new(ErrorKind::Network, message).retryable_is(false).status_is(status).with_operation("check")
}
