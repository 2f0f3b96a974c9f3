//! Options
//!
//! Settings of a client, set by name. A bad value is refused when it is set, with the range in the message. See
//! dropoff_options for the list.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::time::Duration;

use dropoff::{Error, OptionKind, OptionSpec, OptionValue, Options, Result};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;
use crate::handle::{LiveHandle, give, needed};
use crate::text::{os_path, text};

/// Settings of a client. A client copies them when it is made, so one dropoff_options can serve many and be freed
/// at once. The setter in the second column is the one that takes the option; times are in milliseconds there.
///
///     connect_timeout      set_ms      0.001 s to 10 min; default 10 s
///     stall_timeout        set_ms      0.001 s to 1 h; default 30 s
///     response_timeout     set_ms      0.001 s to 1 h; default 120 s
///     max_attempts         set_number  1 to 100; default 5
///     backoff_base         set_ms      0 to 10 min; default 0.5 s
///     backoff_cap          set_ms      0 to 1 h; default 30 s
///     max_retry_after      set_ms      0 to 1 h; default 60 s
///     concurrency          set_number  1 to 64; default found while sending: 4 at first, then 1 to 16
///     bandwidth_limit      set_number  1024 to 1099511627776 bytes per second; default none
///     memory_budget        set_number  8388608 to 1099511627776 bytes; default 67108864 (64 MiB)
///     part_size            set_number  5242880 to 5368709120 bytes (5 MiB to 5 GiB); default 8388608 (8 MiB), more where a file would need over 10,000 parts
///     multipart_threshold  set_number  1 to 5368709120 bytes (5 GiB); default 524288000 (500 MiB)
///     integrity_check      set_bool    "auto", true or false; default "auto"
///     spool_dir            set_text    a folder that can be written to; default the system's temporary folder
///     ca_file              set_text    a PEM file; default the operating system's roots only
///     proxy                set_text    an http:// URL; default the environment's proxy variables
///     user_agent           set_text    1 to 256 printable ASCII characters; default dropoff/<version>
///     trusted_storage      add_text    origins such as https://minio.internal:9000; default none: storage must be https on a public address
///
/// connect_timeout: name lookup, TCP, proxy and TLS together, and as many times as long where connections
/// share a slow line. stall_timeout: the peer has acknowledged nothing for this long; a slow upload that
/// moves is never ended, nor one that others keep waiting on a slow line, and time in which the process is
/// suspended does not count. response_timeout: from the last byte acknowledged to the answer, counted alike.
/// max_attempts: tries of one request. backoff_base, backoff_cap: the random wait between tries, to which
/// uploads add twice backoff_base, since storage takes about one write a second of one key. max_retry_after:
/// a longer Retry-After is given back to the caller at once. concurrency: files and parts of one call at
/// once, over all its files; without it there are more while more arrives per second that way, and fewer when
/// storage or the network pushes back. bandwidth_limit: what all uploads of the client together send a
/// second, at most; each client has a function that changes it. memory_budget: the most memory one call may
/// fill with sealed parts that wait to be sent; one part is held whatever it says, and parts that are not
/// sealed need none. part_size: bytes of each part but the last. multipart_threshold: a transfer with a file
/// of at least this many bytes is sent in parts. integrity_check: "auto" (with set_text) is SHA-256 for a
/// profile and MD5 against the ETag for files up to 256 MiB; true always, false never. spool_dir: where
/// packed profiles and streams are kept, unnamed, while they are sent. ca_file: certificates to trust beside the
/// system's, read when it is set: roots, or a server's own of any kind. proxy: instead of the environment's,
/// whatever NO_PROXY says; # / ? @ in its user name and password are percent-encoded; a service on this machine
/// is never asked through it. trusted_storage: origins that may be private addresses, and plain http only
/// if they say http://; each call of add_text adds one.
///
/// Threads: one at a time; a client that was made from it does not look at it again.
pub struct dropoff_options {
    options: Options,
    /// What `add_text` has gathered: the core takes lists as a whole.
    lists: Vec<(&'static str, Vec<String>)>,
    _live: LiveHandle,
}

impl dropoff_options {
    /// A copy for a client; the defaults if there is none.
    pub(crate) fn of(given: Option<&Self>) -> Options {
        given.map_or_else(Options::new, |given| given.options.clone())
    }

    fn set(&mut self, name: &str, takes: &[OptionKind], value: OptionValue) -> Result<()> {
        let spec = checked(name, takes)?;
        self.options.set(spec.name, value)
    }
}

/// The option, if this setter takes its kind.
fn checked(name: &str, takes: &[OptionKind]) -> Result<&'static OptionSpec> {
    let spec = Options::spec(name)?;
    if takes.contains(&spec.kind) {
        return Ok(spec);
    }
    let setter = match spec.kind {
        OptionKind::Duration => "dropoff_options_set_ms",
        OptionKind::Number => "dropoff_options_set_number",
        OptionKind::AutoOrBool => "dropoff_options_set_bool, or to \"auto\" with dropoff_options_set_text",
        OptionKind::Text | OptionKind::Path => "dropoff_options_set_text",
        OptionKind::Texts => "dropoff_options_add_text",
    };
    Err(Error::bad_argument(&format!("option {name} must be {}; set it with {setter}", spec.range)))
}

/// Makes options that hold the defaults. Free them with dropoff_options_free.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_options_new(
    options: Option<&mut MaybeUninit<*mut dropoff_options>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let made = dropoff_options { options: Options::new(), lists: Vec::new(), _live: LiveHandle::new() };
        give(needed!(options)?, made);
        Ok(())
    })
}

/// Frees options. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub extern "C" fn dropoff_options_free(options: Option<Box<dropoff_options>>) {
    guard::free(options);
}

/// Sets a length of time, in milliseconds.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_options_set_ms(
    options: Option<&mut dropoff_options>,
    name: *const c_char,
    ms: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let value = OptionValue::Duration(Duration::from_millis(ms));
        needed!(options)?.set(text!(name)?, &[OptionKind::Duration], value)
    })
}

/// Sets a whole number.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_options_set_number(
    options: Option<&mut dropoff_options>,
    name: *const c_char,
    number: u64,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        needed!(options)?.set(text!(name)?, &[OptionKind::Number], OptionValue::Number(number))
    })
}

/// Sets a truth value.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_options_set_bool(
    options: Option<&mut dropoff_options>,
    name: *const c_char,
    on: bool,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        needed!(options)?.set(text!(name)?, &[OptionKind::AutoOrBool], OptionValue::Bool(on))
    })
}

/// Sets a text, a path (whose bytes need not be UTF-8; a leading ~/ is the home folder) or "auto".
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_options_set_text(
    options: Option<&mut dropoff_options>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let options = needed!(options)?;
        let takes = [OptionKind::Text, OptionKind::Path, OptionKind::AutoOrBool];
        let spec = checked(text!(name)?, &takes)?;
        let value = match spec.kind {
            OptionKind::Path => OptionValue::Path(os_path!(value)?),
            _ => OptionValue::Text(text!(value)?.to_owned()),
        };
        options.options.set(spec.name, value)
    })
}

/// Adds one text to a list.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dropoff_options_add_text(
    options: Option<&mut dropoff_options>,
    name: *const c_char,
    value: *const c_char,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {
    guard::run(error, || {
        let options = needed!(options)?;
        let spec = checked(text!(name)?, &[OptionKind::Texts])?;
        let before = options.lists.iter().find(|(name, _)| *name == spec.name);
        let mut list = before.map(|(_, list)| list.clone()).unwrap_or_default();
        list.push(text!(value)?.to_owned());
        options.options.set(spec.name, OptionValue::Texts(list.clone()))?;
        options.lists.retain(|(name, _)| *name != spec.name);
        options.lists.push((spec.name, list));
        Ok(())
    })
}
