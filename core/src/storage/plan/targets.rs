//! The requests of a plan, each past the guard and the rules about headers before any of them is made.

use http::Method;

use super::cursor::at_place;
use super::model::{
    Delivery, Plan, PlannedExpiry, PlannedForm, PlannedParts, PlannedRanges, PlannedRequest, Step, StepBody,
};
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::storage::expiry::{Expiry, TicketPeriod};
use crate::storage::post_form::FormTarget;
use crate::storage::put::{Purpose, PutHeaders, PutTarget};

pub(crate) struct Targets {
    pub(super) delivery: DeliveryTargets,
    pub(super) init: Option<StepTarget>,
    pub(super) commit: Option<StepTarget>,
    pub(super) abort: Option<StepTarget>,
    pub(super) verify: Option<StepTarget>,
}

pub(super) enum DeliveryTargets {
    AlreadyThere,
    Whole(Box<PutTarget>),
    Form(Box<FormTarget>),
    /// With the ranges that they are for.
    Parts(Vec<PutTarget>, PlannedRanges),
}

/// A step that may be made.
pub(super) struct StepTarget {
    pub(super) at: String,
    pub(super) target: PutTarget,
    pub(super) body: StepBody,
}

/// What a plan's requests are held against.
struct Rules<'a> {
    allow_authorization: bool,
    options: &'a Options,
}

impl Targets {
    pub(crate) fn check(plan: Plan, allow_authorization: bool, options: &Options) -> Result<Self> {
        let rules = Rules { allow_authorization, options };
        let delivery = match plan.delivery {
            Delivery::AlreadyThere => DeliveryTargets::AlreadyThere,
            Delivery::Whole(request) => DeliveryTargets::Whole(Box::new(rules.upload(&request)?)),
            Delivery::Form(form) => DeliveryTargets::Form(Box::new(rules.form(form)?)),
            Delivery::Parts(parts) => DeliveryTargets::Parts(rules.parts(&parts)?, parts.ranges),
        };
        let step = |step: Option<Step>, name| step.map(|step| rules.step(step, name)).transpose();
        Ok(Self {
            delivery,
            init: step(plan.init, "init")?,
            commit: step(plan.commit, "commit")?,
            abort: step(plan.abort, "abort")?,
            verify: step(plan.verify, "verify")?,
        })
    }

    /// Whether there is no object until a step says so, whatever parts are there.
    pub(super) fn is_staged(&self) -> bool {
        self.init.is_some() || self.commit.is_some() || self.abort.is_some()
    }
}

impl Rules<'_> {
    fn headers(&self, request: &PlannedRequest) -> Result<PutHeaders> {
        let headers = if self.allow_authorization {
            PutHeaders::with_authorization(&request.headers, self.options)
        } else {
            PutHeaders::new(&request.headers, self.options)
        };
        headers.map_err(|error| {
            let bearer = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
            let error = at_place(&request.headers_at, error);
            if bearer && !self.allow_authorization {
                return error.with_note(
                    "if the token came with the plan and is for that URL, allow_authorization lets it through",
                );
            }
            error
        })
    }

    fn upload(&self, request: &PlannedRequest) -> Result<PutTarget> {
        let headers = self.headers(request)?;
        let made = PutTarget::of_caller(request.url.reveal(), headers, self.options);
        let target = made.map_err(|error| at_place(&request.url_at, error))?;
        let target = target.until(expiry(&request.expiry)?);
        if request.method == Method::PUT {
            return Ok(target);
        }
        Ok(target.by(request.method.clone(), Purpose::POST))
    }

    fn form(&self, form: PlannedForm) -> Result<FormTarget> {
        let PlannedForm { request, fields_at, fields, file_field, file_name } = form;
        if !request.headers.is_empty() {
            let error = Error::invalid(
                "headers cannot be set on a form, whose fields say everything; leave them out",
            );
            return Err(at_place(&request.headers_at, error));
        }
        let field = file_field.as_deref().unwrap_or("file");
        let made = FormTarget::with_file_field(request.url.reveal(), fields, field, None, self.options);
        let made = made.and_then(|target| target.file_name(file_name.as_deref().unwrap_or("file")));
        let place = |error: Error| match error.kind() {
            ErrorKind::UnsafeTarget => at_place(&request.url_at, error),
            _ => at_place(&fields_at, error),
        };
        Ok(made.map_err(place)?.until(expiry(&request.expiry)?))
    }

    fn parts(&self, planned: &PlannedParts) -> Result<Vec<PutTarget>> {
        let each = planned.requests.iter().zip(1_u64..).map(|(request, number)| {
            let target = self.upload(request)?;
            match target.part_number() {
                Some(other) if other != number && !planned.ranges.may_leave_out => Err(at_place(
                    &request.url_at,
                    Error::invalid(format!(
                        "it is in place {number} and its URL is for part {other}; list the parts in order of their part numbers, from 1"
                    )),
                )),
                _ => Ok(target),
            }
        });
        each.collect()
    }

    fn step(&self, step: Step, name: &'static str) -> Result<StepTarget> {
        let Step { request, body } = step;
        let headers = self.headers(&request)?;
        let (method, purpose) = (request.method.clone(), Purpose::step(name));
        let made = PutTarget::step(request.url.reveal(), method, headers, purpose, self.options);
        let target = made.map_err(|error| at_place(&request.url_at, error))?;
        let target = target.until(expiry(&request.expiry)?);
        Ok(StepTarget { at: format!("/{name}"), target, body })
    }
}

/// The end that the plan tells, unless that was before now.
fn expiry(planned: &PlannedExpiry) -> Result<Option<Expiry>> {
    let expiry = match (planned.lasts, planned.until) {
        (Some(lasts), _) => Expiry::lasts(lasts),
        (None, Some(until)) => Expiry::by_clock(TicketPeriod { from: None, until }),
        (None, None) => return Ok(None),
    };
    expiry.check("the plan").map_err(|error| at_place(&planned.at, error))?;
    Ok(Some(expiry))
}
