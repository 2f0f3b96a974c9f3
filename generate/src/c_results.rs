//! Results in C: a read-only struct for each record of the core, and how it is made of that.

use std::path::Path;

use crate::core_source::{Member, record};
use crate::docs;
use crate::faces::RecordFace;

const THREADS: &str = "Threads: it never changes, so any number of threads may read it at once.";
const JSON: &str = "Every field as one JSON object, the same in all languages.";

/// A field of the struct in C: its name, type and sentences, and the expression that makes it.
struct Made {
    name: String,
    ty: String,
    docs: Vec<String>,
    value: String,
}

/// The struct, and for a result its functions.
pub fn module_part(root: &Path, face: &RecordFace) -> String {
    let found = record(root, face.file, face.name);
    let name = docs::snake(face.name);
    let fields: Vec<Made> = found.members.iter().flat_map(made).collect();
    let mut about: Vec<String> = found.docs.iter().map(|text| docs::c(text)).collect();
    about.push(THREADS.to_owned());
    let mut code = structure(&name, &about, &fields, face.is_result);
    let given = format!("dropoff::{}", face.name);
    code.push_str(&conversion(&name, &given, &fields, face.is_result));
    if face.is_result {
        code.push_str(&functions(&name, &given));
    }
    if let Some(list) = face.list {
        let about =
            [format!("Several of dropoff_{name}, in the order that they were given."), THREADS.to_owned()];
        let fields = [pointers("files", &name, "The files.", "arena.records(self)"), length("files", "self")];
        let given = format!("Vec<dropoff::{}>", face.name);
        code.push_str(&structure(list, &about, &fields, true));
        code.push_str(&conversion(list, &given, &fields, true));
        code.push_str(&functions(list, &given));
    }
    code
}

fn structure(name: &str, about: &[String], fields: &[Made], is_result: bool) -> String {
    let mut code =
        format!("{}#[repr(C)]\n#[derive(Clone, Copy)]\npub struct dropoff_{name} {{\n", docs::rust(about, 0));
    // The section on structs says what it is for.
    code.push_str("    pub size: usize,\n");
    if is_result {
        code.push_str(&format!("    /// {JSON}\n    pub json: *const c_char,\n"));
    }
    for field in fields {
        code.push_str(&docs::rust(&field.docs, 4));
        code.push_str(&format!("    pub {}: {},\n", field.name, field.ty));
    }
    code.push_str("}\n\n");
    code
}

fn conversion(name: &str, given: &str, fields: &[Made], is_result: bool) -> String {
    let json = if is_result { "json: arena.json(self),\n" } else { "" };
    let values: String = fields.iter().map(|f| format!("{}: {},\n", f.name, f.value)).collect();
    format!(
        "impl Described for {given} {{
            type Facts = dropoff_{name};
            fn facts(&self, arena: &mut Arena) -> dropoff_{name} {{
                dropoff_{name} {{ size: size_of::<dropoff_{name}>(), {json} {values} }}
            }}
        }}\n\n"
    )
}

fn functions(name: &str, given: &str) -> String {
    let what = format!("a dropoff_{name}");
    format!(
        "impl Outcome for {given} {{
            type Handle = dropoff_{name};
            const NAME: &'static str = \"{name}\";
            fn handle(self) -> *mut dropoff_{name} {{ arena::give(&self) }}
        }}

/// Waits for a job that results in {what}, and gives that, which is yours to free; or the job's error.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern \"C\" fn dropoff_job_{name}(
    job: Option<&dropoff_job>,
    {name}: Option<&mut MaybeUninit<*mut dropoff_{name}>>,
    error: Option<&mut MaybeUninit<*mut dropoff_error>>,
) -> dropoff_status {{
    guard::run(error, || job::give_result::<{given}>(job, needed!({name})))
}}

/// Frees {what} with all that belongs to it. NULL is fine.
///
/// Threads: one at a time.
#[unsafe(no_mangle)]
pub unsafe extern \"C\" fn dropoff_{name}_free({name}: *mut dropoff_{name}) {{
    // SAFETY: the header says that it is one that a function gave, and that it is freed once.
    unsafe {{ arena::free({name}) }}
}}

"
    )
}

fn made(member: &Member) -> Vec<Made> {
    let name = member.name.as_str();
    let with = |ty: &str, value: String, suffix: &str| {
        let mut docs: Vec<String> = member.docs.iter().map(|text| docs::c(text)).collect();
        if let Some(last) = docs.last_mut().filter(|_| !suffix.is_empty()) {
            last.push(' ');
            last.push_str(suffix);
        }
        vec![Made { name: name.to_owned(), ty: ty.to_owned(), docs, value }]
    };
    let inner = |outer: &str| {
        member.ty.strip_prefix(outer).and_then(|rest| rest.strip_suffix('>')).map(str::to_owned)
    };
    let text = "*const c_char";
    match member.ty.as_str() {
        "String" => with(text, format!("arena.text(&self.{name})"), ""),
        "Option<String>" => with(text, format!("arena.text_or_null(self.{name}.as_deref())"), "Or NULL."),
        "PathBuf" => with(text, format!("arena.path(&self.{name})"), ""),
        "u64" | "u32" | "bool" => with(&member.ty, format!("self.{name}"), ""),
        "Option<u64>" => with("u64", format!("self.{name}.unwrap_or(u64::MAX)"), "Otherwise UINT64_MAX."),
        "Option<i32>" => with("i32", format!("self.{name}.unwrap_or(-1)"), "Otherwise -1."),
        "Value" | "Map<String,Value>" => json(member, "As the text of a JSON object."),
        "Option<Map<String,Value>>" => json(member, "As the text of a JSON object, or NULL."),
        "Vec<String>" => texts(member),
        "Verdict" | "LockState" | "Consistency" => {
            with(text, format!("arena.text(self.{name}.as_str())"), "")
        }
        _ if inner("Vec<").is_some() => records(member, &inner("Vec<").expect("just seen")),
        _ if inner("Option<").is_some() => {
            let ty = format!("*const dropoff_{}", docs::snake(&inner("Option<").expect("just seen")));
            with(&ty, format!("arena.record_or_null(self.{name}.as_ref())"), "Or NULL.")
        }
        ty => {
            let ty = format!("*const dropoff_{}", docs::snake(ty));
            with(&ty, format!("arena.record(&self.{name})"), "")
        }
    }
}

fn json(member: &Member, suffix: &str) -> Vec<Made> {
    let name = &member.name;
    let value = match member.ty.starts_with("Option<") {
        true => format!("arena.json_or_null(self.{name}.as_ref())"),
        false => format!("arena.json(&self.{name})"),
    };
    let mut docs: Vec<String> = member.docs.iter().map(|text| docs::c(text)).collect();
    docs.last_mut().expect("a field is described").push_str(&format!(" {suffix}"));
    vec![Made { name: format!("{name}_json"), ty: "*const c_char".to_owned(), docs, value }]
}

fn texts(member: &Member) -> Vec<Made> {
    let name = &member.name;
    let docs = member.docs.iter().map(|text| docs::c(text)).collect();
    let ty = "*const *const c_char".to_owned();
    let list = Made { name: name.clone(), ty, docs, value: format!("arena.texts(&self.{name})") };
    vec![list, length(name, &format!("self.{name}"))]
}

fn records(member: &Member, of: &str) -> Vec<Made> {
    let name = &member.name;
    let docs: Vec<String> = member.docs.iter().map(|text| docs::c(text)).collect();
    let mut list = pointers(name, &docs::snake(of), "", &format!("arena.records(&self.{name})"));
    list.docs = docs;
    vec![list, length(name, &format!("self.{name}"))]
}

/// Pointers to structs, and not the structs: those of a later version are longer.
fn pointers(name: &str, of: &str, docs: &str, value: &str) -> Made {
    let ty = format!("*const *const dropoff_{of}");
    Made { name: name.to_owned(), ty, docs: vec![docs.to_owned()], value: value.to_owned() }
}

fn length(list: &str, value: &str) -> Made {
    Made {
        name: format!("{list}_count"),
        ty: "usize".to_owned(),
        docs: Vec::new(),
        value: format!("{value}.len()"),
    }
}
