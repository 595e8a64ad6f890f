//! The wrapper around every entry point.

use crate::{Error, Result, code, gate, message};
use npu_device::trace;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

#[cfg(panic = "abort")]
compile_error!("aclsim catches panics at the C boundary and needs panic = \"unwind\"");

/// Body of an `acl*` or `aclrt*` function.
#[inline]
pub fn acl(function: &'static str, body: impl FnOnce() -> Result) -> i32 {
    traced(function, || finish(function, guard(body), code::acl))
}

/// Body of a function that answers while a snapshot is taken as well.
pub fn acl_always(function: &'static str, body: impl FnOnce() -> Result) -> i32 {
    finish(function, gate::pass_always().and_then(|()| caught(body)), code::acl)
}

/// Body of an `aclnn*` function.
#[inline]
pub fn aclnn(function: &'static str, body: impl FnOnce() -> Result) -> i32 {
    traced(function, || finish(function, guard(body), code::aclnn))
}

/// Body of an `Hccl*` function.
#[inline]
pub fn hccl(function: &'static str, body: impl FnOnce() -> Result) -> u32 {
    traced(function, || finish(function, guard(body), |error| code::hccl(error) as i32)) as u32
}

/// Body of a function that returns a value and has no code: the error is recorded and `None` comes back.
#[inline]
pub fn value<T>(function: &'static str, body: impl FnOnce() -> Result<T>) -> Option<T> {
    match guard(body) {
        Ok(value) => Some(value),
        Err(error) => {
            message::record(function, code::acl(&error), &error);
            None
        }
    }
}

/// Records the call in timelines, if there are any.
#[inline]
fn traced(function: &'static str, call: impl FnOnce() -> i32) -> i32 {
    let start = trace::call_begins(function);
    let code = call();
    if start != 0 || (code != code::SUCCESS && trace::on()) {
        trace::call(function, start, code);
    }
    code
}

#[inline]
fn guard<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    gate::pass()?;
    caught(body)
}

#[inline]
fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    // A panic leaves no borrowed state behind: entry points own what they touch, and locks do not poison.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| Err(internal(panic)))
}

#[cold]
fn internal(panic: Box<dyn Any + Send>) -> Error {
    let what = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => {
            other.downcast::<&'static str>().map_or_else(|_| "panic".to_owned(), |text| text.to_string())
        }
    };
    Error::Internal { what }
}

#[inline]
fn finish(function: &'static str, result: Result, to_code: fn(&Error) -> i32) -> i32 {
    match result {
        Ok(()) => code::SUCCESS,
        Err(error) => {
            let code = to_code(&error);
            message::record(function, code, &error);
            code
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ArgError;

    #[test]
    fn a_panic_becomes_a_code_and_a_message() {
        let code = acl("aclTest", || panic!("lost {}", "marbles"));
        assert_eq!(code, code::ACL_ERROR_INTERNAL_ERROR);
        let text = message::take().unwrap();
        assert!(text.to_str().unwrap().contains("lost marbles"), "{text:?}");
    }

    #[test]
    fn the_message_names_function_argument_expected_and_got() {
        assert_eq!(acl("aclTest", || Err(ArgError::Null { argument: "devPtr" }.into())), 100000);
        let text = message::take().unwrap();
        let text = text.to_str().unwrap();
        for part in ["aclTest", "devPtr", "expected a non-null pointer", "got null", "100000"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(message::take().is_none());
    }
}
