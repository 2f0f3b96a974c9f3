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
use crate::output::{self, Format, FormatChoice};
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
}

/// What a size that belongs to no stream is told.
pub const SIZE_OF_A_FILE: &str = "--size is for standard input; leave it out for a file";

/// How often progress is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Runs the command of these arguments.
pub fn run(arguments: &[OsString]) -> Exit {
    let screen = Screen::default();
    // Before the line can be read, so that what is wrong with it is told as was asked.
    let format = format_of(arguments);
    let usage = |error: Error| {
        output::print_error(&error, Exit::Usage, format, &screen);
        Exit::Usage
    };
    if let Err(error) = argv::check(arguments) {
        return usage(error);
    }
    match Cli::try_parse_from(arguments) {
        Ok(Cli { shared, command }) => {
            let session = Session::new(&shared, screen);
            let done = commands::run(command, &session);
            session.end(done)
        }
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let printed = error.print().and_then(|()| std::io::stdout().flush());
            let Err(error) = output::read_enough(printed) else { return Exit::Done };
            output::unwritten(&error, "", format, &screen);
            Exit::Local
        }
        // Whoever names no command wants to see which there are.
        Err(error)
            if format == Format::Json
                || (format != Format::Human
                    && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand) =>
        {
            usage(Error::bad_argument(&one_sentence(&error)))
        }
        Err(error) => {
            let _ = error.print();
            Exit::Usage
        }
    }
}

/// The format that a command line asks for, whatever else is wrong with it.
fn format_of(arguments: &[OsString]) -> Format {
    let asked = |name: &str| {
        let pair = arguments.windows(2).any(|pair| pair[0] == "--format" && pair[1] == name);
        pair || arguments.iter().any(|argument| *argument == *format!("--format={name}"))
    };
    let has = |flags: &[&str]| arguments.iter().any(|argument| flags.iter().any(|flag| argument == flag));
    match () {
        () if has(&["--json"]) || asked("json") => Format::Json,
        () if has(&["--quiet", "-q"]) || asked("quiet") => Format::Quiet,
        () if asked("agent") => Format::Agent,
        () if asked("human") => Format::Human,
        () => FormatChoice::Auto.settle(),
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
        Self { format, screen, progress: shared.progress }
    }

    /// What is sent: a file, or standard input where the path is `-`, which must then have `size` bytes.
    ///
    /// # Errors
    /// `invalid_input` for a size of a file.
    pub fn source(&self, path: &Path, size: Option<u64>) -> Result<Source> {
        if path == Path::new("-") {
            return Ok(stdin::source(size));
        }
        match size {
            Some(_) => Err(Error::bad_argument(SIZE_OF_A_FILE)),
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
        interrupt::set_running(Box::new(move || running.cancel()));
        let mut display = Display::new(self.progress, self.format, &self.screen);
        let result = loop {
            let over = job.wait_timeout(LOOK_INTERVAL);
            display.show(&job.progress());
            if let Some(result) = over {
                break result;
            }
        };
        interrupt::set_over();
        display.close();
        result
    }

    fn end(&self, done: Result<Report>) -> Exit {
        match done {
            Ok(report) => output::print(&report, self.format, &self.screen),
            Err(error) => {
                let exit = Exit::of(&error);
                let error = in_words_of_the_command(error);
                output::print_error(&error, exit, self.format, &self.screen);
                exit
            }
        }
    }
}
