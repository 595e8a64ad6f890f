//! Host addresses that stand for kernels and variables.

use super::{
    global::Global,
    table::{Kernel, Shared},
};
use parking_lot::RwLock;
use std::{collections::BTreeMap, sync::Arc};

/// What an address stands for.
#[derive(Clone)]
pub(crate) enum Symbol {
    Kernel(Arc<Kernel>),
    /// A variable by its place in the table.
    Global(Arc<Shared>, usize),
}

/// By address; where several binaries use one address, the last loaded counts.
static SYMBOLS: RwLock<BTreeMap<usize, Vec<(u64, Symbol)>>> = RwLock::new(BTreeMap::new());

/// Adds an address of the binary with this number.
pub(super) fn add(address: usize, binary: u64, symbol: Symbol) {
    if address != 0 {
        SYMBOLS.write().entry(address).or_default().push((binary, symbol));
    }
}

/// Removes all addresses of a binary.
pub(super) fn remove(binary: u64) {
    let gone = {
        let mut symbols = SYMBOLS.write();
        let mut gone = Vec::new();
        symbols.retain(|_, list| {
            gone.extend(list.extract_if(.., |(owner, _)| *owner == binary));
            !list.is_empty()
        });
        gone
    };
    // Not under the lock: with the last symbol may go the library, whose destructors are the program's.
    drop(gone);
}

/// The kernel of an address.
pub(crate) fn kernel(address: usize) -> Option<Arc<Kernel>> {
    SYMBOLS.read().get(&address)?.iter().rev().find_map(|(_, symbol)| match symbol {
        Symbol::Kernel(kernel) => Some(kernel.clone()),
        Symbol::Global(..) => None,
    })
}

/// Does something with the variable of an address.
pub(crate) fn with_global<T>(address: usize, body: impl FnOnce(&Global) -> T) -> Option<T> {
    let found = SYMBOLS.read().get(&address)?.iter().rev().find_map(|(_, symbol)| match symbol {
        Symbol::Global(shared, index) => Some((shared.clone(), *index)),
        Symbol::Kernel(_) => None,
    });
    found.map(|(shared, index)| body(&shared.globals[index]))
}
