//! The library's log on standard error, for `-v`. It owns how a record looks there.

use dropoff::logs::{LogLevel, forward};

use crate::output::{Format, plain};
use crate::screen::Screen;

/// Tells what happens from now on: with `-v` what was tried again, with `-vv` each step.
pub fn show(verbosity: u8, format: Format, screen: &Screen) {
    let least = match verbosity {
        0 => return,
        1 => LogLevel::Info,
        _ => LogLevel::Debug,
    };
    let screen = screen.clone();
    forward(Some(least), move |record| {
        let level = record.level.as_str();
        screen.line(&match format {
            Format::Json => {
                serde_json::json!({"log": {"level": level, "message": record.message}}).to_string()
            }
            _ => format!("{level}: {}", plain(&record.message)),
        });
    });
}
