//! How far a call is: a bar on a terminal, lines of JSON for programs. It owns what progress looks like, and
//! must not know what is sent.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use dropoff::{Phase, Progress};
use indicatif::{DecimalBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::output::Format;
use crate::screen::Screen;

/// What `--progress` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    Auto,
    Bar,
    Json,
    None,
}

/// Shows one call's progress.
pub struct Display {
    screen: Screen,
    how: How,
    warned: bool,
}

enum How {
    Nothing,
    /// There once there is something to show.
    Bar(Option<ProgressBar>),
    Lines {
        last: Option<(Phase, Instant)>,
    },
}

/// How often a program is told; a new phase is told at once.
const LINE_INTERVAL: Duration = Duration::from_millis(500);

impl Display {
    pub fn new(choice: ProgressChoice, format: Format, screen: &Screen) -> Self {
        let how = match choice {
            ProgressChoice::Auto if format == Format::Json => How::Lines { last: None },
            ProgressChoice::Json => How::Lines { last: None },
            ProgressChoice::Auto if format.is_watched() => How::Bar(None),
            ProgressChoice::Bar => How::Bar(None),
            ProgressChoice::Auto | ProgressChoice::None => How::Nothing,
        };
        Self { screen: screen.clone(), how, warned: false }
    }

    pub fn show(&mut self, progress: &Progress) {
        match &mut self.how {
            How::Nothing => return,
            How::Bar(bar) => draw(bar.get_or_insert_with(new_bar), &self.screen, progress),
            How::Lines { last } => {
                let due =
                    last.is_none_or(|(phase, at)| phase != progress.phase || at.elapsed() >= LINE_INTERVAL);
                if due {
                    *last = Some((progress.phase, Instant::now()));
                    self.screen.line(&json!({"progress": facts(progress)}).to_string());
                }
            }
        }
        if let Some(warning) = progress.warning().filter(|_| !self.warned) {
            self.warned = true;
            self.screen.line(&match self.how {
                How::Lines { .. } => json!({"warning": warning}).to_string(),
                _ => format!("warning: {warning}"),
            });
        }
    }

    /// The call is over.
    pub fn close(self) {
        self.screen.set_bar(None);
    }
}

/// It shows nothing by itself.
fn new_bar() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
}

fn draw(bar: &ProgressBar, screen: &Screen, progress: &Progress) {
    let known = progress.bytes_total > 0;
    let template = if known { "{prefix:<10} {bar:24} {percent:>3}%  {msg}" } else { "{prefix:<10} {msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_length(progress.bytes_total);
    bar.set_position(progress.bytes_done.min(progress.bytes_total));
    bar.set_prefix(progress.phase.as_str());
    bar.set_message(message(progress));
    if bar.is_hidden() && progress.phase != Phase::Done {
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        screen.set_bar(Some(bar.clone()));
    }
    bar.tick();
}

/// What stands behind the bar: `12 MB of 45 MB  3.2 MB/s  10 s left  2 of 3 files  1 retry`.
fn message(progress: &Progress) -> String {
    let mut words = Vec::new();
    if progress.bytes_total > 0 {
        let (done, total) = (DecimalBytes(progress.bytes_done), DecimalBytes(progress.bytes_total));
        words.push(format!("{done} of {total}"));
        let rate = progress.bytes_per_second();
        if rate > 0.0 {
            words.push(format!("{}/s", DecimalBytes(rate as u64)));
            words.extend(time_left(progress, rate).map(|left| format!("{left} left")));
        }
    }
    if progress.files_total > 1 {
        words.push(format!("{} of {} files", progress.files_done, progress.files_total));
    }
    match progress.retries {
        0 => {}
        1 => words.push("1 retry".to_owned()),
        more => words.push(format!("{more} retries")),
    }
    words.join("  ")
}

fn time_left(progress: &Progress, rate: f64) -> Option<String> {
    let rest = progress.bytes_total.saturating_sub(progress.bytes_done) as f64;
    let estimate = || Duration::try_from_secs_f64(rest / rate).ok();
    let left = progress.time_needed.or_else(estimate).filter(|_| rest > 0.0)?;
    Some(indicatif::HumanDuration(left).to_string())
}

/// The facts of all languages, lengths of time in seconds.
fn facts(progress: &Progress) -> Value {
    json!({
        "phase": progress.phase.as_str(),
        "bytes_done": progress.bytes_done,
        "bytes_total": progress.bytes_total,
        "files_done": progress.files_done,
        "files_total": progress.files_total,
        "retries": progress.retries,
        "elapsed": progress.elapsed.as_secs_f64(),
        "bytes_per_second": progress.bytes_per_second(),
        "ticket_left": progress.ticket_left.map(|left| left.as_secs_f64()),
        "time_needed": progress.time_needed.map(|time| time.as_secs_f64()),
    })
}
