//! Name lookup, by the operating system, on the pool for work that waits. The resolvers that come with the
//! HTTP clients panic where no thread can be started for it.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use crate::runtime::spawn_blocking;
use crate::sys;

/// A name lookup has the hosts file, or a socket for each of two questions, open besides what it reads.
const DESCRIPTORS: usize = 4;

pub(super) type Addresses = std::vec::IntoIter<SocketAddr>;

#[derive(Clone)]
pub(super) struct Resolver;

async fn look_up(name: String) -> io::Result<Addresses> {
    let found = spawn_blocking(move || {
        // The operating system tells a name that it could not look up, for want of a descriptor, as one that
        // there is not.
        (name.as_str(), 0)
            .to_socket_addrs()
            .map_err(|e| sys::descriptors_refused_now(DESCRIPTORS).unwrap_or(e))
    });
    found.await.unwrap_or_else(|_| Err(io::Error::other("name lookup panicked")))
}

impl Service<Name> for Resolver {
    type Response = Addresses;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Addresses>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(look_up(name.as_str().to_owned()))
    }
}

/// For reqwest, which leaves all the time there is to the first address of a name (of each family). After a
/// connection that was not made in time, another one comes first.
#[derive(Clone, Default)]
pub(super) struct RotatingResolver(Arc<AtomicUsize>);

impl RotatingResolver {
    pub(super) fn rotate(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn rotated<T>(&self, mut all: Vec<T>) -> Vec<T> {
        let first = self.0.load(SeqCst) % all.len().max(1);
        all.rotate_left(first);
        all
    }
}

impl reqwest::dns::Resolve for RotatingResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = look_up(name.as_str().to_owned()).await?.collect();
            Ok(Box::new(resolver.rotated(found).into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_the_first_in_its_turn() {
        let resolver = RotatingResolver::default();
        for expected in [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]] {
            assert_eq!(resolver.rotated(vec![1, 2, 3]), expected);
            assert!(resolver.rotated(Vec::<u8>::new()).is_empty());
            resolver.rotate();
        }
    }
}
