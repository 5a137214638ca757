//! The world itself: a seed is a seed, and faults are what they are called.

use super::*;

fn plain(seed: u64) -> Outcome {
    run(seed, Options::default())
}

#[test]
fn a_seed_reproduces_bit_for_bit() {
    for seed in 0..50 {
        let (one, two) = (plain(seed), run(seed, Options { mutant: None, readable: true }));
        assert_eq!((one.hash, one.events, one.coverage), (two.hash, two.events, two.coverage), "seed {seed}");
    }
}

#[test]
fn seeds_differ() {
    assert_ne!(plain(1).hash, plain(2).hash);
}
