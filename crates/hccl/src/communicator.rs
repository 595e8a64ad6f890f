//! What a program's `HcclComm` is: one rank of a group.

use capi::{
    ArgError, Result,
    abi::HcclComm,
    handle::{HandleTable, Kind, Ref},
};
use std::{
    ffi::CString,
    sync::atomic::{AtomicU64, Ordering},
};

pub(crate) static COMMUNICATORS: HandleTable<Communicator> = HandleTable::new(Kind::Communicator);

/// One rank of a group.
#[derive(Debug)]
pub(crate) struct Communicator {
    pub(crate) rank: u32,
    pub(crate) size: u32,
    /// The device whose memory and streams this rank uses.
    pub(crate) device: u32,
    pub(crate) name: CString,
}

impl Communicator {
    /// The only rank of a group, on a device.
    pub(crate) fn alone(device: u32, name: Option<CString>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let fresh = || {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            CString::new(format!("aclsim_{}_{number}", std::process::id())).unwrap_or_default()
        };
        Communicator { rank: 0, size: 1, device, name: name.unwrap_or_else(fresh) }
    }
}

/// The communicator of a handle.
pub(crate) fn get(comm: HcclComm) -> Result<Ref<'static, Communicator>> {
    if comm.is_null() {
        return Err(ArgError::Null { argument: "comm" }.into());
    }
    COMMUNICATORS.get(comm).map_err(|error| error.arg("comm"))
}
