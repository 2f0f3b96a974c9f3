//! `aws-chunked`: S3's own coding, which brings a checksum behind the bytes that it is of.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

/// A size with its signature, or a trailer.
const LONGEST_LINE: usize = 8 << 10;

/// A body in this coding is malformed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads the coding as it comes, in pieces of any size.
#[derive(Default)]
pub(crate) struct AwsChunked {
    next: Next,
    line: Vec<u8>,
    trailers: Vec<(String, String)>,
}

#[derive(Default, PartialEq, Eq)]
enum Next {
    #[default]
    Size,
    Data(u64),
    EndOfData,
    Trailer,
    Nothing,
}

impl AwsChunked {
    /// Takes what came next, and shows what of it is payload.
    pub(crate) fn push(&mut self, mut bytes: &[u8], to: &mut impl FnMut(&[u8])) -> Result<(), Malformed> {
        while !bytes.is_empty() {
            if let Next::Data(left) = &mut self.next {
                let here = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                to(&bytes[..here]);
                bytes = &bytes[here..];
                *left -= here as u64;
                if *left == 0 {
                    self.next = Next::EndOfData;
                }
                continue;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (line, rest) = end.map_or((bytes, &[][..]), |end| bytes.split_at(end + 1));
            self.line.extend_from_slice(line);
            bytes = rest;
            if self.line.len() > LONGEST_LINE {
                return Err(Malformed);
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.line_ended(std::str::from_utf8(&line).map_err(|_| Malformed)?.trim_ascii_end())?;
            }
        }
        Ok(())
    }

    fn line_ended(&mut self, line: &str) -> Result<(), Malformed> {
        self.next = match self.next {
            Next::Size => {
                let size = line.split(';').next().unwrap_or_default();
                match u64::from_str_radix(size, 16).map_err(|_| Malformed)? {
                    0 => Next::Trailer,
                    size => Next::Data(size),
                }
            }
            Next::EndOfData if line.is_empty() => Next::Size,
            Next::Trailer if line.is_empty() => Next::Nothing,
            Next::Trailer => {
                let (name, value) = line.split_once(':').ok_or(Malformed)?;
                self.trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                Next::Trailer
            }
            _ => return Err(Malformed),
        };
        Ok(())
    }

    /// The trailers, once all of it has come.
    pub(crate) fn end(self) -> Result<Vec<(String, String)>, Malformed> {
        // Some clients leave out the empty line at the end.
        let is_whole = self.next == Next::Nothing || self.next == Next::Trailer && self.line.is_empty();
        if is_whole { Ok(self.trailers) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        b"5\r\nhello\r\n6;chunk-signature=ab\r\n world\r\n0\r\nx-amz-checksum-crc32: DUoRhQ==\r\n\r\n";

    #[test]
    fn it_is_read_in_pieces_of_any_size() {
        for size in 1..=BODY.len() {
            let (mut coding, mut payload) = (AwsChunked::default(), Vec::new());
            for piece in BODY.chunks(size) {
                coding.push(piece, &mut |bytes| payload.extend_from_slice(bytes)).expect("well formed");
            }
            assert_eq!(payload, b"hello world", "{size}");
            let trailers = coding.end().expect("whole");
            assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "DUoRhQ==".to_owned())], "{size}");
        }
    }

    #[test]
    fn what_is_cut_or_makes_no_sense_is_malformed() {
        for body in
            [&BODY[..20], b"hello\r\n", b"5\r\nhello!\r\n", b"0\r\nno trailer\r\n\r\n", b"0\r\n\r\nmore\r\n"]
        {
            let mut coding = AwsChunked::default();
            let pushed = coding.push(body, &mut |_| {});
            assert!(pushed.and_then(|()| coding.end()).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }
}
