//! Both services, as `whoami` and `doctor` look at them: is there a key, where is it from, is it taken.

use dropoff::{Error, ErrorKind, Result, ServiceCheck};

use super::shared::ServiceArguments;
use crate::run::Session;

#[derive(Debug, Clone, Copy)]
pub enum Service {
    AgentDrop,
    HCompany,
}

/// A service as it was found.
pub enum Found {
    /// There is nothing to ask it with.
    NoKey(Error),
    Checked {
        check: ServiceCheck,
        /// Where the key is from.
        origin: String,
    },
}

impl Service {
    pub const ALL: [Self; 2] = [Self::AgentDrop, Self::HCompany];

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

    /// Asks the service with whichever key there is.
    pub fn find(self, arguments: &ServiceArguments, region: Option<&str>, session: &Session) -> Found {
        let checked = self.check(arguments, region, session);
        match checked {
            Ok(check) => Found::Checked { check, origin: self.origin(arguments) },
            Err(error) if error.kind() == ErrorKind::Authentication => Found::NoKey(error),
            Err(error) => {
                let url = String::new();
                let check = ServiceCheck { url, error: Some(error), ..ServiceCheck::default() };
                Found::Checked { check, origin: self.origin(arguments) }
            }
        }
    }

    fn check(
        self,
        arguments: &ServiceArguments,
        region: Option<&str>,
        session: &Session,
    ) -> Result<ServiceCheck> {
        match self {
            Self::AgentDrop => {
                let client = arguments.agentdrop()?;
                session.wait(|| client.start_check())
            }
            Self::HCompany => {
                let client = arguments.hcompany(region)?;
                session.wait(|| client.start_check())
            }
        }
    }

    fn origin(self, arguments: &ServiceArguments) -> String {
        let variable = self.key_variable();
        let is_set = std::env::var(variable).is_ok_and(|key| !key.trim().is_empty());
        match &arguments.api_key_file {
            Some(file) => file.display().to_string(),
            None if is_set => variable.to_owned(),
            None => "hai login".to_owned(),
        }
    }
}
