//! The two HTTP clients. [`api`] talks JSON to a service and carries the key; [`storage`] sends bytes
//! to presigned targets and has no way to hold one. Neither knows a provider.

pub(crate) mod api;
pub(crate) mod attempt;
mod bandwidth;
mod body;
mod budget;
mod certificate;
mod connections;
mod connector;
mod guard;
mod kernel;
mod limits;
mod line;
mod meter;
pub(crate) mod page;
mod pool;
mod proxy;
mod resolve;
pub(crate) mod retry;
pub(crate) mod status;
pub(crate) mod storage;
mod tls;
mod tls_error;
mod transport_error;
pub(crate) mod tries;
mod tunnel;
mod x509;

use crate::error::Result;
use crate::job::JobContext;
use crate::options::{self, Options};
use crate::runtime::PerGeneration;
use std::sync::Arc;

use bandwidth::BandwidthLimit;
use connections::Connections;

pub(crate) use connections::Turn;
pub(crate) use guard::{Target, is_loopback};
pub(crate) use proxy::{Proxy, Unusable};

/// Both clients of one handle, made on first use in each process.
pub(crate) struct Clients {
    pub(crate) options: Options,
    bandwidth: BandwidthLimit,
    proxies: Arc<proxy::Proxies>,
    clients: PerGeneration<HttpClients>,
}

pub(crate) struct HttpClients {
    pub(crate) api: api::ApiClient,
    pub(crate) storage: storage::StorageClient,
    connections: Arc<Connections>,
    budgets: budget::Budgets,
}

impl HttpClients {
    /// The tries of one request to the host of `url`.
    pub(crate) fn retry<'a>(
        &self,
        url: &url::Url,
        options: &Options,
        ctx: &'a JobContext,
    ) -> retry::Retry<'a> {
        retry::Retry::new(options, ctx, self.budgets.of(url))
    }

    /// Waits for a turn at having a connection to storage.
    pub(crate) async fn turn(&self) -> Turn<'_> {
        self.connections.to_storage().await
    }
}

impl Clients {
    /// Reads the environment's proxy variables.
    pub(crate) fn new(options: Options) -> Self {
        let bandwidth = BandwidthLimit::new(options.bandwidth_limit);
        let proxies = Arc::new(proxy::Proxies::new(&options));
        Self { options, bandwidth, proxies, clients: PerGeneration::new() }
    }

    /// From now on all uploads together send at most so many bytes a second.
    pub(crate) fn set_bandwidth_limit(&self, limit: Option<u64>) -> Result<()> {
        self.bandwidth.set(limit.map(options::checked_bandwidth).transpose()?);
        Ok(())
    }

    /// Must be called on the runtime.
    pub(crate) fn get(&self) -> Result<Arc<HttpClients>> {
        self.clients.get(|| {
            let proxies = Arc::clone(&self.proxies);
            let connector = Arc::new(connector::Connector::new(&self.options, proxies)?);
            let connections = Arc::new(Connections::new(connections::most()));
            Ok(HttpClients {
                api: api::ApiClient::new(&self.options, Arc::clone(&connector), Arc::clone(&connections)),
                storage: storage::StorageClient::new(&self.options, connector, self.bandwidth.clone()),
                connections,
                budgets: budget::Budgets::default(),
            })
        })
    }
}
