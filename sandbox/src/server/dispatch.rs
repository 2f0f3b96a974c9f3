//! Gives each request to its service, to storage or to the control endpoint.

use std::sync::Arc;

use hyper::{Request, StatusCode};

use crate::app::App;
use crate::http::log::Entry;
use crate::http::reply::{self, Reply};
use crate::http::request::{RequestBody, read_up_to};
use crate::lock::lock;
use crate::operation::{Role, operation};
use crate::{agentdrop, azure, control, google, hcompany, storage};

/// No API request is larger, but one that carries files.
const MAX_API_BODY: usize = 1024 * 1024;

pub(crate) async fn dispatch(
    app: &Arc<App>,
    role: Role,
    request: Request<RequestBody>,
    entry: Option<&Arc<Entry>>,
) -> Reply {
    if let (Role::Storage, Some(entry)) = (role, entry) {
        if azure::is_signed(request.uri().query()) {
            return azure::handle(app, request, entry).await;
        }
        if google::is_for(request.uri().query()) {
            return google::handle(app, request, entry).await;
        }
        let answered = lock(&app.settings).answered_checksums.clone();
        return storage::handle(&app.storage, &answered, request, entry).await;
    }
    let (head, body) = request.into_parts();
    // One byte more than allowed, for the endpoint to refuse in its own words.
    let with_files = operation(role, &head) == "create_transfer";
    let limit = if with_files { agentdrop::MAX_FORM + 1 } else { MAX_API_BODY };
    let Ok(body) = read_up_to(body, limit, with_files).await else {
        return reply::empty(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = head.uri.path();
    if role == Role::Control {
        control::handle(app, &head, &body).await
    } else if path.starts_with(hcompany::PREFIX) {
        hcompany::handle(app, &head, &body).await
    } else if path.starts_with("/v1/") {
        agentdrop::handle(app, &head, &body).await
    } else {
        reply::empty(StatusCode::NOT_FOUND)
    }
}
