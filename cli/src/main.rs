//! The command `dropoff`, over the library's blocking calls. It reads the command line, makes one request of
//! it, waits, and prints the result; it knows no service's protocol.

mod arguments;
mod argv;
mod client_options;
mod commands;
mod exit;
mod interrupt;
mod logs;
mod output;
mod progress;
mod report;
mod run;
mod screen;
mod secrets;
mod state;
mod stdin;
mod sys;
mod wording;

fn main() {
    let exit = run::run(&std::env::args_os().collect::<Vec<_>>());
    // Not by returning: threads of the library may still wait for what nobody needs any more.
    std::process::exit(exit.code().into());
}
