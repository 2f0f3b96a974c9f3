//! `dropoff sandbox`: both services on loopback, until it is told to stop.

use std::io::{self, IsTerminal};

use dropoff::{Error, Result};
use dropoff_sandbox::program::{Serve, serve};
use serde_json::Value;

use crate::output::{Format, write_out};
use crate::report::Report;
use crate::run::Session;
use crate::sys;

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
    let variables = [
        ("AGENTDROP_BASE_URL", "api_url"),
        ("AGENTDROP_API_KEY", "agentdrop_api_key"),
        ("HAI_API_BASE_URL", "api_url"),
        ("HAI_API_KEY", "h_api_key"),
        ("DROPOFF_TRUSTED_STORAGE", "storage_url"),
        ("SSL_CERT_FILE", "ca_file"),
    ];
    let told = variables.iter().map(|(variable, name)| (variable, text(name)));
    let told = told.filter(|(_, value)| !value.is_empty());
    let mut lines: Vec<_> = told.map(|(variable, value)| sys::assignment(variable, &value)).collect();
    lines.push(format!("# control endpoint: {}; Ctrl-C ends it", text("control_url")));
    lines.join("\n")
}
