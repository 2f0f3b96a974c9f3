//! Transfers that have arrived for an agent.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::errors::{invalid, not_found, problem};
use super::show::{show, status as status_of};
use crate::app::App;
use crate::http::query::query_value;
use crate::http::reply::{self, Reply};
use crate::lock::lock;

/// The agent goes by its uuid.
pub(crate) fn inbox(app: &App, uuid: &str, query: Option<&str>) -> Reply {
    let state = lock(&app.state);
    let Some(agent) = state.agents.iter().find(|agent| agent.uuid == uuid) else {
        return not_found("Agent not found");
    };
    let status = query_value(query, "status").unwrap_or_else(|| "active".into());
    let limit = match query_value(query, "limit").map_or(Ok(50), |limit| limit.parse()) {
        Ok(limit @ 1..=100) => limit,
        _ => return invalid(vec![problem("limit", "expected an integer from 1 to 100")]),
    };
    let transfers: Vec<Value> = state
        .transfers
        .iter()
        .filter(|transfer| transfer.recipient == agent.id && status_of(transfer) == status)
        .filter(|transfer| transfer.recipient_account.as_deref().is_none_or(|account| agent.is_of(account)))
        .take(limit)
        .map(|transfer| {
            let mut shown = show(transfer, &app.api_url);
            shown["channel_id"] = json!(transfer.channel_id);
            shown["encryption_salt"] = json!(transfer.encryption_salt);
            shown
        })
        .collect();
    reply::json(StatusCode::OK, &json!({ "transfers": transfers }))
}
