//! reqwest by itself: the file as a stream, as its documentation shows it (4 KiB at a time), or in chunks of
//! `chunk_size`, as those write it who have measured that.

use std::path::Path;

use dropoff_bench_clients::{Result, job::Job, probe};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Certificate, Client};
use serde_json::json;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

fn main() -> Result<()> {
    let before = probe::counts()?;
    let job = Job::from_argument()?;
    let runtime = tokio::runtime::Runtime::new()?;
    if job.task == "idle" {
        return probe::measure(|| {
            let made = client(&job)?;
            let after = probe::counts()?;
            drop(made);
            Ok(probe::idle(before, after))
        });
    }
    let client = client(&job)?;
    probe::measure(|| {
        runtime.block_on(async {
            match job.task.as_str() {
                "put" => {
                    let (status, bytes) = put(&client, &job, job.url.clone(), &job.file).await?;
                    Ok(json!({"status": status, "bytes": bytes}))
                }
                "many" => many(&client, &job).await,
                other => Err(format!("nothing known of {other:?}").into()),
            }
        })
    })
}

fn client(job: &Job) -> Result<Client> {
    let mut builder = Client::builder();
    if let Some(file) = &job.ca_file {
        for root in Certificate::from_pem_bundle(&std::fs::read(file)?)? {
            builder = builder.add_root_certificate(root);
        }
    }
    Ok(builder.build()?)
}

/// The status and how many bytes were sent.
async fn put(client: &Client, job: &Job, url: String, path: &Path) -> Result<(u16, u64)> {
    let file = File::open(path).await?;
    let bytes = file.metadata().await?.len();
    let body = Body::wrap_stream(match job.chunk_size {
        Some(bytes) => ReaderStream::with_capacity(file, bytes),
        None => ReaderStream::new(file),
    });
    let reply = client.put(url).header(CONTENT_LENGTH, bytes).body(body).send().await?.error_for_status()?;
    let status = reply.status().as_u16();
    // Read to its end, or the connection is not used again.
    reply.bytes().await?;
    Ok((status, bytes))
}

async fn many(client: &Client, job: &Job) -> Result<serde_json::Value> {
    let puts = job.files.iter().map(|file| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        put(client, job, format!("{}/{name}", job.url), file)
    });
    let concurrency = job.concurrency.unwrap_or(1) as usize;
    let sent: Vec<_> = stream::iter(puts).buffer_unordered(concurrency).try_collect().await?;
    Ok(json!({"status": 200, "files": sent.len(), "bytes": sent.iter().map(|(_, bytes)| bytes).sum::<u64>()}))
}
