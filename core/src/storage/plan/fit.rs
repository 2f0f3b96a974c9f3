//! Whether a plan is for this source: its size, its digest, and the ranges of its parts.

use super::cursor::at_place;
use super::model::{Placed, PlannedRange, PlannedRanges};
use crate::digest::{Algorithm, AlgorithmSet, Digests, Hasher};
use crate::error::{Error, Result};
use crate::source::{Prepared, SentRange};
use crate::storage::part_plan::PartPlan;
use crate::storage::put_parts::fitting;

/// How a source is cut by a plan.
#[derive(Debug)]
pub(super) struct Cut {
    pub(super) plan: PartPlan,
    /// Whether the parts are all of it, one after the other.
    pub(super) is_all: bool,
}

pub(super) fn check_size(planned: Option<&Placed<u64>>, size: u64) -> Result<()> {
    match planned {
        Some(planned) if planned.value != size => Err(at_place(
            &planned.at,
            Error::invalid(format!(
                "it is {}, and what is to be sent has {size} bytes; send what the plan was made for",
                planned.value
            )),
        )),
        _ => Ok(()),
    }
}

/// The digests of bytes that a plan is for.
#[derive(Debug)]
pub(super) struct FittingDigests(Digests);

/// A plan for other bytes would store these under their name.
pub(super) async fn check_digest(
    planned: Option<&Placed<String>>,
    source: &Prepared,
) -> Result<Option<FittingDigests>> {
    let Some(planned) = planned else { return Ok(None) };
    let mut hasher = Hasher::new(AlgorithmSet::of(Algorithm::Sha256).with(Algorithm::Crc64Nvme));
    Box::pin(source.each_chunk(|chunk| hasher.update(chunk))).await?;
    let digests = hasher.finish();
    if digests.hex(Algorithm::Sha256).as_deref() == Some(planned.value.as_str()) {
        return Ok(Some(FittingDigests(digests)));
    }
    let error = Error::invalid(
        "it is not the SHA-256 of what is to be sent; send what the plan was made for, or ask for a new plan",
    );
    Err(at_place(&planned.at, error))
}

impl FittingDigests {
    /// Fails if other bytes were sent: each try reads a file anew, and it may have been written to since it
    /// was held against the plan. `crc` is that of what was sent; where that is not known, the file is read
    /// again.
    pub(super) async fn check_sent(&self, crc: Option<&str>, source: &Prepared) -> Result<()> {
        match crc {
            None => Box::pin(source.still_holds(&self.0)).await,
            Some(sent) if self.0.base64(Algorithm::Crc64Nvme).as_deref() == Some(sent) => Ok(()),
            Some(_) => Err(source.was_written_to()),
        }
    }

    /// The same of parts that are not all of it, or not in their order.
    pub(super) async fn check_sent_parts(&self, parts: &[SentRange], source: &Prepared) -> Result<()> {
        source.prove_sent(parts).await?;
        Box::pin(source.still_holds(&self.0)).await
    }
}

/// The ranges of the parts of an object of this size; `option` is the caller's part size.
pub(super) fn cut(planned: &PlannedRanges, size: u64, option: Option<u64>) -> Result<Cut> {
    let told = planned.parts.iter().any(|part| part.offset.is_some() || part.length.is_some());
    if !told && !planned.may_leave_out {
        let plan = fitting(size, planned.parts.len() as u64, planned.part_size, option);
        return plan.map(|plan| Cut { plan, is_all: true }).map_err(|e| at_place(&planned.at, e));
    }
    let ranges = ranges(planned, size)?;
    let mut in_order: Vec<(usize, (u64, u64))> = ranges.iter().copied().enumerate().collect();
    in_order.sort_by_key(|(_, range)| *range);
    let mut end = 0;
    let mut is_all = in_order.iter().enumerate().all(|(place, (listed, _))| place == *listed);
    for (listed, (start, len)) in in_order {
        let at = &planned.parts[listed].at;
        if start < end {
            let what =
                format!("it begins at byte {start}, and another part goes to byte {end}, so they overlap");
            return Err(broken(at, what));
        }
        if start > end && !planned.may_leave_out {
            let what = format!(
                "it begins at byte {start}, and the part before ends at byte {end}, so some are missing"
            );
            return Err(broken(at, what));
        }
        if len == 0 && size > 0 {
            return Err(broken(at, "it has no bytes".to_owned()));
        }
        is_all &= start == end;
        end = start + len;
    }
    if end != size && !planned.may_leave_out {
        let what = format!("they end at byte {end}, and what is to be sent has {size} bytes");
        return Err(broken(&planned.at, what));
    }
    is_all &= end == size;
    Ok(Cut { plan: PartPlan::chosen(size, &ranges), is_all })
}

/// Where each part begins and how long it is, in the order of the list.
fn ranges(planned: &PlannedRanges, size: u64) -> Result<Vec<(u64, u64)>> {
    let last = planned.parts.len().saturating_sub(1);
    let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(planned.parts.len());
    for (place, part) in planned.parts.iter().enumerate() {
        let before = ranges.last().map_or(0, |(start, len)| start.saturating_add(*len));
        let start = part.offset.unwrap_or(before);
        let length = length(part, planned, place == last, size.saturating_sub(start))?;
        if start.checked_add(length).is_none_or(|end| end > size) {
            let what =
                format!("it is {length} bytes from byte {start} on, and what is to be sent has {size} bytes");
            return Err(broken(&part.at, what));
        }
        ranges.push((start, length));
    }
    Ok(ranges)
}

fn length(part: &PlannedRange, planned: &PlannedRanges, is_last: bool, rest: u64) -> Result<u64> {
    match (part.length, planned.part_size) {
        (Some(length), _) => Ok(length),
        (None, Some(part_size)) => Ok(part_size.min(rest)),
        // To the end of the file, as `multipart-basic` has it.
        (None, None) if is_last || planned.may_leave_out => Ok(rest),
        (None, None) => Err(broken(&format!("{}/length", part.at), "it is missing".to_owned())),
    }
}

fn broken(at: &str, what: String) -> Error {
    at_place(at, Error::invalid(format!("{what}; send what the plan was made for, or ask for a new plan")))
}

#[cfg(test)]
mod tests {
    use super::super::model::Delivery;
    use super::super::read::read;
    use super::*;

    fn planned(text: &str) -> PlannedRanges {
        match read(text).expect(text).delivery {
            Delivery::Parts(parts) => parts.ranges,
            other => panic!("{other:?}"),
        }
    }

    fn own(parts: &str) -> PlannedRanges {
        planned(&format!("{{\"parts\": [{parts}]}}"))
    }

    const P: &str = "\"url\": \"https://s.example/k\"";

    #[test]
    fn parts_cover_the_source_and_nothing_else() {
        let ranges = |parts: &str, size| {
            let cut = cut(&own(parts), size, None).map_err(|e| e.message().to_owned())?;
            Ok((1..=cut.plan.count()).map(|n| cut.plan.part(n)).collect::<Vec<_>>())
        };
        let two = |a: &str, b: &str| format!("{{{P}{a}}}, {{{P}{b}}}");
        let wrong = |parts: &str, size| -> String {
            let told: Result<_, String> = ranges(parts, size);
            told.expect_err(parts)
        };
        let good = |parts: &str, size| -> Vec<(u64, u64)> {
            let told: Result<_, String> = ranges(parts, size);
            told.expect(parts)
        };
        let told = two(", \"offset\": 0, \"length\": 3", ", \"offset\": 3, \"length\": 7");
        assert_eq!(good(&told, 10), [(0, 3), (3, 7)]);
        assert_eq!(good(&two(", \"length\": 3", ""), 10), [(0, 3), (3, 7)], "the last takes the rest");
        assert_eq!(good(&two("", ""), 10), [(0, 5), (5, 5)], "equal ones");
        let turned = two(", \"offset\": 4, \"length\": 6", ", \"offset\": 0, \"length\": 4");
        assert_eq!(good(&turned, 10), [(4, 6), (0, 4)]);
        assert_eq!(good(&format!("{{{P}, \"offset\": 0, \"length\": 0}}"), 0), [(0, 0)]);

        for (parts, size, at, what) in [
            (two(", \"length\": 3", ", \"offset\": 2"), 10, "/parts/1 ", "overlap"),
            (two(", \"length\": 3", ", \"offset\": 4"), 10, "/parts/1 ", "missing"),
            (two(", \"length\": 3", ", \"length\": 3"), 10, "/parts ", "end at byte 6"),
            (two(", \"length\": 3", ", \"length\": 30"), 10, "/parts/1 ", "has 10 bytes"),
            (two("", ", \"length\": 3"), 10, "/parts/0/length ", "missing"),
            (two(", \"length\": 0", ", \"length\": 10"), 10, "/parts/0 ", "no bytes"),
            (two(", \"length\": 18446744073709551615", ", \"length\": 2"), 10, "/parts/0 ", "has 10"),
        ] {
            let said = wrong(&parts, size);
            assert!(said.starts_with(at) && said.contains(what), "{said}");
        }
    }

    #[test]
    fn parts_that_are_there_already_are_left_out_of_a_list_of_git_lfs() {
        let lfs = |parts: &str| planned(&format!("{{\"actions\": {{\"parts\": [{parts}]}}}}"));
        let href = "\"href\": \"https://s.example/k\"";
        let some = cut(&lfs(&format!("{{{href}, \"pos\": 4, \"size\": 3}}")), 10, None).expect("one");
        assert!(!some.is_all);
        assert_eq!(some.plan.part(1), (4, 3));
        let all = lfs(&format!("{{{href}, \"size\": 4}}, {{{href}, \"pos\": 4}}"));
        assert!(cut(&all, 10, None).expect("both").is_all);
        assert!(!cut(&lfs(""), 10, None).expect("none").is_all);
        let twice = lfs(&format!("{{{href}, \"size\": 4}}, {{{href}, \"pos\": 3}}"));
        let error = cut(&twice, 10, None).expect_err("an overlap");
        assert_eq!(error.details()[0].field, "/actions/parts/1");
    }
}
