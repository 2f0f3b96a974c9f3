//! The sandbox as a program of its own.

use std::io::Write;

use clap::{Parser, Subcommand};
use dropoff_sandbox::program::{Serve, serve};

/// Both upload services on loopback, with faults on order.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run until told to stop; prints one JSON line when ready.
    Serve(Serve),
}

fn main() -> std::io::Result<()> {
    let Command::Serve(options) = Cli::parse().command;
    serve(options, |ready| {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{ready}")?;
        stdout.flush()
    })
}
