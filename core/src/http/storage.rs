//! The client for presigned targets: no default headers, no cookies, no redirects, no credentials,
//! and no parameter that could hold any.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;

use super::Target;
use super::attempt::{self, Unanswered};
use super::bandwidth::{Bandwidth, BandwidthLimit};
use super::body::CONTINUE_WAIT;
use super::connections;
use super::connector::Connector;
use super::limits::Limits;
use super::messages::{Outgoing, Reply};
use super::pool::{Connection, ConnectionPool};
use super::tries::Tries;
use super::tunnel::LoginTurn;
use crate::error::{Outcome, Result};
use crate::options::{AT_ONCE_AT_MOST, Options};
use crate::progress::Counters;

pub(crate) struct StorageClient {
    connector: Arc<Connector>,
    pool: ConnectionPool,
    limits: Limits,
    bandwidth: Arc<Bandwidth>,
    ignores_expect: ExpectIgnorers,
}

/// Servers that took a body without ever saying `100 Continue`, or that refuse the question. Waiting for it
/// again would cost each part of a large file a second.
#[derive(Default)]
struct ExpectIgnorers(Mutex<HashSet<String>>);

impl ExpectIgnorers {
    fn contains(&self, target: &Target) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(target.authority())
    }

    fn add(&self, target: &Target) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A client that meets very many hosts loses a second with each, and no memory.
        if hosts.len() < 1000 {
            hosts.insert(target.authority().to_owned());
        }
    }
}

impl StorageClient {
    pub(super) fn new(options: &Options, connector: Arc<Connector>, bandwidth: BandwidthLimit) -> Self {
        Self {
            connector: Arc::clone(&connector),
            pool: ConnectionPool::new(
                connector,
                options.concurrency.unwrap_or(AT_ONCE_AT_MOST),
                connections::max_connections(),
            ),
            limits: Limits::new(options),
            bandwidth: Arc::new(Bandwidth::new(bandwidth)),
            ignores_expect: ExpectIgnorers::default(),
        }
    }

    /// Gives the process back what descriptors it can; whether there were any.
    pub(crate) async fn close_idle(&self) -> bool {
        self.pool.close_idle().await
    }

    /// One try. It may take two requests: one that an idle connection broke under is sent again on a fresh
    /// one at once, since servers close connections that are idle. It may have been handled all the same, if
    /// it was written to its end, so `tries` is told.
    pub(crate) async fn try_once(
        &self,
        target: &Target,
        outgoing: &Outgoing,
        progress: &Arc<Counters>,
        tries: &mut Tries,
    ) -> Result<Reply> {
        self.try_on(target, outgoing, progress, tries, false).await
    }

    /// One try on a connection of its own, which is never sent again unasked.
    pub(crate) async fn try_afresh(
        &self,
        target: &Target,
        outgoing: &Outgoing,
        progress: &Arc<Counters>,
        tries: &mut Tries,
    ) -> Result<Reply> {
        self.try_on(target, outgoing, progress, tries, true).await
    }

    async fn try_on(
        &self,
        target: &Target,
        outgoing: &Outgoing,
        progress: &Arc<Counters>,
        tries: &mut Tries,
        mut fresh: bool,
    ) -> Result<Reply> {
        let mut expect = outgoing.expect_continue && !self.ignores_expect.contains(target);
        loop {
            tries.begin_request();
            let connection =
                if fresh { self.pool.open(target).await? } else { self.pool.take(target).await? };
            let (limits, bandwidth) = (self.limits, &self.bandwidth);
            let login = match &connection.absolute_form {
                Some(proxy) => Some(self.connector.offer(proxy).await?),
                None => None,
            };
            let sending =
                |connection| attempt::run(connection, target, outgoing, expect, limits, bandwidth, progress);
            let done = match login {
                // Away from here: only uploads through such a proxy are to take the room of two.
                Some(turn) => self.offering(turn, Box::pin(sending(connection))).await,
                None => sending(connection).await,
            };
            match done {
                // The one status that is about our question and not about the request (RFC 9110).
                Ok((reply, _)) if reply.status == StatusCode::EXPECTATION_FAILED && expect => {
                    self.ignores_expect.add(target);
                    tries.repeat(progress);
                    expect = false;
                }
                Ok((reply, connection)) => {
                    self.answered(target, &reply, connection);
                    return Ok(reply);
                }
                Err(mut failed) => {
                    tries.no_answer(&mut failed);
                    let done_twice = outgoing.handling.once && tries.outcome() != Outcome::NotCompleted;
                    if !failed.stale_connection || fresh || done_twice {
                        return Err(failed.error);
                    }
                    if failed.began {
                        tries.repeat(progress);
                    }
                    self.pool.forget(target);
                    fresh = true;
                }
            }
        }
    }

    /// Notes what an answer tells of the server, and keeps the connection if it can carry another request.
    fn answered(&self, target: &Target, reply: &Reply, connection: Option<Connection>) {
        if reply.ignores_expect && reply.status.is_success() {
            self.ignores_expect.add(target);
        }
        // After a 5xx another machine may do better: a new connection looks the name up again.
        if let Some(connection) = connection.filter(|_| !reply.status.is_server_error()) {
            self.pool.give_back(connection);
        }
    }

    /// Sends with a proxy's password. Whoever waits for the turn waits for the answer, but not for a whole
    /// upload: a proxy that does not take it says so at once.
    async fn offering<T>(
        &self,
        turn: LoginTurn<'_>,
        mut sending: Pin<Box<impl Future<Output = Result<T, Unanswered>>>>,
    ) -> Result<T, Unanswered> {
        let (done, turn) = match tokio::time::timeout(CONTINUE_WAIT, &mut sending).await {
            Ok(done) => (done, Some(turn)),
            Err(_) => {
                drop(turn);
                (sending.await, None)
            }
        };
        match &done {
            Ok(_) => self.connector.login_taken(),
            Err(failed) if failed.login_refused => {
                self.connector.login_refused(failed.error.clone());
            }
            Err(_) => {}
        }
        drop(turn);
        done
    }
}
