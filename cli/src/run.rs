//! One run of the command: the line is read, its command done, its result printed. It owns that order, and
//! what a job is waited for with.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use clap::Parser;
use clap::error::ErrorKind;
use dropoff::{Error, Job, Result, Source};

use crate::arguments::{Cli, Shared};
use crate::exit::Exit;
use crate::output::{self, Format};
use crate::progress::{Display, ProgressChoice};
use crate::report::Report;
use crate::screen::Screen;
use crate::wording::in_words_of_the_command;
use crate::{argv, commands, interrupt, logs, stdin};

/// What a command works with.
pub struct Session {
    pub format: Format,
    pub screen: Screen,
    progress: ProgressChoice,
    /// Standard input is what is sent.
    pub sends_stdin: bool,
}

/// How often progress is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Runs the command of these arguments.
pub fn run(arguments: &[OsString]) -> Exit {
    let screen = Screen::default();
    let wants_json = arguments.iter().any(|argument| argument == "--json" || argument == "--format=json")
        || arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json");
    let usage = |error: Error| {
        let format = if wants_json { Format::Json } else { Format::Human };
        output::print_error(&error, Exit::Usage, format, &screen);
        Exit::Usage
    };
    if let Err(error) = argv::check(arguments) {
        return usage(error);
    }
    match Cli::try_parse_from(arguments) {
        Ok(Cli { shared, command }) => {
            let mut session = Session::new(&shared, screen);
            let done = commands::run(command, &mut session);
            session.end(done)
        }
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // Whoever closed standard output has read enough.
            let _ = error.print().and_then(|()| std::io::stdout().flush());
            Exit::Done
        }
        Err(error) if wants_json => usage(Error::bad_argument(&one_sentence(&error))),
        Err(error) => {
            let _ = error.print();
            Exit::Usage
        }
    }
}

/// The parser's complaint as one line, with the nearest name if it knows one.
fn one_sentence(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "there is no command; see --help for those that there are".to_owned();
    }
    let text = error.render().to_string();
    let told = text.split("\n\nUsage:").next().unwrap_or(&text).trim_start_matches("error: ");
    let lines: Vec<&str> = told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!("{}; see --help", lines.join("; ").replace("tip: ", ""))
}

impl Session {
    fn new(shared: &Shared, screen: Screen) -> Self {
        let format = match shared {
            Shared { json: true, .. } => Format::Json,
            Shared { quiet: true, .. } => Format::Quiet,
            Shared { format, .. } => format.settle(),
        };
        logs::show(shared.verbose, format, &screen);
        Self { format, screen, progress: shared.progress, sends_stdin: false }
    }

    /// What is sent: a file, or standard input where the path is `-`, which must then have `size` bytes.
    ///
    /// # Errors
    /// `invalid_input` for a size of a file.
    pub fn source(&mut self, path: &Path, size: Option<u64>) -> Result<Source> {
        if path == Path::new("-") {
            self.sends_stdin = true;
            return Ok(stdin::source(size));
        }
        match size {
            Some(_) => Err(Error::bad_argument("--size is for standard input; leave it out for a file")),
            None => Ok(Source::path(path)),
        }
    }

    /// Waits for a job, shows how far it is, and cancels it if the user says so.
    ///
    /// # Errors
    /// The job's.
    pub fn wait<T: Clone + Send + 'static>(&self, start: impl FnOnce() -> Result<Job<T>>) -> Result<T> {
        interrupt::listen(&self.screen);
        let job = start()?;
        let running = job.clone();
        interrupt::set_running(Some(Box::new(move || running.cancel())));
        let mut display = Display::new(self.progress, self.format, &self.screen);
        let result = loop {
            let over = job.wait_timeout(LOOK_INTERVAL);
            display.show(&job.progress());
            if let Some(result) = over {
                break result;
            }
        };
        interrupt::set_running(None);
        display.close();
        result
    }

    fn end(&self, done: Result<Report>) -> Exit {
        match done {
            Ok(report) => {
                output::print(&report, self.format, &self.screen);
                report.exit.unwrap_or(Exit::Done)
            }
            Err(error) => {
                let exit = Exit::of(&error, self.sends_stdin);
                let error = in_words_of_the_command(error);
                output::print_error(&error, exit, self.format, &self.screen);
                exit
            }
        }
    }
}
