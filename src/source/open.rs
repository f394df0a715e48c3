//! Opens a location, decompresses it, and finds the offset at which an earlier run stopped.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bzip2::bufread::MultiBzDecoder;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::chunk::Chunks;
use super::cursor::{Checkpoint, Cursor, TAIL_BYTES};
use super::location::Location;

/// The length of the longest magic number, which is that of xz.
const MAGIC_BYTES: u64 = 6;

/// The largest window that a zstd frame may ask for, as a power of two: 32 MiB, four times what the specification
/// (RFC 8878, 3.1.1.1.2) recommends that every decoder allows.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

/// The most memory that an xz stream may ask for: `xz -9` needs 65 MiB.
const XZ_MEMORY_KIB_MAX: u32 = 66 << 10;

/// An opened stream.
pub struct Stream {
    pub chunks: Chunks,
    /// A second handle that moves the first to an offset. Only uncompressed files have one.
    seekable: Option<File>,
    /// True if the stream can be opened again from its start, which a pipe can't.
    is_reopenable: bool,
}

#[cfg(test)]
impl Stream {
    /// Returns a stream that can't be opened again.
    pub(crate) fn of(chunks: Chunks) -> Stream {
        Stream { chunks, seekable: None, is_reopenable: false }
    }
}

/// The position at which reading a stream starts, found by its content.
pub enum Start {
    /// At the first byte. No run has read the stream.
    New,
    /// At the cursor with this index. The stream has been moved there.
    At(usize),
    /// Nowhere: it is an older copy of a stream that was read further. Holds the index of that stream's cursor.
    OlderCopy(usize),
    /// It starts like a known stream but continues differently, and can't be read again from its start.
    Ambiguous,
}

/// Opens a location and decodes gzip, zstd, bzip2 or xz with all their members, UTF-16, and a byte order mark. The type
/// is detected from the first bytes.
///
/// Returns an error for folders and for types that are not logs, which says what to do.
pub fn open(location: &Location) -> io::Result<Stream> {
    match location {
        Location::Stdin => decoded(io::stdin()),
        Location::File(path) => {
            let file = File::open(path)?;
            if file.metadata()?.is_dir() {
                let text = "is a folder; name files, or a pattern such as folder/access.log*";
                return Err(io::Error::new(io::ErrorKind::IsADirectory, text));
            }
            let is_regular = file.metadata()?.is_file();
            let seekable = is_regular.then(|| file.try_clone()).transpose()?;
            decode(file, seekable, is_regular)
        }
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

/// Decodes a stream that has no location, so that it can't be opened again.
pub fn decoded(input: impl Read + Send + 'static) -> io::Result<Stream> {
    decode(input, None, false)
}

fn decode(
    mut input: impl Read + Send + 'static,
    seekable: Option<File>,
    is_reopenable: bool,
) -> io::Result<Stream> {
    let mut magic = Vec::new();
    input.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic)?;
    let file_type = FileType::of(&magic);
    let whole = io::Cursor::new(magic).chain(input);
    let input: Box<dyn Read + Send> = match file_type {
        FileType::NotALog(description) => {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("is {description}")));
        }
        FileType::Plain => Box::new(whole),
        FileType::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(whole))),
        FileType::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(BufReader::new(whole))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        FileType::Bzip2 => Box::new(MultiBzDecoder::new(BufReader::new(whole))),
        FileType::Xz => {
            Box::new(XzReader::new_mem_limit(BufReader::new(whole), true, XZ_MEMORY_KIB_MAX))
        }
        FileType::ByteOrderMark => {
            Box::new(DecodeReaderBytesBuilder::new().strip_bom(true).build(whole))
        }
        FileType::Utf16(encoding) => {
            Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(whole))
        }
    };
    // Only an uncompressed file can be moved to an offset. Text can still grow, a compressed file can't.
    let seekable = seekable.filter(|_| file_type == FileType::Plain);
    let is_finished =
        !matches!(file_type, FileType::Plain | FileType::ByteOrderMark | FileType::Utf16(_));
    Ok(Stream { chunks: Chunks::new(input, is_finished)?, seekable, is_reopenable })
}

/// Finds the one of `cursors` that belongs to the stream, and moves the stream there.
///
/// Returns the stream with its start. The stream is opened again after a cursor with the same head turned out to be
/// another stream's.
pub fn resume(
    mut stream: Stream,
    location: &Location,
    cursors: &[&Cursor],
) -> io::Result<(Stream, Start)> {
    let mut candidates: Vec<usize> =
        (0..cursors.len()).filter(|&at| cursors[at].has_head(stream.chunks.head())).collect();
    candidates.sort_by_key(|&at| std::cmp::Reverse(cursors[at].offset));
    let mut older_copy_of =
        cursors.iter().position(|cursor| cursor.is_ahead_of(stream.chunks.head()));
    for at in candidates {
        let cursor = cursors[at];
        match stream.go_to(cursor.end())? {
            Reached::Same => {
                stream.chunks.set_checkpoints(cursor.checkpoints.clone());
                return Ok((stream, Start::At(at)));
            }
            Reached::Other => {}
            Reached::End(len) => {
                if older_copy_of.is_none()
                    && (!stream.is_reopenable || is_older_copy(location, cursor, len)?)
                {
                    older_copy_of = Some(at);
                }
            }
        }
        if !stream.is_reopenable {
            return Ok((stream, older_copy_of.map_or(Start::Ambiguous, Start::OlderCopy)));
        }
        stream = open(location)?;
    }
    Ok((stream, older_copy_of.map_or(Start::New, Start::OlderCopy)))
}

/// Returns whether a stream of `len` bytes with the cursor's head is an older copy. It is if the last checkpoint within
/// it matches, which is at least at half of its length, or if there is none within it.
fn is_older_copy(location: &Location, cursor: &Cursor, len: u64) -> io::Result<bool> {
    let Some(checkpoint) =
        cursor.checkpoints.iter().rev().find(|checkpoint| checkpoint.offset <= len)
    else {
        return Ok(true);
    };
    Ok(matches!(open(location)?.go_to(*checkpoint)?, Reached::Same))
}

/// The result of moving a stream to a checkpoint.
enum Reached {
    /// The bytes before it match: the stream is the same.
    Same,
    /// The bytes before it differ.
    Other,
    /// The stream ends before it, after this many decoded bytes.
    End(u64),
}

impl Stream {
    fn go_to(&mut self, checkpoint: Checkpoint) -> io::Result<Reached> {
        let is_same = match &mut self.seekable {
            None => self.chunks.skip_to(checkpoint)?,
            Some(file) => {
                let len = file.metadata()?.len();
                if len < checkpoint.offset {
                    return Ok(Reached::End(len));
                }
                let tail_start = checkpoint.offset.saturating_sub(TAIL_BYTES as u64);
                file.seek(SeekFrom::Start(tail_start))?;
                let mut tail = Vec::with_capacity(TAIL_BYTES);
                file.take(checkpoint.offset - tail_start).read_to_end(&mut tail)?;
                Some(self.chunks.continue_at(checkpoint, tail))
            }
        };
        Ok(match is_same {
            Some(true) => Reached::Same,
            Some(false) => Reached::Other,
            None => Reached::End(self.chunks.offset()),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::Chunk;
    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn lines(count: usize) -> Vec<u8> {
        (0..count)
            .flat_map(|n| format!("line {n} of a log that was written\n").into_bytes())
            .collect()
    }

    fn read_new(bytes: &[u8], cursors: &[Cursor]) -> (Vec<u8>, Start, Cursor) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let location = Location::File(file.path().to_path_buf());
        let cursors: Vec<_> = cursors.iter().collect();
        let (mut stream, start) = resume(open(&location).unwrap(), &location, &cursors).unwrap();
        let (mut chunk, mut text) = (Chunk::default(), Vec::new());
        while stream.chunks.next(&mut chunk).unwrap() {
            text.extend_from_slice(chunk.text());
        }
        (text, start, stream.chunks.cursor())
    }

    #[test]
    fn every_member_and_frame_is_read() {
        let text = lines(400);
        let (first, second) = text.split_at(5000);
        let zstd = |part| zstd::encode_all(part, 1).unwrap();
        assert!(read_new(&text, &[]).0 == text);
        assert!(read_new(&[gzip(first), gzip(second)].concat(), &[]).0 == text);
        assert!(read_new(&[zstd(first), zstd(second)].concat(), &[]).0 == text);
        let bzip2 = |part| {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        };
        assert!(read_new(&[bzip2(first), bzip2(second)].concat(), &[]).0 == text);
        let xz = |part: &[u8]| {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        };
        assert!(read_new(&[xz(first), xz(second)].concat(), &[]).0 == text);
    }

    #[test]
    fn utf16_and_byte_order_marks_are_decoded() {
        let text = "caffè\nGPTBot\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        let utf8 = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let (little, big) = (utf16(u16::to_le_bytes), utf16(u16::to_be_bytes));
        let without_mark = [little[2..].to_vec(), big[2..].to_vec()];
        for bytes in [utf8, little, big].into_iter().chain(without_mark) {
            let (read, _, cursor) = read_new(&bytes, &[]);
            assert_eq!(String::from_utf8(read).unwrap(), text);
            let (read, start, _) = read_new(&bytes, &[cursor]);
            assert!(read.is_empty() && matches!(start, Start::At(0)));
        }
    }

    #[test]
    fn a_stream_is_continued_under_any_name_and_compression() {
        let (short, long) = (lines(300), lines(1000));
        for before in [&short, &gzip(&short)] {
            let cursor = read_new(before, &[]).2;
            for after in [&long, &gzip(&long)] {
                let (text, start, _) = read_new(after, std::slice::from_ref(&cursor));
                assert!(matches!(start, Start::At(0)));
                assert!(text == long[short.len()..]);
            }
        }
        let cursor = read_new(&long, &[]).2;
        let few = lines(3);
        let after_few = read_new(&lines(8), &[]).2;
        for copy in [few.clone(), [&few, &b"unfini"[..]].concat()] {
            let (text, start, _) = read_new(&copy, std::slice::from_ref(&after_few));
            assert!(matches!(start, Start::OlderCopy(0)));
            assert!(text == few, "its lines are left to the caller");
        }
        assert!(matches!(read_new(b"another\n", &[after_few]).1, Start::New));
        assert!(matches!(read_new(&short, std::slice::from_ref(&cursor)).1, Start::OlderCopy(0)));
        assert!(matches!(read_new(&gzip(&short), &[cursor]).1, Start::OlderCopy(0)));
    }

    #[test]
    fn a_shorter_stream_that_continues_differently_is_another() {
        let long = lines(4000);
        let cursor = read_new(&long, &[]).2;
        assert!(cursor.checkpoints.len() > 2);
        let mut other = lines(2000);
        other.splice(9000.., lines(1200));
        for (text, is_older_copy) in [(&lines(2000), true), (&other, false)] {
            for bytes in [text.clone(), gzip(text)] {
                let (_, start, _) = read_new(&bytes, std::slice::from_ref(&cursor));
                assert_eq!(matches!(start, Start::OlderCopy(0)), is_older_copy);
                assert_eq!(matches!(start, Start::New), !is_older_copy);
            }
        }
        // The checkpoints do not depend on how the stream was cut or continued.
        let half = read_new(&lines(1000), &[]).2;
        assert_eq!(read_new(&long, &[half]).2.checkpoints, cursor.checkpoints);
        assert_eq!(read_new(&gzip(&long), &[]).2.checkpoints, cursor.checkpoints);
    }

    #[test]
    fn a_longer_stream_that_continues_differently_is_another() {
        let (one, mut other) = (lines(300), lines(1000));
        let cursor = read_new(&one, &[]).2;
        other[one.len() - 9] = b'X';
        for other in [&other, &gzip(&other)] {
            let (text, start, _) = read_new(other, std::slice::from_ref(&cursor));
            assert!(matches!(start, Start::New));
            assert_eq!(text.len(), lines(1000).len());
        }
    }
}
