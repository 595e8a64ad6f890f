//! Jumps in built graphs: numbers in device memory decide where a stream goes on, and which streams run.

use super::{Graph, Step, Stream, Task, TaskContext, capture::add_to_build, graph::Nothing, graph::Place};
use crate::{CaptureFault, ExecError, FaultKind, TaskFault, memory};
use parking_lot::Mutex;
use std::sync::Arc;

/// Where a run of a graph goes on after a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// At a place; on another branch, this one ends.
    Jump(Place),
    /// On another branch, from its beginning; this one ends.
    Switch(u32),
    /// On this branch and, from its beginning, on another one.
    Activate(u32),
}

/// A place in a built graph that others jump to.
#[derive(Debug, Default)]
pub struct JumpTarget(Mutex<Option<(u32, Place)>>);

impl JumpTarget {
    /// Where it is in a graph.
    fn in_graph(&self, graph: u32) -> Option<Place> {
        self.0.lock().filter(|(of, _)| *of == graph).map(|(_, place)| place)
    }
}

/// How two numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the comparison it is named after")]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
        }
    }
}

fn fault(what: String) -> Step {
    Step::Fault(TaskFault { kind: FaultKind::Memory, what })
}

/// Goes on at the target that a number chooses; beyond the last one it means the last.
struct ByIndex {
    address: u64,
    graph: u32,
    targets: Box<[Arc<JumpTarget>]>,
}

impl Task for ByIndex {
    fn step(&mut self, _: &TaskContext) -> Step {
        let index = match memory::load_number(self.address, 4) {
            Ok(number) => number as u32 as usize,
            Err(error) => return fault(format!("argument ptr: {error}")),
        };
        let last = self.targets.len().saturating_sub(1);
        match self.targets.get(index.min(last)).and_then(|target| target.in_graph(self.graph)) {
            Some(place) => Step::Goto(Flow::Jump(place)),
            None => fault(format!(
                "argument labelList: expected label {} set on a stream of the same model, got one that is not",
                index.min(last)
            )),
        }
    }
}

/// Goes on on another branch if a comparison holds.
struct ByComparison {
    addresses: [u64; 2],
    size: usize,
    comparison: Comparison,
    branch: u32,
}

impl Task for ByComparison {
    fn step(&mut self, _: &TaskContext) -> Step {
        let number = |i: usize| memory::load_number(self.addresses[i], self.size);
        match (number(0), number(1)) {
            (Ok(left), Ok(right)) if self.comparison.holds(left, right) => {
                Step::Goto(Flow::Switch(self.branch))
            }
            (Ok(_), Ok(_)) => Step::Done,
            (Err(error), _) => fault(format!("argument leftValue: {error}")),
            (_, Err(error)) => fault(format!("argument rightValue: {error}")),
        }
    }
}

/// Starts another branch.
struct Start(u32);

impl Task for Start {
    fn step(&mut self, _: &TaskContext) -> Step {
        Step::Goto(Flow::Activate(self.0))
    }
}

impl Stream {
    fn bound_here(&self) -> Result<(Arc<Graph>, u32), ExecError> {
        self.bound_to().ok_or_else(|| {
            let what = format!("expected a stream bound to a model by aclmdlRIBindStream, got {self:?}");
            CaptureFault::Unbound.error(what)
        })
    }

    /// The branch of a stream that is bound to the same graph.
    fn fellow(&self, graph: &Arc<Graph>) -> Result<u32, ExecError> {
        match self.bound_here()? {
            (other, branch) if Arc::ptr_eq(&other, graph) => Ok(branch),
            (other, _) => {
                let what = format!("expected a stream of {graph:?}, got {self:?} of {other:?}");
                Err(CaptureFault::Unbound.error(what))
            }
        }
    }

    /// Sets a target at the end of the stream's tasks so far.
    ///
    /// # Errors
    /// The stream is bound to no graph, its tasks were ended, or the target is set already.
    pub fn set_target(&self, name: &'static str, target: &JumpTarget) -> Result<(), ExecError> {
        let (graph, branch) = self.bound_here()?;
        let mut place = target.0.lock();
        if place.is_some() {
            let what = format!("{name}: expected a label that is not set, got one that is");
            return Err(CaptureFault::Parameter.error(what));
        }
        *place = Some((graph.id(), add_to_build(&graph, branch, name, Box::new(Nothing), None, None)?));
        Ok(())
    }

    /// Adds a jump to the target that the 32-bit number at a device address chooses.
    ///
    /// # Errors
    /// As for [`Stream::set_target`].
    pub fn jump(
        &self,
        name: &'static str,
        address: u64,
        targets: Box<[Arc<JumpTarget>]>,
    ) -> Result<(), ExecError> {
        let (graph, branch) = self.bound_here()?;
        let task = Box::new(ByIndex { address, graph: graph.id(), targets });
        add_to_build(&graph, branch, name, task, None, None).map(drop)
    }

    /// Adds a jump to another stream of the graph if numbers of `size` bytes, 4 or 8, at two device addresses compare so.
    ///
    /// # Errors
    /// As for [`Stream::set_target`], or the other stream is bound to no or another graph.
    pub fn switch_to(
        &self,
        name: &'static str,
        other: &Stream,
        addresses: [u64; 2],
        size: usize,
        comparison: Comparison,
    ) -> Result<(), ExecError> {
        let (graph, branch) = self.bound_here()?;
        let task = ByComparison { addresses, size, comparison, branch: other.fellow(&graph)? };
        add_to_build(&graph, branch, name, Box::new(task), None, None).map(drop)
    }

    /// Adds the start of another stream of the graph.
    ///
    /// # Errors
    /// As for [`Stream::switch_to`].
    pub fn activate(&self, name: &'static str, other: &Stream) -> Result<(), ExecError> {
        let (graph, branch) = self.bound_here()?;
        let task = Box::new(Start(other.fellow(&graph)?));
        add_to_build(&graph, branch, name, task, None, None).map(drop)
    }
}
