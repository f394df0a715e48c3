//! Parses the parts that times of several formats have.

/// Parses `+0200`, `+02:00` or `+02` as seconds east of Greenwich.
pub(super) fn offset_seconds(text: &[u8]) -> Option<i32> {
    let (sign, hours, minutes) = match *text {
        [sign, a, b, c, d] | [sign, a, b, b':', c, d] => {
            (sign, two_digits(a, b)?, two_digits(c, d)?)
        }
        [sign, a, b] => (sign, two_digits(a, b)?, 0),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    match sign {
        _ if hours >= 24 || minutes >= 60 => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// Parses two digits.
pub(super) fn two_digits(tens: u8, ones: u8) -> Option<i32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i32::from(tens) * 10 + i32::from(ones))
}

/// Parses the digits after a point or comma as nanoseconds, and returns the rest. Finer digits are dropped.
pub(super) fn fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some((b'.' | b',', rest)) = text.split_first() else { return Some((0, text)) };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let nine = rest[..digits].iter().chain(b"000000000").take(9);
    let nanos = nine.fold(0, |nanos, digit| nanos * 10 + i32::from(digit - b'0'));
    (digits > 0).then_some((nanos, &rest[digits..]))
}
