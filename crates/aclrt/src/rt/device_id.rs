//! The numbers of a device: its place in `ASCEND_RT_VISIBLE_DEVICES` (what programs use), its number on the machine, its
//! address on the PCI bus.

use super::param;
use capi::{ArgError, Result, abi::aclError, boundary, entry, runtime};
use npu_device::ExecError;
use std::ffi::c_char;

/// The machine's number of a device of the process.
fn number(id: i32, argument: &'static str) -> Result<i32> {
    Ok(runtime::runtime()?.device(id, argument)?.number() as i32)
}

/// The device of the process that has a number on the machine.
fn place(number: i32, argument: &'static str) -> Result<i32> {
    let config = runtime::runtime()?.config();
    let place = config.visible.iter().position(|visible| i32::try_from(*visible) == Ok(number));
    match place {
        Some(place) => Ok(place as i32),
        None if (0..config.present as i32).contains(&number) => {
            let expected = format!("a device of ASCEND_RT_VISIBLE_DEVICES, {:?}", config.visible);
            let error = ArgError::Range { argument, expected, got: number.to_string() };
            Err(capi::Error::Code {
                code: capi::code::ACL_ERROR_RT_INVALID_DEVICEID,
                what: error.to_string(),
            })
        }
        None => Err(ExecError::DeviceId { argument, count: config.present, got: number }.into()),
    }
}

/// # Safety
/// C1 holds for `out`.
unsafe fn translate(out: *mut i32, argument: &'static str, find: impl FnOnce() -> Result<i32>) -> Result {
    // SAFETY: (C1) passed on.
    let out = unsafe { boundary::out(out, argument) }?;
    out.write(find()?);
    Ok(())
}

/// The number that a device of the process has in the container. Simulated devices are in no container, so this is
/// its number on the machine: the entry of ASCEND_RT_VISIBLE_DEVICES at that place.
///
/// # Parameters
/// - userDevid: the device, as for aclrtSetDevice
/// - logicDevId: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when logicDevId is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `logic_dev_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetLogicDevIdByUserDevId(user_devid: i32, logic_dev_id: *mut i32) -> aclError {
    entry::acl("aclrtGetLogicDevIdByUserDevId", || {
        // SAFETY: (C1) passed on.
        unsafe { translate(logic_dev_id, "logicDevId", || number(user_devid, "userDevid")) }
    })
}

/// The device of the process with a number in the container, as aclrtGetLogicDevIdByUserDevId gives it.
///
/// # Parameters
/// - logicDevId: the number
/// - userDevid: receives the device, as for aclrtSetDevice
///
/// # Returns
/// - 0 on success
/// - 100000 when userDevid is null
/// - 107001 when there is no such device, or ASCEND_RT_VISIBLE_DEVICES hides it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `user_devid`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetUserDevIdByLogicDevId(logic_dev_id: i32, user_devid: *mut i32) -> aclError {
    entry::acl("aclrtGetUserDevIdByLogicDevId", || {
        // SAFETY: (C1) passed on.
        unsafe { translate(user_devid, "userDevid", || place(logic_dev_id, "logicDevId")) }
    })
}

/// As aclrtGetUserDevIdByPhyDevId: what CANN calls a logic id here is the program's device.
///
/// # Parameters
/// - phyDevId: the number on the machine
/// - logicDevId: receives the device, as for aclrtSetDevice
///
/// # Returns
/// - 0 on success
/// - 100000 when logicDevId is null
/// - 107001 when there is no such device, or ASCEND_RT_VISIBLE_DEVICES hides it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `logic_dev_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetLogicDevIdByPhyDevId(phy_dev_id: i32, logic_dev_id: *mut i32) -> aclError {
    entry::acl("aclrtGetLogicDevIdByPhyDevId", || {
        // SAFETY: (C1) passed on.
        unsafe { translate(logic_dev_id, "logicDevId", || place(phy_dev_id, "phyDevId")) }
    })
}

/// As aclrtGetPhyDevIdByUserDevId: what CANN calls a logic id here is the program's device.
///
/// # Parameters
/// - logicDevId: the device, as for aclrtSetDevice
/// - phyDevId: receives its number on the machine
///
/// # Returns
/// - 0 on success
/// - 100000 when phyDevId is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `phy_dev_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetPhyDevIdByLogicDevId(logic_dev_id: i32, phy_dev_id: *mut i32) -> aclError {
    entry::acl("aclrtGetPhyDevIdByLogicDevId", || {
        // SAFETY: (C1) passed on.
        unsafe { translate(phy_dev_id, "phyDevId", || number(logic_dev_id, "logicDevId")) }
    })
}

/// The device of the process with a number on the machine.
///
/// # Parameters
/// - phyDevId: the number on the machine
/// - userDevId: receives the device, as for aclrtSetDevice
///
/// # Returns
/// - 0 on success
/// - 100000 when userDevId is null
/// - 107001 when there is no such device, or ASCEND_RT_VISIBLE_DEVICES hides it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `user_dev_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetUserDevIdByPhyDevId(phy_dev_id: i32, user_dev_id: *mut i32) -> aclError {
    entry::acl("aclrtGetUserDevIdByPhyDevId", || {
        // SAFETY: (C1) passed on.
        unsafe { translate(user_dev_id, "userDevId", || place(phy_dev_id, "phyDevId")) }
    })
}

/// The number of a device on the machine: the entry of ASCEND_RT_VISIBLE_DEVICES at that place.
///
/// # Parameters
/// - userDevId: the device, as for aclrtSetDevice
/// - phyDevId: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when phyDevId is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `phy_dev_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetPhyDevIdByUserDevId(user_dev_id: i32, phy_dev_id: *mut i32) -> aclError {
    entry::acl("aclrtGetPhyDevIdByUserDevId", || {
        // SAFETY: (C1) passed on.
        unsafe { translate(phy_dev_id, "phyDevId", || number(user_dev_id, "userDevId")) }
    })
}

/// Characters of an address on the bus, with the end.
const ADDRESS: usize = 13;

/// The address at which a device of the machine would sit: a bus of its own, from 1.
fn address(number: u32) -> String {
    format!("0000:{:02x}:00.0", number + 1)
}

/// The address of a device on the PCI bus. A simulated device sits on none; the address is made from its number on the
/// machine, so that programs that tell devices by it can.
///
/// # Parameters
/// - deviceId: the device
/// - pciBusId: receives the address as text, such as 0000:01:00.0
/// - len: room for it with its end, at least 13
///
/// # Returns
/// - 0 on success
/// - 100000 when pciBusId is null
/// - 107000 when len is below 13
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `pci_bus_id` and `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetPCIBusId(
    device_id: i32,
    pci_bus_id: *mut c_char,
    len: i32,
) -> aclError {
    entry::acl("aclrtDeviceGetPCIBusId", || {
        super::not_null(pci_bus_id, "pciBusId")?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        if len < ADDRESS as i32 {
            return Err(param("len", "at least 13", len));
        }
        // SAFETY: (C2) passed on; no more than what was promised.
        let out = unsafe { boundary::out_slice(pci_bus_id, ADDRESS, "pciBusId") }?;
        let text = address(device.number());
        for (slot, byte) in out.iter_mut().zip(text.bytes().chain([0])) {
            slot.write(byte as c_char);
        }
        Ok(())
    })
}

/// The device at an address of the PCI bus, as aclrtDeviceGetPCIBusId gives it.
///
/// # Parameters
/// - pciBusId: the address; the domain may be left out
/// - deviceId: receives the device
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when no device of the process has that address
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `pci_bus_id`, C1 for `device_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetByPCIBusId(
    pci_bus_id: *const c_char,
    device_id: *mut i32,
) -> aclError {
    entry::acl("aclrtDeviceGetByPCIBusId", || {
        // SAFETY: C3.
        let text = unsafe { boundary::c_str(pci_bus_id, "pciBusId") }?.to_string_lossy();
        // SAFETY: C1.
        let out = unsafe { boundary::out(device_id, "deviceId") }?;
        let wanted = text.to_ascii_lowercase();
        let matches = |number: &u32| {
            let address = address(*number);
            address == wanted || address.strip_prefix("0000:") == Some(&wanted)
        };
        let place = runtime::runtime()?.config().visible.iter().position(matches);
        let place = place.ok_or_else(|| {
            param("pciBusId", "the address of a visible device, such as 0000:01:00.0", format!("{text:?}"))
        })?;
        out.write(place as i32);
        Ok(())
    })
}
