//! Opens a place: undoes its compression, and finds where an earlier run stopped.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bzip2::bufread::MultiBzDecoder;
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;

use super::chunk::Chunks;
use super::cursor::{Cursor, Mark, TAIL_BYTES};
use super::place::Place;

/// The longest of the marks by which archives are known: xz has six bytes.
const MAGIC_BYTES: u64 = 6;

/// A zstd frame may ask for this much memory at the most (as a power of two): 8 MiB, which is what
/// the format's specification (RFC 8878, 3.1.1.1.2) asks every decoder to allow, doubled twice.
const ZSTD_WINDOW_LOG_MAX: u32 = 25;

/// An xz stream may ask for this much memory at the most: `xz -9` asks for 65 MiB.
const XZ_MEMORY_KIB_MAX: u32 = 66 << 10;

/// An opened stream.
pub struct Stream {
    /// Its lines.
    pub chunks: Chunks,
    /// A second handle to move the first by, where the bytes stand in the file as they are.
    seekable: Option<File>,
    /// Whether the stream can be opened again from its start; what came by a pipe is gone.
    again: bool,
}

/// Where reading a stream starts, as its content tells.
pub enum Start {
    /// No run has read it.
    New,
    /// The cursor with this index stands in it, and the stream has been moved there.
    At(usize),
    /// It is shorter than what was read of it: an older copy, in which nothing is new. The index is
    /// that of the cursor that is further on.
    Behind(usize),
    /// It starts as a known stream does, but goes on differently, and could not be read again from
    /// its start to make sure.
    Unclear,
}

/// Opens a place and undoes gzip, zstd, bzip2 or xz, all their members, and UTF-16 or a byte order mark;
/// the first bytes tell which.
///
/// Fails with what a person can do about it: folders and missing files are named as such.
pub fn open(place: &Place) -> io::Result<Stream> {
    match place {
        Place::Stdin => decoded(io::stdin()),
        Place::File(path) => {
            let file = File::open(path)?;
            if file.metadata()?.is_dir() {
                let text = "is a folder; name files, or a pattern such as folder/access.log*";
                return Err(io::Error::new(io::ErrorKind::IsADirectory, text));
            }
            let regular = file.metadata()?.is_file();
            let seekable = regular.then(|| file.try_clone()).transpose()?;
            decode(file, seekable, regular)
        }
    }
}

/// What the first bytes of a file tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    /// Text with a byte order mark: UTF-8, or UTF-16 either way.
    Marked,
    /// UTF-16 without one.
    Utf16(&'static Encoding),
    /// Something that is known, and is no log.
    Foreign(&'static str),
}

impl Packing {
    fn of(magic: &[u8]) -> Packing {
        match magic {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Packing::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0x00] => Packing::Xz,
            [0xef, 0xbb, 0xbf, ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Packing::Marked,
            [a, 0, b, 0, c, 0] if [a, b, c].iter().all(|byte| is_text(**byte)) => {
                Packing::Utf16(UTF_16LE)
            }
            [0, a, 0, b, 0, c] if [a, b, c].iter().all(|byte| is_text(**byte)) => {
                Packing::Utf16(UTF_16BE)
            }
            [b'P', b'K', 3, 4, ..] => Packing::Foreign("a zip archive: unpack it first"),
            [b'P', b'A', b'R', b'1', ..] => {
                Packing::Foreign("a Parquet file, which is not read yet")
            }
            [b'S', b'Q', b'L', b'i', b't', b'e'] => Packing::Foreign("an SQLite database"),
            _ => Packing::Plain,
        }
    }
}

fn is_text(byte: u8) -> bool {
    byte.is_ascii_graphic() || byte == b' '
}

/// A stream of something else than a place, which can't be opened again: what it holds tells its packing
/// too.
pub fn decoded(input: impl Read + Send + 'static) -> io::Result<Stream> {
    decode(input, None, false)
}

fn decode(
    mut input: impl Read + Send + 'static,
    seekable: Option<File>,
    again: bool,
) -> io::Result<Stream> {
    let mut magic = Vec::new();
    input.by_ref().take(MAGIC_BYTES).read_to_end(&mut magic)?;
    let packing = Packing::of(&magic);
    let whole = io::Cursor::new(magic).chain(input);
    let input: Box<dyn Read + Send> = match packing {
        Packing::Foreign(what) => {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("is {what}")));
        }
        Packing::Plain => Box::new(whole),
        Packing::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(whole))),
        Packing::Zstd => {
            let mut decoder = zstd::Decoder::with_buffer(BufReader::new(whole))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        Packing::Bzip2 => Box::new(MultiBzDecoder::new(BufReader::new(whole))),
        Packing::Xz => {
            Box::new(XzReader::new_mem_limit(BufReader::new(whole), true, XZ_MEMORY_KIB_MAX))
        }
        Packing::Marked => Box::new(DecodeReaderBytesBuilder::new().strip_bom(true).build(whole)),
        Packing::Utf16(encoding) => {
            Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(whole))
        }
    };
    // Only where the bytes stand in the file as they are can it be moved to an offset; and text with a
    // mark can still grow, while an archive is finished.
    let seekable = seekable.filter(|_| packing == Packing::Plain);
    let finished = !matches!(packing, Packing::Plain | Packing::Marked | Packing::Utf16(_));
    Ok(Stream { chunks: Chunks::new(input, finished)?, seekable, again })
}

/// Finds which of `cursors` stands in the stream, and moves the stream there.
///
/// Returns the stream with its start: it is opened again where a likely cursor proved to be wrong.
pub fn resume(
    mut stream: Stream,
    place: &Place,
    cursors: &[&Cursor],
) -> io::Result<(Stream, Start)> {
    let mut likely: Vec<usize> =
        (0..cursors.len()).filter(|&at| cursors[at].has_head(stream.chunks.head())).collect();
    likely.sort_by_key(|&at| std::cmp::Reverse(cursors[at].offset));
    let mut behind = cursors.iter().position(|cursor| cursor.is_beyond(stream.chunks.head()));
    for at in likely {
        let cursor = cursors[at];
        match stream.go_to(cursor.place())? {
            Reached::Same => {
                stream.chunks.remember(cursor.marks.clone());
                return Ok((stream, Start::At(at)));
            }
            Reached::Other => {}
            Reached::End(len) => {
                if behind.is_none() && (!stream.again || is_part(place, cursor, len)?) {
                    behind = Some(at);
                }
            }
        }
        if !stream.again {
            return Ok((stream, behind.map_or(Start::Unclear, Start::Behind)));
        }
        stream = open(place)?;
    }
    Ok((stream, behind.map_or(Start::New, Start::Behind)))
}

/// Whether a stream of `len` bytes, which has the cursor's head, is the beginning of what the cursor has
/// read, as far as its marks tell: the last of them that it has is at least half as far as its end.
fn is_part(place: &Place, cursor: &Cursor, len: u64) -> io::Result<bool> {
    let Some(mark) = cursor.marks.iter().rev().find(|mark| mark.offset <= len) else {
        return Ok(true);
    };
    Ok(matches!(open(place)?.go_to(*mark)?, Reached::Same))
}

/// What was found on the way to a place.
enum Reached {
    /// The place, with its tail before it.
    Same,
    /// Something else before the place.
    Other,
    /// The stream's end, at so many decoded bytes.
    End(u64),
}

impl Stream {
    fn go_to(&mut self, place: Mark) -> io::Result<Reached> {
        let same = match &mut self.seekable {
            None => self.chunks.skip_to(place)?,
            Some(file) => {
                let len = file.metadata()?.len();
                if len < place.offset {
                    return Ok(Reached::End(len));
                }
                let tail_start = place.offset.saturating_sub(TAIL_BYTES as u64);
                file.seek(SeekFrom::Start(tail_start))?;
                let mut tail = Vec::with_capacity(TAIL_BYTES);
                file.take(place.offset - tail_start).read_to_end(&mut tail)?;
                Some(self.chunks.stand_at(place, tail))
            }
        };
        Ok(match same {
            Some(true) => Reached::Same,
            Some(false) => Reached::Other,
            None => Reached::End(self.chunks.cursor_offset()),
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

    fn read_on(bytes: &[u8], cursors: &[Cursor]) -> (Vec<u8>, Start, Cursor) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let place = Place::File(file.path().to_path_buf());
        let cursors: Vec<_> = cursors.iter().collect();
        let (mut stream, start) = resume(open(&place).unwrap(), &place, &cursors).unwrap();
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
        assert!(read_on(&text, &[]).0 == text);
        assert!(read_on(&[gzip(first), gzip(second)].concat(), &[]).0 == text);
        assert!(read_on(&[zstd(first), zstd(second)].concat(), &[]).0 == text);
        let bzip2 = |part| {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        };
        assert!(read_on(&[bzip2(first), bzip2(second)].concat(), &[]).0 == text);
        let xz = |part: &[u8]| {
            let options = lzma_rust2::XzOptions::with_preset(1);
            let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
            encoder.write_all(part).unwrap();
            encoder.finish().unwrap()
        };
        assert!(read_on(&[xz(first), xz(second)].concat(), &[]).0 == text);
    }

    #[test]
    fn marked_text_is_read_as_utf8() {
        let text = "caffè\nGPTBot\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
        };
        let utf8 = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        let without_mark = [little[2..].to_vec(), big[2..].to_vec()];
        for bytes in [utf8, little, big].into_iter().chain(without_mark) {
            let (read, _, cursor) = read_on(&bytes, &[]);
            assert_eq!(String::from_utf8(read).unwrap(), text);
            let (read, start, _) = read_on(&bytes, &[cursor]);
            assert!(read.is_empty() && matches!(start, Start::At(0)));
        }
    }

    #[test]
    fn a_stream_goes_on_where_it_stopped_under_any_name_and_compression() {
        let (short, long) = (lines(300), lines(1000));
        for before in [&short, &gzip(&short)] {
            let cursor = read_on(before, &[]).2;
            for after in [&long, &gzip(&long)] {
                let (text, start, _) = read_on(after, std::slice::from_ref(&cursor));
                assert!(matches!(start, Start::At(0)));
                assert!(text == long[short.len()..]);
            }
        }
        let cursor = read_on(&long, &[]).2;
        let few = lines(3);
        let after_few = read_on(&lines(8), &[]).2;
        for copy in [few.clone(), [&few, &b"unfini"[..]].concat()] {
            let (text, start, _) = read_on(&copy, std::slice::from_ref(&after_few));
            assert!(matches!(start, Start::Behind(0)));
            assert!(text == few, "told behind, and left to the caller");
        }
        assert!(matches!(read_on(b"another\n", &[after_few]).1, Start::New));
        assert!(matches!(read_on(&short, std::slice::from_ref(&cursor)).1, Start::Behind(0)));
        assert!(matches!(read_on(&gzip(&short), &[cursor]).1, Start::Behind(0)));
    }

    #[test]
    fn a_shorter_stream_that_goes_on_differently_is_another_too() {
        let long = lines(4000);
        let cursor = read_on(&long, &[]).2;
        assert!(cursor.marks.len() > 2);
        let mut other = lines(2000);
        other.splice(9000.., lines(1200));
        for (text, behind) in [(&lines(2000), true), (&other, false)] {
            for bytes in [text.clone(), gzip(text)] {
                let (_, start, _) = read_on(&bytes, std::slice::from_ref(&cursor));
                assert_eq!(matches!(start, Start::Behind(0)), behind);
                assert_eq!(matches!(start, Start::New), !behind);
            }
        }
        // The marks do not depend on how the stream was cut, or read on.
        let half = read_on(&lines(1000), &[]).2;
        assert_eq!(read_on(&long, &[half]).2.marks, cursor.marks);
        assert_eq!(read_on(&gzip(&long), &[]).2.marks, cursor.marks);
    }

    #[test]
    fn a_stream_that_goes_on_differently_is_another() {
        let (one, mut other) = (lines(300), lines(1000));
        let cursor = read_on(&one, &[]).2;
        other[one.len() - 9] = b'X';
        for other in [&other, &gzip(&other)] {
            let (text, start, _) = read_on(other, std::slice::from_ref(&cursor));
            assert!(matches!(start, Start::New));
            assert_eq!(text.len(), lines(1000).len());
        }
    }
}
