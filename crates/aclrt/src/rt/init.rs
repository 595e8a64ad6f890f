//! Initialisation and its configuration file.

use super::init_callback;
use crate::dump;
use capi::{
    Error, Result,
    abi::{
        ACL_ERROR_INVALID_FILE, ACL_ERROR_INVALID_PARAM, ACL_ERROR_PARSE_FILE, ACL_ERROR_REPEAT_FINALIZE,
        ACL_ERROR_REPEAT_INITIALIZE, ACL_ERROR_UNINITIALIZE, aclError,
    },
    boundary, entry, message, runtime,
};
use parking_lot::Mutex;
use serde_json::{Map, Value};
use std::{
    ffi::{CStr, OsStr, c_char},
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
};

struct State {
    /// `aclInit` calls without a finalisation.
    count: u64,
    /// What the first initialisation was configured with.
    first: Option<Map<String, Value>>,
    /// The configuration file's content, for callbacks that are registered later.
    content: String,
}

static STATE: Mutex<State> = Mutex::new(State { count: 0, first: None, content: String::new() });

/// Registers a callback by `register`. Returns the configuration if the library is initialised already, so that no
/// initialisation under way calls it as well.
pub(super) fn configuration(register: impl FnOnce() -> Result) -> Result<Option<String>> {
    let state = STATE.lock();
    register()?;
    Ok((state.count > 0).then(|| state.content.clone()))
}

fn fail<T>(code: i32, what: String) -> Result<T> {
    Err(Error::Code { code, what })
}

/// Initialises the library. Most runtime calls work without it, and it may be called again after a finalisation.
///
/// # Parameters
/// - configPath: a JSON file, or null for none. An empty file and `{}` are valid. Keys: `err_msg_mode` ("0": messages
///   of aclGetRecentErrMsg per thread, "1": per process) and `defaultDevice` (`{"default_device": "0"}`: the device of
///   threads that set none), `dump` (what aclmdlSetDump takes, from now until the finalisation); others are accepted
///   and ignored.
///
/// # Returns
/// - 0 on success
/// - 100002 when the library is initialised already; the call counts all the same
/// - 100003 when the file cannot be read, 100006 when it is not a JSON object
/// - 100009 when `dump` is not as aclmdlSetDump takes it
/// - 100000 when another value is not as documented, or the configuration differs from that of the first initialisation
/// - 107001 when `defaultDevice` is no device
/// - what a function registered by aclInitCallbackRegister answered, if not 0; the library is not initialised then
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `config_path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclInit(config_path: *const c_char) -> aclError {
    entry::acl("aclInit", || {
        runtime::runtime()?;
        let path = if config_path.is_null() {
            None
        } else {
            // SAFETY: (C3) passed on.
            Some(unsafe { boundary::c_str(config_path, "configPath") }?)
        };
        init(path)
    })
}

fn init(path: Option<&CStr>) -> Result {
    let mut state = STATE.lock();
    if state.count > 0 {
        state.count += 1;
        let what = format!("expected the first aclInit since finalisation, got call {}", state.count);
        return fail(ACL_ERROR_REPEAT_INITIALIZE, what);
    }
    let (content, config) = path.map_or(Ok((String::new(), Map::new())), read)?;
    if state.first.as_ref().is_some_and(|first| *first != config) {
        let what =
            "argument configPath: expected the configuration of the first aclInit, got another".to_owned();
        return fail(ACL_ERROR_INVALID_PARAM, what);
    }
    apply(&config)?;
    state.first = Some(config);
    state.count = 1;
    state.content.clone_from(&content);
    let callbacks = init_callback::registered();
    // Callbacks may call the library.
    drop(state);
    let result = callbacks.run(&content);
    if result.is_err() {
        STATE.lock().count -= 1;
    }
    result
}

fn read(path: &CStr) -> Result<(String, Map<String, Value>)> {
    read_json(path, "configPath")
}

/// The JSON object in a file, and its text; an empty file is an empty object.
pub(crate) fn read_json(path: &CStr, argument: &str) -> Result<(String, Map<String, Value>)> {
    let path = Path::new(OsStr::from_bytes(path.to_bytes()));
    let shown = path.display();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let what = format!("argument {argument}: expected a readable JSON file, got {shown}: {error}");
            return fail(ACL_ERROR_INVALID_FILE, what);
        }
    };
    if text.trim().is_empty() {
        return Ok((text, Map::new()));
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(config)) => Ok((text, config)),
        Ok(_) => {
            let what = format!("argument {argument}: expected a JSON object in {shown}, got another value");
            fail(ACL_ERROR_PARSE_FILE, what)
        }
        Err(error) => {
            fail(ACL_ERROR_PARSE_FILE, format!("argument {argument}: expected JSON in {shown}, got {error}"))
        }
    }
}

/// Checks the whole configuration before any of it takes effect.
fn apply(config: &Map<String, Value>) -> Result {
    let process_wide = match config.get("err_msg_mode").map(text) {
        None => false,
        Some(mode) => match mode.as_str() {
            "0" => false,
            "1" => true,
            _ => {
                return fail(
                    ACL_ERROR_INVALID_PARAM,
                    format!("key err_msg_mode: expected \"0\" or \"1\", got {mode}"),
                );
            }
        },
    };
    let device = match config.get("defaultDevice") {
        None => -1,
        Some(Value::Object(inner)) => device(inner.get("default_device").unwrap_or(&Value::Null))?,
        Some(value) => device(value)?,
    };
    // The last that may be refused, since it takes effect at once.
    dump::begin_with_init(config.get("dump"))?;
    message::set_process_wide(process_wide);
    runtime::set_default_device(device);
    Ok(())
}

fn device(value: &Value) -> Result<i32> {
    let Ok(id) = text(value).parse() else {
        let what = format!("key defaultDevice: expected {{\"default_device\": \"N\"}}, got {value}");
        return fail(ACL_ERROR_INVALID_PARAM, what);
    };
    runtime::runtime()?.device(id, "configPath, key defaultDevice")?;
    Ok(id)
}

/// Numbers are accepted where CANN documents strings of digits.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Fails unless the library is initialised.
pub(crate) fn require() -> Result {
    if STATE.lock().count > 0 {
        return Ok(());
    }
    fail(ACL_ERROR_UNINITIALIZE, "expected an aclInit before, got none since finalisation".into())
}

/// Ends what aclInit began, however often it was called.
///
/// # Returns
/// - 0 on success
/// - 100037 when the library is not initialised
/// - what a function registered by aclFinalizeCallbackRegister answered, if not 0; the library is finalised all the same
///
/// # Thread safety
/// May be called from any thread. Streams and memory stay as they are.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclFinalize() -> aclError {
    entry::acl("aclFinalize", || finalize(|_| 0).map(drop))
}

/// Takes back one aclInit; the last one ends what it began.
///
/// # Parameters
/// - refCount: receives how many initialisations are left; may be null
///
/// # Returns
/// As aclFinalize.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `ref_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclFinalizeReference(ref_count: *mut u64) -> aclError {
    entry::acl("aclFinalizeReference", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out_optional(ref_count, "refCount") }?;
        let left = finalize(|count| count - 1)?;
        if let Some(out) = out {
            out.write(left);
        }
        Ok(())
    })
}

fn finalize(left: impl FnOnce(u64) -> u64) -> Result<u64> {
    let mut state = STATE.lock();
    if state.count == 0 {
        return fail(
            ACL_ERROR_REPEAT_FINALIZE,
            "expected an aclInit before, got none since finalisation".into(),
        );
    }
    state.count = left(state.count);
    let left = state.count;
    if left == 0 {
        message::set_process_wide(false);
        runtime::set_default_device(-1);
        dump::end_with_init();
        // Callbacks may call the library.
        drop(state);
        init_callback::finalised()?;
    }
    Ok(left)
}
