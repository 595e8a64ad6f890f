//! Functions of the program that run when the library is initialised and finalised.

use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_INVALID_PARAM, ACL_REG_TYPE_ACL_MODEL, ACL_REG_TYPE_ACL_RETR, ACL_REG_TYPE_OTHER, aclError,
        aclFinalizeCallbackFunc, aclInitCallbackFunc, aclRegisterCallbackType,
    },
    entry,
};
use parking_lot::Mutex;
use std::ffi::{c_char, c_void};

type Init = unsafe extern "C" fn(*const c_char, usize, *mut c_void) -> aclError;
type Finalize = unsafe extern "C" fn(*mut c_void) -> aclError;

/// A function with its data, registered under a type.
#[derive(Clone, Copy)]
struct Callback<F> {
    of: aclRegisterCallbackType,
    function: F,
    data: *mut c_void,
}

// SAFETY: (C4) the program gave function and data to be used by whichever thread initialises or finalises.
unsafe impl<F> Send for Callback<F> {}

/// Callbacks in the order in which they were registered.
struct Registry<F>(Mutex<Vec<Callback<F>>>);

impl<F: Copy> Registry<F> {
    const fn new() -> Self {
        Registry(Mutex::new(Vec::new()))
    }

    fn add(&self, callback: Callback<F>, same: impl Fn(F, F) -> bool) -> Result {
        let mut list = self.0.lock();
        if list.iter().any(|other| other.of == callback.of && same(other.function, callback.function)) {
            let expected = "a function that is not registered under this type".to_owned();
            let got = "one that is".to_owned();
            return Err(ArgError::Range { argument: "cbFunc", expected, got }.into());
        }
        list.push(callback);
        Ok(())
    }

    fn remove(&self, of: aclRegisterCallbackType, function: F, same: impl Fn(F, F) -> bool) -> Result {
        let mut list = self.0.lock();
        match list.iter().position(|other| other.of == of && same(other.function, function)) {
            Some(place) => {
                list.remove(place);
                Ok(())
            }
            None => {
                let expected = format!("a function registered under type {of}");
                Err(ArgError::Range { argument: "cbFunc", expected, got: "one that is not".into() }.into())
            }
        }
    }

    /// What is registered now: callbacks may register and remove others.
    fn list(&self) -> Vec<Callback<F>> {
        self.0.lock().clone()
    }
}

static INIT: Registry<Init> = Registry::new();
static FINALIZE: Registry<Finalize> = Registry::new();

fn same_init(one: Init, other: Init) -> bool {
    std::ptr::fn_addr_eq(one, other)
}

fn same_finalize(one: Finalize, other: Finalize) -> bool {
    std::ptr::fn_addr_eq(one, other)
}

fn check_type(of: aclRegisterCallbackType) -> Result {
    if (ACL_REG_TYPE_ACL_MODEL..=ACL_REG_TYPE_ACL_RETR).contains(&of) || of == ACL_REG_TYPE_OTHER {
        return Ok(());
    }
    let expected =
        format!("a type, ACL_REG_TYPE_ACL_MODEL (0) to ACL_REG_TYPE_ACL_RETR (7) or {ACL_REG_TYPE_OTHER}");
    Err(ArgError::Range { argument: "type", expected, got: of.to_string() }.into())
}

/// The code of a callback that failed, as its caller's own.
fn answered(what: &str, code: aclError) -> Result {
    if code == 0 {
        return Ok(());
    }
    Err(Error::Code { code, what: format!("{what} callback of the program answered {code}, expected 0") })
}

fn run_init(callback: &Callback<Init>, config: &str) -> Result {
    // A C string for callbacks that look for its end; the length does not count the end.
    let text = std::ffi::CString::new(config).map_err(|_| Error::Code {
        code: ACL_ERROR_INVALID_PARAM,
        what: "argument configPath: expected JSON without zero bytes, got some".to_owned(),
    })?;
    // SAFETY: (C4) passed on from its registration.
    let code = unsafe { (callback.function)(text.as_ptr(), config.len(), callback.data) };
    answered("an initialisation", code)
}

/// The initialisation callbacks that were registered at one moment.
pub(super) struct Registered(Vec<Callback<Init>>);

/// Those registered now.
pub(super) fn registered() -> Registered {
    Registered(INIT.list())
}

impl Registered {
    /// Runs them until one fails.
    pub(super) fn run(&self, config: &str) -> Result {
        self.0.iter().try_for_each(|callback| run_init(callback, config))
    }
}

/// Runs the finalisation callbacks. All run; the first failure is reported.
pub(super) fn finalised() -> Result {
    let mut result = Ok(());
    for callback in FINALIZE.list() {
        // SAFETY: (C4) passed on from its registration.
        let code = unsafe { (callback.function)(callback.data) };
        result = result.and(answered("a finalisation", code));
    }
    result
}

/// Registers a function that aclInit calls with the content of its configuration file. If the library is initialised
/// already, it is called at once as well.
///
/// # Parameters
/// - type: the kind of module that registers it, ACL_REG_TYPE_*
/// - cbFunc: the function. What it answers is what aclInit answers, unless it is 0.
/// - userData: what it is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when cbFunc is null or registered under this type already, or type is none
/// - what cbFunc answered, when it was called at once; it is registered all the same
///
/// # Thread safety
/// May be called from any thread, also by a callback.
///
/// # Safety
/// C4 holds for `cb_func` and `user_data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclInitCallbackRegister(
    r#type: aclRegisterCallbackType,
    cb_func: aclInitCallbackFunc,
    user_data: *mut c_void,
) -> aclError {
    entry::acl("aclInitCallbackRegister", || {
        check_type(r#type)?;
        let function = cb_func.ok_or(ArgError::Null { argument: "cbFunc" })?;
        let callback = Callback { of: r#type, function, data: user_data };
        // Whether it is called now or by an aclInit under way is decided once.
        let now = super::init::configuration(|| INIT.add(callback, same_init))?;
        now.map_or(Ok(()), |config| run_init(&callback, &config))
    })
}

/// Takes back aclInitCallbackRegister.
///
/// # Parameters
/// - type: the type under which it was registered
/// - cbFunc: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when cbFunc is null or not registered under this type, or type is none
///
/// # Thread safety
/// May be called from any thread, also by a callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclInitCallbackUnRegister(
    r#type: aclRegisterCallbackType,
    cb_func: aclInitCallbackFunc,
) -> aclError {
    entry::acl("aclInitCallbackUnRegister", || {
        check_type(r#type)?;
        let function = cb_func.ok_or(ArgError::Null { argument: "cbFunc" })?;
        INIT.remove(r#type, function, same_init)
    })
}

/// Registers a function that aclFinalize calls, or the aclFinalizeReference that takes back the last aclInit.
///
/// # Parameters
/// - type: the kind of module that registers it, ACL_REG_TYPE_*
/// - cbFunc: the function. What it answers is what the finalisation answers, unless it is 0; the library is finalised
///   all the same.
/// - userData: what it is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when cbFunc is null or registered under this type already, or type is none
///
/// # Thread safety
/// May be called from any thread, also by a callback.
///
/// # Safety
/// C4 holds for `cb_func` and `user_data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclFinalizeCallbackRegister(
    r#type: aclRegisterCallbackType,
    cb_func: aclFinalizeCallbackFunc,
    user_data: *mut c_void,
) -> aclError {
    entry::acl("aclFinalizeCallbackRegister", || {
        check_type(r#type)?;
        let function = cb_func.ok_or(ArgError::Null { argument: "cbFunc" })?;
        FINALIZE.add(Callback { of: r#type, function, data: user_data }, same_finalize)
    })
}

/// Takes back aclFinalizeCallbackRegister.
///
/// # Parameters
/// - type: the type under which it was registered
/// - cbFunc: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when cbFunc is null or not registered under this type, or type is none
///
/// # Thread safety
/// May be called from any thread, also by a callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclFinalizeCallbackUnRegister(
    r#type: aclRegisterCallbackType,
    cb_func: aclFinalizeCallbackFunc,
) -> aclError {
    entry::acl("aclFinalizeCallbackUnRegister", || {
        check_type(r#type)?;
        let function = cb_func.ok_or(ArgError::Null { argument: "cbFunc" })?;
        FINALIZE.remove(r#type, function, same_finalize)
    })
}
