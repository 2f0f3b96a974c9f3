//! `dropoff profile`: browser profiles of H Company.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use dropoff::{
    Error, HCompany, IfRunning, Level, Pack, Profile, ProfileDetails, ProfileInspection, ProfileUpload,
    Result, start_inspect_profile,
};

use super::shared::{ServiceArguments, shown};
use crate::client_options::{parse_bytes, parse_duration};
use crate::exit::Exit;
use crate::report::{Report, size};
use crate::run::Session;

/// Browser profiles of H Company.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Looks at a browser's folder: what would be packed, and whether it will sign in elsewhere. Sends
    /// nothing.
    Inspect {
        /// The browser's user-data folder.
        folder: PathBuf,
        #[command(flatten)]
        pack: PackArguments,
    },
    /// Uploads a browser's user-data folder, or a zip of one, as a profile.
    Upload(Box<Upload>),
    /// Tells how a profile is now.
    Get {
        /// The profile's id.
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

/// How a folder is packed.
#[derive(Debug, clap::Args)]
pub struct PackArguments {
    /// How much of it goes.
    #[arg(long, value_enum, default_value_t = LevelChoice::Default)]
    level: LevelChoice,
    /// Only this one of its profiles, such as Default or "Profile 2" [default: all].
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// A glob of what goes although the level leaves it out.
    #[arg(long, value_name = "GLOB")]
    include: Vec<String>,
    /// A glob of what is left out.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// What to do while a browser is using the folder.
    #[arg(long, value_enum, default_value_t = RunningChoice::Error)]
    if_running: RunningChoice,
    /// A folder that everything in the archive is in.
    #[arg(long, value_name = "FOLDER")]
    prefix: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LevelChoice {
    /// Everything but caches.
    Default,
    /// What signs in, without history, passwords and bookmarks.
    Minimal,
    /// Caches too.
    Full,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RunningChoice {
    /// Fail, with exit code 3.
    Error,
    /// Pack consistent copies of what is on disk.
    Snapshot,
    /// Pack as it is.
    Force,
}

impl PackArguments {
    fn pack(&self) -> Pack {
        let level = match self.level {
            LevelChoice::Default => Level::Default,
            LevelChoice::Minimal => Level::Minimal,
            LevelChoice::Full => Level::Full,
        };
        let if_running = match self.if_running {
            RunningChoice::Error => IfRunning::Refuse,
            RunningChoice::Snapshot => IfRunning::Snapshot,
            RunningChoice::Force => IfRunning::Force,
        };
        let mut pack = Pack::new().level(level).if_running(if_running);
        for glob in &self.include {
            pack = pack.include(glob);
        }
        for glob in &self.exclude {
            pack = pack.exclude(glob);
        }
        if let Some(prefix) = &self.prefix {
            pack = pack.prefix(prefix);
        }
        match &self.profile {
            Some(profile) => pack.profile(profile),
            None => pack,
        }
    }
}

/// Where the service is.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The account's region, eu or us.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    #[command(flatten)]
    service: ServiceArguments,
}

impl Place {
    fn client(&self) -> Result<HCompany> {
        self.service.hcompany(self.region.as_deref())
    }
}

#[derive(Debug, clap::Args)]
pub struct Upload {
    /// The browser's user-data folder, or a zip of one; - is a zip from standard input.
    source: PathBuf,
    /// What the profile is called.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The browser it belongs to, such as chromium@131 [default: what the folder tells].
    #[arg(long, value_name = "NAME@VERSION")]
    browser: Option<String>,
    /// A text for people.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A label, such as team=red.
    #[arg(long, value_name = "NAME=VALUE")]
    label: Vec<String>,
    /// Bytes that standard input must have; where it has others, nothing is sent.
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    size: Option<u64>,
    /// The id of an earlier profile: if that one is the same, nothing is sent, and the exit code is 9.
    #[arg(long, value_name = "ID")]
    if_changed_from: Option<String>,
    /// Bounds the whole command, retries included, such as 10min.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    pack: PackArguments,
    #[command(flatten)]
    place: Place,
}

impl ProfileCommand {
    pub fn run(self, session: &Session) -> Result<Report> {
        match self {
            Self::Inspect { folder, pack } => {
                let pack = pack.pack();
                let name = shown(&folder);
                session.wait(|| start_inspect_profile(folder, &pack)).map(|found| inspected(&found, &name))
            }
            Self::Upload(upload) => upload.run(session),
            Self::Get { id, place } => {
                let client = place.client()?;
                session.wait(|| client.start_get_profile(&id)).map(|profile| report(&profile, "profile"))
            }
        }
    }
}

impl Upload {
    fn run(self, session: &Session) -> Result<Report> {
        let client = self.place.client()?;
        let details = self.details()?;
        let mut upload =
            ProfileUpload::new(session.source(&self.source, self.size)?, details).pack(self.pack.pack());
        if let Some(id) = self.if_changed_from {
            upload = upload.if_changed_from(id);
        }
        if let Some(limit) = self.timeout {
            upload = upload.timeout(limit);
        }
        let profile = session.wait(|| client.start_upload_profile(upload))?;
        if profile.unchanged {
            let mut report = report(&profile, "unchanged, nothing was sent: profile");
            report.exit = Some(Exit::Unchanged);
            return Ok(report);
        }
        Ok(report(&profile, "uploaded profile"))
    }

    fn details(&self) -> Result<ProfileDetails> {
        let mut details = ProfileDetails::new(&self.name);
        match self.browser.as_deref().map(|browser| browser.split_once('@').unwrap_or((browser, ""))) {
            Some((name, "")) => details = details.browser_name(name),
            Some(("", version)) => details = details.browser_version(version),
            Some((name, version)) => details = details.browser(name, version),
            None => {}
        }
        if let Some(text) = &self.description {
            details = details.description(text);
        }
        for label in &self.label {
            let (name, value) = label.split_once('=').ok_or_else(|| {
                Error::bad_argument("a label is like team=red; give its name, an equals sign and its value")
            })?;
            details = details.label(name, value);
        }
        Ok(details)
    }
}

fn report(profile: &Profile, what: &str) -> Report {
    let mut report = Report::of(profile, format!("{what} {:?}", profile.name));
    report.fact("profile", Some(&profile.id));
    report.fact("browser", Some(format!("{} {}", profile.browser_name, profile.browser_version)));
    report.fact("bytes", profile.file_size_bytes);
    // Without a sent archive there is nothing that could have been compared.
    let compared = profile.upload.is_some() || profile.unchanged;
    report.fact("verified", Some(profile.verified).filter(|_| compared));
    report.fact("unchanged", Some(true).filter(|_| profile.unchanged));
    report.fact("checksum", profile.checksum.as_deref());
    report.fact("created_at", profile.created_at.as_deref());
    if let Some(packed) = &profile.packed {
        report.fact("files", Some(packed.files));
        report.fact("left_out", Some(packed.left_out));
        report.fact("consistency", Some(packed.consistency.as_str()));
        report.warnings.extend(packed.warnings.iter().cloned());
    }
    report.warnings.extend(profile.upload.iter().flat_map(|stored| stored.warnings.iter().cloned()));
    report.ids.push(profile.id.clone());
    report
}

fn inspected(found: &ProfileInspection, folder: &str) -> Report {
    let mut report = Report::of(found, format!("{folder} is a profile of {}", found.product));
    report.fact("sign_in", Some(found.verdict.as_str()));
    report.fact(
        "browser",
        Some(format!("{}@{}", found.browser_name, found.browser_version.as_deref().unwrap_or("?"))),
    );
    report.fact("profiles", Some(found.profiles.join(", ")));
    report.fact("files", Some(found.files));
    report.fact("bytes", Some(found.bytes));
    report.fact("lock", Some(found.lock.as_str()));
    report.fact("advice", Some(&found.advice));
    for kind in &found.sizes {
        let packed = if kind.packed { "packed" } else { "left out" };
        report.lines.push(format!("  {:<14} {:>10}  {packed}", kind.category, size(kind.bytes)));
    }
    report.ids.push(found.verdict.as_str().to_owned());
    // The advice stands among the facts.
    report.warnings.extend(found.warnings.iter().filter(|warning| **warning != found.advice).cloned());
    report
}
