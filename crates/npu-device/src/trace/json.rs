//! JSON, written as fast as a timeline needs it.

use std::fmt::Write;

/// The decimal digits of a number, at the end of an array.
fn digits<const N: usize>(mut value: u64) -> ([u8; N], usize) {
    let mut digits = [b'0'; N];
    let mut place = N;
    while place > 0 {
        place -= 1;
        digits[place] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    (digits, place)
}

/// Appends ASCII. A string takes bytes together much faster than one after the other.
fn ascii(out: &mut String, bytes: &[u8]) {
    out.push_str(std::str::from_utf8(bytes).unwrap_or_default());
}

/// Appends a whole number. `format!` costs several times as much.
pub(super) fn number(out: &mut String, value: u64) {
    let (digits, place) = digits::<20>(value);
    ascii(out, &digits[place..]);
}

/// Appends a whole number that may be negative.
pub(super) fn signed(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    number(out, value.unsigned_abs());
}

/// Appends nanoseconds as microseconds with three decimals, the unit of timelines.
pub(super) fn microseconds(out: &mut String, nanoseconds: u64) {
    number(out, nanoseconds / 1000);
    let (mut rest, _) = digits::<4>(nanoseconds % 1000);
    rest[0] = b'.';
    ascii(out, &rest);
}

/// Appends a string without its quotes.
pub fn escape(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= 0x20 && !matches!(byte, b'"' | b'\\' | 0x7f)) {
        // Nearly always.
        out.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers() {
        for value in [0, 7, 10, 123_456_789, u64::MAX] {
            assert_eq!(text(|out| number(out, value)), value.to_string());
        }
        assert_eq!(text(|out| signed(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(text(|out| microseconds(out, 1_234_056)), "1234.056");
        assert_eq!(text(|out| microseconds(out, 999)), "0.999");
    }

    #[test]
    fn strings() {
        assert_eq!(text(|out| escape(out, "a\"b\\c\n\u{1}ü")), "a\\\"b\\\\c\\n\\u0001ü");
    }
}
