//! A call of a model as one of the core: its arguments become a request, its job the facts of the answer.

use std::slice;

use dropoff::tools::{AllowedFile, Roots, described, refusal};
use dropoff::{
    Encryption, Error, File, Job, Pack, ProfileDetails, ProfileUpload, Result, SealedFile, Source, Transfer,
    start_inspect_profile, start_open_sealed,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::arguments::{
    GetProfile, GetTransfer, InspectProfile, OpenSealed, PutFile, SendFiles, UploadProfile,
};
use crate::consent::{Subject, listed, quoted};
use crate::dialogue::{Dialogue, Ended};
use crate::offer::{Clients, OfferedTool};
use crate::running::{finished, found};
use crate::settings::Settings;

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) tool: &'a OfferedTool,
    pub(crate) settings: &'a Settings,
    pub(crate) clients: &'a Clients,
    pub(crate) dialogue: Dialogue<'a>,
}

impl Call<'_> {
    /// Carries it out. `arguments` is JSON text that fits the tool's schema.
    pub(crate) async fn run(mut self, arguments: &str) -> std::result::Result<Value, Ended> {
        match self.tool.name {
            "send_files" => self.send_files(read(arguments)?).await,
            "get_transfer" => self.get_transfer(&read(arguments)?).await,
            "upload_profile" => self.upload_profile(read(arguments)?).await,
            "inspect_profile" => self.inspect_profile(read(arguments)?).await,
            "get_profile" => self.get_profile(&read(arguments)?).await,
            "open_sealed" => self.open_sealed(read(arguments)?).await,
            "put_file" => self.put_file(&read(arguments)?).await,
            other => Err(refusal("no_tool", &[("tool", other)]).into()),
        }
    }

    async fn send_files(&mut self, given: SendFiles) -> std::result::Result<Value, Ended> {
        let client = client(&self.clients.agentdrop)?;
        let files = self.find(&given.paths).await?;
        let subject = Subject::new("send_files", &given.recipient);
        let question = || {
            let listed = listed(&files);
            let message = given.message.as_deref();
            let message =
                message.map_or_else(String::new, |text| format!("\nwith the message: {}", quoted(text)));
            format!("Send to the agent {}?\n{listed}{message}", given.recipient)
        };
        self.allowed(subject, &given.paths, &files, question).await?;
        let sender = self.settings.sender.clone().unwrap_or_default();
        let mut transfer = Transfer::new(sender, given.recipient);
        for AllowedFile { path, name, .. } in files {
            transfer = transfer.file(File::new(Source::path(path)).name(name));
        }
        transfer = with(transfer, given.message, Transfer::message);
        transfer = with(transfer, given.expires_in, Transfer::expires_in);
        transfer = with(transfer, given.max_downloads, Transfer::max_downloads);
        transfer = with(transfer, given.auto_delete, Transfer::auto_delete);
        let pair = self.settings.key_pair.clone().filter(|_| self.settings.seal);
        transfer = with(transfer, pair.map(Encryption::new), Transfer::encrypt);
        self.facts(client.start_send(transfer)?).await
    }

    async fn get_transfer(&mut self, given: &GetTransfer) -> std::result::Result<Value, Ended> {
        let client = client(&self.clients.agentdrop)?;
        self.facts(client.start_get_transfer(&given.transfer_id)?).await
    }

    async fn upload_profile(&mut self, given: UploadProfile) -> std::result::Result<Value, Ended> {
        let client = client(&self.clients.hcompany)?;
        let mut pack = pack(given.level, given.profile)?;
        if let Some(if_running) = given.if_running {
            pack = pack.if_running(if_running.parse()?);
        }
        let found = self.find_one(&given.path).await?;
        let subject = Subject::new("upload_profile", found.path.to_string_lossy());
        let question = || {
            let listed = listed(slice::from_ref(&found));
            let name = quoted(&given.name);
            format!(
                "Upload this browser profile to H Company, with its cookies and whatever else signs in?\n{listed}\nas {name}"
            )
        };
        self.allowed(subject, slice::from_ref(&given.path), slice::from_ref(&found), question).await?;
        let mut details = ProfileDetails::new(given.name);
        details = with(details, given.description, ProfileDetails::description);
        details = with(details, given.browser_name, ProfileDetails::browser_name);
        details = with(details, given.browser_version, ProfileDetails::browser_version);
        let upload = ProfileUpload::new(Source::path(found.path), details).pack(pack);
        let upload = with(upload, given.if_changed_from, ProfileUpload::if_changed_from);
        self.facts(client.start_upload_profile(upload)?).await
    }

    async fn inspect_profile(&mut self, given: InspectProfile) -> std::result::Result<Value, Ended> {
        let folder = self.find_one(&given.path).await?.path;
        self.facts(start_inspect_profile(folder, &pack(given.level, given.profile)?)?).await
    }

    async fn get_profile(&mut self, given: &GetProfile) -> std::result::Result<Value, Ended> {
        let client = client(&self.clients.hcompany)?;
        self.facts(client.start_get_profile(&given.profile_id)?).await
    }

    async fn open_sealed(&mut self, given: OpenSealed) -> std::result::Result<Value, Ended> {
        let pair = self.settings.key_pair.clone().ok_or_else(lacks_something)?;
        let mut sealed = SealedFile::new(self.find_one(&given.path).await?.path);
        let to = self.find_one(&given.to).await?.path;
        sealed = with(sealed, given.sender_public_key, SealedFile::sender_public_key);
        sealed = with(sealed, given.encrypted_key, SealedFile::encrypted_key);
        sealed = with(sealed, given.encryption_iv, SealedFile::encryption_iv);
        sealed = with(sealed, given.encryption_salt, SealedFile::encryption_salt);
        self.facts(start_open_sealed(&sealed, to, &pair)?).await
    }

    async fn put_file(&mut self, given: &PutFile) -> std::result::Result<Value, Ended> {
        let found = self.find_one(&given.path).await?;
        let subject = Subject::new("put_file", &given.target);
        let question = || {
            let file = listed(slice::from_ref(&found));
            format!("Put this file where the target {} is, and replace what is there?\n{file}", given.target)
        };
        self.allowed(subject, slice::from_ref(&given.path), slice::from_ref(&found), question).await?;
        let request = self.settings.targets.request(&given.target, Source::path(found.path));
        let request = request.ok_or_else(|| refusal("target", &[("target", &given.target)]))?;
        self.facts(self.clients.storage.start_put(request)?).await
    }

    async fn find_one(&mut self, path: &str) -> std::result::Result<AllowedFile, Ended> {
        let mut found = self.find(&[path.to_owned()]).await?;
        found.pop().ok_or_else(|| lacks_something().into())
    }

    /// The files that a model named, if it may name them all.
    async fn find(&mut self, paths: &[String]) -> std::result::Result<Vec<AllowedFile>, Ended> {
        let folders = match self.settings.roots.is_empty() {
            true => self.dialogue.folders().await?,
            false => self.settings.roots.clone(),
        };
        let job = Roots::new(folders)?.start_find(paths.iter().cloned())?;
        Ok(found(job, self.dialogue.context, self.dialogue.ended).await?)
    }

    /// The user's word. They take their time, in which a model can put other files in the places of those
    /// that they were shown.
    async fn allowed(
        &mut self,
        subject: Subject,
        paths: &[String],
        shown: &[AllowedFile],
        question: impl FnOnce() -> String,
    ) -> std::result::Result<(), Ended> {
        let files = shown.iter().map(|file| file.path.clone()).collect();
        if !self.dialogue.allowed(subject, files, question).await? {
            return Ok(());
        }
        let now = self.find(paths).await?;
        let mut pairs = paths.iter().zip(shown.iter().zip(&now));
        match pairs.find(|(_, (shown, now))| shown.path != now.path) {
            Some((path, _)) => Err(refusal("moved", &[("path", path)]).into()),
            None => Ok(()),
        }
    }

    /// What the schema names of the job's result.
    async fn facts<T>(&self, job: Job<T>) -> std::result::Result<Value, Ended>
    where
        T: Clone + Serialize + Send + 'static,
    {
        let result = finished(job, self.dialogue.context, self.dialogue.ended).await?;
        let value = serde_json::to_value(result).map_err(|_| lacks_something())?;
        Ok(described(self.tool.output, &value))
    }
}

/// The schema let them through, so this fails for a defect of ours alone.
fn read<T: DeserializeOwned>(arguments: &str) -> Result<T> {
    serde_json::from_str(arguments).map_err(|_| lacks_something())
}

fn client<T>(made: &Result<T>) -> Result<&T> {
    made.as_ref().map_err(Clone::clone)
}

fn lacks_something() -> Error {
    refusal("program", &[("name", "dropoff mcp")])
}

fn with<T, V>(request: T, value: Option<V>, set: impl FnOnce(T, V) -> T) -> T {
    match value {
        Some(value) => set(request, value),
        None => request,
    }
}

fn pack(level: Option<String>, profile: Option<String>) -> Result<Pack> {
    let pack = with(Pack::new(), profile, Pack::profile);
    Ok(match level {
        Some(level) => pack.level(level.parse()?),
        None => pack,
    })
}
