//! A request of a dialect's own: made once, and its answer given back as it is.

use std::sync::Arc;

use super::answer::unanswered;
use super::error_codes::Action;
use super::send::Sender;
use super::upload::Upload;
use crate::error::Error;
use crate::http::Reply;
use crate::http::retry::Retry;
use crate::http::tries::Tries;
use crate::progress::Counters;

impl<'a> Sender<'a> {
    /// One request of a dialect's own, and its answer as it is.
    pub(super) async fn request(
        &self,
        upload: &Upload<'_>,
        tries: &mut Tries,
    ) -> Result<Reply, (Error, Action)> {
        let (target, outgoing) = (upload.target, &upload.outgoing);
        loop {
            let turn = self.clients.turn().await;
            tries.begin_request();
            // Whoever asks how far storage is would not have all of it sent again before that.
            let sent = self.clients.storage.try_afresh(target, outgoing, self.progress, tries).await;
            let error = match sent {
                Ok(reply) => {
                    self.log_answer(outgoing, &reply, upload.host());
                    return Ok(reply);
                }
                Err(error) => error,
            };
            if !error.is_out_of_descriptors() || !self.has_room_again(turn).await {
                return Err(unanswered(error, &upload.mask));
            }
        }
    }

    /// The tries of such requests.
    pub(super) fn retry(&self, upload: &Upload<'_>) -> Retry<'a> {
        self.progress.sending(upload.expiry.and_then(|e| e.known_left()));
        let until = upload.expiry.map(|e| e.at());
        self.clients.retry(upload.target.url(), self.options, self.ctx).until(until)
    }

    /// Counters for requests whose bytes are none of the source's.
    pub(super) fn beside(&self) -> Arc<Counters> {
        Arc::new(self.progress.beside())
    }

    /// Storage says that what was sent so far is no object.
    pub(super) fn nothing_is_stored(&self) {
        self.ctx.nothing_is_stored();
    }

    pub(super) fn take_back(&self, bytes: u64) {
        self.progress.take_back(bytes);
    }

    /// Has the progress show `now` bytes in place of `before`.
    pub(super) fn show(&self, before: u64, now: u64) {
        self.progress.take_back(before.saturating_sub(now));
        self.progress.already_there(now.saturating_sub(before));
    }
}
