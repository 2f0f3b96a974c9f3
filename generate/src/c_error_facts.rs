//! The facts of a `dropoff_error`: their enums, and the functions that ask for them.

use std::path::Path;

use crate::core_source::{record, variants};
use crate::docs;
use crate::error_facts::{ENUMS, Fact, FactKind, facts, kind_docs};

/// Of every text.
const LIFE: &str = "Lives as long as the error.";

/// The module.
pub fn module_part(root: &Path) -> String {
    let mut code = String::from(
        "use std::ffi::{c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

use dropoff::{Cleanup, Outcome, Side};

use crate::error::{dropoff_error, dropoff_status};
use crate::guard;

",
    );
    for (name, file) in ENUMS {
        code.push_str(&enumeration(root, name, file));
    }
    let status = "The status that the function returned with this error; DROPOFF_OK for NULL.";
    code.push_str(&getter(
        "kind",
        status,
        "dropoff_status",
        "dropoff_status::DROPOFF_OK",
        "dropoff_status::of(e.error.kind())",
    ));
    code.push_str(&text_getter("kind_name", &docs::c(&kind_docs(root, "as_str"))));
    for fact in facts(root) {
        code.push_str(&of_fact(root, &fact));
    }
    let json = "Every fact as one JSON object, the same in all languages: absent facts are null, `retry_after` is in \
                seconds.";
    code.push_str(&getter(
        "to_json",
        &format!("{json} {LIFE}"),
        "*const c_char",
        "ptr::null()",
        "e.json.of(&e.error.to_json())",
    ));
    code
}

/// An enum of the core's, behind one that C knows: a handle may be NULL.
fn enumeration(root: &Path, name: &str, file: &str) -> String {
    let found = variants(root, file, name);
    let (c_name, upper) = (docs::snake(name), name.to_uppercase());
    // C's cleanup of no error is that of one that left nothing.
    let has_none = found.members.iter().any(|variant| variant.name == "None");
    let mut enumerators = String::new();
    if !has_none {
        enumerators.push_str(&format!(
            "    /// There is no error: the handle was NULL.\n    DROPOFF_{upper}_NONE = 0,\n"
        ));
    }
    let mut arms = String::new();
    for (at, variant) in found.members.iter().enumerate() {
        let enumerator = format!("DROPOFF_{upper}_{}", docs::snake(&variant.name).to_uppercase());
        let number = at + usize::from(!has_none);
        let text = docs::rust(&[docs::c(&variant.docs.join(" "))], 4);
        enumerators.push_str(&format!("{text}    {enumerator} = {number},\n"));
        arms.push_str(&format!("            {name}::{} => Self::{enumerator},\n", variant.name));
    }
    let about = docs::rust(&[docs::c(&found.docs.join(" ")), "Threads: a plain number.".to_owned()], 0);
    format!(
        "{about}#[repr(C)]
#[derive(Clone, Copy)]
pub enum dropoff_{c_name} {{
{enumerators}}}

impl dropoff_{c_name} {{
    const fn of(value: {name}) -> Self {{
        match value {{
{arms}        }}
    }}
}}

"
    )
}

fn getter(name: &str, about: &str, ty: &str, none: &str, value: &str) -> String {
    let about = docs::rust(&[about.to_owned(), "Threads: any.".to_owned()], 0);
    format!(
        "{about}#[unsafe(no_mangle)]
pub extern \"C\" fn dropoff_error_{name}(error: Option<&dropoff_error>) -> {ty} {{
    guard::get(error, {none}, |e| {value})
}}

"
    )
}

fn text_getter(name: &str, about: &str) -> String {
    getter(name, &format!("{about} {LIFE}"), "*const c_char", "ptr::null()", &format!("e.{name}.as_ptr()"))
}

fn of_fact(root: &Path, fact: &Fact) -> String {
    let (name, about) = (fact.name.as_str(), docs::c(&fact.docs));
    match fact.kind {
        FactKind::Message => text_getter(name, &about),
        FactKind::Text | FactKind::Path => text_getter(name, &format!("{about} NULL if there is none.")),
        FactKind::Flag => getter(name, &about, "bool", "false", &format!("e.error.{name}()")),
        FactKind::Number => {
            let number = format!("e.error.{name}().unwrap_or(0).into()");
            // clippy refuses a conversion of a number to itself.
            let number = if name == "errno" { number.replace(".into()", "") } else { number };
            getter(name, &format!("{about} 0 if there is none."), "c_int", "0", &number)
        }
        FactKind::Enum(of) => {
            let ty = format!("dropoff_{}", docs::snake(of));
            let none = format!("{ty}::DROPOFF_{}_NONE", of.to_uppercase());
            getter(name, &about, &ty, &none, &format!("{ty}::of(e.error.{name}())"))
        }
        FactKind::Time => time_getter(name, &about),
        FactKind::Details => details(root),
        FactKind::Resource => {
            let [kind, id] = ["kind", "id"].map(|part| {
                format!("The {part} of the resource that the service reserved before the failure")
            });
            text_getter("resource_kind", &format!("{kind}, such as \"transfer\"; NULL if there is none."))
                + &text_getter("resource_id", &format!("{id}; NULL if there is none."))
        }
        // It is the resource's.
        FactKind::ResourceId => String::new(),
    }
}

fn time_getter(name: &str, about: &str) -> String {
    let about = docs::rust(
        &[
            format!("{about} False if that is not known; then `ms` is not written."),
            "May be NULL: ms.".to_owned(),
            "Threads: any.".to_owned(),
        ],
        0,
    )
    .replace("/// May be NULL: ms.\n///\n", "/// May be NULL: ms.\n");
    format!(
        "{about}#[unsafe(no_mangle)]
pub extern \"C\" fn dropoff_error_{name}_ms(
    error: Option<&dropoff_error>,
    ms: Option<&mut MaybeUninit<u64>>,
) -> bool {{
    guard::get(error, false, |e| {{
        let Some(time) = e.error.{name}() else {{ return false }};
        if let Some(ms) = ms {{
            ms.write(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        }}
        true
    }})
}}

"
    )
}

fn details(root: &Path) -> String {
    let count = "How many fields the service complained about.";
    let mut code = getter("details_count", count, "usize", "0", "e.details.len()");
    for field in record(root, "error/value.rs", "Detail").members {
        let about = docs::c(&field.docs.join(" "));
        let about = format!("{about} NULL if `index` is not below dropoff_error_details_count. {LIFE}");
        let about = docs::rust(&[about, "Threads: any.".to_owned()], 0);
        let name = &field.name;
        code.push_str(&format!(
            "{about}#[unsafe(no_mangle)]
pub extern \"C\" fn dropoff_error_details_{name}(error: Option<&dropoff_error>, index: usize) -> *const c_char {{
    guard::get(error, ptr::null(), |e| e.details.get(index).map_or(ptr::null(), |d| d.{name}.as_ptr()))
}}

"
        ));
    }
    code
}
