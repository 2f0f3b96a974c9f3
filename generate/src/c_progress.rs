//! `dropoff_progress` and its phases.

use std::path::Path;

use crate::core_source::{Member, variants};
use crate::docs;
use crate::faces::C_PROGRESS;
use crate::progress::{FILE, about, members, phases};

const LATER_FIELDS: &str = "Later versions may add fields at the end: a field is there if `size` covers it.";
const LIFETIME: &str =
    "Threads: plain data. The one that a callback is given is valid until the callback returns.";

/// The module.
pub fn module_part(root: &Path) -> String {
    format!(
        "use std::ffi::c_char;
use std::mem::size_of;

use dropoff::{{Phase, Progress}};

use crate::progress::{{inline, millis}};

{}{}",
        phase(root),
        structure(root)
    )
}

fn phase(root: &Path) -> String {
    let found = variants(root, FILE, "Phase");
    let about = docs::rust(&[docs::c(&found.docs.join(" ")), "Threads: a plain number.".to_owned()], 0);
    let (mut enumerators, mut arms) = (String::new(), String::new());
    for (at, variant) in phases(root).iter().enumerate() {
        let name = format!("DROPOFF_PHASE_{}", variant.name.to_uppercase());
        let text = docs::rust(&[docs::c(&variant.docs.join(" "))], 4);
        enumerators.push_str(&format!("{text}    {name} = {at},\n"));
        arms.push_str(&format!("            Phase::{} => Self::{name},\n", variant.name));
    }
    format!(
        "{about}#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_phase {{
{enumerators}}}

impl dropoff_phase {{
    const fn of(phase: Phase) -> Self {{
        match phase {{
{arms}            // The core may add some; all that it has are above.
            _ => Self::DROPOFF_PHASE_DONE,
        }}
    }}
}}

"
    )
}

/// A field in C: its name, its type, the core's value in it, and what C's form of it adds.
fn field(member: &Member) -> (String, &'static str, String, &'static str) {
    let name = member.name.as_str();
    let absent = "UINT64_MAX if that is not known.";
    match member.ty.as_str() {
        "u64" => (name.to_owned(), "u64", format!("progress.{name}"), ""),
        "u32" => (name.to_owned(), "u32", format!("progress.{name}"), ""),
        "Phase" => (name.to_owned(), "dropoff_phase", format!("dropoff_phase::of(progress.{name})"), ""),
        "Duration" => (format!("{name}_ms"), "u64", format!("millis(progress.{name})"), ""),
        "Option<Duration>" => {
            (format!("{name}_ms"), "u64", format!("progress.{name}.map_or(u64::MAX, millis)"), absent)
        }
        "Option<String>" => (
            name.to_owned(),
            "[c_char; 192]",
            format!("inline(&progress.{name}().unwrap_or_default())"),
            "It ends with NUL, and is empty if there is none. It is a part of the struct, so a copy of that keeps it.",
        ),
        other => panic!("progress has a {other}"),
    }
}

fn structure(root: &Path) -> String {
    let known = members(root);
    let text = docs::c(&about(root));
    let about = docs::rust(&[format!("{text} {LATER_FIELDS}"), LIFETIME.to_owned()], 0);
    let (mut fields, mut values) = (String::new(), String::new());
    for (name, own) in C_PROGRESS {
        let member = known.iter().find(|member| member.name == *name);
        let member = member.unwrap_or_else(|| panic!("progress has no {name}"));
        let (c_name, ty, value, more) = field(member);
        let text = format!("{}{own} {more}", docs::c(&member.docs.join(" ")));
        let text = docs::rust(&[text.trim_end().to_owned()], 4);
        fields.push_str(&format!("{text}    pub {c_name}: {ty},\n"));
        values.push_str(&format!("            {c_name}: {value},\n"));
    }
    format!(
        "{about}#[repr(C)]
#[derive(Clone, Copy)]
pub struct dropoff_progress {{
    /// Bytes of this struct that were written.
    pub size: usize,
{fields}}}

impl dropoff_progress {{
    pub(crate) fn of(progress: Progress) -> Self {{
        Self {{
            size: size_of::<Self>(),
{values}        }}
    }}
}}
"
    )
}
