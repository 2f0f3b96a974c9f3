//! `dropoff sandbox`: both services on loopback, until it is told to stop.

use std::io::{self, IsTerminal};

use dropoff::{Error, Result};
use dropoff_sandbox::program::{Serve, serve};
use serde_json::Value;

use crate::output::{Format, write_out};
use crate::report::Report;
use crate::run::Session;

/// Both services on loopback, strict as the real ones, with faults on order. Runs until it is told to stop.
///
/// On a terminal it prints what to set so that programs use it; otherwise one line of JSON when it is ready.
#[derive(Debug, clap::Args)]
pub struct SandboxCommand {
    #[command(flatten)]
    options: Serve,
}

impl SandboxCommand {
    pub fn run(self, session: &Session) -> Result<Report> {
        let port = self.options.port();
        let watched = session.format == Format::Human && io::stdout().is_terminal();
        let done =
            serve(self.options, |place| write_out(&if watched { exports(place) } else { place.to_string() }));
        match done {
            Ok(()) => Ok(Report::default()),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Error::bad_argument(&format!(
                "port {port} is taken by another program; give another by --port, or none for a free one"
            ))),
            Err(error) => Err(Error::bad_argument(&format!("the sandbox could not be started: {error}"))),
        }
    }
}

/// For another terminal to be pasted into. The keys are good here alone.
fn exports(place: &Value) -> String {
    let text = |name: &str| place[name].as_str().unwrap_or_default().to_owned();
    let mut lines = vec![
        format!("export AGENTDROP_BASE_URL={}", text("api_url")),
        format!("export AGENTDROP_API_KEY={}", text("agentdrop_api_key")),
        format!("export HAI_API_BASE_URL={}", text("api_url")),
        format!("export HAI_API_KEY={}", text("h_api_key")),
        format!("export DROPOFF_TRUSTED_STORAGE={}", text("storage_url")),
    ];
    if !text("ca_file").is_empty() {
        lines.push(format!("export SSL_CERT_FILE={}", text("ca_file")));
    }
    lines.push(format!("# control endpoint: {}; Ctrl-C ends it", text("control_url")));
    lines.join("\n")
}
