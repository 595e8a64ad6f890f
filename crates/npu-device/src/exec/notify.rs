//! Notifies: one bit that a record sets and a wait takes, on any stream, in any process it is shared with.

use super::{
    Stream,
    wait::{Awaited, Streams},
    waitable::{Gate, Waitable},
};
use crate::{
    Device, ExecError, FaultKind, TaskFault,
    ipc::{Export, Key, Kind, words::Words},
};
use parking_lot::Mutex;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Where the bit is.
pub(crate) enum Bit {
    /// Nobody else can see it.
    Own(bool),
    /// In a word of memory that processes share: 0 or 1.
    Shared(Arc<Words>),
}

impl Bit {
    fn set(&mut self, value: bool) {
        match self {
            Bit::Own(bit) => *bit = value,
            Bit::Shared(words) => words[0].store(u64::from(value), Ordering::SeqCst),
        }
    }
}

impl Gate for Bit {
    type Want = ();
    type Loss = TaskFault;

    fn is_open(&self, (): ()) -> bool {
        match self {
            Bit::Own(bit) => *bit,
            Bit::Shared(words) => words[0].load(Ordering::SeqCst) != 0,
        }
    }

    fn pass(&mut self, (): ()) -> bool {
        let take = |word: &AtomicU64| word.swap(0, Ordering::SeqCst) != 0;
        match self {
            Bit::Own(bit) => std::mem::take(bit),
            Bit::Shared(words) => take(&words[0]),
        }
    }

    fn loss(&self, (): ()) -> Option<TaskFault> {
        let Bit::Shared(words) = self else { return None };
        let exporter = words.exporter().filter(|exporter| !exporter.is_running())?;
        let what = format!("process {}, which shared the notify, ended without recording it", exporter.id);
        Some(TaskFault { kind: FaultKind::Wait, what })
    }
}

/// A notify.
pub struct Notify {
    device: &'static Device,
    id: u32,
    /// Of the device that it is a notify of: another process may have made it.
    origin: u32,
    streams: Streams<Bit>,
    export: Mutex<Option<Export>>,
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "notify {} of device {}", self.id, self.origin)
    }
}

impl Awaited for Notify {
    type Gate = Bit;

    fn streams(&self) -> &Streams<Bit> {
        &self.streams
    }

    fn what(&self) -> String {
        format!("{self:?} to be recorded")
    }

    fn is_watched(&self) -> bool {
        self.streams.look(|bit| matches!(bit, Bit::Shared(_)))
    }
}

impl Notify {
    /// A new notify of a device, not recorded.
    ///
    /// # Errors
    /// [`ExecError::NotifyLimit`].
    pub fn new(device: &'static Device) -> Result<Arc<Notify>, ExecError> {
        Self::with(device, device.id(), Bit::Own(false))
    }

    fn with(device: &'static Device, origin: u32, bit: Bit) -> Result<Arc<Notify>, ExecError> {
        let id = device.take_notify()?;
        let (streams, export) = (Waitable::new(bit), Mutex::default());
        Ok(Arc::new(Notify { device, id, origin, streams, export }))
    }

    /// A notify that another process shares, counted with those of a device of this one.
    ///
    /// # Errors
    /// The key is none, or not for this process; [`ExecError::NotifyLimit`].
    pub fn import(device: &'static Device, key: &str) -> Result<Arc<Notify>, ExecError> {
        let (words, [origin, _]) = Words::import(Kind::Notify, key)?;
        Self::with(device, origin as u32, Bit::Shared(Arc::new(words)))
    }

    /// The device that it is a notify of. An imported one: of the process that made it.
    pub fn origin(&self) -> u32 {
        self.origin
    }

    /// Its number on its device: no other notify there has it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Queues a record: when the stream comes to it, one wait goes on, now or later.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn record(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        let notify = self.clone();
        stream.submit(name, move |_| {
            notify.streams.change(|bit| bit.set(true));
            Ok(())
        })
    }

    /// Makes a stream wait for a record and take it, for at most `limit`.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn wait(
        self: &Arc<Self>,
        name: &'static str,
        stream: &Stream,
        limit: Option<Duration>,
    ) -> Result<(), ExecError> {
        stream.wait_on(name, self.clone(), (), limit)
    }

    /// Takes a record back, at once.
    pub fn reset(&self) {
        self.streams.note(|bit| bit.set(false));
    }

    /// Shares the notify with other processes, with `anyone` or with those that [`Notify::allow`] names, and passes on
    /// its key: the same one every time.
    ///
    /// # Errors
    /// It came from another process, or the system refuses.
    pub fn share<R>(&self, anyone: bool, use_key: impl FnOnce(&Key) -> R) -> Result<R, ExecError> {
        let mut export = self.export.lock();
        if export.is_none() {
            let words = Arc::new(self.words()?);
            let shared = words.export(Kind::Notify, anyone, [u64::from(self.origin), 0])?;
            // Streams may be parked for it already: they are woken to have the shared word watched.
            self.streams.change(|bit| {
                words[0].store(u64::from(bit.is_open(())), Ordering::SeqCst);
                *bit = Bit::Shared(words);
            });
            self.streams.wake_all();
            *export = Some(shared);
        }
        match &*export {
            Some(export) if export.is_for_anyone() == anyone => Ok(use_key(export.key())),
            _ => Err(ExecError::EventUse {
                what: "argument flags: expected those of the first export of this notify, got others",
            }),
        }
    }

    fn words(&self) -> Result<Words, ExecError> {
        match self.streams.look(|bit| matches!(bit, Bit::Shared(_))) {
            false => Ok(Words::new()?),
            true => Err(ExecError::EventUse {
                what: "expected a notify that this process created, got one it imported",
            }),
        }
    }

    /// Lets these processes import it as well.
    ///
    /// # Errors
    /// It was not shared, or the system refuses.
    pub fn allow(&self, processes: &[i32]) -> Result<(), ExecError> {
        match &*self.export.lock() {
            Some(export) => Ok(export.allow(processes)?),
            None => Err(ExecError::EventUse {
                what: "expected a notify whose key was exported by aclrtNotifyGetExportKey, got one without a key",
            }),
        }
    }

    /// The program has destroyed the notify: nobody else can import it. Queued records and waits are not affected.
    pub fn destroy(&self) {
        *self.export.lock() = None;
    }
}

impl Drop for Notify {
    fn drop(&mut self) {
        self.device.give_notify(self.id);
    }
}
