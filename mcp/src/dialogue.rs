//! What a call asks of the client: its folders, and the user's word. It owns how the versions of the protocol
//! ask: by a request of the server while the call runs, or by an answer with which the client calls again.

// The protocol means to drop roots some day; until then they are how a client names its folders.
#![expect(deprecated)]

use std::path::PathBuf;

use dropoff::{Error, tools};
use rmcp::RoleServer;
use rmcp::model::{
    ClientCapabilities, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequests, InputRequiredResult, InputResponses, ListRootsRequest,
    ListRootsResult, ProtocolVersion,
};
use rmcp::service::RequestContext;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::consent::{Consent, Subject};
use crate::rounds::{Round, Rounds};

/// The names of what a client is asked.
const FOLDERS: &str = "roots";
const CONSENT: &str = "consent";

/// How a call ends before it has a result.
pub(crate) enum Ended {
    Failed(Error),
    /// The client is to call again with the answers.
    Asks(Box<InputRequiredResult>),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// One call's questions.
pub(crate) struct Dialogue<'a> {
    pub(crate) context: &'a RequestContext<RoleServer>,
    pub(crate) consent: &'a Consent,
    pub(crate) rounds: &'a Rounds,
    pub(crate) round: Round,
    pub(crate) answers: InputResponses,
    /// The client is gone, and answers nothing any more.
    pub(crate) ended: &'a CancellationToken,
}

impl Dialogue<'_> {
    /// The client's folders.
    pub(crate) async fn folders(&mut self) -> Result<Vec<PathBuf>, Ended> {
        if let Some(folders) = &self.round.folders {
            return Ok(folders.clone());
        }
        if self.capabilities().roots.is_none() {
            return Err(no_folder());
        }
        let listed: ListRootsResult = if self.calls_again() {
            let question = || InputRequest::ListRoots(ListRootsRequest::default());
            self.answered(FOLDERS, no_folder, question)?
        } else {
            let asked = self.context.peer.list_roots();
            tokio::select! {
                listed = asked => listed.map_err(|_| no_folder())?,
                () = self.ended.cancelled() => return Err(no_folder()),
                () = self.context.ct.cancelled() => return Err(no_folder()),
            }
        };
        let folders: Vec<PathBuf> = listed.roots.iter().filter_map(|root| local_path(&root.uri)).collect();
        if folders.is_empty() {
            return Err(no_folder());
        }
        self.round.folders = Some(folders.clone());
        Ok(folders)
    }

    /// The user's word on files, where the client can ask for it; what the settings allow is allowed where it
    /// cannot. Says whether the user was asked just now, while the files could change.
    pub(crate) async fn allowed(
        &mut self,
        subject: Subject,
        shown: Vec<PathBuf>,
        question: impl FnOnce() -> String,
    ) -> Result<bool, Ended> {
        if !self.consent.is_due(&subject) || !self.can_ask_the_user() {
            return Ok(false);
        }
        let calls_again = self.calls_again();
        let answer: ElicitResult = if calls_again {
            // An answer is to the question that was asked, and to no other.
            let asked = Some((subject.clone(), shown));
            if self.round.asked != asked {
                self.answers.remove(CONSENT);
            }
            self.round.asked = asked;
            let question = || InputRequest::Elicitation(ElicitRequest::new(form(question())));
            self.answered(CONSENT, unasked, question)?
        } else {
            let asked = self.context.peer.create_elicitation(form(question()));
            tokio::select! {
                answer = asked => answer.map_err(|_| unasked())?,
                () = self.ended.cancelled() => return Err(unasked()),
                () = self.context.ct.cancelled() => return Err(unasked()),
            }
        };
        if answer.action != ElicitationAction::Accept {
            return Err(tools::not_allowed("declined", &[]).into());
        }
        self.consent.give(subject);
        Ok(!calls_again)
    }

    /// Whether this version of the protocol has no requests of the server.
    fn calls_again(&self) -> bool {
        self.context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
    }

    fn capabilities(&self) -> ClientCapabilities {
        self.context.client_capabilities().unwrap_or_default()
    }

    fn can_ask_the_user(&self) -> bool {
        self.capabilities().elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
    }

    /// The client's answer; without one the call ends with the question.
    fn answered<T: DeserializeOwned>(
        &mut self,
        name: &str,
        unreadable: fn() -> Ended,
        question: impl FnOnce() -> InputRequest,
    ) -> Result<T, Ended> {
        match self.answers.remove(name) {
            Some(answer) => serde_json::from_value(answer).map_err(|_| unreadable()),
            None => {
                let questions = InputRequests::from([(name.to_owned(), question())]);
                let state = self.rounds.keep(self.round.clone());
                Err(Ended::Asks(Box::new(InputRequiredResult::new(Some(questions), Some(state)))))
            }
        }
    }
}

/// A question that needs no more than yes or no.
fn form(message: String) -> ElicitRequestParams {
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: ElicitationSchema::new(Default::default()),
    }
}

fn no_folder() -> Ended {
    tools::not_allowed("no_folder", &[]).into()
}

fn unasked() -> Ended {
    tools::not_allowed("unasked", &[]).into()
}

/// The path of a `file:` URI without a host: another machine's folder is no root.
fn local_path(uri: &str) -> Option<PathBuf> {
    let url = Url::parse(uri).ok().filter(|url| url.scheme() == "file" && !url.has_host())?;
    url.to_file_path().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_this_machine_is_a_root() {
        let folder = std::env::temp_dir().join("a b");
        let uri = Url::from_file_path(&folder).expect("an absolute path");
        assert!(uri.as_str().ends_with("a%20b"), "{uri}");
        assert_eq!(local_path(uri.as_str()), Some(folder));
        for other in ["https://example.com/tmp", "/tmp", "file://elsewhere/tmp", ""] {
            assert_eq!(local_path(other), None, "{other}");
        }
    }
}
