#![allow(unsafe_code, clippy::all, clippy::pedantic)]
use std::time::{Duration, Instant};
use std::os::unix::fs::{FileExt, MetadataExt};
use dropoff::*;
use dropoff_sandbox::{Config, Sandbox};
use dropoff_tests::{agentdrop, encryption, options, sandbox, sources};
use serde_json::{json, Value};

fn ops(s: &Sandbox) -> Vec<String> {
    s.requests().as_array().unwrap().iter().map(|r| format!("{} {}", r["op"].as_str().unwrap(), r["status"])).collect()
}
fn edit(j: &std::path::Path, code: &str) {
    let o = std::process::Command::new("python3").arg("/tmp/zzedit.py").arg(j).arg(code).output().unwrap();
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    print!("{}", String::from_utf8_lossy(&o.stdout));
}

#[test]
fn t01_config_panic() {
    let d = tempfile::tempdir().unwrap();
    let f = d.path().join("config.json");
    for text in ["[]", "\"x\"", "5"] {
        std::fs::write(&f, text).unwrap();
        let r = std::panic::catch_unwind(|| KeyPair::from_agentdrop_config(&f).map(|_| ()).map_err(|e| e.to_string()));
        println!("T01 {text}: panicked={} {:?}", r.is_err(), r.ok());
    }
}

#[test]
fn t02_spent_whole_ticket() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let mk = || File::new(Source::memory(sources::pattern(1000))).name("a.bin");
    let t = d.presign(Transfer::new("a", "b").file(mk())).unwrap();
    s.order(json!({"on":"put","do":{"reply":{"status":503}}})).unwrap();
    let e = d.upload(&t, vec![mk()]).unwrap_err();
    println!("T02 first: {e} cleanup={:?} retryable={}", e.cleanup(), e.retryable());
    let e = d.upload(&t, vec![mk()]);
    println!("T02 second: {e:?}");
    println!("T02 {:?}", ops(&s));
}

#[test]
fn t03_marks_blank() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
    std::fs::write(&f, vec![1u8; 12 << 20]).unwrap();
    let mtime = std::fs::metadata(&f).unwrap().modified().unwrap();
    s.order(json!({"on":"put_part","skip":1,"do":{"reply":{"status":403}}})).unwrap();
    let mk = || Transfer::new("a", "b").file(File::new(f.as_path())).multipart(true).encrypt(encryption()).resume(&j);
    let e = d.send(mk()).unwrap_err();
    println!("T03 first {e}");
    s.clear_faults();
    // in place, same inode and mtime
    let file = std::fs::OpenOptions::new().write(true).open(&f).unwrap();
    file.write_all_at(&vec![2u8; 12 << 20], 0).unwrap();
    file.set_modified(mtime).unwrap();
    let e = d.send(mk());
    println!("T03 marks whole: {:?}", e.as_ref().map(|t| &t.status).map_err(|e| e.to_string()));
    edit(&j, "recs[0]['begun']['seal']['marks']=['!']; recs[1:]=[r for r in recs[1:] if 'part' in r]");
    let e = d.send(mk());
    println!("T03 marks damaged: {:?}", e.as_ref().map(|t| &t.status).map_err(|e| e.to_string()));
    println!("T03 {:?}", ops(&s));
}

#[test]
fn t05_open_cancel() {
    use aws_lc_rs::aead::*;
    let dir = tempfile::tempdir_in("/work").unwrap();
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s));
    let f = dir.path().join("a.bin");
    std::fs::write(&f, b"x").unwrap();
    d.send(Transfer::new("a", "b").file(File::new(f.as_path())).encrypt(encryption())).unwrap();
    let tr = s.transfers()[0].clone();
    let ek = tr["encrypted_key"].as_str().unwrap().to_owned();
    let key = unwrapped(&ek);
    let mut plain = vec![7u8; 400 << 20];
    key.seal_in_place_append_tag(Nonce::try_assume_unique_for_key(&[9u8; 12]).unwrap(), Aad::empty(), &mut plain).unwrap();
    let sealed = dir.path().join("sealed.bin");
    std::fs::write(&sealed, &plain).unwrap();
    let len = plain.len() as u64 - 16;
    drop(plain);
    let sender = KeyPair::from_private_key(dropoff_tests::SENDER_KEY).unwrap().public_key();
    let pair = KeyPair::from_private_key(dropoff_tests::RECIPIENT_KEY).unwrap();
    use base64::Engine as _;
    let iv = base64::engine::general_purpose::STANDARD.encode([9u8; 12]);
    let sf = SealedFile::new(&sealed).sender_public_key(sender).encrypted_key(ek).encryption_iv(iv);
    for n in 0..3u64 {
        let to = dir.path().join(format!("out{n}"));
        let job = start_open_sealed(&sf, &to, &pair).unwrap();
        while job.progress().bytes_done < len { std::thread::sleep(Duration::from_millis(1)); }
        std::thread::sleep(Duration::from_millis(20 * (n + 1)));
        job.cancel();
        let r = job.wait();
        let at_once = to.exists();
        std::thread::sleep(Duration::from_secs(4));
        println!("T05 {:?}; there at once={at_once}, later={}", r.as_ref().map(|_| ()).map_err(|e| (e.kind(), e.outcome())), to.exists());
        let _ = std::fs::remove_file(&to);
    }
}

#[test]
fn t06_cancel_in_begin() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir_in("/work").unwrap();
    let f = dir.path().join("a.bin");
    std::fs::write(&f, vec![1u8; 6 << 20]).unwrap();
    let mut hit = 0;
    let mut dice = fastrand::Rng::new();
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < Duration::from_secs(25) && hit < 2 {
        n += 1;
        let j = dir.path().join(format!("j{n}"));
        // many files so that the record is large
        let mk = || { let mut t = Transfer::new("a", "b").multipart(true).resume(&j);
            for _ in 0..20 { t = t.file(File::new(f.as_path())); } t };
        let job = d.start_send(mk()).unwrap();
        // wait until the presign was answered
        while ops(&s).iter().filter(|o| o.starts_with("presign_multipart 200")).count() < n { std::thread::yield_now(); if job.try_result().is_some() { break; } }
        std::thread::sleep(Duration::from_micros(dice.u64(0..8000)));
        job.cancel();
        let e = job.wait().unwrap_err();
        std::thread::sleep(Duration::from_millis(100));
        let begun = std::fs::read_to_string(&j).map(|t| t.lines().count() > 1).unwrap_or(false);
        if begun && e.cleanup() == Cleanup::Done {
            hit += 1;
            println!("T06 hit at try {n}: {e} cleanup={:?} resume={:?} journal_begun={begun}", e.cleanup(), e.resume());
            for _ in 0..2 {
                let e = d.send(mk()).unwrap_err();
                println!("T06   again: kind={:?} http={:?} code={:?} resume={:?} {e}", e.kind(), e.http_status(), e.service_code(), e.resume());
            }
        }
    }
    println!("T06 tries {n} hits {hit}");
}

#[test]
fn t07_power_loss_after_confirm() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
    std::fs::write(&f, vec![1u8; 12 << 20]).unwrap();
    for multipart in [false, true] {
        s.order(json!([{"on":"confirm","do":{"lose_reply":true}},{"on":"get_transfer","do":{"reply":{"status":503}}}])).unwrap();
        let mk = || Transfer::new("a", "b").file(File::new(f.as_path())).multipart(multipart).resume(&j);
        let e = d.send(mk()).unwrap_err();
        println!("T07 first {e} outcome={:?}", e.outcome());
        s.clear_faults();
        edit(&j, "print([list(r)[0] for r in recs]); recs[:]=recs[:1]");
        for _ in 0..2 {
            let e = d.send(mk());
            println!("T07 mp={multipart} after power loss: {:?}", e.as_ref().map(|t| t.status.clone()).map_err(|e| format!("{:?} outcome={:?} retryable={} {e}", e.kind(), e.outcome(), e.retryable())));
        }
        println!("T07 {:?} {}", ops(&s), s.transfers()[s.transfers().as_array().unwrap().len()-1]["status"]);
        let _ = std::fs::remove_file(&j);
    }
}

#[test]
fn t08_floats() {
    let mut bad = 0; let mut ex = 0.0;
    let mut dice = fastrand::Rng::with_seed(1);
    for _ in 0..100000 { let x = dice.f64() * 1000.0; let v = json!(x); let back: Value = serde_json::from_str(&v.to_string()).unwrap(); if v != back { bad += 1; ex = x; } }
    println!("T08 {bad} of 100000 floats differ, e.g. {ex:?}");
    if bad > 0 {
        let s = sandbox(Config::default());
        let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
        std::fs::write(&f, b"abc").unwrap();
        s.order(json!({"on":"put","do":{"reply":{"status":403}}})).unwrap();
        let mk = || { let mut m = serde_json::Map::new(); m.insert("score".into(), json!(ex)); Transfer::new("a", "b").file(File::new(f.as_path())).metadata(m).resume(&j) };
        println!("T08 first {}", d.send(mk()).unwrap_err());
        println!("T08 again {:?}", d.send(mk()).map(|t| t.status).map_err(|e| e.to_string()));
    }
}

#[test]
fn t09_memory_hash() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let j = dir.path().join("j");
    s.order(json!({"on":"put","do":{"reply":{"status":403}}})).unwrap();
    let _ = d.send(Transfer::new("a", "b").file(File::new(Source::memory(b"1234".to_vec())).name("pin.txt")).encrypt(encryption()).resume(&j)).unwrap_err();
    edit(&j, "print('T09', recs[0]['begun']['sources'], blake3.blake3(b'1234').hexdigest())".replace("blake3.blake3", "__import__('blake3').blake3").as_str());
}

#[test]
fn t10_dead_journal() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
    std::fs::write(&f, vec![1u8; 12 << 20]).unwrap();
    let gone = json!({"reply":{"status":404,"body":{"error":{"code":"NOT_FOUND","message":"no such transfer"}}}});
    for op in ["confirm", "complete_multipart"] {
        s.order(json!([{"on":"confirm","do":{"reply":{"status":401}}}])).unwrap();
        if op == "complete_multipart" { s.clear_faults(); s.order(json!([{"on":op,"do":{"reply":{"status":401}}}])).unwrap(); }
        let mk = || Transfer::new("a", "b").file(File::new(f.as_path())).multipart(true).resume(&j);
        println!("T10 {op} first {}", d.send(mk()).unwrap_err());
        s.clear_faults();
        s.order(json!([{"on":"confirm","times":-1,"do":gone},{"on":"complete_multipart","times":-1,"do":gone},{"on":"get_transfer","times":-1,"do":gone}])).unwrap();
        for _ in 0..2 { let e = d.send(mk()).unwrap_err(); println!("T10 {op} again kind={:?} retryable={} outcome={:?} resume={} {e}", e.kind(), e.retryable(), e.outcome(), e.resume().is_some()); }
        s.clear_faults();
        let _ = std::fs::remove_file(&j);
    }
}

unsafe extern "C" { fn fork() -> i32; fn _exit(c: i32) -> !; fn usleep(u: u32) -> i32; fn waitpid(p: i32, s: *mut i32, o: i32) -> i32; }

#[test]
fn t11_fork_lock() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
    std::fs::write(&f, b"abc").unwrap();
    s.order(json!({"on":"put","do":{"delay_ms":1500,"reply":{"status":403}}})).unwrap();
    let mk = || Transfer::new("a", "b").file(File::new(f.as_path())).resume(&j);
    let job = d.start_send(mk()).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let pid = unsafe { fork() };
    if pid == 0 { unsafe { usleep(900_000); usleep(900_000); usleep(900_000); usleep(900_000); _exit(0) } }
    println!("T11 first {}", job.wait().unwrap_err());
    println!("T11 while a forked child lives: {:?}", d.send(mk()).map(|t| t.status).map_err(|e| format!("{:?} {e}", e.kind())));
    unsafe { waitpid(pid, std::ptr::null_mut(), 0); }
    println!("T11 when it is gone: {:?}", d.send(mk()).map(|t| t.status).map_err(|e| e.to_string()));
}

#[test]
fn t12_chdir_journal() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let f = dir.path().join("a.bin");
    std::fs::write(&f, b"abc").unwrap();
    for n in ["one", "two"] { std::fs::create_dir(dir.path().join(n)).unwrap(); }
    // two/j belongs to an interrupted transfer
    s.order(json!({"on":"put","do":{"reply":{"status":403}}})).unwrap();
    let two = dir.path().join("two/j");
    println!("T12 {}", d.send(Transfer::new("a", "c").file(File::new(f.as_path())).resume(&two)).unwrap_err());
    assert!(two.exists());
    std::env::set_current_dir(dir.path().join("one")).unwrap();
    s.order(json!({"on":"put","do":{"delay_ms":700}})).unwrap();
    let job = d.start_send(Transfer::new("a", "b").file(File::new(f.as_path())).resume("j")).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::env::set_current_dir(dir.path().join("two")).unwrap();
    println!("T12 {:?}", job.wait().map(|t| t.status));
    println!("T12 one/j left={} two/j (another transfer's) still there={}", dir.path().join("one/j").exists(), two.exists());
    std::env::set_current_dir("/").unwrap();
}

#[test]
fn t13_pinned_recipient() {
    // the journal names another recipient than the caller pinned
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j, j2) = (dir.path().join("a.bin"), dir.path().join("j"), dir.path().join("j2"));
    std::fs::write(&f, b"abc").unwrap();
    let sender = || KeyPair::from_private_key(dropoff_tests::SENDER_KEY).unwrap();
    let mallory = KeyPair::generate().unwrap();
    let pinned = encryption();
    let other = Encryption::new(sender()).recipient_public_key(&mallory.public_key()).unwrap();
    s.order(json!({"on":"put","times":2,"do":{"reply":{"status":403}}})).unwrap();
    let mk = |e: Encryption, j: &std::path::Path| Transfer::new("a", "b").file(File::new(f.as_path())).encrypt(e).resume(j);
    d.send(mk(pinned.clone(), &j)).unwrap_err();
    d.send(mk(other, &j2)).unwrap_err();
    let code = format!("o=[json.loads(l[9:]) for l in open({:?},'rb').read().split(b'\\n')[1:] if l]; recs[0]['begun']['seal']=o[0]['begun']['seal']; recs[0]['begun']['promised']=o[0]['begun']['promised']", j2.to_str().unwrap());
    edit(&j, &format!("import json\n{code}"));
    let r = d.send(mk(pinned, &j));
    println!("T13 {:?}", r.map(|t| (t.status, t.recipient_key_source, t.recipient_key_fingerprint)).map_err(|e| e.to_string()));
}

#[test]
fn t14_second_upload_after_success_aborts() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let mk = || File::new(Source::memory(sources::pattern(6 << 20))).name("a.bin");
    let t = d.presign(Transfer::new("a", "b").multipart(true).file(mk())).unwrap();
    d.upload(&t, vec![mk()]).unwrap();
    d.confirm(t.id()).unwrap();
    let e = d.upload(&t, vec![mk()]).unwrap_err();
    println!("T14 {e} cleanup={:?}", e.cleanup());
    println!("T14 {:?}", ops(&s));
}

#[test]
fn t15_clock() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
    std::fs::write(&f, vec![1u8; 12 << 20]).unwrap();
    s.order(json!({"on":"put_part","skip":1,"do":{"reply":{"status":403}}})).unwrap();
    let mk = || Transfer::new("a", "b").file(File::new(f.as_path())).multipart(true).resume(&j);
    d.send(mk()).unwrap_err();
    s.clear_faults();
    let before = s.requests().as_array().unwrap().len();
    // The same as a clock that is 3 h fast: the date in the URL is 3 h older.
    edit(&j, "import json,re\nt=json.dumps(recs[0])\nt=re.sub(r'X-Amz-Date=(\\d{8})T(\\d\\d)', lambda m: 'X-Amz-Date=%sT%02d'%(m[1],int(m[2])-3), t)\nrecs[0]=json.loads(t)");
    let e = d.send(mk()).unwrap_err();
    println!("T15 {e} cleanup={:?} journal left={} then {:?}", e.cleanup(), j.exists(), &ops(&s)[before..]);
}

#[test]
fn t16_sum_overflow() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (f, j) = (dir.path().join("a.bin"), dir.path().join("j"));
    std::fs::write(&f, vec![1u8; 12 << 20]).unwrap();
    s.order(json!({"on":"put_part","skip":2,"do":{"reply":{"status":403}}})).unwrap();
    let mk = || Transfer::new("a", "b").file(File::new(f.as_path())).multipart(true).resume(&j);
    println!("T16 {}", d.send(mk()).unwrap_err());
    s.clear_faults();
    edit(&j, "p=[r for r in recs if 'part' in r]\nfor r in p: r['part']['stored']['bytes']=2**64-1\nrecs.extend(p)");
    println!("T16 {:?}", d.send(mk()).map(|t| t.status).map_err(|e| format!("{:?} {e}", e.kind())));
}

#[test]
fn t17_echo_upload_id() {
    let s = sandbox(Config::default());
    let d = agentdrop(&s, options(&s).max_attempts(1).unwrap());
    let f = File::new(Source::memory(sources::pattern(6 << 20))).name("a.bin");
    // what a service that quotes the id would say
    s.order(json!({"on":"complete_multipart","do":{"reply":{"status":400,"body":{"error":{"code":"X","message":"upload canary-upload-id-canary-upload-id is odd"}}}}})).unwrap();
    s.order(json!({"on":"presign_multipart","do":{"delay_ms":0}})).unwrap();
    let e = d.send(Transfer::new("a", "b").multipart(true).file(f)).unwrap_err();
    println!("T17 {e}");
}

#[test]
fn t18_many_sealed_multipart_files() {
    let s = sandbox(Config::default());
    for (conc, budget) in [(1usize, 8u64 << 20), (4, 8 << 20), (4, 64 << 20), (3, 20 << 20)] {
        let d = agentdrop(&s, options(&s).concurrency(conc.try_into().unwrap()).unwrap().memory_budget(budget).unwrap());
        let mut t = Transfer::new("a", "b").multipart(true).encrypt(encryption()).timeout(Duration::from_secs(60));
        for n in 0..7 { t = t.file(File::new(Source::memory(sources::pattern((n * 5 + 1) << 20))).name(format!("{n}.bin"))); }
        s.order(json!({"on":"put_part","skip":3,"times":3,"do":{"reply":{"status":503}}})).unwrap();
        let t0 = Instant::now();
        println!("T18 {conc} {budget}: {:?} in {:?}", d.send(t).map(|t| t.status).map_err(|e| e.to_string()), t0.elapsed());
    }
}

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{agreement, hkdf};
/// The transfer's key, as the recipient gets it: by another way than the library's.
fn unwrapped(encrypted_key: &str) -> LessSafeKey {
    let own = agreement::PrivateKey::from_private_key(
        &agreement::X25519,
        &from_base64(dropoff_tests::RECIPIENT_KEY),
    )
    .expect("a key");
    let sender = dropoff::KeyPair::from_private_key(dropoff_tests::SENDER_KEY).expect("a key").public_key();
    let sender = agreement::UnparsedPublicKey::new(&agreement::X25519, from_base64(&sender));
    let wrap = agreement::agree(&own, sender, (), |shared| {
        let mut key = [0; 32];
        let info = [b"agentdrop-file-transfer-v1".as_slice()];
        let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, &[0; 32]).extract(shared);
        derived.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key)).expect("derived");
        Ok(key)
    });
    let gcm = |key: &[u8]| LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key"));
    let mut wrapped = from_base64(encrypted_key);
    let mut sealed = wrapped.split_off(12);
    let nonce = Nonce::try_assume_unique_for_key(&wrapped).expect("a nonce");
    let opened = gcm(&wrap.expect("agreed")).open_in_place(nonce, Aad::empty(), &mut sealed).expect("opened");
    gcm(opened)
}

fn from_base64(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}
