//! Versions of the interface and of the toolkit.

use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_INVALID_FILE, ACL_ERROR_PARSE_FILE, ACL_MAJOR_VERSION, ACL_MINOR_VERSION,
        ACL_PATCH_VERSION, ACL_PKG_NAME_CANN, ACL_PKG_NAME_COMPILER, ACL_PKG_NAME_DRIVER, ACL_PKG_NAME_HCCL,
        ACL_PKG_NAME_OPP, ACL_PKG_NAME_OPP_KERNEL, ACL_PKG_NAME_RUNTIME, ACL_PKG_NAME_TOOLKIT,
        ACL_PKG_VERSION_MAX_SIZE, aclCANNPackageName, aclCANNPackageVersion, aclError,
    },
    boundary, entry,
};
use std::{ffi::c_char, fs, path::PathBuf};

/// The version of the interface.
///
/// # Parameters
/// - majorVersion, minorVersion, patchVersion: receive its parts
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for all parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetVersion(
    major_version: *mut i32,
    minor_version: *mut i32,
    patch_version: *mut i32,
) -> aclError {
    entry::acl("aclrtGetVersion", || {
        // SAFETY: (C1) passed on.
        let major = unsafe { boundary::out(major_version, "majorVersion") }?;
        // SAFETY: (C1) passed on.
        let minor = unsafe { boundary::out(minor_version, "minorVersion") }?;
        // SAFETY: (C1) passed on.
        let patch = unsafe { boundary::out(patch_version, "patchVersion") }?;
        major.write(ACL_MAJOR_VERSION);
        minor.write(ACL_MINOR_VERSION);
        patch.write(ACL_PATCH_VERSION);
        Ok(())
    })
}

/// The version of a package of the toolkit, from its `version.info` under `$ASCEND_HOME_PATH`.
///
/// # Parameters
/// - name: the package, ACL_PKG_NAME_*
/// - version: receives the version whole and in parts
///
/// # Returns
/// - 0 on success
/// - 100000 when `version` is null or `name` is no package
/// - 100003 when ASCEND_HOME_PATH is not set or the package is not installed there
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `version`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsysGetCANNVersion(
    name: aclCANNPackageName,
    version: *mut aclCANNPackageVersion,
) -> aclError {
    entry::acl("aclsysGetCANNVersion", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(version, "version") }?;
        let package = match name {
            // The toolkit as a whole has the version of its runtime.
            ACL_PKG_NAME_CANN | ACL_PKG_NAME_RUNTIME => "runtime",
            ACL_PKG_NAME_COMPILER => "compiler",
            ACL_PKG_NAME_HCCL => "hccl",
            ACL_PKG_NAME_TOOLKIT => "toolkit",
            ACL_PKG_NAME_OPP => "opp",
            ACL_PKG_NAME_OPP_KERNEL => "opp_kernel",
            ACL_PKG_NAME_DRIVER => "driver",
            other => {
                let expected = "a package, ACL_PKG_NAME_CANN (0) to ACL_PKG_NAME_DRIVER (7)".to_owned();
                return Err(ArgError::Range { argument: "name", expected, got: other.to_string() }.into());
            }
        };
        out.write(split(&installed(package)?));
        Ok(())
    })
}

/// The version of a package of the toolkit as text.
///
/// # Parameters
/// - pkgName: the package, such as "runtime"
/// - versionStr: receives the version, at most 128 bytes with the end
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null or `pkgName` is no plain name
/// - 100003 when ASCEND_HOME_PATH is not set or the package is not installed there
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `pkg_name`, C2 for `version_str` with 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsysGetVersionStr(pkg_name: *mut c_char, version_str: *mut c_char) -> aclError {
    entry::acl("aclsysGetVersionStr", || {
        // SAFETY: (C3) passed on.
        let name = unsafe { boundary::c_str(pkg_name, "pkgName") }?;
        // SAFETY: (C2) passed on.
        let out =
            unsafe { boundary::out_slice(version_str, ACL_PKG_VERSION_MAX_SIZE as usize, "versionStr") }?;
        let name = name.to_string_lossy();
        // Only as much as is needed: the caller's array may be shorter than the largest version.
        let text: [c_char; ACL_PKG_VERSION_MAX_SIZE as usize] = chars(&installed(plain(&name)?)?);
        let length = text.iter().position(|c| *c == 0).unwrap_or(text.len() - 1);
        for (slot, c) in out.iter_mut().zip(&text[..=length]) {
            slot.write(*c);
        }
        Ok(())
    })
}

/// The version of a package of the toolkit as a number: of two, the later one is the larger.
///
/// # Parameters
/// - pkgName: the package, such as "runtime"
/// - versionNum: receives major * 10000000 + minor * 100000 + patch * 1000, less 300, 200 or 100 for an alpha, beta or
///   release candidate, whose number is added
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null or `pkgName` is no plain name
/// - 100003 when ASCEND_HOME_PATH is not set or the package is not installed there
/// - 100006 when its version is no version
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `pkg_name`, C1 for `version_num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsysGetVersionNum(pkg_name: *mut c_char, version_num: *mut i32) -> aclError {
    entry::acl("aclsysGetVersionNum", || {
        // SAFETY: (C3) passed on.
        let name = unsafe { boundary::c_str(pkg_name, "pkgName") }?;
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(version_num, "versionNum") }?;
        let version = installed(plain(&name.to_string_lossy())?)?;
        out.write(number(&version).ok_or_else(|| Error::Code {
            code: ACL_ERROR_PARSE_FILE,
            what: format!("expected a version such as 8.5.1 or 8.5.0.beta.1 in version.info, got {version}"),
        })?);
        Ok(())
    })
}

/// The number of a version: its first three numbers, and what comes before a release.
fn number(version: &str) -> Option<i32> {
    let (mut number, mut weight, mut before) = (0i32, 10_000_000i32, None);
    let parts = version.split(['.', '-', '_', '+']).filter(|part| !part.is_empty());
    for part in parts {
        let letters = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let digits: i32 = match &part[letters..] {
            "" => 0,
            digits => digits.parse().ok()?,
        };
        match (part[..letters].to_ascii_lowercase().as_str(), before) {
            ("", None) if weight >= 1_000 => {
                number = number.checked_add(digits.checked_mul(weight)?)?;
                weight /= 100;
            }
            // Further numbers do not count, but for the one behind "beta".
            ("", None) => {}
            ("", Some(stage)) => return number.checked_add(stage)?.checked_add(digits),
            ("alpha", None) => before = Some(-300 + digits),
            ("beta", None) => before = Some(-200 + digits),
            ("rc", None) => before = Some(-100 + digits),
            _ => return None,
        }
    }
    (weight < 10_000_000).then_some(number)?.checked_add(before.unwrap_or(0))
}

/// The name of a package, which must not lead elsewhere.
fn plain(name: &str) -> Result<&str> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) {
        return Ok(name);
    }
    let expected = "the name of a package, such as \"runtime\"".to_owned();
    Err(ArgError::Range { argument: "pkgName", expected, got: format!("{name:?}") }.into())
}

/// The version that `version.info` of an installed package states.
fn installed(package: &str) -> Result<String> {
    let fail = |what| Error::Code { code: ACL_ERROR_INVALID_FILE, what };
    let home = std::env::var_os("ASCEND_HOME_PATH").filter(|home| !home.is_empty()).ok_or_else(|| {
        fail("expected ASCEND_HOME_PATH in the environment, got none; source set_env.sh".to_owned())
    })?;
    let home = PathBuf::from(home);
    let places =
        [home.join("share/info").join(package), home.join(package)].map(|dir| dir.join("version.info"));
    let text = places.iter().find_map(|path| fs::read_to_string(path).ok()).ok_or_else(|| {
        fail(format!(
            "expected package {package} installed, got neither {} nor {}",
            places[0].display(),
            places[1].display()
        ))
    })?;
    let value = |key: &str| {
        text.lines()
            .find_map(|line| Some(line.trim().strip_prefix(key)?.strip_prefix('=')?.trim().to_owned()))
    };
    value("version_dir")
        .or_else(|| value("Version"))
        .ok_or_else(|| fail(format!("expected a line Version=… in version.info of {package}, got none")))
}

/// Major, minor, release and patch are what stands between the dots.
fn split(version: &str) -> aclCANNPackageVersion {
    let mut parts = version.splitn(4, '.');
    let mut next = || parts.next().unwrap_or_default();
    aclCANNPackageVersion {
        version: chars(version),
        majorVersion: chars(next()),
        minorVersion: chars(next()),
        releaseVersion: chars(next()),
        patchVersion: chars(next()),
        reserved: [0; 128],
    }
}

/// Text as a C array, cut off if need be and always ended.
fn chars<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    for (slot, byte) in array[..N - 1].iter_mut().zip(text.bytes()) {
        *slot = byte as c_char;
    }
    array
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn later_versions_have_larger_numbers() {
        for (version, expected) in [
            ("9.0.0", 90_000_000),
            ("8.5.1", 80_501_000),
            ("8.5.0.beta.1", 80_500_000 - 200 + 1),
            ("9.0.0-alpha.2", 90_000_000 - 300 + 2),
            ("8.1.RC1", 80_100_000 - 100 + 1),
            ("7.7.0.1.238", 70_700_000),
        ] {
            assert_eq!(number(version), Some(expected), "{version}");
        }
        for bad in ["", "x", "8.weird", "99999999999", "8.5.beta.rc"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }
}
