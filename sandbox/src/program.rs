//! The sandbox as a program: starts it, tells whoever runs it where it is, and ends with a signal or with its
//! parent. `dropoff-sandbox serve` and the command line's own subcommand are both this.

use std::io::{self, Read};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::config::{Config, StorageConfig};
use crate::sandbox::Sandbox;
use crate::signals::told_to_end;

/// The options of the program.
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Port of the API; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Serve storage over https with a generated certificate authority.
    #[arg(long)]
    tls: bool,
    /// Upper end of the form policy's content-length-range.
    #[arg(long)]
    max_profile_bytes: Option<u64>,
    /// Life of upload tickets, in seconds.
    #[arg(long)]
    upload_expires_in: Option<u64>,
    /// Cut uploads in parts by this many bytes, whatever part size was asked for.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    forced_part_size: Option<u64>,
    /// Read at most this many bytes per second from each connection to storage; 0 is no limit.
    #[arg(long, default_value_t = 0, value_name = "BYTES_PER_SECOND")]
    rate: u64,
    /// embedded, discard, or the URL of an S3 endpoint.
    #[arg(long, default_value = "embedded")]
    storage: String,
    /// Bucket of the S3 endpoint.
    #[arg(long, default_value = "dropoff-sandbox")]
    bucket: String,
    /// Access key id for the S3 endpoint. Its secret key is in the environment variable
    /// DROPOFF_SANDBOX_SECRET_KEY.
    #[arg(long)]
    access_key: Option<String>,
    /// Secret key for the S3 endpoint. Hidden, since other programs can read it there: the environment
    /// variable DROPOFF_SANDBOX_SECRET_KEY has it too.
    #[arg(long, hide = true)]
    secret_key: Option<String>,
    /// Region for the S3 endpoint.
    #[arg(long, default_value = "us-east-1")]
    region: String,
    /// Leave the tagging field out of form tickets.
    #[arg(long)]
    no_tagging: bool,
    /// Hostile mode: the share of requests, in percent, that meet a fault drawn at random.
    #[arg(long, default_value_t = 0, value_name = "PERCENT")]
    hostile: u8,
    /// Seed of hostile mode; the same one draws the same faults.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// End when standard input ends, so that a killed parent leaves nothing behind.
    #[arg(long)]
    exit_with_stdin: bool,
}

impl Serve {
    /// The port asked for; 0 is any.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// Runs a sandbox until it is told to stop; `ready` gets where it is, and its keys.
///
/// # Errors
/// `InvalidInput` for options that do not fit each other; what the system said if a port is taken.
pub fn serve(options: Serve, ready: impl FnOnce(&Value) -> io::Result<()>) -> io::Result<()> {
    let (port, exit_with_stdin) = (options.port, options.exit_with_stdin);
    let hostile = json!({"percent": options.hostile, "seed": options.seed});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Before anything is created: a signal from here on must find its handler.
    let told_to_end = {
        let _entered = runtime.enter();
        told_to_end()?
    };
    let refused = |why: String| io::Error::new(io::ErrorKind::InvalidInput, why);
    let sandbox = Sandbox::start_on(config(options).map_err(refused)?, port)?;
    sandbox.set_hostile_mode(hostile).map_err(refused)?;
    let (ends, mut ended) = mpsc::channel(1);
    // Without the option the sending end stays here, and the receiving one waits for ever.
    let _kept = if exit_with_stdin {
        end_with_stdin(ends);
        None
    } else {
        Some(ends)
    };
    ready(&place(&sandbox))?;
    runtime.block_on(async {
        tokio::select! {
            () = told_to_end => {}
            _ = ended.recv() => {}
        }
    });
    Ok(())
}

/// A plain thread: a blocked read cannot be cancelled, and the process does not wait for it.
fn end_with_stdin(ends: mpsc::Sender<()>) {
    std::thread::spawn(move || {
        let mut ignored = [0; 256];
        while matches!(std::io::stdin().read(&mut ignored), Ok(1..)) {}
        drop(ends);
    });
}

fn place(sandbox: &Sandbox) -> Value {
    json!({
        "api_url": sandbox.api_url(),
        "storage_url": sandbox.storage_url(),
        "untrusted_storage_url": sandbox.untrusted_storage_url(),
        "control_url": sandbox.control_url(),
        "h_api_key": sandbox.h_api_key(),
        "agentdrop_api_key": sandbox.agentdrop_api_key(),
        "ca_file": sandbox.ca_file(),
    })
}

fn config(options: Serve) -> Result<Config, String> {
    let storage =
        match options.storage.as_str() {
            "embedded" => StorageConfig::Embedded,
            "discard" => StorageConfig::Discard,
            endpoint if endpoint.starts_with("http://") || endpoint.starts_with("https://") => {
                StorageConfig::External {
                    endpoint: endpoint.to_string(),
                    bucket: options.bucket,
                    access_key: options.access_key.ok_or("--storage URL needs --access-key")?,
                    secret_key: options
                        .secret_key
                        .or_else(|| std::env::var("DROPOFF_SANDBOX_SECRET_KEY").ok())
                        .ok_or("--storage URL needs the environment variable DROPOFF_SANDBOX_SECRET_KEY")?,
                    region: options.region,
                }
            }
            other => return Err(format!("--storage: unknown value {other:?}")),
        };
    let mut config = Config {
        tls: options.tls,
        storage,
        include_tagging: !options.no_tagging,
        forced_part_size: options.forced_part_size,
        connection_rate: options.rate,
        ..Config::default()
    };
    if let Some(bytes) = options.max_profile_bytes {
        config.max_profile_bytes = bytes;
    }
    if let Some(seconds) = options.upload_expires_in {
        config.upload_expires_in = seconds;
    }
    Ok(config)
}
