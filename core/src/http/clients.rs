//! Both HTTP clients of one handle, made on first use in each process.

use std::sync::Arc;

use super::api::ApiClient;
use super::bandwidth::BandwidthLimit;
use super::budget::Budgets;
use super::connections::{ConnectionTurn, Connections, max_connections};
use super::connector::Connector;
use super::proxies::Proxies;
use super::retry::Retry;
use super::storage::StorageClient;
use super::tls;
use crate::digest::AnsweredDigests;
use crate::error::Result;
use crate::job::JobContext;
use crate::options::{Options, checked_bandwidth};
use crate::runtime::PerGeneration;

/// Both clients of one handle, made on first use in each process.
pub(crate) struct Clients {
    pub(crate) options: Options,
    bandwidth: BandwidthLimit,
    proxies: Arc<Proxies>,
    clients: PerGeneration<HttpClients>,
}

pub(crate) struct HttpClients {
    pub(crate) api: ApiClient,
    pub(crate) storage: StorageClient,
    pub(crate) answered: AnsweredDigests,
    connections: Arc<Connections>,
    budgets: Budgets,
}

impl HttpClients {
    /// The tries of one request to the host of `url`.
    pub(crate) fn retry<'a>(&self, url: &url::Url, options: &Options, ctx: &'a JobContext) -> Retry<'a> {
        Retry::new(options, ctx, self.budgets.of(url))
    }

    /// Waits for a turn at having a connection to storage.
    pub(crate) async fn turn(&self) -> ConnectionTurn<'_> {
        self.connections.to_storage().await
    }
}

impl Clients {
    /// Reads the environment: its proxy variables, and what it says of options.
    pub(crate) fn new(options: Options) -> Self {
        let options = options.with_environment();
        let bandwidth = BandwidthLimit::new(options.bandwidth_limit);
        let proxies = Arc::new(Proxies::new(&options));
        tls::read_before_a_fork();
        Self { options, bandwidth, proxies, clients: PerGeneration::new() }
    }

    /// From now on all uploads together send at most so many bytes a second.
    pub(crate) fn set_bandwidth_limit(&self, limit: Option<u64>) -> Result<()> {
        self.bandwidth.set(limit.map(checked_bandwidth).transpose()?);
        Ok(())
    }

    /// Must be called on the runtime.
    pub(crate) fn get(&self) -> Result<Arc<HttpClients>> {
        self.clients.get(|| {
            let proxies = Arc::clone(&self.proxies);
            let connector = Arc::new(Connector::new(&self.options, proxies)?);
            let connections = Arc::new(Connections::new(max_connections()));
            Ok(HttpClients {
                api: ApiClient::new(&self.options, Arc::clone(&connector), Arc::clone(&connections)),
                storage: StorageClient::new(&self.options, connector, self.bandwidth.clone()),
                answered: AnsweredDigests::default(),
                connections,
                budgets: Budgets::default(),
            })
        })
    }
}
