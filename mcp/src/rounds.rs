//! Calls that wait for what the client was asked, in versions of the protocol in which it calls again with
//! the answers. What was agreed on stays here; the client carries the number of it alone.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use rmcp::model::JsonObject;

use crate::consent::Subject;

/// A client that never comes back costs this much memory at most.
const MOST_ROUNDS: usize = 64;

/// What is known of a call so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Round {
    pub(crate) tool: String,
    pub(crate) arguments: Option<JsonObject>,
    /// The client's folders.
    pub(crate) folders: Option<Vec<PathBuf>>,
    /// What the user was asked to allow, and the files that they were shown.
    pub(crate) asked: Option<(Subject, Vec<PathBuf>)>,
}

#[derive(Default)]
pub(crate) struct Rounds(Mutex<(u64, VecDeque<(String, Round)>)>);

impl Rounds {
    /// Keeps a round; the text is for the client to carry.
    pub(crate) fn keep(&self, round: Round) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 += 1;
        let state = kept.0.to_string();
        if kept.1.len() == MOST_ROUNDS {
            kept.1.pop_front();
        }
        kept.1.push_back((state.clone(), round));
        state
    }

    /// The round that a call goes on with, once; a new one if it is another call's, or none is known.
    pub(crate) fn resume(&self, state: Option<&str>, tool: &str, arguments: Option<&JsonObject>) -> Round {
        let begun = Round { tool: tool.to_owned(), arguments: arguments.cloned(), ..Round::default() };
        let Some(state) = state else { return begun };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = kept.1.iter().position(|(known, _)| known == state) else { return begun };
        let round = kept.1.remove(at).map(|(_, round)| round).unwrap_or_default();
        let is_same = round.tool == begun.tool && round.arguments == begun.arguments;
        if is_same { round } else { begun }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_goes_on_once_and_for_the_same_call_alone() {
        let rounds = Rounds::default();
        let asked = |arguments: Option<JsonObject>| {
            let mut round = rounds.resume(None, "send_files", arguments.as_ref());
            round.asked = Some((Subject::new("send_files", "b"), Vec::new()));
            round
        };
        let other = JsonObject::from_iter([("recipient".to_owned(), "c".into())]);
        let state = rounds.keep(asked(None));
        assert!(rounds.resume(Some(&state), "send_files", None).asked.is_some());
        assert!(rounds.resume(Some(&state), "send_files", None).asked.is_none(), "twice");
        let state = rounds.keep(asked(None));
        assert!(rounds.resume(Some(&state), "send_files", Some(&other)).asked.is_none(), "other arguments");
        let first = rounds.keep(asked(None));
        for _ in 0..MOST_ROUNDS {
            rounds.keep(asked(None));
        }
        assert!(rounds.resume(Some(&first), "send_files", None).asked.is_none(), "too many");
    }
}
