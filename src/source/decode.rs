//! Decodes compressed and UTF-16 streams, whose type is detected from their first bytes.

use std::io::{self, BufRead, BufReader, Read};

use bzip2::bufread::MultiBzDecoder;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;

/// The length of the longest magic number, which is that of xz.
const MAGIC_BYTES: u64 = 6;

/// The largest window that a zstd frame may ask for, as a power of two: 32 MiB, four times what the specification
/// (RFC 8878, 3.1.1.1.2) recommends that every decoder allows.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

/// The most memory that an xz stream may ask for: `xz -9` needs 65 MiB.
const XZ_MEMORY_KIB_MAX: u32 = 66 << 10;

/// The most layers of compression: a log that was compressed twice.
const LAYERS_MAX: usize = 3;

/// A decoded stream.
pub(super) struct Decoded {
    pub(super) input: Box<dyn Read + Send>,
    /// True if it is compressed, so that nothing can be appended to it.
    pub(super) is_compressed: bool,
    /// True if the stream is read as it is.
    pub(super) is_plain: bool,
}

/// Decodes gzip, zstd, bzip2 or xz with all their members, UTF-16, and a byte order mark, also within each other.
///
/// Returns an error for types that are not logs, which says what to do.
pub(super) fn decode(input: impl Read + Send + 'static) -> io::Result<Decoded> {
    let mut input: Box<dyn Read + Send> = Box::new(input);
    let (mut is_compressed, mut is_plain) = (false, true);
    for _ in 0..LAYERS_MAX {
        let mut magic = Vec::new();
        input.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic)?;
        let file_type = FileType::of(&magic);
        input = layer(file_type, Box::new(io::Cursor::new(magic).chain(input)))?;
        match file_type {
            FileType::Plain => break,
            FileType::Gzip | FileType::Zstd | FileType::Bzip2 | FileType::Xz => {
                (is_compressed, is_plain) = (true, false);
            }
            FileType::ByteOrderMark | FileType::Utf16(_) | FileType::NotALog(_) => {
                is_plain = false;
                break;
            }
        }
    }
    Ok(Decoded { input, is_compressed, is_plain })
}

/// Decodes one layer of a stream.
fn layer(file_type: FileType, input: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    Ok(match file_type {
        FileType::NotALog(description) => {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("is {description}")));
        }
        FileType::Plain => input,
        FileType::Gzip => Box::new(GzipMembers::new(input)),
        FileType::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(BufReader::new(input))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        FileType::Bzip2 => Box::new(MultiBzDecoder::new(BufReader::new(input))),
        FileType::Xz => {
            Box::new(XzReader::new_mem_limit(BufReader::new(input), true, XZ_MEMORY_KIB_MAX))
        }
        FileType::ByteOrderMark => {
            Box::new(DecodeReaderBytesBuilder::new().strip_bom(true).build(input))
        }
        FileType::Utf16(encoding) => {
            Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(input))
        }
    })
}

/// The members of a gzip file, one after the other. As gzip(1) does, zeros after the last one are ignored, which tapes
/// and some file systems add; anything else there is an error after the lines of all members.
struct GzipMembers {
    /// `None` once the last member has ended.
    decoder: Option<GzDecoder<Input>>,
}

type Input = BufReader<Box<dyn Read + Send>>;

impl GzipMembers {
    fn new(input: Box<dyn Read + Send>) -> GzipMembers {
        GzipMembers { decoder: Some(GzDecoder::new(BufReader::new(input))) }
    }

    /// Returns the decoder of the next member, or `None` if there is only padding.
    fn next_member(mut input: Input) -> io::Result<Option<GzDecoder<Input>>> {
        loop {
            let buffer = input.fill_buf()?;
            let zeros = buffer.iter().take_while(|byte| **byte == 0).count();
            match buffer.get(zeros) {
                Some(0x1f) => {
                    input.consume(zeros);
                    return Ok(Some(GzDecoder::new(input)));
                }
                Some(_) => {
                    let text = "has something else than gzip data at its end, which is ignored";
                    return Err(io::Error::other(text));
                }
                None if buffer.is_empty() => return Ok(None),
                None => input.consume(zeros),
            }
        }
    }
}

impl Read for GzipMembers {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let count = decoder.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let input = self.decoder.take().map(GzDecoder::into_inner);
            self.decoder = input.map_or(Ok(None), GzipMembers::next_member)?;
        }
        Ok(0)
    }
}

/// The type of a file, detected from its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileType {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    /// UTF-8 or UTF-16 with a byte order mark.
    ByteOrderMark,
    /// UTF-16 without a byte order mark.
    Utf16(&'static Encoding),
    /// A known type that is not a log. Holds its description.
    NotALog(&'static str),
}

impl FileType {
    fn of(magic: &[u8]) -> FileType {
        match magic {
            [0x1f, 0x8b, ..] => FileType::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => FileType::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => FileType::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0x00] => FileType::Xz,
            [0xef, 0xbb, 0xbf, ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => FileType::ByteOrderMark,
            [a, 0, b, 0, c, 0] if [a, b, c].iter().all(|byte| is_text(**byte)) => {
                FileType::Utf16(UTF_16LE)
            }
            [0, a, 0, b, 0, c] if [a, b, c].iter().all(|byte| is_text(**byte)) => {
                FileType::Utf16(UTF_16BE)
            }
            [b'P', b'K', 3, 4, ..] => FileType::NotALog("a zip archive: unpack it first"),
            [b'P', b'A', b'R', b'1', ..] => {
                FileType::NotALog("a Parquet file, which is not read yet")
            }
            [b'S', b'Q', b'L', b'i', b't', b'e'] => FileType::NotALog("an SQLite database"),
            _ => FileType::Plain,
        }
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}
