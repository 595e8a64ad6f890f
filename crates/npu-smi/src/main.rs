//! `npu-smi` for simulated devices: the tables that build scripts and monitors parse, with live figures for memory
//! and processes. Physical quantities that a simulated device has not are 0.

mod table;

use npu_device::{Config, memory::publish};
use std::{io::Write, process::ExitCode};

const USAGE: &str = "\
Usage: npu-smi info                          every device, its memory and its processes
       npu-smi info -l                       the list of devices
       npu-smi info -m                       the map from devices to chips
       npu-smi info -t <type> -i <device>    one device: board, memory, usages or proc-mem
       npu-smi -v                            the version";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        // A reader that closes the pipe early (`| head`) is no error.
        Ok(text) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> Result<String, String> {
    if matches!(args, ["-v" | "--version"]) {
        return Ok(format!("npu-smi version: {}\n", table::VERSION));
    }
    if matches!(args, [] | ["-h" | "--help"]) {
        return Ok(format!("{USAGE}\n"));
    }
    let config = Config::load().map_err(|error| error.to_string())?;
    let processes = publish::processes();
    match args {
        ["info"] => Ok(table::info(&config, &processes)),
        ["info", "-l"] => Ok(table::list(&config)),
        ["info", "-m"] => Ok(table::map(&config)),
        ["info", "-t", kind, "-i", device] | ["info", "-t", kind, "-i", device, "-c", "0"] => {
            let number = device.parse().ok().filter(|n| *n < config.devices);
            let device = number.ok_or_else(|| {
                format!("Device {device}: expected a number from 0 to {}", config.devices - 1)
            })?;
            table::detail(&config, &processes, kind, device)
                .ok_or_else(|| format!("Type {kind}: expected board, memory, usages or proc-mem"))
        }
        _ => Err(USAGE.to_owned()),
    }
}
