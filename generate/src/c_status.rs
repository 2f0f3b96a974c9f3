//! `dropoff_status`: the kinds of errors, each with its sentence and its number.

use std::path::Path;

use dropoff::ErrorKind;

use crate::core_source::variants;
use crate::docs;

const ABOUT: [&str; 2] = [
    "How a call ended: what the caller can do about it. A number never changes its meaning; later versions may add numbers, so treat one you do not know like DROPOFF_INTERNAL.",
    "Threads: a plain number.",
];

/// The enum, and the status of each kind.
pub fn module_part(root: &Path) -> String {
    let found = variants(root, "error/kind.rs", "ErrorKind");
    let (mut enumerators, mut arms) =
        (String::from("    /// It succeeded.\n    DROPOFF_OK = 0,\n"), String::new());
    for (variant, kind) in found.members.iter().zip(ErrorKind::ALL) {
        let name = format!("DROPOFF_{}", kind.as_str().to_uppercase());
        let text: Vec<String> = variant.docs.iter().map(|text| docs::c(text)).collect();
        enumerators.push_str(&format!("{}    {name} = {},\n", docs::rust(&text, 4), kind.code()));
        arms.push_str(&format!("            ErrorKind::{} => Self::{name},\n", variant.name));
    }
    let about = docs::rust(&ABOUT.map(str::to_owned), 0);
    format!(
        "use dropoff::ErrorKind;

{about}#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum dropoff_status {{
{enumerators}}}

impl dropoff_status {{
    pub(crate) const fn of(kind: ErrorKind) -> Self {{
        match kind {{
{arms}            // None is missing above: see below.
            _ => Self::DROPOFF_INTERNAL,
        }}
    }}
}}

/// Every kind of the core has its number here.
const _: () = {{
    let mut at = 0;
    while at < ErrorKind::ALL.len() {{
        let kind = ErrorKind::ALL[at];
        assert!(dropoff_status::of(kind) as u32 == kind.code());
        at += 1;
    }}
}};
"
    )
}
