//! The time of day, as names of files have it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A time as `YYYYmmddHHMMSS`, universal time.
pub fn digits(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!("{year:04}{month:02}{day:02}{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The date so many days after 1970-01-01. Years begin in March here, so that leap days come last.
fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let shifted = days + 719_468;
    let (era, day) = (shifted / ERA, shifted % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (first, month) = ((153 * month + 2) / 5, if month < 10 { month + 3 } else { month - 9 });
    (era * 400 + year + u64::from(month <= 2), month, day - first + 1)
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn dates() {
        assert_eq!(digits(0), "19700101000000");
        assert_eq!(digits(951_782_399), "20000228235959");
        assert_eq!(digits(951_782_400), "20000229000000");
        assert_eq!(digits(1_709_251_199), "20240229235959");
        assert_eq!(digits(4_102_444_800), "21000101000000");
    }
}
