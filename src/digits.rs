//! Numbers in decimal digits, read and written several at a time.
//!
//! A loop over digits ends where a processor can't foresee it, since numbers are of any length. What is done here is
//! the same for short numbers of any length.

/// Up to so many digits are read at once.
pub(crate) const READ_MAX: usize = 8;

/// So many are written at once.
const WRITTEN: usize = 4;

/// What eight bytes are beside `0`: each byte that is a digit becomes its value, the first the lowest.
#[inline(always)]
fn digits(eight: [u8; READ_MAX]) -> u64 {
    u64::from_le_bytes(eight) ^ 0x3030_3030_3030_3030
}

/// The highest bit of each byte that is above 9.
#[inline(always)]
pub(crate) fn above_nine(digits: u64) -> u64 {
    // It is set already, or becomes so when this is added.
    let sums = (digits & 0x7f7f_7f7f_7f7f_7f7f) + 0x7676_7676_7676_7676;
    (digits | sums) & 0x8080_8080_8080_8080
}

/// The number that eight digits are.
#[inline(always)]
fn number(digits: u64) -> u64 {
    // Of two neighbours a number of two digits is made, of two such one of four, and of those one of eight.
    let twos = digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = twos.wrapping_mul(100).wrapping_add(twos >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// Reads the number in the last `len` of eight bytes, of which those before it may be anything.
///
/// `None` unless all of it are digits; `len` is 1 to [`READ_MAX`].
#[inline(always)]
pub(crate) fn read_last(eight: [u8; READ_MAX], len: usize) -> Option<u64> {
    // What stands before the number becomes zeros, as if it were written with them.
    let before = 8 * (READ_MAX - len) as u32;
    let digits = digits(eight).wrapping_shr(before).wrapping_shl(before);
    (above_nine(digits) == 0).then(|| number(digits))
}

/// The number that the first `len` of eight bytes are, which are known to be digits and more than none: else it is any.
#[inline(always)]
pub(crate) fn number_of_first(eight: [u8; READ_MAX], len: usize) -> u64 {
    // What stands behind them is shifted out, and zeros come before them.
    let behind = (READ_MAX.wrapping_sub(len) as u32).wrapping_mul(8);
    number(digits(eight).wrapping_shl(behind))
}

/// Reads the digits at the start of a text: their number, and how many they are.
///
/// The number of no digits is 0, and there is none where it does not fit.
#[inline(always)]
pub(crate) fn read_first(text: &[u8]) -> (Option<u64>, usize) {
    // Most numbers of a store are such.
    if let [digit @ b'0'..=b'9', after, ..] = text
        && !after.is_ascii_digit()
    {
        return (Some(u64::from(digit - b'0')), 1);
    }
    if let Some(eight) = text.first_chunk() {
        let len = above_nine(digits(*eight)).trailing_zeros() as usize / 8;
        if matches!(len, 1..READ_MAX) {
            return (Some(number_of_first(*eight, len)), len);
        }
    }
    read_any(text)
}

fn read_any(text: &[u8]) -> (Option<u64>, usize) {
    let len = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let mut digits = text[..len].iter().map(|digit| u64::from(digit - b'0'));
    let number = digits.try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(digit));
    (number, len)
}

/// Writes a number at a place, and returns where it ends. There must be room for three bytes more than it has.
#[inline(always)]
pub(crate) fn write(buffer: &mut [u8], at: usize, number: u64) -> usize {
    if number < 10 {
        buffer[at] = b'0' + number as u8;
        return at + 1;
    }
    write_more(buffer, at, number)
}

fn write_more(buffer: &mut [u8], at: usize, number: u64) -> usize {
    if number >= 10_000 {
        let at = write_more(buffer, at, number / 10_000);
        put(buffer, at, four_digits((number % 10_000) as u32));
        return at + WRITTEN;
    }
    // Leading zeros are shifted out.
    let zeros = 3 - usize::from(number > 9) - usize::from(number > 99) - usize::from(number > 999);
    put(buffer, at, four_digits(number as u32) >> (8 * zeros));
    at + WRITTEN - zeros
}

#[inline(always)]
fn put(buffer: &mut [u8], at: usize, digits: u32) {
    buffer[at..at + WRITTEN].copy_from_slice(&digits.to_le_bytes());
}

/// The digits of a number below 10,000 with leading zeros, the first the lowest byte.
#[inline(always)]
fn four_digits(number: u32) -> u32 {
    let twos = (number / 100) | ((number % 100) << 16);
    // A tenth of both numbers below 100.
    let tens = ((twos * 103) >> 10) & 0x000f_000f;
    let digits = tens | ((twos - 10 * tens) << 8);
    digits | 0x3030_3030
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_read_as_it_is_written(number: u64, bits in 0..64_u32, after in "[^0-9].{0,9}") {
            let number = number >> bits;
            let mut buffer = [b'x'; 30];
            let end = write(&mut buffer, 3, number);
            let written = std::str::from_utf8(&buffer[3..end]).unwrap().to_owned();
            prop_assert_eq!(&written, &number.to_string());
            for text in [written.clone(), format!("{written}{after}"), format!("{written},0000000")] {
                prop_assert_eq!(read_first(text.as_bytes()), (Some(number), written.len()));
            }
            if written.len() <= READ_MAX {
                let eight = *format!("xxxxxxx{written}").as_bytes().last_chunk().unwrap();
                prop_assert_eq!(read_last(eight, written.len()), Some(number));
            }
        }

        #[test]
        fn what_is_no_digit_is_no_number(eight: [u8; 8], len in 1..=READ_MAX, fill: bool) {
            let eight = if fill { eight.map(|byte| b'.' + byte % 14) } else { eight };
            let text = std::str::from_utf8(&eight[READ_MAX - len..]).unwrap_or("none");
            let expected = text.parse().ok().filter(|_| !text.starts_with('+'));
            prop_assert_eq!(read_last(eight, len), expected);
            prop_assert_eq!(read_first(b"18446744073709551616"), (None, 20));
            let count = eight.iter().take_while(|byte| byte.is_ascii_digit()).count();
            prop_assert_eq!(read_first(&eight).1, count);
        }
    }
}
