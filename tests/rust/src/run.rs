//! Makes the call a scenario names.

use std::time::Duration;

use std::path::{Path, PathBuf};

use dropoff::{
    AgentDrop, Encryption, Error, File, HCompany, Job, KeyPair, OptionKind, OptionValue, Options, Pack,
    PostFormRequest, PostRequest, ProfileDetails, ProfileUpload, PutPartsRequest, PutRequest, Result,
    SealedFile, SendRequest, SentTransfer, Source, Storage, Transfer,
};
use dropoff_sandbox::{Config, Sandbox};
use serde_json::{Map, Value, json};

use crate::compare;
use crate::scenario::Scenario;
use crate::sources::{self, Made};

/// Runs one scenario from start to end. Panics when it does not hold.
pub fn run(scenario: &Scenario) {
    let sandbox = crate::sandbox(Config::default());
    sandbox.change_settings(Value::Object(scenario.settings.clone())).expect("good settings");
    for agent in &scenario.agents {
        sandbox.register_agent(agent.clone()).expect("a good agent");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made: Vec<Made> =
        scenario.sources.iter().enumerate().map(|(at, s)| sources::make(s, at, folder.path())).collect();
    let sent: Vec<Option<Vec<u8>>> = made.iter().map(|m| m.bytes.clone()).collect();

    let outcome = Caller { scenario, sandbox: &sandbox, folder: folder.path() }.call(made);

    match (scenario.expect.get("result"), scenario.expect.get("error"), outcome) {
        (Some(wanted), None, Ok(got)) => expect_result(wanted, &got, &sandbox),
        (None, Some(wanted), Err(error)) => {
            let got = error.to_json();
            let message = got["message"].as_str().unwrap_or_default();
            assert!(!message.is_empty() && !message.contains('\n'), "one line: {message:?}");
            compare::expect("error", wanted, &got);
        }
        (Some(_), None, Err(error)) => panic!("it failed: {error:?}"),
        (None, Some(_), Ok(got)) => panic!("it succeeded: {got}"),
        _ => panic!("expect takes result or error"),
    }
    expect_requests(scenario, &sandbox, &sent);
}

fn expect_result(wanted: &Value, got: &Value, sandbox: &Sandbox) {
    let mut wanted = wanted.clone();
    if wanted["checksum"].get("matches_sent").is_some() {
        wanted["checksum"] = sandbox.objects()[0]["sha256"].clone();
    }
    compare::expect("result", &wanted, got);
}

fn expect_requests(scenario: &Scenario, sandbox: &Sandbox, sent: &[Option<Vec<u8>>]) {
    let requests = sandbox.requests();
    let log = requests.as_array().expect("a log");
    for (operation, wanted) in &scenario.requests {
        if operation == "stored" {
            let objects = sandbox.objects();
            for bytes in sent.iter().flatten() {
                let digest = json!(sources::sha256(bytes));
                let held = objects.as_array().is_some_and(|o| o.iter().any(|o| o["sha256"] == digest));
                assert!(held, "storage lacks a source: {objects}");
            }
            continue;
        }
        let seen = log.iter().filter(|r| r["op"] == json!(operation)).count();
        assert_eq!(json!(seen), *wanted, "requests of {operation}: {requests:#}");
    }
    for (operation, wanted) in &scenario.seen {
        let seen = log.iter().filter(|r| r["op"] == json!(operation)).cloned().collect();
        compare::expect(&format!("seen.{operation}"), wanted, &Value::Array(seen));
    }
    // Whatever happens, the key never goes to storage and bytes are never sent chunked.
    for request in log.iter().filter(|r| matches!(r["op"].as_str(), Some("put" | "put_part" | "post_form"))) {
        assert_eq!(request["authorization"], json!(false), "{request}");
        assert_eq!(request["chunked"], json!(false), "{request}");
    }
}

struct Caller<'a> {
    scenario: &'a Scenario,
    sandbox: &'a Sandbox,
    folder: &'a Path,
}

impl Caller<'_> {
    fn call(&self, made: Vec<Made>) -> Result<Value> {
        match self.scenario.call.as_str() {
            "hcompany.upload_profile" => {
                let h = self.hcompany(self.options()?)?;
                self.order_faults();
                let made = one(made);
                let mut request = ProfileUpload::new(made.source, self.details()).pack(self.pack()?);
                if let Some(id) = self.arg("if_changed_from") {
                    request = request.if_changed_from(self.first(&h, id)?);
                }
                if let Some(limit) = self.scenario.args.get("timeout") {
                    request = request.timeout(duration(limit));
                }
                self.finish(h.start_upload_profile(request)?).map(|p| json!(p))
            }
            "hcompany.steps" => {
                let h = self.hcompany(self.options()?)?;
                self.order_faults();
                let ticket = h.initiate_upload()?;
                let made = one(made);
                let stored = h.upload(&ticket, made.source, &self.pack()?)?;
                let profile =
                    h.complete_upload(ticket.profile_id(), self.details().uploaded(stored.clone()))?;
                let read = h.get_profile(&profile.id)?;
                assert_eq!(read.checksum, profile.checksum);
                Ok(json!(profile))
            }
            "inspect_profile" => {
                let made = one(made);
                let name = made.name.unwrap_or_else(|| "file-0.bin".to_owned());
                dropoff::inspect_profile(self.folder.join(name), &self.pack()?).map(|i| json!(i))
            }
            "agentdrop.send" => {
                let d = self.agentdrop(self.options()?)?;
                self.order_faults();
                self.finish(d.start_send(self.transfer(made)?)?).map(|t| json!(t))
            }
            "agentdrop.plan" => {
                let d = self.agentdrop(self.options()?)?;
                d.plan(self.transfer(made)?).map(|p| json!(p))
            }
            "agentdrop.resume" => self.go_on(made).map(|t| json!(t)),
            "storage.put_parts" => self.put_parts(one(made)),
            "open_sealed" => self.open_sealed(),
            "agentdrop.steps" => {
                let d = self.agentdrop(self.options()?)?;
                self.order_faults();
                let folder = tempfile::tempdir().expect("a temporary folder");
                let again = self.made_again(folder.path());
                let ticket = d.presign(self.transfer(made)?)?;
                let files = d.upload(&ticket, again.into_iter().map(Made::into_file).collect())?;
                let confirmed = d.confirm(ticket.id())?;
                let info = d.get_transfer(ticket.id())?;
                assert_eq!(info.status, confirmed.status);
                Ok(json!({"id": confirmed.id, "status": confirmed.status, "files": files}))
            }
            "storage.put" => self.put(one(made)),
            "storage.resume" => self.put_twice(one(made)),
            "storage.post" => self.post(one(made)),
            "storage.post_form" => self.post_form(one(made)),
            "storage.send" => self.send_plan(one(made)),
            other => panic!("unknown call {other}"),
        }
    }

    /// The id to compare with: that of the same upload, made once before, or what the scenario says.
    fn first(&self, h: &HCompany, id: &str) -> Result<String> {
        if !self.scenario.first {
            return Ok(id.to_owned());
        }
        let made = one(self.made_again(self.folder));
        let profile = h.upload_profile(ProfileUpload::new(made.source, self.details()).pack(self.pack()?))?;
        self.sandbox.forget_requests();
        Ok(id.replace("$profile", &profile.id))
    }

    fn pack(&self) -> Result<Pack> {
        let mut pack = Pack::new();
        let Some(given) = self.scenario.args.get("pack") else { return Ok(pack) };
        let many = |name: &str| given[name].as_array().cloned().unwrap_or_default();
        if let Some(level) = given["level"].as_str() {
            pack = pack.level(level.parse()?);
        }
        if let Some(if_running) = given["if_running"].as_str() {
            pack = pack.if_running(if_running.parse()?);
        }
        if let Some(profile) = given["profile"].as_str() {
            pack = pack.profile(profile);
        }
        if let Some(prefix) = given["prefix"].as_str() {
            pack = pack.prefix(prefix);
        }
        for glob in many("include") {
            pack = pack.include(glob.as_str().expect("a glob"));
        }
        for glob in many("exclude") {
            pack = pack.exclude(glob.as_str().expect("a glob"));
        }
        Ok(pack)
    }

    /// The same send twice, with one journal.
    fn go_on(&self, made: Vec<Made>) -> Result<SentTransfer> {
        let d = self.agentdrop(self.options()?)?;
        self.order_faults();
        let journal = self.journal().unwrap_or_else(|| self.folder.join("journal"));
        let error = failed(self.finish(d.start_send(self.transfer(made)?.journal(&journal))?));
        assert_eq!(error.journal(), Some(journal.as_path()), "{error:?}");
        let mut scenario = self.scenario.clone();
        let made = self.made_again(self.folder);
        let again = self.between_calls(&mut scenario, &journal);
        let sent = d.send(again.transfer(made)?.journal(&journal));
        assert!(sent.is_err() || !journal.exists(), "the journal is left behind");
        sent
    }

    /// Everything that happens before the second call, whose scenario is this one.
    fn between_calls<'a>(&'a self, scenario: &'a mut Scenario, journal: &Path) -> Caller<'a> {
        self.sandbox.clear_faults();
        let between = &self.scenario.between;
        if let Some(args) = between.get("args").and_then(Value::as_object) {
            scenario.args.extend(args.clone());
        }
        if let Some(text) = between.get("journal").and_then(Value::as_str) {
            std::fs::write(journal, text).expect("the journal");
        }
        if let Some(settings) = between.get("settings") {
            self.sandbox.change_settings(settings.clone()).expect("good settings");
        }
        for fault in between.get("faults").and_then(Value::as_array).into_iter().flatten() {
            self.sandbox.order(fault.clone()).expect("a good order");
        }
        if between.contains_key("rewrite") {
            for (at, source) in self.scenario.sources.iter().enumerate() {
                sources::rewrite(source, at, self.folder);
            }
        }
        if between.contains_key("touch") {
            for (at, source) in self.scenario.sources.iter().enumerate() {
                sources::touch(source, at, self.folder);
            }
        }
        if between.contains_key("remove") {
            for (at, source) in self.scenario.sources.iter().enumerate() {
                sources::remove(source, at, self.folder);
            }
        }
        Caller { scenario, ..*self }
    }

    /// The sources once more. Files that are there are left alone: another inode would be another file.
    fn made_again(&self, folder: &Path) -> Vec<Made> {
        self.scenario.sources.iter().enumerate().map(|(at, s)| sources::make(s, at, folder)).collect()
    }

    fn journal(&self) -> Option<PathBuf> {
        self.arg("journal").map(|name| self.folder.join(name))
    }

    fn open_sealed(&self) -> Result<Value> {
        let arg = |name: &str| self.arg(name).unwrap_or_default();
        let made = sources::make(&self.scenario.sources[0], 0, self.folder);
        let path = self.folder.join(made.name.unwrap_or_else(|| "file-0.bin".to_owned()));
        let to = self.folder.join("opened");
        let sealed = SealedFile::new(path)
            .sender_public_key(arg("sender_public_key"))
            .encrypted_key(arg("encrypted_key"))
            .encryption_iv(arg("encryption_iv"));
        let pair = KeyPair::from_private_key(arg("private_key"))?;
        match dropoff::open_sealed(&sealed, &to, &pair) {
            Ok(opened) => {
                let held = std::fs::read(&opened.path).expect("the opened file");
                Ok(json!({"bytes": opened.bytes, "hex": sources::hex(&held)}))
            }
            Err(error) => {
                assert!(!to.exists(), "nothing is written");
                Err(error)
            }
        }
    }

    fn put_parts(&self, made: Made) -> Result<Value> {
        let args = &self.scenario.args;
        let urls = match args.get("blocks").and_then(Value::as_array) {
            Some(blocks) => self.block_urls(&made, blocks)?,
            None => self.part_urls(&made)?,
        };
        self.order_faults();
        let mut request = PutPartsRequest::new(urls, made.source);
        if let Some(size) = args.get("part_size") {
            request = request.part_size(size.as_u64().expect("bytes"));
        }
        if let Some(sizes) = args.get("part_sizes").and_then(Value::as_array) {
            request = request.part_sizes(sizes.iter().map(|size| size.as_u64().expect("bytes")));
        }
        if let Some(each) = args.get("part_headers").and_then(Value::as_array) {
            request = request.part_headers(each.iter().map(pairs));
        }
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        self.finish(Storage::new(self.options()?).start_put_parts(request)?).map(|s| json!(s))
    }

    fn part_urls(&self, made: &Made) -> Result<Vec<String>> {
        let d = self.agentdrop(self.options()?)?;
        let bytes = made.bytes.clone().unwrap_or_default();
        let file = File::new(Source::memory(bytes)).name("raw.bin");
        let ticket = d.presign(self.terms().multipart(true).file(file))?.reveal();
        let mut parts = ticket["files"][0]["part_urls"].as_array().cloned().expect("part URLs");
        parts.sort_by_key(|part| part["part_number"].as_u64());
        Ok(parts.iter().map(|part| part["upload_url"].as_str().expect("a URL").to_owned()).collect())
    }

    /// A SAS URL with the name of each block.
    fn block_urls(&self, made: &Made, blocks: &[Value]) -> Result<Vec<String>> {
        let target = self.put_target(made)?;
        let url = target["url"].as_str().expect("a URL");
        let named = |id: &Value| format!("{url}&comp=block&blockid={}", id.as_str().expect("an id"));
        Ok(blocks.iter().map(named).collect())
    }

    fn encryption(&self) -> Result<Option<Encryption>> {
        let Some(given) = self.scenario.args.get("encrypt") else { return Ok(None) };
        let text = |name: &str| given[name].as_str();
        let mut encryption = match text("presealed") {
            Some(key) => Encryption::presealed(key),
            None => Encryption::new(KeyPair::from_private_key(text("private_key").unwrap_or_default())?),
        };
        if let Some(key) = text("recipient_public_key") {
            encryption = encryption.recipient_public_key(key)?;
        }
        if let Some(name) = text("algorithm") {
            encryption = encryption.algorithm(name);
        }
        Ok(Some(encryption))
    }

    /// Waits for the job, or cancels it where the scenario says so.
    fn finish<T: Clone + Send + 'static>(&self, job: Job<T>) -> Result<T> {
        let Some(operation) = &self.scenario.cancel_at else { return job.wait() };
        crate::until_requested(self.sandbox, operation);
        job.cancel();
        job.wait_timeout(Duration::from_secs(60)).expect("a cancelled job ends")
    }

    /// The target comes from the sandbox's own presign; the key stays out of the raw client.
    fn put(&self, made: Made) -> Result<Value> {
        let target = self.put_target(&made)?;
        self.order_faults();
        let put = put_request(&target, made.source);
        self.finish(Storage::new(self.options()?).start_put(put)?).map(|s| json!(s))
    }

    /// The same put twice, with one journal.
    fn put_twice(&self, made: Made) -> Result<Value> {
        let target = self.put_target(&made)?;
        self.order_faults();
        let journal = self.journal().unwrap_or_else(|| self.folder.join("journal"));
        let storage = Storage::new(self.options()?);
        let put = put_request(&target, made.source).journal(&journal);
        let error = failed(self.finish(storage.start_put(put)?));
        assert_eq!(error.journal(), Some(journal.as_path()), "{error:?}");
        let again = one(self.made_again(self.folder));
        self.between_calls(&mut self.scenario.clone(), &journal);
        let stored = storage.put(put_request(&target, again.source).journal(&journal));
        assert!(stored.is_err() || !journal.exists(), "the journal is left behind");
        stored.map(|s| json!(s))
    }

    fn put_target(&self, made: &Made) -> Result<Value> {
        let d = self.agentdrop(crate::options(self.sandbox))?;
        let bytes = made.bytes.clone().unwrap_or_default();
        let file = dropoff::File::new(dropoff::Source::memory(bytes)).name("raw.bin");
        let ticket = d.presign(self.terms().file(file))?.reveal();
        let mut target = ticket["upload_urls"][0].clone();
        target["url"] = target["upload_url"].clone();
        self.change_target(&mut target);
        Ok(target)
    }

    fn post_form(&self, made: Made) -> Result<Value> {
        let h = self.hcompany(crate::options(self.sandbox))?;
        let ticket = h.initiate_upload()?.reveal();
        let mut target = json!({"url": ticket["upload_url"], "fields": ticket["upload_fields"]});
        self.change_target(&mut target);
        self.order_faults();
        let mut form = PostFormRequest::new(
            target["url"].as_str().expect("a URL"),
            pairs(&target["fields"]),
            made.source,
        );
        if let Some(name) = self.arg("file_field") {
            form = form.file_field(name);
        }
        self.finish(Storage::new(self.options()?).start_post_form(form)?).map(|s| json!(s))
    }

    fn post(&self, made: Made) -> Result<Value> {
        let ticket = self.hcompany(crate::options(self.sandbox))?.initiate_upload()?.reveal();
        let mut target = json!({"url": ticket["upload_url"]});
        self.change_target(&mut target);
        self.order_faults();
        let post = PostRequest::new(target["url"].as_str().expect("a URL"), made.source);
        let post = self.headers().into_iter().fold(post, |post, (name, value)| post.header(name, value));
        self.finish(Storage::new(self.options()?).start_post(post)?).map(|s| json!(s))
    }

    /// A plan of the sandbox's own replies, changed, or the scenario's alone.
    fn send_plan(&self, made: Made) -> Result<Value> {
        let bytes = made.bytes.clone().unwrap_or_default();
        let file = || File::new(Source::memory(bytes)).name("raw.bin");
        let mut plan = match self.arg("from") {
            Some("put") => {
                let terms = self.terms().multipart(false).file(file());
                let ticket = self.agentdrop(self.options()?)?.presign(terms)?.reveal();
                let target = &ticket["upload_urls"][0];
                json!({"url": target["upload_url"], "headers": target["headers"]})
            }
            Some("form") => {
                let ticket = self.hcompany(crate::options(self.sandbox))?.initiate_upload()?.reveal();
                json!({"url": ticket["upload_url"], "fields": ticket["upload_fields"]})
            }
            Some("parts") => {
                let terms = self.terms().multipart(true).file(file());
                let ticket = self.agentdrop(self.options()?)?.presign(terms)?.reveal();
                let mut parts = ticket["files"][0]["part_urls"].as_array().cloned().expect("part URLs");
                parts.sort_by_key(|part| part["part_number"].as_u64());
                json!({"parts": parts.iter().map(|part| part["upload_url"].clone()).collect::<Vec<_>>()})
            }
            _ => json!({}),
        };
        merge(&mut plan, self.scenario.args.get("plan").unwrap_or(&json!({})));
        self.order_faults();
        let made_of_it = || plan.to_string().replace("$storage", &self.sandbox.storage_url());
        let text = self.arg("text").map_or_else(made_of_it, str::to_owned);
        let allow = self.scenario.args.get("allow_authorization").and_then(Value::as_bool);
        let request = SendRequest::new(text, made.source).allow_authorization(allow.unwrap_or_default());
        self.finish(Storage::new(self.options()?).start_send(request)?).map(|s| json!(s))
    }

    fn change_target(&self, target: &mut Value) {
        let Some(changes) = self.scenario.args.get("target") else { return };
        merge(target, changes);
    }

    fn order_faults(&self) {
        for fault in &self.scenario.faults {
            self.sandbox.order(fault.clone()).expect("a good order");
        }
    }

    fn options(&self) -> Result<Options> {
        let mut options = crate::options(self.sandbox);
        for (name, value) in &self.scenario.options {
            let value = match Options::spec(name).map(|s| s.kind) {
                Ok(OptionKind::Path) => OptionValue::Path(value.as_str().expect("a path").into()),
                Ok(OptionKind::Duration) => OptionValue::Duration(duration(value)),
                _ => match value {
                    Value::Number(n) => OptionValue::Number(n.as_u64().expect("a whole number")),
                    Value::Bool(b) => OptionValue::Bool(*b),
                    Value::String(s) => OptionValue::Text(s.clone()),
                    Value::Array(many) => OptionValue::Texts(
                        many.iter().map(|v| v.as_str().expect("text").to_owned()).collect(),
                    ),
                    other => panic!("option {name}: {other}"),
                },
            };
            options.set(name, value)?;
        }
        Ok(options)
    }

    fn hcompany(&self, options: Options) -> Result<HCompany> {
        let key = self.scenario.api_key.clone().unwrap_or_else(|| self.sandbox.h_api_key().to_owned());
        HCompany::builder().base_url(self.sandbox.api_url()).api_key(key).options(options).build()
    }

    fn agentdrop(&self, options: Options) -> Result<AgentDrop> {
        let key =
            self.scenario.api_key.clone().unwrap_or_else(|| self.sandbox.agentdrop_api_key().to_owned());
        AgentDrop::builder().base_url(self.sandbox.api_url()).api_key(key).options(options).build()
    }

    fn arg(&self, name: &str) -> Option<&str> {
        self.scenario.args.get(name).and_then(Value::as_str)
    }

    fn headers(&self) -> Vec<(String, String)> {
        pairs(self.scenario.args.get("headers").unwrap_or(&Value::Null))
    }

    fn details(&self) -> ProfileDetails {
        let mut details = ProfileDetails::new(self.arg("name").unwrap_or("scenario"));
        if !self.scenario.args.contains_key("no_browser") {
            details = details.browser(
                self.arg("browser_name").unwrap_or("chromium"),
                self.arg("browser_version").unwrap_or("131"),
            );
        }
        if let Some(text) = self.arg("description") {
            details = details.description(text);
        }
        for (name, value) in pairs(self.scenario.args.get("labels").unwrap_or(&Value::Null)) {
            details = details.label(name, value);
        }
        details
    }

    fn terms(&self) -> Transfer {
        Transfer::new(
            self.arg("sender").unwrap_or("sender-agent"),
            self.arg("recipient").unwrap_or("recipient-agent"),
        )
    }

    fn transfer(&self, made: Vec<Made>) -> Result<Transfer> {
        let args = &self.scenario.args;
        let mut transfer = self.terms();
        for made in made {
            transfer = transfer.file(made.into_file());
        }
        if let Some(mode) = self.arg("mode") {
            transfer = transfer.mode(mode);
        }
        if let Some(time) = self.arg("expires_in") {
            transfer = transfer.expires_in(time);
        }
        if let Some(count) = args.get("max_downloads") {
            transfer = transfer.max_downloads(count.as_u64().expect("a count"));
        }
        if let Some(text) = self.arg("message") {
            transfer = transfer.message(text);
        }
        if let Some(data) = args.get("metadata") {
            transfer = transfer.metadata(data.as_object().cloned().unwrap_or_default());
        }
        if let Some(delete) = args.get("auto_delete") {
            transfer = transfer.auto_delete(delete.as_bool().expect("a truth value"));
        }
        if let Some(account) = self.arg("recipient_account") {
            transfer = transfer.recipient_account(account);
        }
        if let Some(limit) = args.get("timeout") {
            transfer = transfer.timeout(duration(limit));
        }
        if let Some(encryption) = self.encryption()? {
            transfer = transfer.encrypt(encryption);
        }
        if let Some(parts) = args.get("multipart") {
            transfer = transfer.multipart(parts.as_bool().expect("a truth value"));
        }
        if let Some(journal) = self.journal() {
            transfer = transfer.journal(journal);
        }
        Ok(transfer)
    }
}

fn put_request(target: &Value, source: dropoff::Source) -> PutRequest {
    let put = PutRequest::new(target["url"].as_str().expect("a URL"), source);
    pairs(&target["headers"]).into_iter().fold(put, |put, (name, value)| put.header(name, value))
}

fn one(made: Vec<Made>) -> Made {
    made.into_iter().next().expect("a source")
}

fn duration(value: &Value) -> Duration {
    Duration::from_millis(value["ms"].as_u64().expect("{\"ms\": …}"))
}

fn pairs(map: &Value) -> Vec<(String, String)> {
    let empty = Map::new();
    let map = map.as_object().unwrap_or(&empty);
    map.iter().map(|(k, v)| (k.clone(), v.as_str().expect("text").to_owned())).collect()
}

/// Objects are merged, `null` removes, anything else replaces.
fn merge(into: &mut Value, changes: &Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    into.shift_remove(name);
                } else {
                    merge(into.entry(name).or_insert(Value::Null), change);
                }
            }
        }
        (into, changes) => *into = changes.clone(),
    }
}

/// The result type of a call that must fail, for tests outside the scenarios.
pub fn failed<T: std::fmt::Debug>(result: Result<T>) -> Error {
    result.expect_err("it must fail")
}
