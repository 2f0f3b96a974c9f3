//! Requests in C: a struct that the caller fills, and how the core's request is made of it.

use std::path::Path;

use dropoff::{OPTIONS, OptionKind, OptionSpec};

use crate::core_source::{type_docs, variants};
use crate::docs;
use crate::faces::{Docs, EnumFace, Kind, LAST_OPTION_OF_0_1, RequestFace, RequestField, SECTIONS};
use crate::options::sentence;
use crate::requests::sentences;

/// A field of the struct in C, and its value when nothing is set, in Rust and in C.
struct Field {
    name: String,
    ty: &'static str,
    /// For a type that is made of another's name.
    ty_of: Option<String>,
    docs: Vec<String>,
    rust_zero: &'static str,
    c_zero: &'static str,
}

const TEXT: &str = "*const c_char";

fn field(name: impl Into<String>, ty: &'static str, docs: impl Into<String>) -> Field {
    let (rust_zero, c_zero) = match ty {
        "bool" => ("false", "false"),
        "dropoff_progress_fn" | "dropoff_finalizer" => ("None", "NULL"),
        ty if ty.starts_with("*mut") => ("ptr::null_mut()", "NULL"),
        ty if ty.starts_with('*') => ("ptr::null()", "NULL"),
        _ => ("0", "0"),
    };
    Field { name: name.into(), ty, ty_of: None, docs: vec![docs.into()], rust_zero, c_zero }
}

fn count(list: &str) -> Field {
    Field { docs: Vec::new(), ..field(format!("{list}_count"), "usize", "") }
}

fn pointer_to(name: &str, of: &str, docs: String) -> Field {
    Field { ty_of: Some(format!("*const dropoff_{of}")), ..field(name, "*const c_void", docs) }
}

/// The struct, its value when nothing is set, and its conversion.
pub fn module_part(root: &Path, face: &RequestFace) -> String {
    let mut about: Vec<String> =
        type_docs(root, face.file, face.core).iter().map(|text| docs::c(text)).collect();
    if !face.more.is_empty() {
        about.last_mut().expect("a type is described").push_str(&format!(" {}", face.more));
    }
    about.push("Threads: plain data.".to_owned());
    let fields: Vec<Field> = face.fields.iter().flat_map(|f| fields_of(root, face, f)).collect();
    format!("{}{}", structure(face.name, &about, &fields, face.last_of_0_1), conversion(face))
}

/// The struct of options.
pub fn options_part() -> String {
    let about = [
        "Settings of a client, which copies them when it is made. A bad value is refused then, with its range."
            .to_owned(),
        "Threads: plain data.".to_owned(),
    ];
    let fields: Vec<Field> = OPTIONS.iter().flat_map(fields_of_option).collect();
    let mut values = String::new();
    for option in OPTIONS {
        let (name, at) = (option.name, c_option(option));
        let zero_counts = if has_zero(option) { "u64::MAX" } else { "0" };
        values.push_str(&match option.kind {
            OptionKind::Duration => format!("given.time(\"{name}\", self.{at}, {zero_counts})?;\n"),
            OptionKind::Number => format!("given.number(\"{name}\", self.{at})?;\n"),
            OptionKind::Text => format!("given.text(\"{name}\", self.{at})?;\n"),
            OptionKind::Path => format!("given.path(\"{name}\", self.{at})?;\n"),
            OptionKind::Texts => format!("given.texts(\"{name}\", self.{at}, self.{at}_count)?;\n"),
            OptionKind::AutoOrBool => format!("given.choice(\"{name}\", self.{at})?;\n"),
        });
    }
    format!(
        "{}impl dropoff_options {{
            /// The core's options; the defaults where nothing is set.
            pub(crate) fn into_core(self, fields: &Fields<'_>) -> Result<dropoff::Options> {{
                let mut given = GivenOptions::new(fields);
                {values}
                Ok(given.end())
            }}
        }}\n\n",
        structure("options", &about, &fields, LAST_OPTION_OF_0_1)
    )
}

/// An enum that C chooses from. C gives its number, since any number may come.
pub fn enum_part(root: &Path, face: &EnumFace) -> String {
    let found = variants(root, face.file, face.name);
    let name = docs::snake(face.name);
    let mut about: Vec<String> = found.docs.iter().map(|text| docs::c(text)).collect();
    about.push("Threads: a plain number.".to_owned());
    let mut code = format!(
        "{}#[repr(C)]\n#[allow(dead_code, reason = \"C chooses, by number\")]\npub enum dropoff_{name} {{\n",
        docs::rust(&about, 0)
    );
    let mut arms = String::new();
    for (at, (variant, enumerator)) in found.members.iter().zip(face.enumerators).enumerate() {
        let sentences: Vec<String> = variant.docs.iter().map(|text| docs::c(text)).collect();
        code.push_str(&format!("{}    {enumerator} = {at},\n", docs::rust(&[sentences.join(" ")], 4)));
        arms.push_str(&format!("{at} => Ok(dropoff::{}::{}),\n", face.name, variant.name));
    }
    code.push_str(&format!(
        "}}\n\nimpl dropoff_{name} {{
            pub(crate) fn to_core(number: c_int, fields: &Fields<'_>, field: &str) -> Result<dropoff::{}> {{
                match number {{ {arms} _ => Err(fields.no_such(field, \"dropoff_{name}\", number)) }}
            }}
        }}\n\n",
        face.name
    ));
    code
}

/// What begins a struct in C, with every field.
pub fn init_macro(root: &Path, face: &RequestFace) -> String {
    let fields: Vec<Field> = face.fields.iter().flat_map(|f| fields_of(root, face, f)).collect();
    macro_of(face.name, &fields)
}

pub fn options_init_macro() -> String {
    let fields: Vec<Field> = OPTIONS.iter().flat_map(fields_of_option).collect();
    macro_of("options", &fields)
}

fn macro_of(name: &str, fields: &[Field]) -> String {
    let zeros: Vec<&str> = fields.iter().map(|field| field.c_zero).collect();
    let text = format!("{{sizeof(dropoff_{name}), {}}}", zeros.join(", "));
    // Continued lines, since a macro is one.
    let lines = docs::wrapped(&text, 106);
    format!("#define DROPOFF_{}_INIT \\\n    {}\n", name.to_uppercase(), lines.join(" \\\n    "))
}

fn structure(name: &str, about: &[String], fields: &[Field], last_of_0_1: &str) -> String {
    let upper = name.to_uppercase();
    let mut code =
        format!("{}#[repr(C)]\n#[derive(Clone, Copy)]\npub struct dropoff_{name} {{\n", docs::rust(about, 0));
    // The section on structs says what it and the counts are for.
    code.push_str("    pub size: usize,\n");
    let mut init = String::new();
    for field in fields {
        code.push_str(&docs::rust(&field.docs, 4));
        let ty = field.ty_of.as_deref().unwrap_or(field.ty);
        code.push_str(&format!("    pub {}: {ty},\n", field.name));
        init.push_str(&format!("{}: {},\n", field.name, field.rust_zero));
    }
    let last = fields.iter().find(|field| field.name == last_of_0_1);
    let last = last.unwrap_or_else(|| panic!("dropoff_{name} has no field {last_of_0_1}"));
    let last_type = last.ty_of.as_deref().unwrap_or(last.ty);
    let end = fields.last().expect("a struct has fields");
    let (end, end_type) = (&end.name, end.ty_of.as_deref().unwrap_or(end.ty));
    code.push_str(&format!(
        "}}\n\nimpl CallerStruct for dropoff_{name} {{
            const NAME: &'static str = \"dropoff_{name}\";
            const INIT_MACRO: &'static str = \"DROPOFF_{upper}_INIT\";
            const INIT: Self = Self {{ size: size_of::<Self>(), {init} }};
            const FIRST_SIZE: usize = offset_of!(Self, {last_of_0_1}) + size_of::<{last_type}>();
            fn size(&self) -> usize {{ self.size }}
        }}

        // A field of a later version would hide in padding at the end.
        const _: () = assert!(offset_of!(dropoff_{name}, {end}) + size_of::<{end_type}>() == size_of::<dropoff_{name}>());\n\n"
    ));
    code
}

fn fields_of(root: &Path, face: &RequestFace, given: &RequestField) -> Vec<Field> {
    let (name, text) = (given.name, docs::c(&sentences(root, face, given)));
    let list = |ty: &'static str, text: String| vec![field(name, ty, text), count(name)];
    match &given.kind {
        Kind::Text => vec![field(name, TEXT, text)],
        Kind::NeededText => vec![field(name, TEXT, format!("{text} Needed."))],
        Kind::Path => vec![field(name, TEXT, format!("{text} A leading ~/ is the home folder."))],
        Kind::NeededPath => {
            vec![field(name, TEXT, format!("{text} A leading ~/ is the home folder. Needed."))]
        }
        Kind::Number => vec![field(name, "u64", text)],
        Kind::Time => vec![field(format!("{name}_ms"), "u64", text)],
        Kind::Flag => vec![field(name, "bool", text)],
        Kind::Choice => vec![field(name, "c_int", format!("{text} A dropoff_choice."))],
        Kind::Json => vec![field(format!("{name}_json"), TEXT, text)],
        Kind::Pairs | Kind::NeededPairs => list("*const dropoff_pair", text),
        Kind::PairLists => list("*const dropoff_pairs", text),
        Kind::Numbers => list("*const u64", text),
        Kind::Texts | Kind::NeededTexts => list("*const *const c_char", text),
        Kind::Source => source_fields(text),
        Kind::Structs(of) => {
            let mut fields = list("*const c_void", text);
            fields[0].ty_of = Some(format!("*const dropoff_{of}"));
            fields
        }
        Kind::Struct(of) => vec![pointer_to(name, of, text)],
        Kind::KeyPair => vec![pointer_to(name, "key_pair", text)],
        Kind::Options => vec![pointer_to(name, "options", text)],
        Kind::Enum(of) => vec![field(name, "c_int", format!("{text} A dropoff_{}.", docs::snake(of)))],
        Kind::Progress => vec![
            field("on_progress", "dropoff_progress_fn", "Who is told how far the call is."),
            field("user_data", "*mut c_void", "Handed to on_progress and to finalizer."),
            field("finalizer", "dropoff_finalizer", "Called once by each call that takes this struct."),
        ],
    }
}

fn source_fields(text: String) -> Vec<Field> {
    let path = "Its path; a leading ~/ is the home folder. NULL if source is set.";
    let text = if text.is_empty() { path.to_owned() } else { format!("{text} {path}") };
    let mut source = field(
        "source",
        "*mut c_void",
        "Any other source. A call that takes it empties it, also one that fails. NULL if path is set.",
    );
    source.ty_of = Some("*mut dropoff_source".to_owned());
    vec![field("path", TEXT, text), source]
}

/// 0 is a value of its own for those that may be 0.
fn has_zero(option: &OptionSpec) -> bool {
    option.range.starts_with("0 ")
}

fn c_option(option: &OptionSpec) -> String {
    match option.kind {
        OptionKind::Duration => format!("{}_ms", option.name),
        _ => option.name.to_owned(),
    }
}

fn fields_of_option(option: &OptionSpec) -> Vec<Field> {
    let text = docs::c(&sentence(option));
    let text =
        text.replace("\"auto\", true or false; default \"auto\"", "A dropoff_choice; default DROPOFF_AUTO");
    let text = text
        .replace("\"auto\":", "DROPOFF_AUTO:")
        .replace("true: for", "DROPOFF_YES: for")
        .replace("false: for", "DROPOFF_NO: for");
    let name = c_option(option);
    match option.kind {
        OptionKind::Duration if has_zero(option) => vec![Field {
            rust_zero: "u64::MAX",
            c_zero: "UINT64_MAX",
            ..field(
                name,
                "u64",
                format!("{text} 0 is 0; UINT64_MAX, as DROPOFF_OPTIONS_INIT has it, is the default."),
            )
        }],
        OptionKind::Duration | OptionKind::Number => vec![field(name, "u64", text)],
        OptionKind::Text | OptionKind::Path => vec![field(name, TEXT, text)],
        OptionKind::AutoOrBool => vec![field(name, "c_int", text)],
        OptionKind::Texts => vec![field(&name, "*const *const c_char", text), count(&name)],
    }
}

/// The core's request, made of the struct. Sources are taken when nothing else can be refused.
fn conversion(face: &RequestFace) -> String {
    let mut begin = face.begin.to_owned();
    let [mut read, mut read_sources, mut details, mut setters] = [const { String::new() }; 4];
    for field in face.fields {
        let (name, value) = (field.name, value_of(field));
        let place = format!("{{{name}}}");
        let is_source = matches!(field.kind, Kind::Source | Kind::Structs(_));
        if !value.is_empty() {
            let to = if is_source { &mut read_sources } else { &mut read };
            to.push_str(&format!("let {name} = {value};\n"));
        }
        if begin.contains(&place) {
            begin = begin.replace(&place, name);
        } else {
            let of_details = begin.contains("details") && is_detail(field);
            let (to, target) = if of_details { (&mut details, "details") } else { (&mut setters, "request") };
            to.push_str(&setter(field, target));
        }
    }
    // A profile's upload has its details among its own fields.
    if begin.contains("details") {
        details.insert_str(0, "let mut details = dropoff::ProfileDetails::new(name);\n");
    }
    let (name, core) = (face.name, face.core);
    let progress = face.fields.iter().any(|field| matches!(field.kind, Kind::Progress));
    let callback = "/// The callback, which takes the caller's data from here on.
        pub(crate) fn progress(&self) -> Option<Callback> {
            Callback::given(self.on_progress, self.user_data, self.finalizer)
        }\n";
    let check = if is_listed(face) { check(face) } else { String::new() };
    format!(
        "impl dropoff_{name} {{
            {callback}
            {check}
            /// The core's request.
            pub(crate) fn into_core(self, reader: &Fields<'_>) -> Result<dropoff::{core}> {{
                {read}{read_sources}{details}
                let mut request = {begin};
                {setters}
                Ok(request)
            }}
        }}\n\n",
        callback = if progress { callback } else { "" },
    )
}

/// Whether another struct has a list of it.
fn is_listed(face: &RequestFace) -> bool {
    let requests = SECTIONS.iter().flat_map(|section| section.requests);
    let mut fields = requests.flat_map(|request| request.fields);
    fields.any(|field| matches!(field.kind, Kind::Structs(of) if of == face.name))
}

fn check(face: &RequestFace) -> String {
    let fields = face.fields.iter().filter(|field| !matches!(field.kind, Kind::Source));
    let values = fields.map(value_of).filter(|value| !value.is_empty());
    let read: String = values.map(|value| format!("{value};\n")).collect();
    format!(
        "/// Refuses what `into_core` would refuse, and takes nothing.
        pub(crate) fn check(&self, reader: &Fields<'_>) -> Result<()> {{
            {read}
            reader.check_source(self.path, self.source)
        }}\n"
    )
}

fn is_detail(field: &RequestField) -> bool {
    matches!(
        &field.docs,
        Docs::SetterOf { of: "ProfileDetails", .. } | Docs::Argument { of: "ProfileDetails", .. }
    )
}

/// The field as the core takes it; empty for one that is given as it is.
fn value_of(field: &RequestField) -> String {
    let name = field.name;
    match &field.kind {
        // One of the two keys of an encryption, which are read together.
        Kind::Text if name == "encrypted_key" && is_presealed(field) => String::new(),
        Kind::Text => format!("reader.text(self.{name}, \"{name}\")?"),
        Kind::NeededText => format!("reader.needed_text(self.{name}, \"{name}\")?"),
        Kind::Path => format!("reader.path(self.{name}, \"{name}\")?"),
        Kind::NeededPath => format!("reader.needed_path(self.{name}, \"{name}\")?"),
        Kind::Source => "reader.source(self.path, self.source)?".to_owned(),
        Kind::Pairs | Kind::NeededPairs => {
            format!("reader.pairs(self.{name}, self.{name}_count, \"{name}\")?")
        }
        Kind::PairLists => format!("reader.pair_lists(self.{name}, self.{name}_count, \"{name}\")?"),
        Kind::Numbers => format!("reader.numbers(self.{name}, self.{name}_count, \"{name}\")?"),
        Kind::Texts | Kind::NeededTexts => {
            format!("reader.texts(self.{name}, self.{name}_count, \"{name}\")?")
        }
        Kind::KeyPair => "reader.encryption(self.key_pair, self.encrypted_key)?".to_owned(),
        Kind::Choice => format!("reader.choice(self.{name}, \"{name}\")?"),
        Kind::Json => format!("reader.json(self.{name}_json, \"{name}_json\")?"),
        Kind::Enum(of) => format!("dropoff_{}::to_core(self.{name}, reader, \"{name}\")?", docs::snake(of)),
        Kind::Struct(_) | Kind::Options => format!(
            "match reader.structure(self.{name}, \"{name}\")? {{
                Some((item, at)) => Some(item.into_core(&reader.within(&at))?),
                None => None,
            }}"
        ),
        Kind::Structs(_) => format!(
            "{{
                let items = reader.structs(self.{name}, self.{name}_count, \"{name}\")?;
                // All of them before the first source is taken.
                items.iter().try_for_each(|(item, at)| item.check(&reader.within(at)))?;
                let given = items.into_iter().map(|(item, at)| item.into_core(&reader.within(&at)));
                given.collect::<Result<Vec<_>>>()?
            }}"
        ),
        Kind::Number | Kind::Time | Kind::Flag | Kind::Progress => String::new(),
    }
}

fn is_presealed(field: &RequestField) -> bool {
    matches!(&field.docs, Docs::SetterOf { name: "presealed", .. })
}

fn setter(field: &RequestField, target: &str) -> String {
    let name = field.name;
    // The core's setter, where it adds one of a list.
    let one = match name {
        "headers" => "header",
        "labels" => "label",
        "files" => "file",
        other => other,
    };
    let fails = if name == "recipient_public_key" { "?" } else { "" };
    let code = match &field.kind {
        Kind::Text if is_presealed(field) => return String::new(),
        // The name of a profile is given to the constructor of its details.
        Kind::NeededText if name == "name" => return String::new(),
        Kind::NeededText | Kind::Enum(_) => format!("{target} = {target}.{one}({name});"),
        Kind::Text | Kind::Path | Kind::Choice | Kind::Json | Kind::Struct(_) | Kind::Options => {
            format!("if let Some(value) = {name} {{ {target} = {target}.{one}(value){fails}; }}")
        }
        Kind::Number => format!("if self.{name} > 0 {{ {target} = {target}.{one}(self.{name}); }}"),
        Kind::Time => format!(
            "if self.{name}_ms > 0 {{ {target} = {target}.{one}(Duration::from_millis(self.{name}_ms)); }}"
        ),
        Kind::Flag => format!("{target} = {target}.{one}(self.{name});"),
        Kind::Pairs => {
            format!("for (name, value) in {name} {{ {target} = {target}.{one}(name, value); }}")
        }
        Kind::PairLists | Kind::Numbers => {
            format!("if !{name}.is_empty() {{ {target} = {target}.{one}({name}); }}")
        }
        Kind::Texts | Kind::Structs(_) => {
            format!("for value in {name} {{ {target} = {target}.{one}(value); }}")
        }
        Kind::NeededPath
        | Kind::Source
        | Kind::NeededPairs
        | Kind::NeededTexts
        | Kind::KeyPair
        | Kind::Progress => return String::new(),
    };
    code + "\n"
}
