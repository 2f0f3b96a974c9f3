//! `soak SANDBOX_PROGRAM [TRANSFERS] [SEED]`: very many uploads at once against a hostile sandbox, and then
//! the question whether every one of them told the truth.
//!
//! Every call must end settled; what it said must be what the services and storage hold; and neither
//! memory nor descriptors may grow once the first quarter is over. Bounded: at most 10 minutes.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dropoff::{
    AgentDrop, Error, ErrorKind, File, HCompany, Options, Outcome, ProfileDetails, ProfileUpload, Source,
    Transfer,
};
use dropoff_tests::sources::{sha256, zip};
use serde_json::{Value, json};

const IN_FLIGHT: usize = 16;
const LIMIT: Duration = Duration::from_secs(600);
/// One call in eight is a profile, the others are transfers of one to three files.
const PROFILES: u64 = 8;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let program = args.get(1).expect("soak SANDBOX_PROGRAM [TRANSFERS] [SEED]");
    let number = |at: usize, default: u64| args.get(at).map_or(default, |n| n.parse().expect("a number"));
    let (count, seed) = (number(2, 2000), number(3, 1));

    let mut sandbox = Running::start(program);
    let plan = Arc::new(Plan {
        ready: sandbox.ready.clone(),
        clients: Clients::new(&sandbox.ready),
        next: AtomicU64::new(0),
        count,
        seed,
        late: AtomicBool::new(false),
        told: Mutex::default(),
    });
    plan.control("/hostile", &json!({"percent": 20, "seed": seed}));

    let started = Instant::now();
    let workers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let plan = Arc::clone(&plan);
            std::thread::spawn(move || plan.work(started))
        })
        .collect();
    let mut early = None;
    while workers.iter().any(|w| !w.is_finished()) {
        std::thread::sleep(Duration::from_millis(200));
        if early.is_none() && plan.next.load(Relaxed) > count / 4 {
            early = Some(Weight::now());
        }
    }
    for worker in workers {
        worker.join().expect("a worker that does not panic");
    }
    let seconds = started.elapsed().as_secs_f64();
    // Before the lists below are read, which grow with the count.
    let (early, late) = (early.expect("a quarter was reached"), Weight::now());
    assert!(!plan.late.load(Relaxed), "not done within {LIMIT:?}");
    plan.control("/hostile", &json!({"percent": 0}));

    let told = plan.told.lock().expect("the list");
    assert_eq!(told.len() as u64, count, "every call ended");
    let held = Held::ask(&plan);
    let mut tally: HashMap<String, u64> = HashMap::new();
    for said in told.iter() {
        held.check(said);
        *tally.entry(said.word()).or_default() += 1;
    }
    let mut words: Vec<_> = tally.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    println!("{count} calls, {IN_FLIGHT} at once, 20 % of all requests faulty, seed {seed}: {seconds:.0} s");
    for (word, times) in words {
        println!("  {times:>5}  {word}");
    }
    println!("  memory {} -> {} KiB, descriptors {} -> {}", early.rss, late.rss, early.files, late.files);
    // An allocator keeps some; a leak of 1 KiB a call would be 1.5 MiB, of one body 100 times that.
    assert!(late.rss < early.rss + 12 * 1024, "memory grew from {} to {} KiB", early.rss, late.rss);
    assert!(late.files <= early.files + 8, "descriptors grew from {} to {}", early.files, late.files);
    sandbox.stop();
    println!("soak: {count} calls settled, and every one told the truth");
}

/// A sandbox in a process of its own, so that its memory is not ours.
struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    fn start(program: &str) -> Self {
        let mut child = Command::new(program)
            .args(["serve", "--exit-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        Self { child, ready: serde_json::from_str(&line).expect("its ready line") }
    }

    fn stop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("it ends");
    }
}

struct Clients {
    h: HCompany,
    d: AgentDrop,
}

impl Clients {
    fn new(ready: &Value) -> Self {
        let text = |name: &str| ready[name].as_str().expect("text").to_owned();
        let options = || -> dropoff::Result<Options> {
            Options::new()
                .trusted_storage([text("storage_url")])?
                .backoff_base(Duration::from_millis(1))?
                .backoff_cap(Duration::from_millis(50))?
                .stall_timeout(Duration::from_millis(1500))?
                .response_timeout(Duration::from_secs(5))
        };
        let options = options().expect("good options");
        let h = HCompany::builder().base_url(text("api_url")).api_key(text("h_api_key"));
        let d = AgentDrop::builder().base_url(text("api_url")).api_key(text("agentdrop_api_key"));
        Self {
            h: h.options(options.clone()).build().expect("a client"),
            d: d.options(options).build().expect("a client"),
        }
    }
}

struct Plan {
    ready: Value,
    clients: Clients,
    next: AtomicU64,
    count: u64,
    seed: u64,
    late: AtomicBool,
    told: Mutex<Vec<Said>>,
}

/// What a call said about itself.
struct Said {
    profile: bool,
    id: Option<String>,
    /// SHA-256 of each thing that was to be sent.
    digests: Vec<String>,
    error: Option<Error>,
}

impl Said {
    fn word(&self) -> String {
        let what = if self.profile { "profile" } else { "transfer" };
        match &self.error {
            None => format!("{what} completed"),
            Some(e) => format!("{what} {}: {}", e.outcome().as_str(), e.kind()),
        }
    }
}

impl Plan {
    fn work(&self, started: Instant) {
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.count {
                return;
            }
            if started.elapsed() > LIMIT {
                self.late.store(true, Relaxed);
                return;
            }
            let said =
                if number.is_multiple_of(PROFILES) { self.profile(number) } else { self.transfer(number) };
            self.told.lock().expect("the list").push(said);
        }
    }

    fn profile(&self, number: u64) -> Said {
        // Unlike any other, so that one upload cannot pass for another.
        let archive = zip(1000 + number);
        let digests = vec![sha256(&archive)];
        let details = ProfileDetails::new(format!("soak-{number}")).browser("chromium", "131");
        let upload = ProfileUpload::new(Source::memory(archive), details).timeout(Duration::from_secs(120));
        match self.clients.h.upload_profile(upload) {
            Ok(profile) => Said { profile: true, id: Some(profile.id), digests, error: None },
            Err(e) => Said { profile: true, id: e.profile_id().map(str::to_owned), digests, error: Some(e) },
        }
    }

    fn transfer(&self, number: u64) -> Said {
        let mut dice = fastrand::Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(number));
        let mut transfer = Transfer::new("soak", "recipient").timeout(Duration::from_secs(120));
        let mut digests = Vec::new();
        for file in 0..dice.u64(1..=3) {
            let large = dice.u8(0..10) == 0;
            let len = if large { dice.usize(1_000_000..3_000_000) } else { dice.usize(0..100_000) };
            let mut bytes = format!("{number} {file} ").into_bytes();
            bytes.resize_with(bytes.len() + len, || dice.u8(..));
            digests.push(sha256(&bytes));
            transfer = transfer.file(File::new(Source::memory(bytes)).name(format!("{file}.bin")));
        }
        match self.clients.d.send(transfer) {
            Ok(sent) => Said { profile: false, id: Some(sent.id), digests, error: None },
            Err(e) => {
                Said { profile: false, id: e.transfer_id().map(str::to_owned), digests, error: Some(e) }
            }
        }
    }

    fn control(&self, path: &str, body: &Value) {
        http(&self.ready, "POST", path, &body.to_string());
    }
}

/// What the services and storage hold in the end.
struct Held {
    objects: std::collections::HashSet<String>,
    profiles: HashMap<String, String>,
    transfers: HashMap<String, String>,
}

impl Held {
    fn ask(plan: &Plan) -> Self {
        let get = |path| -> Value {
            serde_json::from_str(&http(&plan.ready, "GET", path, "")).expect("the control endpoint's JSON")
        };
        let pairs = |list: &Value, value: &str| {
            let text = |item: &Value, name: &str| item[name].as_str().unwrap_or_default().to_owned();
            list.as_array()
                .expect("a list")
                .iter()
                .map(|item| (text(item, "id"), text(item, value)))
                .collect()
        };
        let objects = get("/objects");
        let objects = objects.as_array().expect("a list").iter();
        Self {
            objects: objects.filter_map(|o| o["sha256"].as_str().map(str::to_owned)).collect(),
            profiles: pairs(&get("/profiles"), "checksum"),
            transfers: pairs(&get("/transfers"), "status"),
        }
    }

    fn check(&self, said: &Said) {
        let id = said.id.as_deref().unwrap_or_default();
        let active = if said.profile {
            self.profiles.contains_key(id)
        } else {
            self.transfers.get(id).is_some_and(|status| status == "active")
        };
        let told = said.error.as_ref().map_or(Outcome::Completed, Error::outcome);
        let explain = || format!("{id}: {:?}", said.error);
        match told {
            Outcome::Completed => {
                assert!(active, "said completed and the service does not have it: {}", explain());
                let integrity = said.error.as_ref().is_some_and(|e| e.kind() == ErrorKind::Integrity);
                for digest in &said.digests {
                    assert!(
                        integrity || self.objects.contains(digest),
                        "said completed and storage lacks {digest}: {}",
                        explain()
                    );
                }
            }
            Outcome::NotCompleted => assert!(!active, "said not completed and it is active: {}", explain()),
            // Honest only with the reason, and with the id to ask about.
            Outcome::Unknown => {
                assert!(said.id.is_some(), "unknown, and nothing to ask about: {}", explain());
            }
        }
    }
}

/// What this process holds.
struct Weight {
    rss: u64,
    files: usize,
}

impl Weight {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
        let line = status.lines().find(|l| l.starts_with("VmRSS")).expect("a line");
        let rss = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number");
        Self { rss, files: std::fs::read_dir("/proc/self/fd").expect("procfs").count() }
    }
}

/// One plain request to the control endpoint.
fn http(ready: &Value, method: &str, path: &str, body: &str) -> String {
    use std::io::Read as _;
    let authority = ready["control_url"].as_str().expect("text").trim_start_matches("http://");
    let mut socket = std::net::TcpStream::connect(authority).expect("the control endpoint");
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {authority}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(head.as_bytes()).expect("sent");
    let mut reply = String::new();
    socket.read_to_string(&mut reply).expect("a reply");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(" 200 "), "{reply}");
    body.to_owned()
}
