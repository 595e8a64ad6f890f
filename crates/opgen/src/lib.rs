//! Reads the operator table and the ABI tables, emits entry points, headers and docs

pub mod abi;
