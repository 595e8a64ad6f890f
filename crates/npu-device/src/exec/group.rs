//! Updates of task groups: tasks that take the place of others in a graph.

use super::{Graph, Task, graph::TaskKind};
use crate::{CaptureFault, ExecError};
use parking_lot::Mutex;
use std::sync::Arc;

/// A task for a place in a graph: sequence number, name, body.
pub(super) type Replacement = (u32, &'static str, Box<dyn Task>);

/// The tasks that come while a group is updated.
pub(crate) struct Update {
    graph: Arc<Graph>,
    group: Vec<u32>,
    tasks: Mutex<Vec<Replacement>>,
}

/// What an update replaces.
pub(super) struct Updated {
    pub graph: Arc<Graph>,
    pub tasks: Vec<Replacement>,
}

impl Update {
    pub fn new(graph: &Arc<Graph>, group: Vec<u32>) -> Self {
        Update { graph: graph.clone(), tasks: Mutex::new(Vec::with_capacity(group.len())), group }
    }

    /// The next task of the group.
    pub fn add(&self, name: &'static str, task: Box<dyn Task>) -> Result<(), ExecError> {
        if task.kind() != TaskKind::Kernel {
            let what = format!("{name}: expected an operator or a kernel in an update, got another task");
            return Err(CaptureFault::TaskType.error(what));
        }
        let mut tasks = self.tasks.lock();
        let Some(number) = self.group.get(tasks.len()) else {
            let what = format!("{name}: expected the {} tasks of the group, got one more", self.group.len());
            return Err(CaptureFault::GroupMismatch.error(what));
        };
        tasks.push((*number, name, task));
        Ok(())
    }

    pub fn finish(&self) -> Result<Updated, ExecError> {
        let tasks = std::mem::take(&mut *self.tasks.lock());
        if tasks.len() != self.group.len() {
            let (expected, got) = (self.group.len(), tasks.len());
            let what = format!("expected the {expected} tasks of the group, got {got}");
            return Err(CaptureFault::GroupMismatch.error(what));
        }
        Ok(Updated { graph: self.graph.clone(), tasks })
    }
}
