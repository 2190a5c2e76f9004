//! Whether this build of the program records proofs: every build does, but the one that `benches/compare/proofs` makes to
//! measure what they cost. That is no setting: such a build does not compile unless the environment says so, and does
//! not serve unless it says so again.

/// The variable without which a build that proves nothing neither compiles nor serves.
pub const WITHOUT_PROOFS: &str = "SCEAU_BENCH_WITHOUT_PROOFS";

/// Whether events are recorded, and what they commit to is digested.
pub const PROVES: bool = !cfg!(feature = "bench-without-proofs");

#[cfg(feature = "bench-without-proofs")]
const _: () = assert!(
    option_env!("SCEAU_BENCH_WITHOUT_PROOFS").is_some(),
    "bench-without-proofs makes a server that proves nothing, to measure what proofs cost: see benches/compare/proofs"
);
