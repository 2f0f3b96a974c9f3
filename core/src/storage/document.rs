//! The text of storage's own body: an error document in XML, or a failure in JSON.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::middlebox;
use crate::http::page;

/// The elements of an error document that matter. Storage's bodies may also be empty, or HTML from
/// something in between; then all of these are absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// The details that some add to their message, or give in its place: Google, Azure.
    pub(super) details: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) proposed: Option<String>,
    pub(super) allowed: Option<String>,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    /// The header that Azure misses.
    pub(super) header: Option<String>,
    /// Of what a form stored, where storage describes it.
    pub(super) etag: Option<String>,
    /// The status that JSON holds.
    pub(super) status: Option<u16>,
    pub(super) json: bool,
}

/// The documents whose elements matter.
const WITH_FACTS: [&str; 3] = ["Error", "PostResponse", "CompleteMultipartUploadResult"];

impl Document {
    /// Reads what can be read. Entities are not expanded beyond the five of XML itself.
    pub(super) fn parse(body: &[u8]) -> Self {
        let mut document = Self::default();
        let body = page::text(body);
        let mut reader = Reader::from_str(&body);
        let mut path: Vec<String> = Vec::new();
        let mut text = String::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => {
                    path.push(tag.local_name().as_ref().to_owned());
                    text.clear();
                }
                Ok(Event::Text(piece)) => text.push_str(&piece),
                Ok(Event::CData(piece)) => text.push_str(&piece),
                Ok(Event::GeneralRef(name)) => text.push_str(entity(&name)),
                Ok(Event::End(_)) => {
                    let name = path.pop();
                    if path.len() == 1 && WITH_FACTS.contains(&path[0].as_str()) {
                        document.take(name.as_deref().unwrap_or_default(), text.trim());
                    }
                    text.clear();
                }
                Ok(Event::Eof) | Err(_) => return document,
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self, name: &str, text: &str) {
        let slot = match name {
            "Code" => &mut self.code,
            "Message" => &mut self.message,
            "RequestId" => &mut self.request_id,
            "ProposedSize" => &mut self.proposed,
            "MaxSizeAllowed" => &mut self.allowed,
            "Details" | "AuthenticationErrorDetail" => &mut self.details,
            "Region" => &mut self.region,
            "Endpoint" => &mut self.endpoint,
            "HeaderName" => &mut self.header,
            "ETag" => &mut self.etag,
            _ => return,
        };
        *slot = Some(text.chars().take(500).collect());
    }

    /// The same of a body that may be JSON instead.
    pub(super) fn of_refusal(body: &[u8]) -> Self {
        let document = Self::parse(body);
        if document.is_error() {
            return document;
        }
        let Some(said) = middlebox::failure(body) else { return document };
        let short = |text: String| text.chars().take(500).collect();
        Self {
            code: said.code.map(short),
            message: said.message.map(short),
            status: said.status,
            json: true,
            ..document
        }
    }

    /// Everything it says in words.
    pub(super) fn words(&self) -> String {
        let said = [&self.message, &self.details].into_iter().flatten().map(String::as_str);
        said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Whether the body is an error document at all; some stores send one with status 200.
    pub(super) fn is_error(&self) -> bool {
        self.code.is_some()
    }
}

fn entity(name: &str) -> &'static str {
    match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}
