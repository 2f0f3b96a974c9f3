//! Connections to storage that are no faster than was asked for.

use std::time::{Duration, Instant};

use dropoff_sandbox::{Config, StorageConfig};
use serde_json::json;

use crate::client::*;

const RATE: u64 = 5_000_000;
const BODY: usize = MIB;

/// How long three bodies took on one connection, as a share of what they should.
fn share(url: &str) -> f64 {
    let body = vec![1; BODY];
    let mut socket = connect(url);
    let started = Instant::now();
    for _ in 0..3 {
        exchange(&mut socket, "PUT", url, &[TEXT], &body).expect("a reply").is(200, "");
        // What is not used of the time is not saved up.
        std::thread::sleep(Duration::from_millis(30));
    }
    let took = started.elapsed() - Duration::from_millis(90);
    took.as_secs_f64() * RATE as f64 / (3 * BODY) as f64
}

#[test]
fn each_connection_keeps_its_rate() {
    let each = |config: &mut Config| {
        config.storage = StorageConfig::Discard;
        config.connection_rate = RATE;
    };
    let sandbox = start_with(each);
    let (_, url) = presign(&sandbox, BODY);
    // Never faster. Slower may be the machine.
    let alone: Vec<f64> = (0..2).map(|_| share(&url)).collect();
    assert!(alone.iter().all(|share| *share > 0.97), "{alone:?}");
    // Two side by side have the rate each.
    let both: Vec<[f64; 2]> = (0..2)
        .map(|_| {
            std::thread::scope(|scope| {
                [(); 2].map(|()| scope.spawn(|| share(&url))).map(|thread| thread.join().expect("no panic"))
            })
        })
        .collect();
    assert!(both.iter().flatten().all(|share| *share > 0.95), "{both:?}");

    // The API is not storage, and a rate may come and go.
    sandbox.change_settings(json!({"connection_rate": 0})).expect("changed");
    let free: Vec<f64> = (0..20).map(|_| share(&url)).collect();
    assert!(free.iter().any(|share| *share < 0.6), "{free:?}");
    sandbox.change_settings(json!({"connection_rate": "fast"})).expect_err("not a number");
}

#[test]
fn storage_that_checks_keeps_its_rate_too() {
    let sandbox = start_with(|config| config.connection_rate = 1_000_000);
    let (_, url) = presign(&sandbox, 500_000);
    let body = bytes(500_000);
    let half_a_second = || {
        let started = Instant::now();
        send("PUT", &url, &[TEXT], &body).is(200, "");
        started.elapsed()
    };
    let times: Vec<Duration> = (0..4).map(|_| half_a_second()).collect();
    assert!(times.iter().all(|time| *time > Duration::from_millis(480)), "{times:?}");
    // A slower fault counts, a faster one does not lift the limit.
    sandbox.order(json!({"on": "put", "do": {"slow": 90_000_000}})).expect("ordered");
    assert!(half_a_second() > Duration::from_millis(480));
}
