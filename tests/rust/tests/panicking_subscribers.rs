//! A program's own subscriber that panics while a call tells of something: the call ends, and says no more of
//! what became of it than is known.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use dropoff::logs::{self, LogLevel};
use dropoff::{ErrorKind, File, Outcome, Source, Transfer};
use dropoff_sandbox::Config;
use dropoff_tests::{agentdrop, options, sandbox};
use serde_json::json;

/// What a record that panics must have in it.
static AT: Mutex<&str> = Mutex::new("nothing");
static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_call_whose_record_panics_ends_and_says_what_is_known() {
    std::panic::set_hook(Box::new(|_| {}));
    let listens = logs::forward(Some(LogLevel::Debug), |record| {
        let at = *AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if record.message.contains(at) {
            PANICS.fetch_add(1, SeqCst);
            panic!("the program's own defect");
        }
    });
    assert!(listens);
    let sandbox = sandbox(Config::default());
    let d = agentdrop(&sandbox, options(&sandbox));
    let transfer = || Transfer::new("a", "b").file(File::new(Source::memory(vec![7; 1000])).name("a.bin"));

    let cases = [
        ("operation=presign status=200", Err(Outcome::NotCompleted)),
        ("operation=confirm status=200", Err(Outcome::Unknown)),
        ("done job=", Ok(())),
    ];
    for (at, ends) in cases {
        *AT.lock().expect("no panic under it") = at;
        let before = PANICS.load(SeqCst);
        let sent = d.send(transfer());
        assert!(PANICS.load(SeqCst) > before, "{at:?} is told of nowhere");
        match (sent, ends) {
            (Ok(sent), Ok(())) => assert_eq!(sent.status, "active"),
            (Err(error), Err(outcome)) => {
                let told = (error.kind(), error.outcome(), error.retryable());
                assert_eq!(told, (ErrorKind::Internal, outcome, false), "{at:?}: {error:?}");
                assert!(error.message().contains("the program's own defect"), "{error}");
            }
            (sent, _) => panic!("{at:?}: {sent:?}"),
        }
    }

    // While its failure is told.
    *AT.lock().expect("no panic under it") = "failed job=";
    sandbox.order(json!({"on": "put", "do": {"reply": {"status": 403}}})).expect("a good order");
    let error = d.send(transfer()).expect_err("refused");
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::StorageRefused, Some(403)), "{error:?}");
    assert!(error.transfer_id().is_some() && error.operation().is_some(), "{error:?}");
}
