//! Sentences about what is not in an archive. A folder may give any number of causes, and nobody reads
//! 200,000.

/// The first sentences, and how many more there would be.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    said: Vec<String>,
    more: u64,
}

const SAID: usize = 50;

impl Remarks {
    pub(super) fn push(&mut self, remark: String) {
        if self.said.len() < SAID { self.said.push(remark) } else { self.more += 1 }
    }

    pub(super) fn sentences(&self) -> Vec<String> {
        let mut sentences = self.said.clone();
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
        let mut remarks = Remarks::default();
        for number in 0..200_000 {
            remarks.push(format!("{number} could not be read"));
        }
        let said = remarks.sentences();
        assert_eq!((said.len(), said[50].as_str()), (51, "199950 more such remarks are not shown"));
    }
}
