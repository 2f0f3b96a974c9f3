//! Both services, as `whoami` and `doctor` look at them: is there a key, where is it from, is it taken.

use clap::ValueEnum;
use dropoff::{Error, ErrorKind, Result, ServiceCheck};

use super::shared::ServiceArguments;
use crate::run::Session;

/// Which services are asked, and how they are reached.
#[derive(Debug, clap::Args)]
pub struct Services {
    /// Only this one, which --api-key-file and --base-url are for [default: both].
    #[arg(long, value_enum, value_name = "SERVICE")]
    service: Option<Service>,
    /// The region of H Company's account, eu or us.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    #[command(flatten)]
    pub arguments: ServiceArguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Service {
    /// Transfers between agents.
    #[value(name = "agentdrop")]
    AgentDrop,
    /// Browser profiles.
    #[value(name = "hcompany")]
    HCompany,
}

/// A service as it was found.
pub enum Found {
    /// There is nothing to ask it with.
    NoKey(Error),
    /// What was given is in the way of asking it: the key's file, or all else.
    Unfit { what: &'static str, error: Error },
    /// It was asked.
    Checked {
        check: ServiceCheck,
        /// Where the key is from.
        origin: String,
    },
}

impl Services {
    /// Asks each service with whichever key there is.
    ///
    /// # Errors
    /// `cancelled`; `invalid_input` for one service's key or place where both are asked: neither gets the
    /// other's key.
    pub fn find(&self, session: &Session) -> Result<Vec<(Service, Found)>> {
        let arguments = &self.arguments;
        let of_one = [
            ("--api-key-file", arguments.api_key_file.is_some()),
            ("--base-url", arguments.base_url.is_some()),
        ];
        if let (None, Some((flag, _))) = (self.service, of_one.iter().find(|(_, given)| *given)) {
            return Err(Error::bad_argument(&format!(
                "{flag} is for one service; give --service agentdrop or --service hcompany too"
            )));
        }
        let asked = self.service.map_or_else(|| Service::value_variants().to_vec(), |only| vec![only]);
        asked.into_iter().map(|service| Ok((service, self.ask(service, session)?))).collect()
    }

    fn ask(&self, service: Service, session: &Session) -> Result<Found> {
        let arguments = &self.arguments;
        let key = match arguments.api_key() {
            Ok(key) => key,
            Err(error) => return Ok(Found::Unfit { what: "key", error }),
        };
        let check = match service {
            Service::AgentDrop => {
                arguments.agentdrop_with(key).and_then(|client| session.wait(|| client.start_check()))
            }
            Service::HCompany => arguments
                .hcompany_with(key, self.region.as_deref())
                .and_then(|client| session.wait(|| client.start_check())),
        };
        match check {
            Ok(ServiceCheck { error: Some(error), .. }) if error.kind() == ErrorKind::Cancelled => Err(error),
            Ok(check) => Ok(Found::Checked { check, origin: service.origin(arguments) }),
            Err(error) if error.kind() == ErrorKind::Cancelled => Err(error),
            Err(error) if error.kind() == ErrorKind::Authentication => Ok(Found::NoKey(error)),
            Err(error) => Ok(Found::Unfit { what: "settings", error }),
        }
    }
}

impl Service {
    pub fn name(self) -> &'static str {
        match self {
            Self::AgentDrop => "agentdrop",
            Self::HCompany => "hcompany",
        }
    }

    fn key_variable(self) -> &'static str {
        match self {
            Self::AgentDrop => "AGENTDROP_API_KEY",
            Self::HCompany => "HAI_API_KEY",
        }
    }

    fn origin(self, arguments: &ServiceArguments) -> String {
        let variable = self.key_variable();
        let is_set = std::env::var(variable).is_ok_and(|key| !key.trim().is_empty());
        match &arguments.api_key_file {
            Some(file) => super::shown(file),
            None if is_set => variable.to_owned(),
            None => "hai login".to_owned(),
        }
    }
}
