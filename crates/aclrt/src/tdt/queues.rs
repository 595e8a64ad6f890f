//! Queues by number, and what passes through them.

use super::{
    buffer::Message,
    routes::{self, Routes},
};
use crate::rt::param;
use capi::{
    Error, Result,
    abi::{ACL_ERROR_RT_QUEUE_EMPTY, ACL_ERROR_RT_QUEUE_FULL, aclError},
    code::ACL_ERROR_RT_RESOURCE_ALLOC_FAIL,
};
use npu_device::fifo::{Fifo, Refusal, Slot, Stop};
use parking_lot::RwLock;
use std::{collections::BTreeMap, ffi::CString, sync::Arc, time::Instant};

/// How many messages a queue may have room for.
pub(super) const LEAST: u32 = 2;
pub(super) const MOST: u32 = 8192;
/// How many a queue has room for unless said otherwise.
pub(super) const DEFAULT: u32 = 8;

/// A queue between threads of the program.
#[derive(Debug)]
pub(super) struct Queue {
    id: u32,
    /// Empty for none.
    name: CString,
    fifo: Fifo<Message>,
    /// Set when it is destroyed.
    gone: Stop,
}

#[derive(Debug)]
struct Table {
    /// Ids come again only after all others.
    next: u32,
    queues: BTreeMap<u32, Arc<Queue>>,
}

static TABLE: RwLock<Table> = RwLock::new(Table { next: 0, queues: BTreeMap::new() });

/// A queue that lives, if there is one with this number.
pub(super) fn lookup(id: u32) -> Option<Arc<Queue>> {
    TABLE.read().queues.get(&id).cloned()
}

/// The queue with this number.
///
/// # Errors
/// There is none: 107000.
pub(super) fn find(id: u32) -> Result<Arc<Queue>> {
    lookup(id).ok_or_else(|| unknown(id))
}

fn unknown(id: u32) -> Error {
    param("qid", "the number of a queue", format!("{id}, which no queue has"))
}

/// Makes a queue and returns its number.
///
/// # Errors
/// Another queue has the name.
pub(super) fn create(name: CString, depth: u32) -> Result<u32> {
    let mut table = TABLE.write();
    if let Some(other) = table.queues.values().find(|queue| !name.is_empty() && queue.name == name) {
        return Err(super::refused(
            "attr",
            "a name that no queue has",
            format!("{name:?}, which queue {} has", other.id),
        ));
    }
    let free = (table.next..=u32::MAX).chain(0..table.next).find(|id| !table.queues.contains_key(id));
    let id = free.ok_or_else(|| Error::Code {
        code: ACL_ERROR_RT_RESOURCE_ALLOC_FAIL,
        what: "all numbers of queues are in use".to_owned(),
    })?;
    table.next = id.wrapping_add(1);
    let queue = Queue { id, name, fifo: Fifo::new(depth as usize), gone: Stop::default() };
    table.queues.insert(id, Arc::new(queue));
    Ok(id)
}

/// Ends a queue: who waits there fails, what is in it is dropped, routes that touch it do not work any more.
///
/// # Errors
/// There is none.
pub(super) fn destroy(id: u32) -> Result {
    let removed = TABLE.write().queues.remove(&id);
    let queue = removed.ok_or_else(|| unknown(id))?;
    queue.fifo.stop(&queue.gone);
    let mut routes = routes::lock();
    drop(queue.fifo.drain());
    let fed = routes.ended(id);
    // What waited for room here goes on to where else it was bound.
    forward(&routes, fed);
    Ok(())
}

impl Queue {
    fn refused(&self, refusal: Refusal, code: aclError) -> Error {
        let Queue { id, fifo, .. } = self;
        match refusal {
            Refusal::Stopped => param("qid", "the number of a queue", format!("{id}, which was destroyed")),
            Refusal::Unready | Refusal::Declined => {
                let state = if code == ACL_ERROR_RT_QUEUE_FULL { "full" } else { "empty" };
                let depth = fifo.capacity();
                let what = format!(
                    "queue {id}, with room for {depth} messages, stayed {state} until the time was up"
                );
                Error::Code { code, what }
            }
        }
    }

    /// Puts a message in, which is asked for when there is room for it.
    ///
    /// # Errors
    /// 207014 if it stayed full, 107000 if it was destroyed, or there is no message.
    pub(super) fn put(&self, until: Option<Instant>, message: impl FnOnce() -> Result<Message>) -> Result {
        let slot = self.fifo.reserve(until, &self.gone);
        let slot = slot.map_err(|refusal| self.refused(refusal, ACL_ERROR_RT_QUEUE_FULL))?;
        slot.fill(message()?);
        forward(&routes::lock(), vec![self.id]);
        Ok(())
    }

    /// Takes the first message out. `accept` looks at it before and may fail: then it stays.
    ///
    /// # Errors
    /// 207013 if it stayed empty, 107000 if it was destroyed, or that of `accept`.
    pub(super) fn take(
        &self,
        until: Option<Instant>,
        accept: impl FnOnce(&Message) -> Result,
    ) -> Result<Message> {
        let mut declined = None;
        let message = self.fifo.take(until, &self.gone, |message| {
            declined = accept(message).err();
            declined.is_none()
        });
        let message = message
            .map_err(|refusal| declined.unwrap_or_else(|| self.refused(refusal, ACL_ERROR_RT_QUEUE_EMPTY)))?;
        let routes = routes::lock();
        let feeding = routes.sources_of(self.id);
        forward(&routes, feeding);
        Ok(message)
    }

    fn slot(&self) -> Option<Slot<'_, Message>> {
        self.fifo.reserve(Some(Instant::now()), &self.gone).ok()
    }

    /// Moves the first message to all targets, if there is one and all have room.
    fn step(&self, targets: &[Arc<Queue>]) -> bool {
        let Some(slots) = targets.iter().map(|target| target.slot()).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let Ok(message) = self.fifo.take(Some(Instant::now()), &self.gone, |_| true) else { return false };
        // Each gets buffers of its own that refer to the same data.
        slots.into_iter().for_each(|slot| slot.fill(message.clone()));
        true
    }
}

/// Moves messages along routes until nothing moves any more: called after whatever may have made a step possible, for
/// the queues whose messages may move. Routes form no circle, so it ends.
pub(super) fn forward(routes: &Routes, mut pending: Vec<u32>) {
    while let Some(id) = pending.pop() {
        let targets: Vec<_> = routes.targets_of(id).into_iter().filter_map(lookup).collect();
        let Some(queue) = lookup(id).filter(|_| !targets.is_empty()) else { continue };
        let mut moved = false;
        while queue.step(&targets) {
            moved = true;
        }
        if moved {
            pending.extend(targets.iter().map(|target| target.id));
            pending.extend(routes.sources_of(id));
        }
    }
}
