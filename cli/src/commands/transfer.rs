//! `dropoff transfer`: how a transfer is now.

use clap::Subcommand;
use dropoff::{Result, TransferInfo};

use super::shared::ServiceArguments;
use crate::report::Report;
use crate::run::Session;

/// Transfers of AgentDrop.
#[derive(Debug, Subcommand)]
pub enum TransferCommand {
    /// Tells how a transfer is now: whether it is active, and how often it was downloaded.
    Get {
        /// The transfer's id.
        id: String,
        #[command(flatten)]
        service: ServiceArguments,
    },
}

impl TransferCommand {
    pub fn run(self, session: &Session) -> Result<Report> {
        let Self::Get { id, service } = self;
        let client = service.agentdrop()?;
        session.wait(|| client.start_get_transfer(&id)).map(|info| report(&info))
    }
}

fn report(info: &TransferInfo) -> Report {
    let mut report = Report::of(info, format!("transfer {} is {}", info.id, info.status));
    report.fact("transfer", Some(&info.id));
    report.fact("status", Some(&info.status));
    // The service's own names, as far as they are plain values.
    for name in [
        "sender",
        "recipient",
        "mode",
        "file_count",
        "total_size",
        "downloads",
        "max_downloads",
        "expires_at",
    ] {
        let value = info.fields.get(name).filter(|value| !value.is_null());
        report.fact(name, value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    report.ids.push(info.id.clone());
    report
}
