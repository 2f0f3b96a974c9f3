//! The tools that this server offers, as clients are told of them; and the reasons why it does not offer the
//! others.

use std::sync::Arc;

use dropoff::{AgentDrop, Error, HCompany, Result, Storage, tools};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Value, json};

use crate::settings::Settings;

/// The clients of the core that tools call; an error is the reason why one cannot be had.
pub(crate) struct Clients {
    pub(crate) agentdrop: Result<AgentDrop>,
    pub(crate) hcompany: Result<HCompany>,
    pub(crate) storage: Storage,
}

impl Clients {
    pub(crate) fn new(settings: &Settings) -> Self {
        let options = &settings.options;
        Self {
            agentdrop: AgentDrop::builder().options(options.clone()).build(),
            hcompany: HCompany::builder().options(options.clone()).build(),
            storage: Storage::new(options.clone()),
        }
    }
}

/// A tool that a model may call.
pub(crate) struct OfferedTool {
    pub(crate) name: &'static str,
    /// As text, for the comparison with a model's arguments.
    pub(crate) input: String,
    /// Of a success.
    pub(crate) output: &'static Value,
    pub(crate) told: Tool,
}

/// A tool that is not offered, and the reason.
pub(crate) struct MissingTool {
    pub(crate) name: &'static str,
    pub(crate) why: String,
}

pub(crate) struct Offer {
    pub(crate) tools: Vec<OfferedTool>,
    pub(crate) missing: Vec<MissingTool>,
}

impl Offer {
    pub(crate) fn new(settings: &Settings, clients: &Clients) -> Self {
        let mut offer = Self { tools: Vec::new(), missing: Vec::new() };
        for description in tools::all() {
            let name = description["name"].as_str().unwrap_or_default();
            match why_missing(name, settings, clients) {
                Some(why) => offer.missing.push(MissingTool { name, why }),
                None => offer.tools.push(offered(name, description, settings)),
            }
        }
        offer
    }

    pub(crate) fn find(&self, name: &str) -> Option<&OfferedTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

fn why_missing(name: &str, settings: &Settings, clients: &Clients) -> Option<String> {
    // The library's sentence begins with an argument, and this server takes keys from elsewhere.
    let told = |error: &Error| error.message().replace("pass api_key or ", "").replace("pass api_key, ", "");
    let lacks = |what: &str| Some(what.to_owned());
    match name {
        "send_files" if settings.sender.is_none() => lacks("no sender was given"),
        "send_files" if settings.recipients.is_empty() => lacks("no recipient is allowed"),
        "send_files" | "get_transfer" => clients.agentdrop.as_ref().err().map(told),
        "upload_profile" | "get_profile" => clients.hcompany.as_ref().err().map(told),
        "open_sealed" if settings.key_pair.is_none() => lacks("no private key was given"),
        "put_file" if settings.targets.names().next().is_none() => lacks("no target was given"),
        _ => None,
    }
}

fn offered(name: &'static str, description: &'static Value, settings: &Settings) -> OfferedTool {
    let mut input = description["input"].clone();
    let mut choose = |argument: &str, values: Vec<&str>| {
        input["properties"][argument]["enum"] = json!(values);
    };
    match name {
        "send_files" => choose("recipient", settings.recipients.iter().map(String::as_str).collect()),
        "put_file" => choose("target", settings.targets.names().collect()),
        _ => {}
    }
    let hint = |name: &str| description["annotations"][name].as_bool();
    let annotations = ToolAnnotations::from_raw(
        None,
        hint("readOnlyHint"),
        hint("destructiveHint"),
        hint("idempotentHint"),
        hint("openWorldHint"),
    );
    let output = &description["output"];
    let told = Tool::new(name, description["description"].as_str().unwrap_or_default(), object(&input))
        .with_title(description["title"].as_str().unwrap_or_default())
        .with_raw_output_schema(object(&success_or_failure(output)))
        .with_annotations(annotations);
    OfferedTool { name, input: input.to_string(), output, told }
}

/// Clients compare structured content with the schema after a failure as well.
fn success_or_failure(success: &Value) -> Value {
    let failure = tools::error_schema();
    let mut schema = success.clone();
    schema["properties"]["error"] = failure["properties"]["error"].clone();
    if let Some(schema) = schema.as_object_mut() {
        schema.remove("required");
    }
    schema["oneOf"] = json!([{"required": success["required"]}, {"required": failure["required"]}]);
    schema
}

fn object(schema: &Value) -> Arc<JsonObject> {
    Arc::new(schema.as_object().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_lacks_something_is_missing_with_the_reason() {
        let settings = Settings::default();
        let clients = Clients {
            agentdrop: Err(Error::bad_argument("no API key: pass api_key or set A")),
            hcompany: Err(Error::bad_argument("no API key: pass api_key, set H, or sign in")),
            storage: Storage::new(settings.options.clone()),
        };
        let offer = Offer::new(&settings, &clients);
        assert_eq!(offer.tools.iter().map(|tool| tool.name).collect::<Vec<_>>(), ["inspect_profile"]);
        assert_eq!(offer.missing.len(), tools::all().len() - 1);
        assert!(offer.missing.iter().all(|missing| missing.why.starts_with("no ")));
        let why =
            |name| offer.missing.iter().find(|missing| missing.name == name).map(|missing| &*missing.why);
        assert_eq!(why("get_transfer"), Some("no API key: set A"));
        assert_eq!(why("upload_profile"), Some("no API key: set H, or sign in"));
    }
}
