//! One row of a table, as its page holds it.

use std::borrow::Cow;

/// A cookie has some twenty.
const MOST_COLUMNS: usize = 64;

/// One row.
pub(crate) struct Record<'a> {
    columns: Vec<Column>,
    bytes: Cow<'a, [u8]>,
}

struct Column {
    kind: u64,
    start: usize,
    len: usize,
}

impl<'a> Record<'a> {
    pub(super) fn read(bytes: Cow<'a, [u8]>) -> Option<Self> {
        let (head_len, mut head) = varint(&bytes)?;
        let mut start = usize::try_from(head_len).ok()?;
        let mut left = start.checked_sub(bytes.len() - head.len())?;
        let mut columns = Vec::new();
        while left > 0 {
            if columns.len() == MOST_COLUMNS {
                return None;
            }
            let (kind, rest) = varint(head)?;
            left = left.checked_sub(head.len() - rest.len())?;
            head = rest;
            let len = match kind {
                0 | 8 | 9 => 0,
                1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                text_or_blob => (text_or_blob - 12) / 2,
            };
            let len = usize::try_from(len).ok()?;
            columns.push(Column { kind, start, len });
            start = start.checked_add(len)?;
        }
        Some(Self { columns, bytes })
    }

    /// A column's bytes, as they are stored.
    pub(crate) fn bytes(&self, number: usize) -> Option<&[u8]> {
        let column = self.columns.get(number)?;
        self.bytes.get(column.start..column.start.checked_add(column.len)?)
    }

    /// How long a column is, whether or not all of it was read.
    pub(crate) fn len(&self, number: usize) -> Option<usize> {
        self.columns.get(number).map(|column| column.len)
    }

    /// A column that is a whole number.
    pub(crate) fn integer(&self, number: usize) -> Option<i64> {
        match self.columns.get(number)?.kind {
            8 => Some(0),
            9 => Some(1),
            1..=6 => {
                let bytes = self.bytes(number)?;
                let negative = bytes.first()? & 0x80 != 0;
                let start = if negative { -1 } else { 0 };
                Some(bytes.iter().fold(start, |value, byte| value << 8 | i64::from(*byte)))
            }
            _ => None,
        }
    }
}

/// A number in seven bits a byte, the last of nine in eight, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}
