//! A bounded list of warnings. A folder may give cause for any number of them, and nobody reads 200,000.

/// The first sentences, and how many more there would be.
#[derive(Debug, Default)]
pub(super) struct WarningList {
    first: Vec<String>,
    more: u64,
}

const MAX_WARNINGS: usize = 50;

impl WarningList {
    pub(super) fn push(&mut self, warning: String) {
        if self.first.len() < MAX_WARNINGS { self.first.push(warning) } else { self.more += 1 }
    }

    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = self.first.clone();
        if self.more > 0 {
            sentences.push(format!("{} more such remarks are not shown", self.more));
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_bounded_and_the_rest_is_counted() {
        let mut warnings = WarningList::default();
        for number in 0..200_000 {
            warnings.push(format!("{number} could not be read"));
        }
        let first = warnings.sentences();
        assert_eq!((first.len(), first[50].as_str()), (51, "199950 more such remarks are not shown"));
    }
}
