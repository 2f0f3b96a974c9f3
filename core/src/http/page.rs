//! Answers that are web pages. Neither storage nor a service gives one: a proxy, a filter, a sign-in portal
//! or a web server at the wrong address does, and names itself in its headers and in the page's title.

use std::borrow::Cow;
use std::fmt;
use std::io::Read as _;

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, SERVER, VIA};

/// A web page, and who seems to have made it.
#[derive(Debug)]
pub(crate) struct Page {
    title: Option<String>,
    names: Names,
}

impl Page {
    /// The page that a reply is, if it is one. Its type alone makes none: stores written in PHP send text and
    /// JSON as `text/html`, and anybody sends nothing as that.
    pub(crate) fn of(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let declared = is_declared(headers);
        let Some(body) = decoded(headers, body) else {
            // In a coding that nobody asked for.
            return declared.then(|| Self { title: None, names: Names::of(headers) });
        };
        let text = text(&body);
        is_html(&text, declared).then(|| Self { title: title(&text), names: Names::of(headers) })
    }

    /// The same where no body was read: by what the head says will follow.
    pub(crate) fn announced(headers: &HeaderMap) -> Option<Self> {
        let empty = headers.get(CONTENT_LENGTH).is_some_and(|length| length == "0");
        (is_declared(headers) && !empty).then(|| Self { title: None, names: Names::of(headers) })
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a web page")?;
        if let Some(title) = &self.title {
            write!(f, " titled {title:?}")?;
        }
        write!(f, "{}", self.names)
    }
}

/// Who answered, by the answer's own headers. Shown as ` (server "x", via "y")`, or as nothing.
#[derive(Debug)]
pub(crate) struct Names {
    server: Option<String>,
    via: Option<String>,
}

impl Names {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name| {
            let text = String::from_utf8_lossy(headers.get(name)?.as_bytes()).trim().to_owned();
            (!text.is_empty()).then(|| short(&text, 80))
        };
        Self { server: text(SERVER), via: text(VIA) }
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.server, &self.via) {
            (Some(server), Some(via)) => write!(f, " (server {server:?}, via {via:?})"),
            (Some(server), None) => write!(f, " (server {server:?})"),
            (None, Some(via)) => write!(f, " (via {via:?})"),
            (None, None) => Ok(()),
        }
    }
}

/// More is not read of a body that was packed: a title stands at the beginning.
const UNPACK_LIMIT: u64 = 64 * 1024;

fn is_declared(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let kind = String::from_utf8_lossy(kind).trim().to_ascii_lowercase();
    kind.starts_with("text/html") || kind.starts_with("application/xhtml")
}

/// A body as it was before it was packed, as far as it can be unpacked; `None` if it cannot at all.
pub(crate) fn decoded<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let coding = headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes).unwrap_or_default();
    let coding = String::from_utf8_lossy(coding).trim().to_ascii_lowercase();
    let unpacked = match coding.as_str() {
        _ if body.is_empty() => return Some(Cow::Borrowed(body)),
        "gzip" | "x-gzip" => unpack(flate2::read::MultiGzDecoder::new(body)),
        "deflate" => unpack(flate2::read::ZlibDecoder::new(body)),
        "" | "identity" if body.starts_with(&[0x1f, 0x8b]) => unpack(flate2::read::MultiGzDecoder::new(body)),
        "" | "identity" => return Some(Cow::Borrowed(body)),
        _ => Vec::new(),
    };
    (!unpacked.is_empty()).then_some(Cow::Owned(unpacked))
}

/// As much as is whole: a reply may have been cut short.
fn unpack(from: impl std::io::Read) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let _ = from.take(UNPACK_LIMIT).read_to_end(&mut unpacked);
    unpacked
}

/// UTF-16 only with its mark, as Windows servers send it; anything else is near enough to UTF-8 for a title.
pub(crate) fn text(body: &[u8]) -> Cow<'_, str> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = body[2..].as_chunks().0.iter().map(|pair| from(*pair)).collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match body {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)),
    }
}

/// The first elements by which browsers know a page without its type (WHATWG MIME Sniffing, 7.1), but for
/// names of one letter, which a store's XML may begin with.
const HTML_ELEMENTS: &[&str] = &[
    "html", "head", "body", "title", "meta", "link", "base", "script", "style", "noscript", "iframe",
    "frameset", "h1", "h2", "h3", "div", "font", "table", "br", "center", "main", "form", "span",
];

fn is_html(text: &str, declared: bool) -> bool {
    let (rest, xml) = after_prolog(text);
    let Some(tag) = rest.strip_prefix('<') else { return false };
    if begins_with(tag, "!doctype html") {
        return true;
    }
    let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
    let is_one_of_html = HTML_ELEMENTS.iter().any(|first| name.eq_ignore_ascii_case(first));
    is_one_of_html || (declared && !xml && !name.is_empty() && !is_of_storage(&name))
}

/// Roots of what storage itself says, whatever type it gives that.
fn is_of_storage(root: &str) -> bool {
    ["Error", "PostResponse", "CopyObjectResult", "CompleteMultipartUploadResult"].contains(&root)
}

/// The text after blanks, comments and an XML declaration, and whether there was one of those.
fn after_prolog(text: &str) -> (&str, bool) {
    let (mut rest, mut xml) = (text.trim_start(), false);
    loop {
        let end = if rest.starts_with("<?") {
            xml = true;
            rest.find("?>").map(|at| at + 2)
        } else if rest.starts_with("<!--") {
            rest.find("-->").map(|at| at + 3)
        } else {
            return (rest, xml);
        };
        let Some(end) = end else { return ("", xml) };
        rest = rest[end..].trim_start();
    }
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// The words of the title, or else of the first heading.
fn title(page: &str) -> Option<String> {
    ["title", "h1"].iter().find_map(|name| {
        let lower = page.to_ascii_lowercase();
        let begin = lower.find(&format!("<{name}"))?;
        let from = begin + lower[begin..].find('>')? + 1;
        let to = from + lower[from..].find("</").unwrap_or(lower.len() - from);
        let words = page[from..to].split_whitespace().collect::<Vec<_>>().join(" ");
        let words = short(&unescaped(&words), 100);
        (!words.is_empty()).then_some(words)
    })
}

fn unescaped(text: &str) -> String {
    let plain =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    plain.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// One line without what may be a signed URL's query.
fn short(text: &str, most: usize) -> String {
    let text = crate::secret::scrub(text);
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = given.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    fn html() -> HeaderMap {
        headers(&[("content-type", "text/html; charset=utf-8"), ("server", "DLP"), ("via", "1.1 box")])
    }

    #[test]
    fn a_page_is_known_by_its_body() {
        let plain = HeaderMap::new();
        for page in [
            "<!DOCTYPE html>\n<html>",
            "\u{feff} <html lang=en>",
            "<!-- a --><?xml version=\"1.0\"?><!doctype HTML PUBLIC \"-//W3C//DTD XHTML\"><html>",
            "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">",
            "<HEAD><TITLE>x",
            "<script>location='/login'</script>",
        ] {
            assert!(Page::of(&plain, page.as_bytes()).is_some(), "{page}");
        }
        for other in [
            "",
            "OK",
            "{\"storageId\":\"k\"}",
            "<?xml version=\"1.0\"?><PostResponse><ETag>\"x\"</ETag></PostResponse>",
            "<Error><Code>AccessDenied</Code></Error>",
            "<!-- cut",
            "<",
        ] {
            assert!(Page::of(&plain, other.as_bytes()).is_none(), "{other}");
            assert!(Page::of(&html(), other.as_bytes()).is_none(), "typed as a page: {other}");
        }
        assert!(Page::of(&html(), b"<custom-portal>").is_some());
        assert!(Page::of(&plain, b"<custom-portal>").is_none());
    }

    #[test]
    fn a_page_tells_who_made_it() {
        let body = b"<html><head><TITLE\n class=x>\n Blocked &amp; logged,\n see https://w.example/?id=canary </TITLE>";
        let said = Page::of(&html(), body).expect("a page").to_string();
        assert_eq!(
            said,
            "a web page titled \"Blocked & logged, see https://w.example/\" (server \"DLP\", via \"1.1 box\")"
        );
        let heading = Page::of(&HeaderMap::new(), b"<html><body><h1>It works!</h1>").expect("a page");
        assert_eq!(heading.to_string(), "a web page titled \"It works!\"");
        let long = format!("<title>{}</title>", "x".repeat(1000));
        assert!(Page::of(&html(), long.as_bytes()).expect("a page").to_string().len() < 200);
        let unclosed = Page::of(&html(), "<title>\u{212a} Kelvin".as_bytes()).expect("a page");
        assert!(unclosed.to_string().contains("Kelvin"), "{unclosed}");
    }

    #[test]
    fn a_packed_page_is_unpacked_within_bounds() {
        use std::io::Write as _;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(b"<html><title>Packed</title>").expect("packed");
        packer.write_all(&vec![b' '; 10_000_000]).expect("packed");
        let packed = packer.finish().expect("packed");
        let gzip = headers(&[("content-encoding", "gzip")]);
        for (headers, body) in [(&gzip, &packed[..]), (&HeaderMap::new(), &packed), (&gzip, &packed[..200])] {
            assert!(Page::of(headers, body).expect("a page").to_string().contains("Packed"));
        }
        assert!(decoded(&gzip, &packed).expect("unpacked").len() <= UNPACK_LIMIT as usize);
        let brotli = headers(&[("content-encoding", "br"), ("content-type", "text/html")]);
        assert!(
            Page::of(&brotli, b"\x1b\x07\x00").is_some(),
            "nobody but a web server packs what it was not asked to"
        );
        assert!(Page::of(&gzip, b"no gzip").is_none());
        let wide: Vec<u8> = "\u{feff}<html><title>Weit".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(Page::of(&HeaderMap::new(), &wide).expect("a page").to_string().contains("Weit"));
    }
}
