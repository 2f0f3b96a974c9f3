//! `dropoff whoami`: which keys there are, and whether the services take them.

use dropoff::{Result, ServiceCheck};
use serde_json::{Value, json};

use super::services::{Found, Services};
use crate::report::Report;
use crate::run::Session;

/// Tells which keys there are, where they come from, and whether the services take them.
#[derive(Debug, clap::Args)]
pub struct Whoami {
    #[command(flatten)]
    services: Services,
}

impl Whoami {
    /// # Errors
    /// The first service's that has a key and does not take it; `authentication` if there is no key at all.
    pub fn run(self, session: &Session) -> Result<Report> {
        let mut report = Report { headline: "keys".to_owned(), ..Report::default() };
        let (mut taken, mut failure, mut missing) = (0, None, None);
        let mut all = serde_json::Map::new();
        for (service, found) in self.services.find(session)? {
            let told = match &found {
                Found::NoKey(error) => {
                    missing.get_or_insert_with(|| error.clone());
                    "no key".to_owned()
                }
                Found::Unfit { error, .. }
                | Found::Checked { check: ServiceCheck { error: Some(error), .. }, .. } => {
                    failure.get_or_insert_with(|| error.clone());
                    error.message().to_owned()
                }
                Found::Checked { check, origin } => {
                    taken += 1;
                    report.ids.push(service.name().to_owned());
                    format!("key of {origin}, taken by {}", check.url)
                }
            };
            report.fact(service.name(), Some(told));
            all.insert(service.name().to_owned(), facts(&found));
        }
        report.json = Value::Object(all);
        match failure.or(missing.filter(|_| taken == 0)) {
            Some(error) => Err(error),
            None => Ok(report),
        }
    }
}

fn facts(found: &Found) -> Value {
    match found {
        Found::NoKey(_) | Found::Unfit { .. } => json!({"key": null, "accepted": false, "url": null}),
        Found::Checked { check, origin } => {
            json!({"key": origin, "accepted": check.error.is_none(), "url": check.url})
        }
    }
}
