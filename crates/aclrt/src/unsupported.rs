// Generated from abi/own/unsupported.tsv by `cargo xtask codegen`. Do not edit.
//! Functions that are unsupported by design: they need the silicon, and say so.
