//! How a launch is configured.

use super::{refused, table::Kernel};
use capi::{
    Result,
    abi::{
        ACL_RT_ENGINE_TYPE_AIV, ACL_RT_LAUNCH_KERNEL_ATTR_BLOCK_TASK_PREFETCH,
        ACL_RT_LAUNCH_KERNEL_ATTR_BLOCKDIM_OFFSET, ACL_RT_LAUNCH_KERNEL_ATTR_DATA_DUMP,
        ACL_RT_LAUNCH_KERNEL_ATTR_DYN_UBUF_SIZE, ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING,
        ACL_RT_LAUNCH_KERNEL_ATTR_ENGINE_TYPE, ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE,
        ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT, ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US, aclrtLaunchKernelAttr,
        aclrtLaunchKernelCfg, dim3,
    },
    boundary,
    kernel::Shape,
};

/// Memory that a block can have for itself: the unified buffer of the simulated chips.
pub(crate) const MAX_SCRATCH: usize = 192 << 10;
/// Blocks that can run side by side, each on a thread.
const MAX_TOGETHER: u64 = 1024;
/// Threads of a block.
const MAX_THREADS: u64 = 2048;

/// What the attributes of a launch ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Config {
    together: bool,
    scratch: u32,
    first: u32,
    /// Microseconds that the launch may take, 0 for any number.
    pub(crate) limit: u64,
}

impl Config {
    /// What a kernel's launches are like without attributes.
    pub(crate) fn of(kernel: &Kernel) -> Self {
        Config { together: kernel.sched_mode > 0, scratch: 0, first: 0, limit: 0 }
    }

    /// With the attributes of a launch.
    ///
    /// # Errors
    /// An attribute has no such value.
    ///
    /// # Safety
    /// C1 holds for `cfg`, C2 for its attributes, of whose values the members of their ids are set.
    pub(crate) unsafe fn read(kernel: &Kernel, cfg: *const aclrtLaunchKernelCfg) -> Result<Self> {
        let mut config = Config::of(kernel);
        if !cfg.is_null() {
            // SAFETY: C1, from the caller.
            let cfg = unsafe { boundary::required(cfg, "cfg") }?;
            // SAFETY: C2, from the caller.
            for attribute in unsafe { boundary::slice(cfg.attrs, cfg.numAttrs, "cfg") }? {
                // SAFETY: from the caller.
                unsafe { config.set(attribute) }?;
            }
        }
        Ok(config)
    }

    /// # Safety
    /// The member of the attribute's id is set.
    unsafe fn set(&mut self, attribute: &aclrtLaunchKernelAttr) -> Result {
        // SAFETY: from the caller; any bits are numbers, and the union has this many.
        let words = unsafe { attribute.value.rsv };
        let (word, byte) = (words[0], words[0] & 0xff);
        let at_most = |value: u32, limit: u32, name: &str| {
            if value <= limit {
                return Ok(value);
            }
            Err(refused(format!("argument cfg: expected {name} from 0 to {limit}, got {value}")))
        };
        match attribute.id {
            ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE => self.together = at_most(byte, 2, "schemMode")? > 0,
            ACL_RT_LAUNCH_KERNEL_ATTR_DYN_UBUF_SIZE => {
                self.scratch = at_most(word, MAX_SCRATCH as u32, "dynUBufSize")?;
            }
            ACL_RT_LAUNCH_KERNEL_ATTR_ENGINE_TYPE => {
                at_most(word, ACL_RT_ENGINE_TYPE_AIV, "engineType")?;
            }
            ACL_RT_LAUNCH_KERNEL_ATTR_BLOCKDIM_OFFSET => self.first = word,
            // How a task is brought to silicon, and what is written down of it when dump or profiling is on.
            ACL_RT_LAUNCH_KERNEL_ATTR_BLOCK_TASK_PREFETCH => drop(at_most(byte, 1, "isBlockTaskPrefetch")?),
            ACL_RT_LAUNCH_KERNEL_ATTR_DATA_DUMP => drop(at_most(byte, 1, "isDataDump")?),
            ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING => drop(at_most(byte, 1, "enableProfiling")?),
            ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT => self.limit = u64::from(word & 0xffff) * 1_000_000,
            ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US => self.limit = u64::from(words[1]) << 32 | u64::from(word),
            other => {
                let what = format!(
                    "argument cfg: expected an attribute from 1 to {ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING}, got {other}"
                );
                return Err(refused(what));
            }
        }
        Ok(())
    }

    fn shape(&self, kernel: &Kernel, grid: [u32; 3], threads: [u32; 3]) -> Result<Shape> {
        let shape = Shape {
            grid,
            threads,
            first: self.first,
            parts: kernel.parts,
            scratch: self.scratch,
            together: self.together,
        };
        let chunks = shape.count().saturating_mul(u64::from(shape.parts));
        if self.together && chunks > MAX_TOGETHER {
            let what = format!(
                "expected at most {MAX_TOGETHER} blocks (and parts of them) that begin together, got {chunks}"
            );
            return Err(refused(what));
        }
        Ok(shape)
    }

    /// So many blocks.
    ///
    /// # Errors
    /// None, or too many; or the kernel is launched by threads.
    pub(crate) fn blocks(&self, kernel: &Kernel, count: u32) -> Result<Shape> {
        if kernel.simt {
            let what = format!(
                "expected a kernel that runs once a block, got {:?}, which is ACLSIM_KERNEL_SIMT; launch it by \
                 aclrtLaunchSIMTKernelWithHostArgs or -WithArgsArray",
                kernel.name
            );
            return Err(refused(what));
        }
        let end = u64::from(self.first) + u64::from(count);
        if count == 0 || end > u64::from(u32::MAX) {
            let expected = u32::MAX - self.first;
            return Err(refused(format!("argument numBlocks: expected 1 to {expected}, got {count}")));
        }
        self.shape(kernel, [count, 1, 1], [1; 3])
    }

    /// Blocks and threads by axis, and memory for each block.
    ///
    /// # Errors
    /// None, or too many; or the kernel is launched by blocks.
    pub(crate) fn threads(
        mut self,
        kernel: &Kernel,
        grid: dim3,
        block: dim3,
        scratch: usize,
    ) -> Result<Shape> {
        if !kernel.simt {
            let what = format!(
                "argument func: expected a kernel that is ACLSIM_KERNEL_SIMT, got {:?}, which runs once a block",
                kernel.name
            );
            return Err(refused(what));
        }
        for (argument, dims, limit) in
            [("gridDim", grid, u64::from(u32::MAX)), ("blockDim", block, MAX_THREADS)]
        {
            let product =
                u64::from(dims.x).saturating_mul(u64::from(dims.y)).saturating_mul(u64::from(dims.z));
            if !(1..=limit).contains(&product) {
                let what = format!(
                    "argument {argument}: expected 1 to {limit} in all, got ({}, {}, {})",
                    dims.x, dims.y, dims.z
                );
                return Err(refused(what));
            }
        }
        if scratch > MAX_SCRATCH {
            return Err(refused(format!(
                "argument dynUbufSize: expected at most {MAX_SCRATCH}, got {scratch}"
            )));
        }
        if scratch > 0 {
            self.scratch = scratch as u32;
        }
        self.shape(kernel, [grid.x, grid.y, grid.z], [block.x, block.y, block.z])
    }
}
