//! Every setting: its name, default and range. Nothing else knows a default or a limit.

mod files;
mod origin;
pub(crate) mod proxy;
mod setters;
mod table;
mod values;

pub(crate) use proxy::{Proxy, UnusableProxy};
pub use table::{OptionKind, OptionSpec, OptionValue};
pub(crate) use values::{AT_ONCE_AT_FIRST, AT_ONCE_AT_MOST, AUTO_MD5_LIMIT, checked_bandwidth};
pub use values::{IntegrityCheck, OPTIONS, Options};
