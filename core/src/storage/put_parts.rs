//! Raw parts: the caller began a multipart upload somewhere and will complete it.

use std::sync::OnceLock;

use super::part_plan::{DEFAULT_PART_SIZE, MOST_PARTS, PartPlan};
use super::parts::{PartTargets, PartUpload, send_parts};
use super::put::{PutHeaders, PutTarget};
use super::request::PutPartsRequest;
use super::result::{StoredParts, all_verified_by, crc64_of_all};
use super::send::Sender;
use super::upload_limiter::UploadLimiter;
use crate::error::{Error, Result};
use crate::http::Clients;
use crate::job::{JobContext, RawUpload};
use crate::prepare_source::prepare_source_in_turn;
use crate::secret::Secret;

pub(super) async fn put_parts_now(
    clients: &Clients,
    request: PutPartsRequest,
    ctx: &JobContext,
) -> Result<StoredParts> {
    let http = clients.get()?;
    let targets = targets(&request, clients)?;
    let source = prepare_source_in_turn(&http, request.source, &clients.options, ctx).await?;
    let plan = match request.part_sizes {
        Some(sizes) => of_sizes(&sizes, source.len(), targets.len())?,
        None => fitting(source.len(), targets.len() as u64, request.part_size, clients.options.part_size)?,
    };
    ctx.progress.expect(1, source.len());
    ctx.set_raw_upload(RawUpload::Several);
    let sender = Sender::new(&http, &clients.options, ctx);
    let limiter = UploadLimiter::new(&clients.options, ctx);
    let needs_etags = targets.iter().any(PutTarget::answers_etag);
    let doubt = OnceLock::new();
    let upload = PartUpload {
        plan: plan.clone(),
        needs_etags,
        targets: PartTargets::Given(&targets),
        source: &source,
        done: Vec::new(),
        doubt: &doubt,
    };
    let parts = send_parts(upload, &sender, &limiter, &|_| Box::pin(async { Ok(()) })).await?;
    ctx.progress.file_done();
    Ok(StoredParts {
        bytes: plan.size(),
        part_size: plan.part_size(),
        verified: parts.iter().all(|p| p.verified),
        verified_by: all_verified_by(&parts),
        crc64nvme: crc64_of_all(&parts),
        warnings: doubt.into_inner().into_iter().collect(),
        parts,
    })
}

fn targets(request: &PutPartsRequest, clients: &Clients) -> Result<Vec<PutTarget>> {
    if request.urls.is_empty() || request.urls.len() as u64 > MOST_PARTS {
        return Err(Error::invalid(format!(
            "urls holds {} presigned URLs; give one for each part, 1 to {MOST_PARTS}",
            request.urls.len()
        )));
    }
    if request.part_size.is_some() && request.part_sizes.is_some() {
        return Err(Error::invalid("part_size and part_sizes say the same in two ways; give one of them"));
    }
    let own = request.part_headers.as_deref();
    if let Some(own) = own.filter(|own| own.len() != request.urls.len()) {
        return Err(Error::invalid(format!(
            "part_headers has {} entries and {} URLs were given; give headers for each part",
            own.len(),
            request.urls.len()
        )));
    }
    let common = PutHeaders::new(&request.headers, &clients.options)?;
    let each = request.urls.iter().zip(1_u64..).enumerate().map(|(at, (url, number))| {
        let headers = match own.map(|own| &own[at]) {
            Some(own) => PutHeaders::new(&with_own(&request.headers, own), &clients.options)
                .map_err(|e| e.context(&format!("the headers of part {number}")))?,
            None => common.clone(),
        };
        let target = PutTarget::of_caller(url.reveal(), headers, &clients.options)
            .map_err(|e| e.context(&format!("the URL of part {number}")))?;
        match target.part_number() {
            Some(other) if other != number => Err(Error::invalid(format!(
                "the URL in place {number} is for part {other}; give the URLs in order of their part numbers, from 1"
            ))),
            _ => Ok(target),
        }
    });
    each.collect()
}

/// The headers of a part: its own stand in the place of those of all parts.
fn with_own(common: &[(String, Secret)], own: &[(String, Secret)]) -> Vec<(String, Secret)> {
    let is_own = |name: &str| own.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let common = common.iter().filter(|(name, _)| !is_own(name));
    common.chain(own).cloned().collect()
}

/// The plan of parts of these sizes.
fn of_sizes(sizes: &[u64], size: u64, urls: usize) -> Result<PartPlan> {
    let total = sizes.iter().try_fold(0_u64, |sum, bytes| sum.checked_add(*bytes));
    if sizes.len() != urls || total != Some(size) {
        let total = total.map_or_else(|| "too many".to_owned(), |total| total.to_string());
        return Err(Error::invalid(format!(
            "part_sizes are {} with {total} bytes in all, for {urls} URLs and {size} bytes to send; give one for each URL, and all of the bytes",
            sizes.len()
        )));
    }
    if size > 0 && sizes.contains(&0) {
        return Err(Error::invalid("part_sizes holds 0; a part has a byte at least"));
    }
    let mut end = 0;
    let mut ranges = Vec::with_capacity(sizes.len());
    for len in sizes {
        ranges.push((end, *len));
        end += len;
    }
    Ok(PartPlan::chosen(size, &ranges))
}

/// The plan that makes as many parts as there are URLs.
pub(super) fn fitting(size: u64, urls: u64, asked: Option<u64>, option: Option<u64>) -> Result<PartPlan> {
    if let Some(part_size) = asked {
        if part_size == 0 {
            return Err(Error::invalid("part_size must be more than zero"));
        }
        let plan = PartPlan::fixed(size, part_size);
        if plan.count() != urls {
            return Err(Error::invalid(format!(
                "{size} bytes in parts of {part_size} are {} parts and {urls} URLs were given; give one URL for each part",
                plan.count()
            )));
        }
        return Ok(plan);
    }
    let usual = PartPlan::fixed(size, option.unwrap_or(DEFAULT_PART_SIZE));
    let even = PartPlan::new(size, Some(size.div_ceil(urls)));
    let least = PartPlan::fixed(size, size.div_ceil(urls));
    [usual, even, least].into_iter().find(|plan| plan.count() == urls).ok_or_else(|| {
        Error::invalid(format!(
            "{size} bytes cannot be cut into {urls} parts of equal size, the last one shorter; set part_size as the URLs were signed for"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_fits_the_number_of_urls() {
        const MIB: u64 = 1024 * 1024;
        let plan = |size, urls| fitting(size, urls, None, None).map(|p| p.part_size());
        assert_eq!(plan(20 * MIB, 3).expect("usual"), 8 * MIB);
        assert_eq!(plan(20 * MIB, 2).expect("even"), 10 * MIB);
        assert_eq!(plan(20 * MIB, 1).expect("one"), 20 * MIB);
        assert_eq!(plan(10, 2).expect("small"), 5);
        assert_eq!(plan(0, 1).expect("an empty part"), 8 * MIB);
        plan(10, 11).expect_err("more parts than bytes");
        plan(0, 2).expect_err("nothing in two parts");
        fitting(20 * MIB, 3, Some(10 * MIB), None).expect_err("two parts");
    }
}
