//! Faults on order: what was ordered, and which order a request meets.

use std::sync::Mutex;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use super::action::{Fault, parse};
use crate::lock::lock;
use crate::operation::OPS;

/// The queue of orders.
#[derive(Default)]
pub(crate) struct Faults {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    orders: Vec<Order>,
    /// Requests that wait, by operation. Dropping one lets it go.
    held: Vec<(String, watch::Sender<()>)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    on: String,
    #[serde(default)]
    skip: u64,
    #[serde(default = "once")]
    times: i64,
    #[serde(rename = "do")]
    action: Value,
    #[serde(skip)]
    parsed: Option<Fault>,
}

fn known(op: &str) -> Result<(), String> {
    if op == "any" || OPS.contains(&op) {
        return Ok(());
    }
    Err(format!("on: unknown operation {op:?}; one of any, {}", OPS.join(", ")))
}

fn once() -> i64 {
    1
}

impl Faults {
    /// Adds an order, or a list of them, at the end of the queue.
    pub fn order(&self, value: Value) -> Result<(), String> {
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        let mut orders = Vec::new();
        for value in values {
            let mut order: Order = serde_json::from_value(value).map_err(|error| error.to_string())?;
            known(&order.on)?;
            if order.times == 0 || order.times < -1 {
                return Err("times: expected a positive number, or -1 for ever".into());
            }
            order.parsed = Some(parse(&order.action)?);
            orders.push(order);
        }
        lock(&self.queue).orders.extend(orders);
        Ok(())
    }

    /// Forgets the orders for one operation, and lets go the requests they hold.
    pub fn clear_for(&self, op: &str) -> Result<(), String> {
        known(op)?;
        self.forget(Some(op));
        Ok(())
    }

    /// Forgets all orders, and lets go the requests they hold.
    pub fn clear(&self) {
        self.forget(None);
    }

    fn forget(&self, op: Option<&str>) {
        let is_other = |on: &str| op.is_some_and(|op| op != on);
        let mut queue = lock(&self.queue);
        queue.orders.retain(|order| is_other(&order.on));
        queue.held.retain(|(on, _)| is_other(on));
    }

    /// The fault this request meets. Orders are asked first to last; one that still skips counts
    /// the request and leaves it to the next.
    pub fn take(&self, op: &str) -> Option<Fault> {
        let mut queue = lock(&self.queue);
        let mut found = None;
        for (at, order) in queue.orders.iter_mut().enumerate() {
            if order.on != "any" && order.on != op {
                continue;
            }
            if order.skip > 0 {
                order.skip -= 1;
                continue;
            }
            found = Some((at, order.on.clone(), order.parsed.clone()?));
            break;
        }
        let (at, on, mut fault) = found?;
        match queue.orders[at].times {
            -1 => {}
            1 => {
                queue.orders.remove(at);
            }
            _ => queue.orders[at].times -= 1,
        }
        if fault.hold {
            let (hold, held) = watch::channel(());
            queue.held.push((on, hold));
            fault.held = Some(held);
        }
        Some(fault)
    }
}
