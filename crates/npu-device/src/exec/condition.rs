//! Conditional tasks: a number in device memory decides which graph runs, or how often.

use super::{Graph, Step, Task, TaskContext, graph::TaskKind};
use crate::{FaultKind, TaskFault, memory};
use std::{fmt, sync::Arc};

/// What the number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionKind {
    /// Not 0: the first graph runs; 0: the second one, if there is one.
    If,
    /// The graph runs again and again until the number is 0.
    While,
    /// The graph of that number runs, if there is one.
    Switch,
}

/// A number in device memory that decides.
pub struct Condition {
    address: u64,
    /// What it is set to when the graph begins.
    default: Option<u64>,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "condition at {:#x}, default {:?}", self.address, self.default)
    }
}

impl Condition {
    /// The number at an address of 8 bytes. A graph that it is added to sets it to `default` each time it begins.
    pub fn new(graph: &Graph, address: u64, default: Option<u64>) -> Arc<Condition> {
        let condition = Arc::new(Condition { address, default });
        if let Some(default) = default {
            // Also before the first run: the program may look.
            // A number that is gone shows when it is asked for.
            let _ = memory::store_word(address, default);
        }
        graph.add_condition(condition.clone());
        condition
    }

    /// Where the number is.
    pub fn address(&self) -> u64 {
        self.address
    }

    pub(super) fn begin(&self) {
        if let Some(default) = self.default {
            let _ = memory::store_word(self.address, default);
        }
    }
}

/// A task that runs graphs as a number says.
pub(crate) struct Conditional {
    pub kind: ConditionKind,
    pub condition: Arc<Condition>,
    pub bodies: Vec<Arc<Graph>>,
    /// The graph that runs.
    pub running: Option<usize>,
}

impl Conditional {
    /// The graph to run now.
    fn choose(&self) -> Result<Option<usize>, TaskFault> {
        let Ok(value) = memory::load_word(self.condition.address) else {
            let what = format!(
                "the number of a conditional task at {:#x} is in freed memory",
                self.condition.address
            );
            return Err(TaskFault { kind: FaultKind::Memory, what });
        };
        let choice = match self.kind {
            ConditionKind::If => u64::from(value == 0),
            ConditionKind::While if value != 0 => 0,
            ConditionKind::While => return Ok(None),
            ConditionKind::Switch => value,
        };
        Ok(usize::try_from(choice).ok().filter(|choice| *choice < self.bodies.len()))
    }
}

impl Task for Conditional {
    fn step(&mut self, context: &TaskContext) -> Step {
        loop {
            if self.running.is_none() {
                match self.choose() {
                    Ok(None) => return Step::Done,
                    Ok(choice) => self.running = choice,
                    Err(fault) => return Step::Fault(fault),
                }
            }
            if let Some(body) = self.running.and_then(|running| self.bodies.get(running))
                && !body.advance(context)
            {
                return Step::Parked;
            }
            self.running = None;
            if self.kind != ConditionKind::While || context.stream.skips() {
                return Step::Done;
            }
        }
    }

    fn reset(&mut self) {
        if let Some(body) = self.running.take().and_then(|running| self.bodies.get(running)) {
            body.stop();
        }
    }

    fn kind(&self) -> TaskKind {
        TaskKind::Other
    }
}
