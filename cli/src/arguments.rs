//! The command line: its commands and what all of them share. Each command's own arguments stand in its file.

use clap::{ArgAction, Parser, Subcommand};

use crate::commands;
use crate::exit::Exit;
use crate::output::FormatChoice;
use crate::progress::ProgressChoice;

/// Hands files and browser profiles to presigned object storage, and proves that they arrived.
#[derive(Debug, Parser)]
#[command(name = "dropoff", version, after_help = exit_codes(), after_long_help = exit_codes())]
#[command(max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub shared: Shared,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Shared {
    /// How the result is told: auto is agent where an agent runs the command, otherwise human.
    #[arg(long, global = true, value_enum, default_value_t = FormatChoice::Auto, help_heading = "Output")]
    pub format: FormatChoice,
    /// One JSON object on standard output, the result or {"error": facts}; the same as --format json.
    #[arg(long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    pub json: bool,
    /// Ids alone, and errors; the same as --format quiet.
    #[arg(short, long, global = true, help_heading = "Output")]
    pub quiet: bool,
    /// How progress is told: auto is a bar on a terminal, lines of JSON with --json, otherwise nothing.
    #[arg(long, global = true, value_enum, default_value_t = ProgressChoice::Auto, help_heading = "Output")]
    pub progress: ProgressChoice,
    /// Tells what is tried again; twice: each step.
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Send(Box<commands::send::Send>),
    Open(commands::open::Open),
    #[command(subcommand)]
    Transfer(commands::transfer::TransferCommand),
    #[command(subcommand)]
    Profile(commands::profile::ProfileCommand),
    Mcp(commands::mcp::Mcp),
    Put(commands::put::Put),
    PostForm(commands::post_form::PostForm),
    PutParts(commands::put_parts::PutParts),
    #[command(subcommand)]
    Key(commands::key::KeyCommand),
    Whoami(commands::whoami::Whoami),
    Doctor(commands::doctor::Doctor),
    Sandbox(commands::sandbox::SandboxCommand),
    Completion(commands::completion::Completion),
    #[command(hide = true)]
    Man(commands::completion::Man),
}

/// The table of [`Exit`], for help.
fn exit_codes() -> String {
    let mut text = "Exit codes:\n".to_owned();
    for exit in Exit::ALL {
        let (code, meaning) = exit.row();
        text += &format!("  {code:>3}  {meaning}\n");
    }
    text + "\nSecrets come from files, standard input and the environment, never as arguments."
}
