//! What can go wrong at the boundary.

use npu_device::memory::MemoryError;

/// The result of safe code behind an entry point.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// Everything an entry point can fail with. The code it becomes is decided in [`crate::code`] and nowhere else.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A bad argument.
    #[error(transparent)]
    Arg(#[from] ArgError),
    /// Device or host memory: none left, or an address that is not what it should be.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The same, about an address that came as an argument.
    #[error("argument {argument}: {source}")]
    MemoryArg {
        /// The C parameter's name.
        argument: &'static str,
        /// What is wrong with it.
        source: MemoryError,
    },
    /// Devices, contexts, streams and events.
    #[error(transparent)]
    Exec(#[from] npu_device::ExecError),
    /// What is shared between processes.
    #[error(transparent)]
    Ipc(#[from] npu_device::ipc::IpcError),
    /// Phase one of an operator refused its arguments.
    #[error(transparent)]
    Op(#[from] npu_ops::OpError),
    /// A documented CANN code that a single function owns.
    #[error("{what}")]
    Code {
        /// CANN's code.
        code: i32,
        /// What happened, with operands.
        what: String,
    },
    /// A declared limit of the simulator.
    #[error("{what} is not supported by aclsim")]
    Unsupported {
        /// What was asked for.
        what: String,
    },
    /// The process forked: the child has no workers.
    #[error(
        "called in a forked child: the simulated device belongs to the parent process {parent}; use spawn"
    )]
    Forked {
        /// The process that owns the device.
        parent: u32,
    },
    /// A bug in the simulator.
    #[error("internal error: {what}")]
    Internal {
        /// The panic's message.
        what: String,
    },
}

impl Error {
    /// What a function answers that is unsupported by design, whatever its arguments.
    #[cold]
    pub fn by_design(function: &str, code: i32, why: &str) -> Error {
        Error::Code { code, what: format!("{function} is unsupported by design: {why}") }
    }
}

/// A bad argument: which, what was expected, what came.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgError {
    /// A null pointer where a value is required.
    #[error("argument {argument}: expected a non-null pointer, got null")]
    Null {
        /// The C parameter's name.
        argument: &'static str,
    },
    /// A pointer that is not aligned to its type.
    #[error("argument {argument}: expected a pointer aligned to {align} bytes, got {address:#x}")]
    Misaligned {
        /// The C parameter's name.
        argument: &'static str,
        /// What came.
        address: usize,
        /// What was expected.
        align: usize,
    },
    /// A value outside its documented range.
    #[error("argument {argument}: expected {expected}, got {got}")]
    Range {
        /// The C parameter's name.
        argument: &'static str,
        /// The documented range.
        expected: String,
        /// The value.
        got: String,
    },
    /// A handle that names no live object of the right kind.
    #[error("argument {argument}: expected a live {expected}, got {got}")]
    Handle {
        /// The C parameter's name.
        argument: &'static str,
        /// The kind of object.
        expected: &'static str,
        /// What the handle is: stale, of another kind, or foreign.
        got: String,
    },
}
