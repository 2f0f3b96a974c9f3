//! Step one: the service reserves a profile and gives a presigned form.

use http::Method;

use super::resource::PROFILE;
use super::ticket::ProfileTicket;
use super::wire::{self, Initiated};
use crate::error::Result;
use crate::http::api::{CallFailure, Repeat};
use crate::job::JobContext;
use crate::progress::Phase;
use crate::service::{self, Service};

pub(super) async fn initiate(service: &Service, ctx: &JobContext) -> Result<ProfileTicket> {
    ctx.progress.enter(Phase::Requesting);
    let clients = service.clients.get()?;
    let call = service.call("initiate_upload", Method::POST, &["initiate-upload"], None)?;
    let mut retry = service.retry(&clients, ctx);
    loop {
        // A repeat only reserves another id, so an unreadable reply is asked for again too.
        let reply =
            clients.api.call(&call, Repeat::Always, &mut retry).await.map_err(CallFailure::into_error)?;
        match service::parse::<Initiated>("initiate_upload", &reply) {
            Ok(mut wire) => {
                wire.profile_id = wire::reserved_id(&wire.profile_id)?;
                ctx.set_resource(&PROFILE, &wire.profile_id);
                return Ok(ProfileTicket { wire, received: tokio::time::Instant::now() });
            }
            Err(error) => retry.again(error).await?,
        }
    }
}
