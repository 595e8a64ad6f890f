//! Count notifies: a number that records change and waits compare with another.

use super::{
    Stream,
    wait::{Awaited, Streams},
    waitable::{Gate, Waitable},
};
use crate::{Device, ExecError, TaskFault};
use std::{fmt, sync::Arc, time::Duration};

/// How a record changes the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the operation it is named after")]
pub enum CountChange {
    Set,
    Add,
    Or,
    And,
}

/// What a wait asks of the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the comparison it is named after")]
pub enum CountTest {
    Less,
    Equal,
    Greater,
    GreaterOrEqual,
    /// All bits of the value are set.
    Bits,
}

/// A wait for a count.
#[derive(Debug, Clone, Copy)]
pub struct CountWait {
    /// How the count is compared.
    pub test: CountTest,
    /// With what.
    pub value: u32,
    /// Whether the count becomes zero when the wait goes on.
    pub clear: bool,
}

pub(crate) struct Count(u32);

impl Gate for Count {
    type Want = CountWait;
    type Loss = TaskFault;

    fn is_open(&self, want: CountWait) -> bool {
        match want.test {
            CountTest::Less => self.0 < want.value,
            CountTest::Equal => self.0 == want.value,
            CountTest::Greater => self.0 > want.value,
            CountTest::GreaterOrEqual => self.0 >= want.value,
            CountTest::Bits => self.0 & want.value == want.value,
        }
    }

    fn pass(&mut self, want: CountWait) -> bool {
        let open = self.is_open(want);
        if open && want.clear {
            self.0 = 0;
        }
        open
    }
}

/// A count notify.
pub struct CountNotify {
    device: &'static Device,
    id: u32,
    streams: Streams<Count>,
}

impl fmt::Debug for CountNotify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "count notify {} of device {}", self.id, self.device.id())
    }
}

impl Awaited for CountNotify {
    type Gate = Count;

    fn streams(&self) -> &Streams<Count> {
        &self.streams
    }

    fn what(&self) -> String {
        let count = self.streams.look(|count| count.0);
        format!("{self:?}, whose count is {count}")
    }
}

impl CountNotify {
    /// A new one, at zero.
    ///
    /// # Errors
    /// [`ExecError::NotifyLimit`].
    pub fn new(device: &'static Device) -> Result<Arc<CountNotify>, ExecError> {
        let id = device.take_count()?;
        Ok(Arc::new(CountNotify { device, id, streams: Waitable::new(Count(0)) }))
    }

    /// Its number on its device: no other count notify there has it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Queues a change of the count.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn record(
        self: &Arc<Self>,
        name: &'static str,
        stream: &Stream,
        change: CountChange,
        value: u32,
    ) -> Result<(), ExecError> {
        let notify = self.clone();
        stream.submit(name, move |_| {
            notify.streams.change(|count| {
                count.0 = match change {
                    CountChange::Set => value,
                    CountChange::Add => count.0.wrapping_add(value),
                    CountChange::Or => count.0 | value,
                    CountChange::And => count.0 & value,
                };
            });
            Ok(())
        })
    }

    /// Makes a stream wait for the count, for at most `limit`.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn wait(
        self: &Arc<Self>,
        name: &'static str,
        stream: &Stream,
        want: CountWait,
        limit: Option<Duration>,
    ) -> Result<(), ExecError> {
        stream.wait_on(name, self.clone(), want, limit)
    }
}

impl Drop for CountNotify {
    fn drop(&mut self) {
        self.device.give_count(self.id);
    }
}
