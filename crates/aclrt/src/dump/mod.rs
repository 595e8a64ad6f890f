//! Dumps: their configuration, and the functions of `acl/acl_dump.h`.

mod config;
pub mod functions;

use capi::{
    Error, Result,
    abi::{ACL_ERROR_DUMP_ALREADY_RUN, ACL_ERROR_DUMP_NOT_RUN},
    dump,
};
use config::Config;
use parking_lot::Mutex;
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Off,
    /// By `aclmdlInitDump`.
    Ready,
    /// By the configuration of `aclInit`.
    WithInit,
}

static STATE: Mutex<State> = Mutex::new(State::Off);

fn fail(code: i32, what: &str) -> Result {
    Err(Error::Code { code, what: what.to_owned() })
}

fn apply(config: Config) {
    dump::set_exception(config.exception.as_deref());
    dump::set_data(config.data);
}

/// `aclmdlInitDump`.
pub(crate) fn init() -> Result {
    let mut state = STATE.lock();
    if *state != State::Off {
        return fail(ACL_ERROR_DUMP_ALREADY_RUN, "expected no dump, got one that began before");
    }
    *state = State::Ready;
    Ok(())
}

/// `aclmdlSetDump`, with a way to read the configuration.
pub(crate) fn set(read: impl FnOnce() -> Result<Map<String, Value>>) -> Result {
    let state = STATE.lock();
    if *state != State::Ready {
        return fail(ACL_ERROR_DUMP_NOT_RUN, "expected aclmdlInitDump before, got none");
    }
    let file = read()?;
    let Some(value) = file.get("dump") else {
        return Err(config::invalid("dump", "an object", "none"));
    };
    apply(Config::read(value)?);
    Ok(())
}

/// `aclmdlFinalizeDump`.
pub(crate) fn finalize() -> Result {
    let mut state = STATE.lock();
    if *state != State::Ready {
        return fail(ACL_ERROR_DUMP_NOT_RUN, "expected aclmdlInitDump before, got none");
    }
    apply(Config::default());
    *state = State::Off;
    Ok(())
}

/// What the configuration of `aclInit` says of dumps.
pub(crate) fn begin_with_init(value: Option<&Value>) -> Result {
    let Some(value) = value else { return Ok(()) };
    let mut state = STATE.lock();
    let config = Config::read(value)?;
    if config == Config::default() {
        return Ok(());
    }
    if *state != State::Off {
        return fail(ACL_ERROR_DUMP_ALREADY_RUN, "expected no dump, got one that began before");
    }
    apply(config);
    *state = State::WithInit;
    Ok(())
}

/// The library is finalised.
pub(crate) fn end_with_init() {
    let mut state = STATE.lock();
    if *state == State::WithInit {
        apply(Config::default());
        *state = State::Off;
    }
}
