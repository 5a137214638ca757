//! How many bytes the current thread holds, cheap enough to ask at every step of an evaluation.
//!
//! A library usually leaves the allocator to the program. This one does not, because an expression of a tenant is only
//! harmless while its memory is counted: a program that forgot to choose a counting allocator would run, and would be
//! stopped by the first hostile expression. So whoever links this crate gets the counting.

use tikv_jemalloc_ctl::thread::{ThreadLocal, allocatedp, deallocatedp};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

thread_local! {
    static COUNTERS: (ThreadLocal<u64>, ThreadLocal<u64>) = (
        allocatedp::read().expect("the allocator of this crate counts by thread"),
        deallocatedp::read().expect("the allocator of this crate counts by thread"),
    );
}

/// Bytes allocated less bytes freed by this thread, modulo 2^64: only differences mean something.
pub(crate) fn held_bytes() -> u64 {
    COUNTERS.with(|(allocated, freed)| allocated.get().wrapping_sub(freed.get()))
}
