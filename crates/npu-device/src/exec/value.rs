//! Words of device memory that streams write and wait for.

use super::{
    Stream, TaskContext,
    graph::TaskKind,
    task::Work,
    wait::{Awaited, Streams},
    waitable::{Gate, Waitable},
};
use crate::{
    ExecError, FaultKind, TaskFault,
    memory::{self, MemoryError},
};
use std::{any::Any, sync::Arc};

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
#[derive(Debug, Clone, Copy)]
pub struct ValueWait {
    /// Where it is in device memory.
    pub address: u64,
    /// How it is compared.
    pub test: ValueTest,
    /// With what.
    pub value: u64,
}

/// A word, and what is written there.
#[derive(Debug, Clone, Copy)]
pub struct ValueWrite {
    /// Where it is in device memory.
    pub address: u64,
    /// What is written.
    pub value: u64,
}

impl Work for ValueWrite {
    const KIND: TaskKind = TaskKind::ValueWrite;

    fn run(&mut self, context: &TaskContext) -> Result<(), TaskFault> {
        memory::store_word(self.address, self.value).map_err(|error| fault(&error))?;
        context.pool.watch.poke();
        Ok(())
    }
}

impl Gate for ValueWait {
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

struct Word(Streams<ValueWait>);

fn fault(error: &MemoryError) -> TaskFault {
    TaskFault { kind: FaultKind::Memory, what: error.to_string() }
}

impl Awaited for Word {
    type Gate = ValueWait;

    fn streams(&self) -> &Streams<ValueWait> {
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

    fn params(&self) -> Option<Box<dyn Any>> {
        Some(Box::new(self.0.look(|wait| *wait)))
    }

    fn accepts(&self, params: &dyn Any) -> bool {
        params.is::<ValueWait>()
    }

    fn set_params(&self, params: &dyn Any) {
        if let Some(params) = params.downcast_ref::<ValueWait>() {
            self.0.note(|wait| *wait = *params);
        }
    }
}

impl Stream {
    /// Queues a write of eight bytes of device memory, in one piece.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn write_value(&self, name: &'static str, write: ValueWrite) -> Result<(), ExecError> {
        self.submit_work(name, write)
    }

    /// Makes the stream wait until eight bytes of device memory are as they should be, whoever writes them.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn wait_value(&self, name: &'static str, wait: ValueWait) -> Result<(), ExecError> {
        self.wait_on(name, Arc::new(Word(Waitable::new(wait))), (), None)
    }
}
