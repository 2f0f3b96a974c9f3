//! What one call costs the process it is made in; the same figures as those of probe.py.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

use crate::Result;

/// Runs `call`, and prints as one line of JSON what it cost over the process as it stood before, and its
/// facts.
pub fn measure(call: impl FnOnce() -> Result<Value>) -> Result<()> {
    // The kernel forgets its peak so far: starting may have needed more for a moment than is left idle.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let (anonymous, of_files) = (status("RssAnon")?, status("RssFile")?);
    let (idle, (user, system), began) = (status("VmRSS")?, cpu()?, now()?);
    let facts = call()?;
    let (ended, after, peak) = (now()?, cpu()?, status("VmHWM")?);
    let line = json!({
        "user": after.0 - user,
        "system": after.1 - system,
        "before": user + system,
        "wall": ended - began,
        "began_at": began,
        "idle_kib": idle,
        "over_idle_kib": peak - idle,
        "peak_kib": peak,
        "left_over_idle_kib": {
            "RssAnon": status("RssAnon")? - anonymous,
            "RssFile": status("RssFile")? - of_files,
        },
        "facts": facts,
    });
    println!("{line}");
    Ok(())
}

/// How many threads and open files this process has. Counting opens one file, each time.
pub fn counts() -> Result<(usize, usize)> {
    let entries = |folder: &str| std::fs::read_dir(folder).map(Iterator::count);
    Ok((entries("/proc/self/task")?, entries("/proc/self/fd")?))
}

/// What is told about an idle process, of its counts at the very start and with the client made.
pub fn idle(before: (usize, usize), after: (usize, usize)) -> Value {
    json!({
        "threads": {"before": before.0, "after": after.0},
        "fds": {"before": before.1, "after": after.1},
    })
}

/// A line of /proc/self/status, KiB.
fn status(name: &str) -> Result<i64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let number = value.and_then(|value| value.split_whitespace().next());
    Ok(number.ok_or_else(|| format!("no {name} in /proc/self/status"))?.parse()?)
}

/// User and system time of all threads, seconds.
fn cpu() -> Result<(f64, f64)> {
    let used = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((seconds(used.user_time()), seconds(used.system_time())))
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// CLOCK_MONOTONIC, which the sink tells its times in.
fn now() -> Result<f64> {
    Ok(Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC)?).as_secs_f64())
}
