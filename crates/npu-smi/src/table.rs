//! The tables, in the widths of the real tool.

use npu_device::{Config, memory::publish::Usage};
use std::fmt::Write;

/// Of the tool.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
const MIB: u64 = 1 << 20;

/// `npu-smi info`.
pub fn info(config: &Config, processes: &[Usage]) -> String {
    let mut out = String::new();
    let outer = format!("+{}+\n", "-".repeat(96));
    let ruler = |c: &str| format!("+{}+{}+{}+\n", c.repeat(27), c.repeat(15), c.repeat(52));
    let line = |out: &mut String, a: &str, b: &str, c: &str| {
        let _ = writeln!(out, "| {a:<26}| {b:<14}| {c:<51}|");
    };
    out += &outer;
    let _ = writeln!(out, "| {:<95}|", format!("npu-smi {VERSION:<24} Version: {VERSION}"));
    out += &ruler("-");
    line(&mut out, "NPU   Name", "Health", "Power(W)    Temp(C)           Hugepages-Usage(page)");
    line(&mut out, "Chip", "Bus-Id", "AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)");
    out += &ruler("=");
    for device in 0..config.devices {
        let (used, total) = (used(processes, device) / MIB, config.memory / MIB);
        line(
            &mut out,
            &format!("{device:<5} {}", chip(config)),
            "OK",
            "0.0         0                 0    / 0",
        );
        let figures = format!("0           0    / 0          {used:<4} / {total}");
        line(&mut out, "0", &bus(device), &figures);
        out += &ruler("=");
    }
    out += &ruler("-");
    line(&mut out, "NPU     Chip", "Process id", "Process name             | Process memory(MB)");
    out += &ruler("=");
    for device in 0..config.devices {
        let mut any = false;
        for (usage, used) in of_device(processes, device) {
            any = true;
            let name: String = usage.name.chars().take(24).collect();
            let memory = used.div_ceil(MIB);
            line(
                &mut out,
                &format!("{device:<7} 0"),
                &usage.process.to_string(),
                &format!("{name:<25}| {memory:<23}"),
            );
        }
        if !any {
            let _ = writeln!(out, "| {:<95}|", format!("No running processes found in NPU {device}"));
        }
        out += &ruler("=");
    }
    out
}

/// `npu-smi info -l`.
pub fn list(config: &Config) -> String {
    let mut out = field("Total Count", &config.devices.to_string());
    for device in 0..config.devices {
        out += "\n";
        out += &field("NPU ID", &device.to_string());
        out += &field("Product Name", "aclsim");
        out += &field("Chip Count", "1");
    }
    out
}

/// `npu-smi info -m`.
pub fn map(config: &Config) -> String {
    let mut out = format!("\t{:<31}{:<31}{:<31}{}\n", "NPU ID", "Chip ID", "Chip Logic ID", "Chip Name");
    for device in 0..config.devices {
        let name = config.soc.name.trim_start_matches("Ascend");
        let _ = writeln!(out, "\t{device:<31}{:<31}{device:<31}Ascend {name}", 0);
    }
    out
}

/// `npu-smi info -t kind -i device`; nothing for a kind that is not known.
pub fn detail(config: &Config, processes: &[Usage], kind: &str, device: u32) -> Option<String> {
    let used = used(processes, device);
    let percent = used * 100 / config.memory;
    let mut out = field("NPU ID", &device.to_string());
    match kind {
        "board" => {
            out += &field("Product Name", "aclsim");
            out += &field("Chip Name", chip(config));
            out += &field("Software Version", VERSION);
            out += &field("PCIe Bus Info", &bus(device));
        }
        "memory" => {
            out += &field("Chip ID", "0");
            out += &field("HBM Capacity(MB)", &(config.memory / MIB).to_string());
            out += &field("HBM Clock Speed(MHz)", "0");
            out += &field("HBM Temperature(C)", "0");
        }
        "usages" => {
            out += &field("Chip ID", "0");
            out += &field("HBM Capacity(MB)", &(config.memory / MIB).to_string());
            out += &field("HBM Usage Rate(%)", &percent.to_string());
            out += &field("Aicore Usage Rate(%)", "0");
            out += &field("Aivector Usage Rate(%)", "0");
            out += &field("Aicpu Usage Rate(%)", "0");
            out += &field("Ctrlcpu Usage Rate(%)", "0");
            out += &field("HBM Bandwidth Usage Rate(%)", "0");
        }
        "proc-mem" => {
            for (usage, used) in of_device(processes, device) {
                out += &field("Process id", &usage.process.to_string());
                out += &field("Process name", &usage.name);
                out += &field("Process memory(MB)", &used.div_ceil(MIB).to_string());
            }
        }
        _ => return None,
    }
    Some(out)
}

fn field(name: &str, value: &str) -> String {
    format!("\t{name:<31}: {value}\n")
}

/// The chip as the tool names it: without `Ascend`.
fn chip(config: &Config) -> &'static str {
    config.soc.name.trim_start_matches("Ascend").trim_start_matches('_')
}

fn bus(device: u32) -> String {
    format!("0000:{:02X}:00.0", device + 1)
}

/// Processes that use a device, with the bytes.
fn of_device(processes: &[Usage], device: u32) -> impl Iterator<Item = (&Usage, u64)> {
    let used = move |usage: &Usage| usage.used.get(device as usize).copied().unwrap_or(0);
    processes.iter().map(move |usage| (usage, used(usage))).filter(|(_, used)| *used > 0)
}

fn used(processes: &[Usage], device: u32) -> u64 {
    of_device(processes, device).map(|(_, used)| used).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_devices() -> (Config, Vec<Usage>) {
        let config = Config { devices: 2, ..Config::default() };
        let usage = Usage { process: 4711, name: "trainer".into(), used: vec![0, 3 * MIB + 1] };
        (config, vec![usage])
    }

    #[test]
    fn the_seventh_line_names_the_chip_in_its_third_field() {
        let (config, processes) = two_devices();
        let text = info(&config, &processes);
        let line = text.lines().nth(6).unwrap();
        assert_eq!(line.split_whitespace().nth(2), Some("910B4"), "{line}");
    }

    #[test]
    fn every_line_of_the_table_is_as_wide_as_the_first() {
        let (config, processes) = two_devices();
        for line in info(&config, &processes).lines() {
            assert_eq!(line.len(), 98, "{line}");
        }
    }

    #[test]
    fn memory_and_processes_are_those_of_the_device() {
        let (config, processes) = two_devices();
        let text = info(&config, &processes);
        assert!(text.contains("No running processes found in NPU 0"));
        assert!(!text.contains("No running processes found in NPU 1"));
        let row = text.lines().find(|line| line.contains("trainer")).unwrap();
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells, ["", "1       0", "4711", "trainer", "4", ""]);
        assert!(text.contains("3    / 32768"));
    }

    #[test]
    fn details_exist_for_known_kinds_only() {
        let (config, processes) = two_devices();
        assert!(detail(&config, &processes, "usages", 1).unwrap().contains("HBM Usage Rate(%)"));
        assert_eq!(detail(&config, &processes, "weather", 1), None);
    }
}
