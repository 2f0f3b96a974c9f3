//! The requests of a plan, each past the guard and the rules about headers before any of them is made.

use http::Method;

use super::cursor::{at_place, wrong};
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

impl StepTarget {
    /// Whether it puts the parts together at a store that is one of S3's kind: its URL names the upload.
    pub(super) fn is_of_s3(&self) -> bool {
        let names_upload = || self.target.url().query_pairs().any(|(name, _)| name == "uploadId");
        matches!(self.body, StepBody::S3Parts) && names_upload()
    }
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
        if ![Method::PUT, Method::POST].contains(&request.method) {
            let what = "is not a method that bytes are sent with (PUT or POST)";
            return Err(wrong(&request.method_at, what));
        }
        let headers = self.headers(request)?;
        let made = PutTarget::of_caller(request.url.reveal(), headers, self.options);
        let target = made.map_err(|error| {
            let alone = PutTarget::check_upload_url(request.url.reveal(), self.options);
            Self::placed(request, &alone, error)
        })?;
        let target = target.until(expiry(&request.expiry)?).telling_digest(request.digest);
        if request.method == Method::PUT {
            return Ok(target);
        }
        Ok(target.by(request.method.clone(), Purpose::POST))
    }

    /// A complaint about a URL with its headers, at the one that it is about. `checked` is the URL alone.
    /// That it has run out is about no header.
    fn placed<T>(request: &PlannedRequest, checked: &Result<T>, error: Error) -> Error {
        let is_of_url = error.kind() == ErrorKind::Expired || checked.is_err();
        at_place(if is_of_url { &request.url_at } else { &request.headers_at }, error)
    }

    fn form(&self, form: PlannedForm) -> Result<FormTarget> {
        let PlannedForm { request, fields_at, fields, file_field, file_name } = form;
        if !request.headers.is_empty() {
            let error = Error::invalid(
                "headers cannot be set on a form, whose fields say everything; leave them out",
            );
            return Err(at_place(&request.headers_at, error));
        }
        let url = request.url.reveal();
        PutTarget::check_url(url, self.options).map_err(|error| at_place(&request.url_at, error))?;
        let field = file_field.as_ref().map_or("file", |field| &field.value);
        let made = FormTarget::with_file_field(url, fields.0, field, None, self.options);
        let field_at = file_field.as_ref().map_or(&fields_at, |field| &field.at);
        let made = made.map_err(|error| at_place(field_at, error))?;
        let made = match &file_name {
            Some(name) => made.file_name(&name.value).map_err(|error| at_place(&name.at, error))?,
            None => made,
        };
        Ok(made.until(expiry(&request.expiry)?))
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
        let Step { at, request, body } = step;
        let headers = self.headers(&request)?;
        let (method, purpose) = (request.method.clone(), Purpose::step(name));
        let made = PutTarget::step(request.url.reveal(), method, headers, purpose, self.options);
        let target = made.map_err(|error| {
            let alone = PutTarget::check_url(request.url.reveal(), self.options);
            Self::placed(&request, &alone, error)
        })?;
        let target = target.until(expiry(&request.expiry)?);
        Ok(StepTarget { at, target, body })
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
