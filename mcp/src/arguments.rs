//! The tools' arguments as types. The core has compared them with the schemas already.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendFiles {
    pub(crate) paths: Vec<String>,
    pub(crate) recipient: String,
    pub(crate) message: Option<String>,
    pub(crate) expires_in: Option<String>,
    pub(crate) max_downloads: Option<u64>,
    pub(crate) auto_delete: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetTransfer {
    pub(crate) transfer_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadProfile {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) browser_name: Option<String>,
    pub(crate) browser_version: Option<String>,
    pub(crate) if_changed_from: Option<String>,
    pub(crate) level: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) if_running: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InspectProfile {
    pub(crate) path: String,
    pub(crate) level: Option<String>,
    pub(crate) profile: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GetProfile {
    pub(crate) profile_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenSealed {
    pub(crate) path: String,
    pub(crate) to: String,
    pub(crate) sender_public_key: Option<String>,
    pub(crate) encrypted_key: Option<String>,
    pub(crate) encryption_iv: Option<String>,
    pub(crate) encryption_salt: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutFile {
    pub(crate) path: String,
    pub(crate) target: String,
}

#[cfg(test)]
mod tests {
    use dropoff::tools;
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value, json};

    use super::*;

    fn sample(schema: &Value) -> Value {
        match schema["type"].as_str().expect("a type") {
            "integer" => json!(1),
            "boolean" => json!(true),
            "array" => json!(["x"]),
            _ => schema["enum"].get(0).cloned().unwrap_or(json!("x")),
        }
    }

    fn reads<T: DeserializeOwned>(arguments: &Value) {
        serde_json::from_value::<T>(arguments.clone()).expect("the schema's arguments");
    }

    #[test]
    fn each_argument_of_a_schema_is_one_of_ours() {
        for tool in tools::all() {
            let properties = tool["input"]["properties"].as_object().expect("properties");
            let all: Map<_, _> =
                properties.iter().map(|(name, schema)| (name.clone(), sample(schema))).collect();
            let read: fn(&Value) = match tool["name"].as_str().expect("a name") {
                "send_files" => reads::<SendFiles>,
                "get_transfer" => reads::<GetTransfer>,
                "upload_profile" => reads::<UploadProfile>,
                "inspect_profile" => reads::<InspectProfile>,
                "get_profile" => reads::<GetProfile>,
                "open_sealed" => reads::<OpenSealed>,
                "put_file" => reads::<PutFile>,
                other => panic!("no arguments for {other}"),
            };
            read(&Value::Object(all));
        }
    }
}
