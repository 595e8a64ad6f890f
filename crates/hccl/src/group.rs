//! Ranks that belong together, and what each of them has called.

use crate::work::{Part, perform};
use capi::{
    Error, Result,
    abi::{HCCL_E_PARA, HCCL_E_REMOTE, HCCL_E_TIMEOUT, HCCL_SUCCESS, HcclResult},
};
use npu_device::{FaultKind, Meeting, TaskContext, TaskFault};
use parking_lot::{Condvar, Mutex};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Which call of which ranks a round is: calls of the same number belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Round {
    /// A collective of all ranks.
    All(u64),
    /// From one rank to another.
    Pair { from: u32, to: u32, number: u64 },
}

impl Round {
    /// The rank of each seat.
    pub(crate) fn ranks(self, size: u32) -> Vec<u32> {
        match self {
            Round::All(_) => (0..size).collect(),
            Round::Pair { from, to, .. } => vec![from, to],
        }
    }
}

/// What the ranks of a round have called, by seat.
type Parts = Arc<Mutex<Vec<Option<Part>>>>;

struct Open {
    meeting: Arc<Meeting>,
    parts: Parts,
}

#[derive(Default)]
struct State {
    /// Rounds that not all of their ranks have called.
    open: HashMap<Round, Open>,
    /// Ranks that have ended their communicator.
    gone: Vec<u32>,
}

/// Ranks that belong together.
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) size: u32,
    state: Mutex<State>,
    /// The first failure of a round.
    failure: AtomicU32,
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "group {} of {} ranks", self.id, self.size)
    }
}

/// A number that no other group has.
pub(crate) fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn fault(what: String) -> TaskFault {
    TaskFault { kind: FaultKind::AiCpu, what }
}

impl Group {
    pub(crate) fn new(id: u64, size: u32) -> Arc<Group> {
        Arc::new(Group { id, size, state: Mutex::default(), failure: AtomicU32::new(HCCL_SUCCESS) })
    }

    /// The code of the first round that failed, or success.
    pub(crate) fn failure(&self) -> HcclResult {
        self.failure.load(Ordering::Relaxed)
    }

    fn note(&self, code: HcclResult) {
        let _ = self.failure.compare_exchange(HCCL_SUCCESS, code, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// A rank's part in a round. Its stream has to attend the meeting, where the last one does the work of all.
    pub(crate) fn enter(self: &Arc<Self>, round: Round, seat: usize, part: Part) -> Result<Arc<Meeting>> {
        let ranks = round.ranks(self.size);
        let mut state = self.state.lock();
        let came = |seat: usize| state.open.get(&round).is_some_and(|open| open.parts.lock()[seat].is_some());
        if let Some(rank) =
            (0..ranks.len()).filter(|s| !came(*s)).map(|s| ranks[s]).find(|r| state.gone.contains(r))
        {
            let what =
                format!("rank {rank} has ended its communicator: it cannot take part in {}", part.function);
            return Err(Error::Code { code: HCCL_E_REMOTE as i32, what });
        }
        let open = state.open.entry(round).or_insert_with(|| self.open(round, ranks.len()));
        let meeting = open.meeting.clone();
        let all = {
            let mut parts = open.parts.lock();
            parts[seat] = Some(part);
            parts.iter().all(Option::is_some)
        };
        if all {
            state.open.remove(&round);
        }
        Ok(meeting)
    }

    fn open(self: &Arc<Self>, round: Round, seats: usize) -> Open {
        let parts: Parts = Arc::new(Mutex::new((0..seats).map(|_| None).collect()));
        let (group, held) = (self.clone(), parts.clone());
        let body = move |task: &TaskContext| {
            let parts: Vec<Part> = held.lock().iter_mut().filter_map(Option::take).collect();
            perform(round, &parts, task.parallel()).map_err(|what| {
                group.note(HCCL_E_PARA);
                fault(what)
            })
        };
        Open { meeting: Meeting::new(seats, body), parts }
    }

    /// A rank ends its communicator: rounds that others have called and it has not cannot happen any more.
    pub(crate) fn leave(&self, rank: u32) {
        let lost: Vec<Open> = {
            let mut state = self.state.lock();
            state.gone.push(rank);
            let lacks = |round: &Round, open: &Open| {
                let parts = open.parts.lock();
                round.ranks(self.size).iter().zip(parts.iter()).any(|(r, part)| *r == rank && part.is_none())
            };
            let rounds: Vec<Round> =
                state.open.iter().filter(|(r, o)| lacks(r, o)).map(|(r, _)| *r).collect();
            rounds.iter().filter_map(|round| state.open.remove(round)).collect()
        };
        for open in lost {
            self.note(HCCL_E_REMOTE);
            let what = format!("rank {rank} ended its communicator without taking part");
            open.meeting.fail(fault(what));
        }
    }
}

/// Who makes groups: the number that ranks know beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    /// What `HcclGetRootInfo` wrote.
    Root(u64),
    /// A part of another group, by a number that the program chose.
    Sub { parent: u64, id: u64 },
}

/// A group whose ranks are yet to come.
struct Forming {
    group: Arc<Group>,
    /// The device of each rank that came.
    devices: Vec<Option<u32>>,
}

static FORMING: Mutex<Option<HashMap<Origin, Forming>>> = Mutex::new(None);
static COMPLETE: Condvar = Condvar::new();

/// How long ranks wait for each other.
fn patience() -> Duration {
    let seconds = std::env::var("HCCL_CONNECT_TIMEOUT").ok().and_then(|value| value.parse().ok());
    Duration::from_secs(seconds.unwrap_or(120))
}

/// Joins the group of an origin as one of its ranks, and waits until all have.
pub(crate) fn join(origin: Origin, size: u32, rank: u32, device: u32) -> Result<Arc<Group>> {
    let refuse = |what: String| Err(Error::Code { code: HCCL_E_PARA as i32, what });
    let deadline = Instant::now() + patience();
    let mut forming = FORMING.lock();
    let groups = forming.get_or_insert_default();
    let here = groups
        .entry(origin)
        .or_insert_with(|| Forming { group: Group::new(fresh(), size), devices: vec![None; size as usize] });
    if here.group.size != size {
        return refuse(format!("expected {} ranks, as another rank said, got {size}", here.group.size));
    }
    if here.devices[rank as usize].is_some() {
        return refuse(format!("expected each rank once, got rank {rank} twice"));
    }
    if let Some(other) = here.devices.iter().position(|d| *d == Some(device)) {
        return refuse(format!(
            "expected a device for each rank, got device {device} for ranks {other} and {rank}"
        ));
    }
    here.devices[rank as usize] = Some(device);
    let group = here.group.clone();
    if here.devices.iter().all(Option::is_some) {
        groups.remove(&origin);
        COMPLETE.notify_all();
        return Ok(group);
    }
    loop {
        let late = COMPLETE.wait_until(&mut forming, deadline).timed_out();
        let still = forming.as_mut().and_then(|groups| groups.get_mut(&origin));
        let Some(here) = still.filter(|here| Arc::ptr_eq(&here.group, &group)) else {
            return Ok(group);
        };
        if late {
            here.devices[rank as usize] = None;
            let missing: Vec<String> = (0..size)
                .filter(|r| *r != rank && here.devices[*r as usize].is_none())
                .map(|r| r.to_string())
                .collect();
            let what = format!(
                "rank {rank} waited {:?} (HCCL_CONNECT_TIMEOUT) for ranks {} to join the group of {size}",
                patience(),
                missing.join(", ")
            );
            if here.devices.iter().all(Option::is_none)
                && let Some(groups) = forming.as_mut()
            {
                groups.remove(&origin);
            }
            return Err(Error::Code { code: HCCL_E_TIMEOUT as i32, what });
        }
    }
}
