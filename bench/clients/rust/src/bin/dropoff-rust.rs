//! Our library, as a Rust program uses it.

use std::time::Duration;

use dropoff::{
    AgentDrop, Encryption, KeyPair, OptionKind, OptionValue, Options, PostFormRequest, PutPartsRequest,
    PutRequest, SendRequest, Storage, Transfer,
};
use dropoff_bench_clients::{Result, job::Job, probe};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let before = probe::counts()?;
    let job = Job::from_argument()?;
    match job.task.as_str() {
        "idle" => probe::measure(|| {
            let made = (Storage::new(options(&job)?), agentdrop(&job)?);
            let after = probe::counts()?;
            drop(made);
            Ok(probe::idle(before, after))
        }),
        "put" | "form" | "parts" | "plan" => {
            let client = Storage::new(options(&job)?);
            probe::measure(|| store(&client, &job))
        }
        "send" | "many" => {
            let client = agentdrop(&job)?;
            probe::measure(|| send(&client, &job))
        }
        other => Err(format!("nothing known of {other:?}").into()),
    }
}

fn store(client: &Storage, job: &Job) -> Result<Value> {
    let (url, file) = (job.url.as_str(), job.file.as_path());
    match job.task.as_str() {
        "put" => {
            let mut request = PutRequest::new(url, file);
            if let Some(journal) = &job.journal {
                request = request.journal(journal);
            }
            Ok(serde_json::to_value(client.put(request)?)?)
        }
        "plan" => Ok(serde_json::to_value(client.send(SendRequest::new(job.plan.to_string(), file))?)?),
        "form" => Ok(serde_json::to_value(client.post_form(PostFormRequest::new(
            url,
            job.fields.clone(),
            file,
        ))?)?),
        _ => {
            let mut request = PutPartsRequest::new(job.urls.clone(), file);
            if let Some(bytes) = job.part_size {
                request = request.part_size(bytes);
            }
            let stored = client.put_parts(request)?;
            Ok(json!({
                "bytes": stored.bytes,
                "part_size": stored.part_size,
                "parts": stored.parts.len(),
                "attempts": stored.parts.iter().map(|part| part.attempts).sum::<u32>(),
                "verified": stored.verified,
            }))
        }
    }
}

fn send(client: &AgentDrop, job: &Job) -> Result<Value> {
    let mut transfer = Transfer::new("sender-agent", "recipient-agent");
    let files = if job.task == "many" { job.files.as_slice() } else { std::slice::from_ref(&job.file) };
    for file in files {
        transfer = transfer.file(file.as_path());
    }
    if let Some(parts) = job.multipart {
        transfer = transfer.multipart(parts);
    }
    if job.sealed {
        let key = job.private_key.as_deref().ok_or("sealing needs a private key")?;
        transfer = transfer.encrypt(Encryption::new(KeyPair::from_private_key(key)?));
    }
    if let Some(journal) = &job.journal {
        transfer = transfer.journal(journal);
    }
    let sent = client.send(transfer)?;
    Ok(json!({
        "status": sent.status,
        "sealed": sent.encrypted,
        "files": sent.files.len(),
        "bytes": sent.files.iter().map(|file| file.bytes).sum::<u64>(),
        "parts": sent.files.iter().map(|file| file.parts).sum::<u32>(),
        "attempts": sent.files.iter().map(|file| file.attempts).sum::<u32>(),
        "verified": sent.files.iter().all(|file| file.verified),
    }))
}

fn agentdrop(job: &Job) -> Result<AgentDrop> {
    let key = job.api_key.as_deref().unwrap_or("agd_idle");
    let mut builder = AgentDrop::builder().api_key(key).options(options(job)?);
    if let Some(url) = &job.api_url {
        builder = builder.base_url(url);
    }
    Ok(builder.build()?)
}

fn options(job: &Job) -> Result<Options> {
    let mut options = Options::new().trusted_storage(job.storage_url.clone())?;
    if let Some(file) = &job.ca_file {
        options = options.ca_file(file)?;
    }
    if let Some(count) = job.concurrency {
        options.set("concurrency", OptionValue::Number(count))?;
    }
    for (name, value) in &job.options {
        options.set(name, option(name, value)?)?;
    }
    Ok(options)
}

/// An option's value as Python would give it: times are seconds.
fn option(name: &str, value: &Value) -> Result<OptionValue> {
    let kind = Options::spec(name)?.kind;
    Ok(match value {
        Value::Bool(on) => OptionValue::Bool(*on),
        Value::Number(number) if kind == OptionKind::Duration => {
            OptionValue::Duration(Duration::try_from_secs_f64(number.as_f64().unwrap_or(-1.0))?)
        }
        Value::Number(number) => OptionValue::Number(number.as_u64().ok_or("not a whole number")?),
        Value::String(path) if kind == OptionKind::Path => OptionValue::Path(path.into()),
        Value::String(text) => OptionValue::Text(text.clone()),
        _ => OptionValue::Texts(serde_json::from_value(value.clone())?),
    })
}
