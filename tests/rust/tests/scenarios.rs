//! One test per scenario.

use libtest_mimic::{Arguments, Trial};

fn main() {
    let trials = dropoff_tests::scenario::all()
        .into_iter()
        .map(|scenario| {
            Trial::test(scenario.name.clone(), move || {
                dropoff_tests::run::run(&scenario);
                dropoff_tests::scenario::passed(&scenario)?;
                Ok(())
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
