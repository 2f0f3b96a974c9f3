//! Sends files to an agent: `send_files FILE…`. The key is in AGENTDROP_API_KEY.

use dropoff::{AgentDrop, Options, Transfer};

fn main() -> dropoff::Result<()> {
    let mut builder = AgentDrop::builder();
    // Only to try it against the sandbox; leave these lines out otherwise.
    if let (Ok(api), Ok(storage)) = (std::env::var("SANDBOX_API"), std::env::var("SANDBOX_STORAGE")) {
        builder = builder.base_url(api).options(Options::new().trusted_storage([storage])?);
    }
    let mut transfer = Transfer::new("data-pipeline", "analysis-agent").expires_in("12h");
    for path in std::env::args().skip(1) {
        transfer = transfer.file(path.as_str());
    }
    let sent = builder.build()?.send(transfer)?;
    println!("{} is {}", sent.id, sent.status);
    for file in sent.files {
        println!("{} {} bytes verified: {}", file.name, file.bytes, file.verified);
    }
    Ok(())
}
