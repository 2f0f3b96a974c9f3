#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dropoff::fuzzing::fuzz_plan(data));
