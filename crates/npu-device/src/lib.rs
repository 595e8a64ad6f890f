//! The simulated device: memory, contexts, streams, events and tasks

pub mod memory;
