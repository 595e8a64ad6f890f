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
        aclrtLaunchKernelAttrId, aclrtLaunchKernelAttrValue, aclrtLaunchKernelCfg, dim3,
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

/// What the attributes of a launch say beside its shape.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Microseconds that the launch may take, 0 for any number.
    pub(crate) limit: u64,
    /// What means something on silicon alone is kept to be told.
    engine: u8,
    prefetch: bool,
    dump: bool,
    profiling: bool,
}

/// What the attributes of a launch ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Config {
    together: bool,
    scratch: u32,
    first: u32,
    pub(crate) terms: Terms,
}

fn no_attribute(argument: &str, id: aclrtLaunchKernelAttrId) -> String {
    format!(
        "argument {argument}: expected an attribute from 1 to {ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING}, got {id}"
    )
}

impl Config {
    /// What a kernel's launches are like without attributes.
    pub(crate) fn of(kernel: &Kernel) -> Self {
        Config { together: kernel.sched_mode > 0, scratch: 0, first: 0, terms: Terms::default() }
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
                self.terms.engine = at_most(word, ACL_RT_ENGINE_TYPE_AIV, "engineType")? as u8;
            }
            ACL_RT_LAUNCH_KERNEL_ATTR_BLOCKDIM_OFFSET => self.first = word,
            // How a task is brought to silicon, and what is written down of it when dump or profiling is on.
            ACL_RT_LAUNCH_KERNEL_ATTR_BLOCK_TASK_PREFETCH => {
                self.terms.prefetch = at_most(byte, 1, "isBlockTaskPrefetch")? > 0;
            }
            ACL_RT_LAUNCH_KERNEL_ATTR_DATA_DUMP => {
                self.terms.dump = at_most(byte, 1, "isDataDump")? > 0;
            }
            ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING => {
                self.terms.profiling = at_most(byte, 1, "enableProfiling")? > 0;
            }
            ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT => self.terms.limit = u64::from(word & 0xffff) * 1_000_000,
            ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US => {
                self.terms.limit = u64::from(words[1]) << 32 | u64::from(word);
            }
            other => {
                return Err(refused(no_attribute("cfg", other)));
            }
        }
        Ok(())
    }

    /// What an attribute of a launch is, as the words of its value: the reverse of [`Config::read`].
    ///
    /// # Errors
    /// There is no such attribute.
    pub(crate) fn value(shape: &Shape, terms: &Terms, id: aclrtLaunchKernelAttrId) -> Result<[u32; 4]> {
        let word = match id {
            ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE => u32::from(shape.together),
            ACL_RT_LAUNCH_KERNEL_ATTR_DYN_UBUF_SIZE => shape.scratch,
            ACL_RT_LAUNCH_KERNEL_ATTR_ENGINE_TYPE => u32::from(terms.engine),
            ACL_RT_LAUNCH_KERNEL_ATTR_BLOCKDIM_OFFSET => shape.first,
            ACL_RT_LAUNCH_KERNEL_ATTR_BLOCK_TASK_PREFETCH => u32::from(terms.prefetch),
            ACL_RT_LAUNCH_KERNEL_ATTR_DATA_DUMP => u32::from(terms.dump),
            ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING => u32::from(terms.profiling),
            // Whole seconds, rounded up: 0 is no limit.
            ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT => terms.limit.div_ceil(1_000_000).min(0xffff) as u32,
            ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US => {
                return Ok([terms.limit as u32, (terms.limit >> 32) as u32, 0, 0]);
            }
            other => return Err(refused(no_attribute("attrId", other))),
        };
        Ok([word, 0, 0, 0])
    }

    /// Every attribute of a launch.
    pub(crate) fn attributes(shape: &Shape, terms: &Terms) -> Vec<aclrtLaunchKernelAttr> {
        let ids = (ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE..=ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING)
            .filter(|id| *id != ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT);
        let attribute = |id| {
            let rsv = Config::value(shape, terms, id).ok()?;
            Some(aclrtLaunchKernelAttr { id, value: aclrtLaunchKernelAttrValue { rsv } })
        };
        ids.filter_map(attribute).collect()
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
