//! What a program's `HcclComm` is: one rank of a group.

use crate::{
    group::{Group, Round},
    types::range,
    work::Part,
};
use capi::{
    ArgError, Result,
    abi::{HcclComm, aclrtStream},
    handle::{HandleTable, Kind, Ref},
    runtime::{self, StreamRef},
};
use npu_device::{FaultKind, Meeting, Stream, TaskFault};
use parking_lot::Mutex;
use std::{collections::HashMap, ffi::CString, sync::Arc};

pub(crate) static COMMUNICATORS: HandleTable<Communicator> = HandleTable::new(Kind::Communicator);

/// How often this rank has called what; the same calls of all ranks have the same number.
#[derive(Debug, Default)]
struct Numbers {
    collectives: u64,
    /// By the other rank.
    sent: HashMap<u32, u64>,
    received: HashMap<u32, u64>,
}

/// One rank of a group.
#[derive(Debug)]
pub(crate) struct Communicator {
    pub(crate) rank: u32,
    /// The device whose memory and streams this rank uses.
    pub(crate) device: u32,
    pub(crate) name: CString,
    pub(crate) group: Arc<Group>,
    numbers: Mutex<Numbers>,
}

/// A transfer between this rank and another one.
pub(crate) struct Transfer {
    pub(crate) peer: u32,
    /// This rank sends.
    pub(crate) sends: bool,
    pub(crate) part: Part,
}

impl Communicator {
    pub(crate) fn new(group: Arc<Group>, rank: u32, device: u32, name: Option<CString>) -> Self {
        let usual =
            || CString::new(format!("aclsim_{}_{}", std::process::id(), group.id)).unwrap_or_default();
        let name = name.unwrap_or_else(usual);
        Communicator { rank, device, name, group, numbers: Mutex::default() }
    }

    pub(crate) fn size(&self) -> u32 {
        self.group.size
    }

    /// Queues this rank's part in the next collective of the group.
    pub(crate) fn collective(&self, stream: &Stream, part: Part) -> Result {
        let (function, bytes) = (part.function, part.bytes());
        // Held until the stream has it, so that calls of several threads are numbered in the order of the queue.
        let mut numbers = self.numbers.lock();
        let meeting = self.group.enter(Round::All(numbers.collectives), self.rank as usize, part)?;
        numbers.collectives += 1;
        Ok(stream.meet(function, bytes, vec![meeting])?)
    }

    /// Queues transfers that happen all at the same time.
    pub(crate) fn transfer(
        &self,
        stream: &Stream,
        function: &'static str,
        transfers: Vec<Transfer>,
    ) -> Result {
        let bytes = transfers.iter().map(|transfer| transfer.part.bytes()).sum();
        let mut numbers = self.numbers.lock();
        let mut meetings: Vec<Arc<Meeting>> = Vec::with_capacity(transfers.len());
        for Transfer { peer, sends, part } in transfers {
            let counts = if sends { &mut numbers.sent } else { &mut numbers.received };
            let number = counts.entry(peer).or_default();
            let (from, to) = if sends { (self.rank, peer) } else { (peer, self.rank) };
            match self.group.enter(Round::Pair { from, to, number: *number }, usize::from(!sends), part) {
                Ok(meeting) => meetings.push(meeting),
                Err(error) => {
                    let what = format!("rank {} could not queue all of its transfers: {error}", self.rank);
                    let fault = TaskFault { kind: FaultKind::AiCpu, what };
                    meetings.iter().for_each(|meeting| meeting.fail(fault.clone()));
                    return Err(error);
                }
            }
            *number += 1;
        }
        Ok(stream.meet(function, bytes, meetings)?)
    }
}

/// The communicator of a handle.
pub(crate) fn get(comm: HcclComm) -> Result<Ref<'static, Communicator>> {
    if comm.is_null() {
        return Err(ArgError::Null { argument: "comm" }.into());
    }
    COMMUNICATORS.get(comm).map_err(|error| error.arg("comm"))
}

/// The communicator and the stream of a collective: both belong to one device.
pub(crate) fn place(comm: HcclComm, stream: aclrtStream) -> Result<(Ref<'static, Communicator>, StreamRef)> {
    let comm = get(comm)?;
    let stream = runtime::resolve_stream(stream, "stream")?;
    if stream.device_id() != comm.device {
        let expected = format!("a stream of device {}, the communicator's", comm.device);
        return Err(range("stream", expected, format!("one of device {}", stream.device_id())));
    }
    Ok((comm, stream))
}

pub(crate) fn check_rank(comm: &Communicator, rank: u32, argument: &'static str) -> Result {
    if rank < comm.size() {
        Ok(())
    } else {
        Err(range(argument, format!("a rank below {}", comm.size()), rank))
    }
}
