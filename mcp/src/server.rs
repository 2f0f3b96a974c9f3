//! The server as a client of the protocol sees it: the list of its tools, and a call of one of them.

use dropoff::Result;
use dropoff::tools::{checked_arguments, sentence};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CustomRequest, CustomResult, ErrorCode, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer;
use crate::calls::Call;
use crate::consent::{Consent, flat, quoted};
use crate::dialogue::{Dialogue, Ended};
use crate::folders;
use crate::offer::{Clients, Offer, OfferedTool};
use crate::rounds::Rounds;
use crate::settings::Settings;

pub(crate) struct Server {
    settings: Settings,
    clients: Clients,
    offer: Offer,
    consent: Consent,
    rounds: Rounds,
    /// The client is gone, or whoever runs this wants it to stop.
    pub(crate) ended: CancellationToken,
    /// The calls that run, which clean up after they were cancelled.
    pub(crate) calls: TaskTracker,
}

impl Server {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        settings.check()?;
        let clients = Clients::new(&settings);
        settings.targets.check(&clients.storage)?;
        Ok(Self {
            offer: Offer::new(&settings, &clients),
            consent: Consent::new(settings.asking),
            rounds: Rounds::default(),
            ended: CancellationToken::new(),
            calls: TaskTracker::new(),
            clients,
            settings,
        })
    }

    async fn called(
        &self,
        tool: &OfferedTool,
        request: CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> std::result::Result<Value, Ended> {
        let given = request.arguments.as_ref().map(serde_json::to_string);
        let given = given.transpose().unwrap_or_default().unwrap_or_default();
        let arguments = checked_arguments(tool.name, &tool.input, &given)?;
        let state = request.request_state.as_deref();
        let dialogue = Dialogue {
            context,
            consent: &self.consent,
            rounds: &self.rounds,
            round: self.rounds.resume(state, tool.name, request.arguments.as_ref()),
            answers: request.input_responses.unwrap_or_default(),
            ended: &self.ended,
        };
        Call { tool, settings: &self.settings, clients: &self.clients, dialogue }.run(&arguments).await
    }

    /// The protocol's error for a name that is no tool here.
    fn unknown(&self, name: &str) -> ErrorData {
        let told = match self.offer.missing.iter().find(|missing| missing.name == name) {
            Some(missing) => sentence("not_offered", &[("tool", missing.name), ("why", &missing.why)]),
            None => {
                let names: Vec<&str> = self.offer.tools.iter().map(|tool| tool.name).collect();
                sentence("no_tool", &[("tool", &quoted(name)), ("names", &names.join(", "))])
            }
        };
        ErrorData::invalid_params(told, None)
    }

    /// For whoever starts it: tools that are not offered, and folders that are not there.
    pub(crate) fn notes(&self) -> Vec<String> {
        let tools = self.offer.missing.iter();
        let tools = tools.map(|missing| format!("{} is not offered: {}", missing.name, missing.why));
        let folders = folders::notes(&self.settings.roots);
        folders.into_iter().chain(tools).collect()
    }

    fn instructions(&self) -> String {
        let mut text = "Sends files and browser profiles of this machine through presigned object storage. \
            Only paths in the allowed folders, and only the recipients and targets that the schemas name, can \
            be used. After a failure, do what its line says; never repeat a call whose outcome is completed or \
            unknown."
            .to_owned();
        if !self.settings.roots.is_empty() {
            let folders: Vec<_> =
                self.settings.roots.iter().map(|root| flat(&root.to_string_lossy())).collect();
            text += &format!(" Allowed folders and files: {}.", folders.join(", "));
        }
        for missing in &self.offer.missing {
            text += &format!(" Not offered here: {} ({}).", missing.name, missing.why);
        }
        text
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let mut about = Implementation::new("dropoff", env!("CARGO_PKG_VERSION"));
        about.title = Some("dropoff".to_owned());
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(about)
            .with_instructions(self.instructions())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<ListToolsResult, ErrorData> {
        let tools = self.offer.tools.iter().map(|tool| tool.told.clone()).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    /// The protocol's library takes a known request with wrong parameters for one of another kind.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> std::result::Result<CustomResult, ErrorData> {
        if request.method == "tools/call" {
            let tool = request.params.as_ref().and_then(|params| params["name"].as_str()).unwrap_or("a tool");
            return Err(ErrorData::invalid_params(sentence("arguments", &[("tool", &quoted(tool))]), None));
        }
        Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, quoted(&request.method), None))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.offer.find(name).map(|tool| tool.told.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> std::result::Result<CallToolResponse, ErrorData> {
        let _running = self.calls.token();
        let Some(tool) = self.offer.find(&request.name) else { return Err(self.unknown(&request.name)) };
        Ok(match self.called(tool, request, &context).await {
            Ok(facts) => answer::facts(facts).into(),
            Err(Ended::Failed(error)) => answer::failed(&error).into(),
            Err(Ended::Asks(questions)) => (*questions).into(),
        })
    }
}
