//! `dropoff doctor`: what would be in the way of an upload, each with what to do.

use dropoff::diagnosis::{trusted_roots, try_spool};
use dropoff::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use super::services::{Found, Services};
use crate::exit::Exit;
use crate::report::Report;
use crate::run::Session;
use crate::wording::in_words_of_the_command;

/// Looks for what would be in the way of an upload: keys, network, proxy, TLS roots, clock, spool folder.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    services: Services,
}

/// A clock that is further off makes storage refuse what a service signed; S3 allows 15 minutes.
const MOST_CLOCK_DIFFERENCE: f64 = 300.0;

/// One thing that was looked at.
struct Finding {
    name: String,
    /// `None`: it was not looked at, since something before it is in the way or it is not needed.
    good: Option<bool>,
    told: String,
    exit: Exit,
}

impl Finding {
    fn good(name: impl Into<String>, told: impl Into<String>) -> Self {
        Self { name: name.into(), good: Some(true), told: told.into(), exit: Exit::Done }
    }
    fn bad(name: impl Into<String>, error: &Error) -> Self {
        let exit = Exit::of(error);
        Self {
            name: name.into(),
            good: Some(false),
            told: in_words_of_the_command(error.clone()).message().to_owned(),
            exit,
        }
    }
    fn skipped(name: impl Into<String>, told: impl Into<String>) -> Self {
        Self { name: name.into(), good: None, told: told.into(), exit: Exit::Done }
    }
    fn word(&self) -> &'static str {
        match self.good {
            Some(true) => "ok",
            Some(false) => "failed",
            None => "skipped",
        }
    }
}

impl Doctor {
    pub fn run(self, session: &Session) -> Result<Report> {
        let mut findings = Vec::new();
        let mut keys = 0;
        for (service, found) in self.services.find(session)? {
            keys += usize::from(!matches!(found, Found::NoKey(_)));
            findings.extend(of_service(service.name(), &found));
        }
        if keys == 0 {
            // One of the two is enough, and raw storage needs none.
            for finding in findings.iter_mut().filter(|finding| finding.name.ends_with("key")) {
                (finding.good, finding.exit) = (Some(false), Exit::Access);
            }
        }
        findings.push(match trusted_roots() {
            Ok(roots) => Finding::good("tls roots", format!("{} from {}", roots.count, roots.source)),
            Err(error) => Finding::bad("tls roots", &error),
        });
        let spool = self.services.arguments.options.options().and_then(|options| try_spool(&options));
        findings.push(match spool {
            Ok(folder) => Finding::good("spool", format!("files can be made in {}", folder.display())),
            Err(error) => Finding::bad("spool", &error),
        });
        Ok(report(&findings))
    }
}

fn of_service(service: &str, found: &Found) -> Vec<Finding> {
    let name = |what: &str| format!("{service} {what}");
    let (check, origin) = match found {
        Found::NoKey(error) => {
            return vec![Finding::skipped(name("key"), in_words_of_the_command(error.clone()).message())];
        }
        Found::Unfit { what, error } => return vec![Finding::bad(name(what), error)],
        Found::Checked { check, origin } => (check, origin),
    };
    let proxy = check.proxy.as_deref().map_or("no proxy".to_owned(), |proxy| format!("through {proxy}"));
    let refused = |error: &Error| matches!(error.kind(), ErrorKind::Authentication | ErrorKind::Permission);
    match &check.error {
        Some(error) if !refused(error) => vec![
            Finding::bad(name("network"), error),
            Finding::skipped(name("key"), format!("of {origin}, not asked for")),
        ],
        error => vec![
            Finding::good(
                name("network"),
                format!("{} in {} ms, {proxy}", check.url, check.took.as_millis()),
            ),
            match error {
                Some(error) => Finding::bad(name("key"), error),
                None => Finding::good(name("key"), format!("of {origin}, taken")),
            },
            clock(name("clock"), check.clock_ahead),
        ],
    }
}

fn clock(name: String, ahead: Option<f64>) -> Finding {
    match ahead {
        None => Finding::skipped(name, "the service did not tell the time"),
        Some(ahead) if ahead.abs() <= MOST_CLOCK_DIFFERENCE => {
            Finding::good(name, format!("within {:.0} s of the service's", ahead.abs().max(1.0)))
        }
        Some(ahead) => {
            let side = if ahead > 0.0 { "ahead of" } else { "behind" };
            let told = format!("this machine is {:.0} s {side} the service; set its clock", ahead.abs());
            Finding { name, good: Some(false), told, exit: Exit::Local }
        }
    }
}

fn report(findings: &[Finding]) -> Report {
    let bad: Vec<&Finding> = findings.iter().filter(|finding| finding.good == Some(false)).collect();
    let headline = match bad.len() {
        0 => "nothing is in the way".to_owned(),
        1 => "one thing is in the way".to_owned(),
        several => format!("{several} things are in the way"),
    };
    let checks: Vec<Value> = findings
        .iter()
        .map(|finding| json!({"name": finding.name, "result": finding.word(), "message": finding.told}))
        .collect();
    let json = json!({"ok": bad.is_empty(), "checks": checks});
    let lines = findings.iter().map(|f| format!("  {:<8} {:<18} {}", f.word(), f.name, f.told)).collect();
    let for_agents = vec![
        ("ok", bad.is_empty().to_string()),
        ("failed", bad.iter().map(|f| f.name.as_str()).collect::<Vec<_>>().join(",")),
    ];
    Report {
        headline,
        for_agents,
        ids: bad.iter().map(|finding| finding.name.clone()).collect(),
        lines,
        json,
        exit: bad.first().map(|finding| finding.exit),
        ..Report::default()
    }
}
