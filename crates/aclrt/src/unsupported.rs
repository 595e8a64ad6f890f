// Generated from abi/own/unsupported.tsv by `cargo xtask codegen`. Do not edit.
//! Functions that are unsupported by design: they need the silicon, and say so.

/// Of `acl/acl_op.h`.
pub mod acl_op {
    use capi::{Error, abi::aclError, entry};
    use std::ffi::c_void;

    /// Unsupported by design: models of single operators hold code for silicon. Call aclopExecuteV2 or aclopCompileAndExecute, which run operators by type without a model.
    ///
    /// # Parameters
    /// - model: not looked at
    /// - modelSize: not looked at
    ///
    /// # Returns
    /// 200006, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclopLoad(_model: *const c_void, _model_size: usize) -> aclError {
        entry::acl("aclopLoad", || {
            Err(Error::by_design(
                "aclopLoad",
                200006,
                "models of single operators hold code for silicon. Call aclopExecuteV2 or aclopCompileAndExecute, which run operators by type without a model.",
            ))
        })
    }
}

/// Of `acl/acl_platform.h`.
pub mod acl_platform {
    use capi::{
        Error,
        abi::{aclError, aclplatformCoreType},
        entry,
    };
    use std::ffi::c_char;

    /// Unsupported by design: the simulated device runs operators and host kernels, and has no instruction set. Ask aclplatformGetDeviceInfo for figures of the chip.
    ///
    /// # Parameters
    /// - type: not looked at
    /// - instruction: not looked at
    /// - value: not looked at
    /// - maxLen: not looked at
    ///
    /// # Returns
    /// 200006, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclplatformGetInstructionInfo(
        _type: aclplatformCoreType,
        _instruction: *const c_char,
        _value: *mut c_char,
        _max_len: u32,
    ) -> aclError {
        entry::acl("aclplatformGetInstructionInfo", || {
            Err(Error::by_design(
                "aclplatformGetInstructionInfo",
                200006,
                "the simulated device runs operators and host kernels, and has no instruction set. Ask aclplatformGetDeviceInfo for figures of the chip.",
            ))
        })
    }
}

/// Of `acl/acl_rt.h`.
pub mod acl_rt {
    use capi::{
        Error,
        abi::{aclError, aclrtFuncHandle, aclrtRandomNumTaskInfo, aclrtStream, aclrtTaskUpdateInfo},
        entry,
    };
    use std::ffi::c_void;

    /// Unsupported by design: a kernel is a function of the host, and nothing records how many bytes its code has. The size of the code on silicon says nothing here; do without it.
    ///
    /// # Parameters
    /// - funcHandle: not looked at
    /// - aicSize: not looked at
    /// - aivSize: not looked at
    ///
    /// # Returns
    /// 207000, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclrtGetFunctionSize(
        _func_handle: aclrtFuncHandle,
        _aic_size: *mut usize,
        _aiv_size: *mut usize,
    ) -> aclError {
        entry::acl("aclrtGetFunctionSize", || {
            Err(Error::by_design(
                "aclrtGetFunctionSize",
                207000,
                "a kernel is a function of the host, and nothing records how many bytes its code has. The size of the code on silicon says nothing here; do without it.",
            ))
        })
    }

    /// Unsupported by design: the address by which the cores of silicon signal each other exists only there, and only kernels compiled for it use it. Kernels of aclsim_kernel.h need no such address.
    ///
    /// # Parameters
    /// - addr: not looked at
    ///
    /// # Returns
    /// 207000, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclrtGetHardwareSyncAddr(_addr: *mut *mut c_void) -> aclError {
        entry::acl("aclrtGetHardwareSyncAddr", || {
            Err(Error::by_design(
                "aclrtGetHardwareSyncAddr",
                207000,
                "the address by which the cores of silicon signal each other exists only there, and only kernels compiled for it use it. Kernels of aclsim_kernel.h need no such address.",
            ))
        })
    }

    /// Unsupported by design: it draws with the hardware's own generator, whose sequence and counters are not documented. Call aclnnInplaceUniform, aclnnInplaceNormal or aclnnDropoutGenMask, whose numbers depend on seed and offset alone.
    ///
    /// # Parameters
    /// - taskInfo: not looked at
    /// - stream: not looked at
    /// - reserve: not looked at
    ///
    /// # Returns
    /// 207000, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclrtRandomNumAsync(
        _task_info: *const aclrtRandomNumTaskInfo,
        _stream: aclrtStream,
        _reserve: *mut c_void,
    ) -> aclError {
        entry::acl("aclrtRandomNumAsync", || {
            Err(Error::by_design(
                "aclrtRandomNumAsync",
                207000,
                "it draws with the hardware's own generator, whose sequence and counters are not documented. Call aclnnInplaceUniform, aclnnInplaceNormal or aclnnDropoutGenMask, whose numbers depend on seed and offset alone.",
            ))
        })
    }

    /// Unsupported by design: it writes descriptors of hardware queues. update a task group (aclmdlRICaptureTaskUpdateBegin).
    ///
    /// # Parameters
    /// - taskStream: not looked at
    /// - taskId: not looked at
    /// - info: not looked at
    /// - execStream: not looked at
    ///
    /// # Returns
    /// 207000, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclrtTaskUpdateAsync(
        _task_stream: aclrtStream,
        _task_id: u32,
        _info: *mut aclrtTaskUpdateInfo,
        _exec_stream: aclrtStream,
    ) -> aclError {
        entry::acl("aclrtTaskUpdateAsync", || {
            Err(Error::by_design(
                "aclrtTaskUpdateAsync",
                207000,
                "it writes descriptors of hardware queues. update a task group (aclmdlRICaptureTaskUpdateBegin).",
            ))
        })
    }
}
