//! A form body that passes through unaltered, with the proof that nothing follows its file.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame};
use memchr::memmem;

use super::reply::BoxError;

/// The most that may stand after the closing boundary.
const MAX_EPILOGUE: usize = 1024;

/// Why a [`FormBody`] ended itself.
pub(crate) type FormError = Arc<Mutex<Option<&'static str>>>;

/// A form body that has been read up to its file. It yields the bytes unchanged, but holds the last
/// ones back until it is sure that the file is the last part and that the body has really ended.
/// The storage library stops reading at the end of the file, stores it, and would never notice.
pub(crate) struct FormBody<B> {
    inner: B,
    preamble: Option<Bytes>,
    held: BytesMut,
    finder: memmem::Finder<'static>,
    delimiter_len: usize,
    closing_at: Option<usize>,
    ended: bool,
    error: FormError,
}

impl<B> FormBody<B> {
    /// `read` is what was taken from `inner` already; the file begins at `file_at`.
    pub fn new(inner: B, read: Bytes, file_at: usize, boundary: &str) -> (Self, FormError) {
        let error = FormError::default();
        let delimiter = format!("\r\n--{boundary}");
        let body = FormBody {
            inner,
            preamble: Some(read.slice(..file_at)),
            held: BytesMut::from(&read[file_at..]),
            finder: memmem::Finder::new(delimiter.as_bytes()).into_owned(),
            delimiter_len: delimiter.len(),
            closing_at: None,
            ended: false,
            error: error.clone(),
        };
        (body, error)
    }

    fn refuse(&mut self, why: &'static str) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.ended = true;
        if let Ok(mut error) = self.error.lock() {
            *error = Some(why);
        }
        Poll::Ready(Some(Err(why.into())))
    }

    /// Looks at what is held. `Ok(Some)` is data that may go on.
    fn examine(&mut self) -> Result<Option<Bytes>, &'static str> {
        if let Some(at) = self.closing_at {
            return if self.held.len() - at > self.delimiter_len + MAX_EPILOGUE {
                Err("there is data after the closing boundary")
            } else {
                Ok(None)
            };
        }
        // Enough to see the delimiter and the two bytes that say what follows it.
        let keep = self.delimiter_len + 2;
        match self.finder.find(&self.held) {
            Some(at) => match self.held.get(at + self.delimiter_len..at + keep) {
                None => Ok(None),
                Some(b"--") => {
                    self.closing_at = Some(at);
                    Ok(None)
                }
                Some(_) => Err("the file must be the last field of the form"),
            },
            None if self.held.len() > keep => {
                let length = self.held.len() - keep;
                Ok(Some(self.held.split_to(length).freeze()))
            }
            None => Ok(None),
        }
    }
}

impl<B> Body for FormBody<B>
where
    B: Body<Data = Bytes, Error = BoxError> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        if let Some(preamble) = this.preamble.take() {
            return Poll::Ready(Some(Ok(Frame::data(preamble))));
        }
        loop {
            match this.examine() {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(None) => {}
                Err(why) => return this.refuse(why),
            }
            match ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        this.held.extend_from_slice(&data);
                    }
                }
                Some(Err(error)) => {
                    this.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.ended = true;
                    let Some(at) = this.closing_at else {
                        return this.refuse("the form ends before its closing boundary");
                    };
                    let tail = &this.held[at + this.delimiter_len + 2..];
                    if !tail.is_empty() && tail != b"\r\n" {
                        return this.refuse("there is data after the closing boundary");
                    }
                    return Poll::Ready(Some(Ok(Frame::data(this.held.split().freeze()))));
                }
            }
        }
    }
}
