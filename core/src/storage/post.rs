//! A raw `POST`: a service takes the body as something new and says in its answer what it made of it.

use http::Method;

use super::kept_reply::KeptReply;
use super::put::{Purpose, PutTarget};
use super::put_object::{ObjectUpload, put_object};
use super::request::PostRequest;
use super::result::StoredObject;
use super::send::Sender;
use crate::error::Result;
use crate::http::Clients;
use crate::job::JobContext;
use crate::prepare_source::prepare_source_in_turn;

pub(super) async fn post_now(
    clients: &Clients,
    request: PostRequest,
    ctx: &JobContext,
) -> Result<StoredObject> {
    let http = clients.get()?;
    let target = PutTarget::new(request.url.reveal(), &request.headers, &clients.options)?;
    let target = target.by(Method::POST, Purpose::POST);
    let source = prepare_source_in_turn(&http, request.source, &clients.options, ctx).await?;
    ctx.progress.expect(1, source.len());
    let kept = KeptReply::default();
    let sender = Sender::new(&http, &clients.options, ctx);
    let (sender, upload) = (
        sender.keeping(&kept),
        ObjectUpload { target: &target, source: &source, journal: None, is_all: true },
    );
    let stored = put_object(upload, &sender, &clients.options, ctx).await?;
    ctx.progress.file_done();
    Ok(StoredObject { reply: kept.take(), ..stored })
}
