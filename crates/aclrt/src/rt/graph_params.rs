//! The parameters of a graph's tasks.

use super::{
    graph_task::{self, complete_graph, type_of},
    launch::on_device,
    param,
    value::{test, word},
};
use crate::kernel::{
    args::Block,
    binary,
    config::Config,
    refused,
    task::{Arguments, Launch},
};
use capi::{
    Error, Result,
    abi::{
        ACL_ERROR_RT_FEATURE_NOT_SUPPORT, ACL_STREAM_WAIT_VALUE_AND, ACL_STREAM_WAIT_VALUE_EQ,
        ACL_STREAM_WAIT_VALUE_GEQ, ACL_STREAM_WAIT_VALUE_NOR, aclError, aclmdlRIEventRecordTaskParams,
        aclmdlRIKernelTaskParams, aclmdlRITask, aclmdlRITaskParams, aclmdlRITaskParams_union,
        aclmdlRIValueWaitTaskParams, aclmdlRIValueWriteTaskParams, aclrtEvent, aclrtLaunchKernelAttr,
        aclrtLaunchKernelAttrId, aclrtLaunchKernelAttrValue, aclrtLaunchKernelCfg, dim3,
    },
    boundary, entry,
    runtime::EVENTS,
};
use npu_device::{Event, TaskKind, ValueTest, ValueWait, ValueWrite};
use std::{
    any::Any,
    ptr,
    sync::{Arc, atomic::AtomicPtr},
};

/// What the program was told of a launch, for its pointers to lead to.
pub(super) struct Told {
    launch: Launch,
    attributes: Vec<aclrtLaunchKernelAttr>,
    config: Configured,
}

/// As aclrtLaunchKernelCfg, which other threads may not hold.
#[repr(C)]
struct Configured {
    attributes: AtomicPtr<aclrtLaunchKernelAttr>,
    count: usize,
}

const _: () = assert!(size_of::<Configured>() == size_of::<aclrtLaunchKernelCfg>());

impl Told {
    fn new(launch: Launch) -> Box<Told> {
        let attributes = Config::attributes(&launch.shape, &launch.terms);
        let config = Configured { attributes: AtomicPtr::default(), count: attributes.len() };
        let mut told = Box::new(Told { launch, attributes, config });
        told.config.attributes = AtomicPtr::new(told.attributes.as_mut_ptr());
        told
    }

    fn params(&mut self) -> aclmdlRIKernelTaskParams {
        let (args, size, host) = match &mut self.launch.arguments {
            Arguments::Owned(block) => (block.given().as_mut_ptr().cast(), block.size(), true),
            Arguments::Device { address, size } => {
                (ptr::without_provenance_mut(*address as usize), *size, false)
            }
        };
        aclmdlRIKernelTaskParams {
            funcHandle: binary::handle_while_loaded(&self.launch.kernel).unwrap_or(ptr::null_mut()),
            cfg: (&raw mut self.config).cast(),
            args,
            isHostArgs: u32::from(host),
            argsSize: size,
            numBlocks: u32::try_from(self.launch.shape.count()).unwrap_or(u32::MAX),
            rsv: [0; 10],
        }
    }
}

/// The program's handle of an event. Null when it was destroyed.
fn event_handle(event: &Arc<Event>) -> aclrtEvent {
    let mut found = ptr::null_mut();
    EVENTS.for_each(|handle, other| {
        if Arc::ptr_eq(event, other) {
            found = handle;
        }
    });
    found
}

fn flag_of(test: ValueTest) -> u32 {
    match test {
        ValueTest::GreaterOrEqual => ACL_STREAM_WAIT_VALUE_GEQ,
        ValueTest::Equal => ACL_STREAM_WAIT_VALUE_EQ,
        ValueTest::And => ACL_STREAM_WAIT_VALUE_AND,
        ValueTest::Nor => ACL_STREAM_WAIT_VALUE_NOR,
    }
}

/// What is known of a task. Of an operator there is no function handle and no argument block: it is no binary here, and
/// those members are 0.
///
/// # Parameters
/// - task: a task of aclmdlRIGetTasksByStream
/// - params: receives the type, the task group (null for none), what aclrtCacheLastTaskOpInfo kept (valid as long as the
///   graph), and by type: of a kernel's launch what it was launched with (args and cfg are the graph's, valid until the
///   next call for the task or the end of the graph); of an event's task the event, null if it was destroyed; of a word
///   of memory its address, the value and, of a wait, the flag. The rest is 0.
///
/// # Returns
/// - 0 on success
/// - 100000 when `task` or `params` is null
/// - 107017 when it is no task, or its graph was destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `params`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRITaskGetParams(
    task: aclmdlRITask,
    params: *mut aclmdlRITaskParams,
) -> aclError {
    entry::acl("aclmdlRITaskGetParams", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(params, "params") }?;
        let (task, view) = graph_task::task(task)?;
        let (graph, sequence) = (&task.graph, task.sequence);
        let mut anonymous = aclmdlRITaskParams_union { rsv2: [0; 128] };
        if let Some(event) = &view.event {
            let (handle, flags) = (event_handle(event), event.options().flags);
            anonymous.eventRecordTaskParams =
                aclmdlRIEventRecordTaskParams { event: handle, eventFlag: flags, recordFlag: 0 };
        } else if let Some(launch) = graph.params::<Launch>(sequence) {
            let mut told = task.told.lock();
            anonymous.kernelTaskParams = told.insert(Told::new(launch)).params();
        } else if let Some(write) = graph.params::<ValueWrite>(sequence) {
            let address = ptr::without_provenance_mut(write.address as usize);
            anonymous.valueWriteTaskParams =
                aclmdlRIValueWriteTaskParams { devAddr: address, value: write.value };
        } else if let Some(wait) = graph.params::<ValueWait>(sequence) {
            let address = ptr::without_provenance_mut(wait.address as usize);
            anonymous.valueWaitTaskParams =
                aclmdlRIValueWaitTaskParams { devAddr: address, value: wait.value, flag: flag_of(wait.test) };
        }
        let info = if view.info.is_empty() { ptr::null() } else { view.info.as_ptr() };
        out.write(aclmdlRITaskParams {
            r#type: type_of(view.kind),
            rsv0: [0; 3],
            taskGrp: ptr::without_provenance_mut(view.group),
            opInfoPtr: info.cast_mut().cast(),
            opInfoSize: view.info.len(),
            rsv1: [0; 32],
            anonymous,
        });
        Ok(())
    })
}

/// A launch with other parameters.
///
/// # Safety
/// As for [`aclmdlRITaskSetParams`].
unsafe fn relaunched(old: &Launch, params: &aclmdlRIKernelTaskParams) -> Result<Launch> {
    let kernel = Arc::clone(&*binary::function(params.funcHandle, "params")?);
    // SAFETY: C1 and C2, from the caller.
    let config = unsafe { Config::read(&kernel, params.cfg) }?;
    let shape = if kernel.simt {
        if u64::from(params.numBlocks) != old.shape.count() {
            let what = format!(
                "argument params: expected numBlocks {} of a kernel by threads, whose grid stays, got {}",
                old.shape.count(),
                params.numBlocks
            );
            return Err(refused(what));
        }
        let axes = |[x, y, z]: [u32; 3]| dim3 { x, y, z };
        config.threads(&kernel, axes(old.shape.grid), axes(old.shape.threads), 0)?
    } else {
        config.blocks(&kernel, params.numBlocks)?
    };
    let arguments = if params.isHostArgs == 0 {
        on_device(params.args, params.argsSize)?
    } else {
        // SAFETY: C2, from the caller.
        let bytes =
            unsafe { boundary::slice(params.args.cast_const().cast::<u8>(), params.argsSize, "params") }?;
        Arguments::Owned(match &old.arguments {
            Arguments::Owned(block) if Arc::ptr_eq(&old.kernel, &kernel) => block.with(bytes),
            _ => Block::copy(bytes, Box::default()),
        })
    };
    Ok(Launch { kernel, shape, arguments, terms: config.terms })
}

/// Gives a task other parameters, from the next aclmdlRIUpdate on: a kernel's launch, or a word of memory that a stream
/// writes or waits for.
///
/// # Parameters
/// - task: a task of aclmdlRIGetTasksByStream
/// - params: of the task's type. Of a kernel's launch: function, blocks, attributes (null for none) and arguments, which
///   are copied if they are host memory; those that aclrtLaunchKernelWithHostArgs gave addresses of data still get them
///   if function and size stay. Of a word: address, value and flag. The rest is not read.
///
/// # Returns
/// - 0 on success
/// - 100000 when `task` or `params` is null
/// - 107000 when the parameters are of another type, or would be refused by the function that gave the task
/// - 107017 when it is no task, its graph was destroyed, or the function is none
/// - 107026 when the graph is still being captured
/// - 207000 when it is a task without such parameters: an operator (which a task group updates), an event's task or another
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `params` and the `cfg` in it, C2 for the arguments and attributes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRITaskSetParams(
    task: aclmdlRITask,
    params: *mut aclmdlRITaskParams,
) -> aclError {
    entry::acl("aclmdlRITaskSetParams", || {
        // SAFETY: (C1) passed on.
        let new = unsafe { boundary::required(params.cast_const(), "params") }?;
        let (task, view) = graph_task::task(task)?;
        let (graph, sequence) = (&task.graph, task.sequence);
        complete_graph(graph)?;
        if new.r#type != type_of(view.kind) {
            let expected = format!("the task's type {} ({:?})", type_of(view.kind), view.kind);
            return Err(param("params", &expected, new.r#type));
        }
        let changed: Option<Box<dyn Any + Send>> = match view.kind {
            TaskKind::Kernel => match graph.params::<Launch>(sequence) {
                None => None,
                Some(old) => {
                    // SAFETY: by its type the program has set this member.
                    let new = unsafe { new.anonymous.kernelTaskParams };
                    // SAFETY: (C1, C2) passed on.
                    Some(Box::new(unsafe { relaunched(&old, &new) }?))
                }
            },
            TaskKind::ValueWrite => {
                // SAFETY: by its type the program has set this member.
                let new = unsafe { new.anonymous.valueWriteTaskParams };
                Some(Box::new(ValueWrite { address: word(new.devAddr)?, value: new.value }))
            }
            TaskKind::ValueWait => {
                // SAFETY: by its type the program has set this member.
                let new = unsafe { new.anonymous.valueWaitTaskParams };
                Some(Box::new(ValueWait {
                    address: word(new.devAddr)?,
                    test: test(new.flag)?,
                    value: new.value,
                }))
            }
            _ => None,
        };
        if changed.is_some_and(|changed| graph.set_params(sequence, changed)) {
            return Ok(());
        }
        let hint = "a task group (aclmdlRICaptureTaskUpdateBegin) updates operators";
        Err(Error::Code {
            code: ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            what: format!(
                "argument task: expected the launch of a kernel or a word of memory, got {} ({:?}); {hint}",
                view.name, view.kind
            ),
        })
    })
}

/// What an attribute of a kernel's launch is.
///
/// # Parameters
/// - task: a task of aclmdlRIGetTasksByStream
/// - attrId: the attribute
/// - attrValue: receives it, as aclrtLaunchKernelCfg would give it; 0 where nothing did
///
/// # Returns
/// - 0 on success
/// - 100000 when `task` or `attrValue` is null
/// - 107000 when `attrId` is no attribute
/// - 107017 when it is no task, or its graph was destroyed
/// - 207000 when it is not the launch of a kernel; operators have no attributes here
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `attr_value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIKernelTaskGetAttribute(
    task: aclmdlRITask,
    attr_id: aclrtLaunchKernelAttrId,
    attr_value: *mut aclrtLaunchKernelAttrValue,
) -> aclError {
    entry::acl("aclmdlRIKernelTaskGetAttribute", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(attr_value, "attrValue") }?;
        let (task, view) = graph_task::task(task)?;
        let Some(launch) = task.graph.params::<Launch>(task.sequence) else {
            let what = format!(
                "argument task: expected the launch of a kernel, got {} ({:?})",
                view.name, view.kind
            );
            return Err(Error::Code { code: ACL_ERROR_RT_FEATURE_NOT_SUPPORT, what });
        };
        let rsv = Config::value(&launch.shape, &launch.terms, attr_id)?;
        out.write(aclrtLaunchKernelAttrValue { rsv });
        Ok(())
    })
}
