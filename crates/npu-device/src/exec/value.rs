//! Words of device memory that streams write and wait for.

use super::{
    Stream, TaskContext,
    graph::TaskKind,
    wait::{Awaited, Streams},
    waitable::{Gate, Waitable},
};
use crate::{
    ExecError, FaultKind, TaskFault,
    memory::{self, MemoryError},
};
use std::sync::Arc;

/// What a wait asks of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueTest {
    /// Not less than the value, as the signed distance between the two.
    GreaterOrEqual,
    /// The value.
    Equal,
    /// Has a bit of the value.
    And,
    /// There is a bit that neither the word nor the value has.
    Nor,
}

/// A word, and what is waited for there.
pub(crate) struct Word {
    address: u64,
    test: ValueTest,
    value: u64,
}

impl Gate for Word {
    type Want = ();
    type Loss = TaskFault;

    fn is_open(&self, (): ()) -> bool {
        let Ok(word) = memory::load_word(self.address) else { return false };
        match self.test {
            ValueTest::GreaterOrEqual => word.wrapping_sub(self.value) as i64 >= 0,
            ValueTest::Equal => word == self.value,
            ValueTest::And => word & self.value != 0,
            ValueTest::Nor => !(word | self.value) != 0,
        }
    }

    fn loss(&self, (): ()) -> Option<TaskFault> {
        memory::load_word(self.address).err().as_ref().map(fault)
    }
}

struct ValueWait(Streams<Word>);

fn fault(error: &MemoryError) -> TaskFault {
    TaskFault { kind: FaultKind::Memory, what: error.to_string() }
}

impl Awaited for ValueWait {
    type Gate = Word;

    fn streams(&self) -> &Streams<Word> {
        &self.0
    }

    fn what(&self) -> String {
        self.0.look(|word| format!("{:?} {:#x} at {:#x}", word.test, word.value, word.address))
    }

    fn is_watched(&self) -> bool {
        true
    }

    fn kind(&self) -> TaskKind {
        TaskKind::ValueWait
    }
}

impl Stream {
    /// Queues a write of eight bytes of device memory, in one piece.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn write_value(&self, name: &'static str, address: u64, value: u64) -> Result<(), ExecError> {
        self.submit(name, move |context: &TaskContext| {
            memory::store_word(address, value).map_err(|error| fault(&error))?;
            context.pool.watch.poke();
            Ok(())
        })
    }

    /// Makes the stream wait until eight bytes of device memory are as they should be, whoever writes them.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn wait_value(
        &self,
        name: &'static str,
        address: u64,
        test: ValueTest,
        value: u64,
    ) -> Result<(), ExecError> {
        let wait = ValueWait(Waitable::new(Word { address, test, value }));
        self.wait_on(name, Arc::new(wait), (), None)
    }
}
