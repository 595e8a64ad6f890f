//! Reads the operator table and the ABI tables, emits entry points, headers and docs.
//!
//! Parse → typed immutable model that remembers file and line → validation across entries → emitters that see only
//! the model.

pub mod abi;
mod emit;
mod table;

pub use emit::files;
pub use table::{Class, Family, Kind, Op, Origin, Param, ResultRule, Table, TableError};
