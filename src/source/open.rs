//! Opens a location, decompresses it, and finds the offset at which an earlier run stopped.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::bucket::ObjectReader;

use super::chunk::Chunk;
use super::chunks::Chunks;
use super::cursor::{Checkpoint, Cursor, TAIL_BYTES};
use super::decode::{Decoded, decode};
use super::location::Location;

/// An opened stream.
pub struct Stream {
    pub chunks: Chunks,
    /// A second handle that moves the first to an offset. Only uncompressed files and objects have one.
    seekable: Option<Seekable>,
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
    /// It starts like the streams with these cursors, which were read further, and ends before them. Only a comparison
    /// tells whether it is an older copy, or another log that starts with the same lines.
    Undecided(Vec<usize>),
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
            decoded_file(file)
        }
        Location::Object(object) => {
            let reader = ObjectReader::open(object)?;
            let (handle, metered) = (reader.handle(), reader.handle());
            let Decoded { input, is_compressed, is_plain } = decode(reader)?;
            let mut chunks = Chunks::new(input, is_compressed)?;
            chunks.set_position(Box::new(move || Ok(metered.offset())));
            let seekable = is_plain.then_some(Seekable::Object(handle));
            Ok(Stream { chunks, seekable, is_reopenable: true })
        }
    }
}

/// A handle that moves a stream to an offset.
enum Seekable {
    File(File),
    Object(ObjectReader),
}

impl Seekable {
    /// Returns the number of bytes that there are.
    fn len(&self) -> io::Result<u64> {
        match self {
            Seekable::File(file) => Ok(file.metadata()?.len()),
            Seekable::Object(object) => Ok(object.size()),
        }
    }

    /// Moves the stream to an offset, and reads `len` bytes from there.
    fn read_at(&mut self, offset: u64, len: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Seekable::File(file) => {
                file.seek(SeekFrom::Start(offset))?;
                file.take(len).read_to_end(&mut bytes)?;
            }
            Seekable::Object(object) => {
                object.seek_to(offset);
                object.take(len).read_to_end(&mut bytes)?;
            }
        }
        Ok(bytes)
    }
}

/// Decodes a stream that has no location, so that it can't be opened again.
pub fn decoded(input: impl Read + Send + 'static) -> io::Result<Stream> {
    let Decoded { input, is_compressed, .. } = decode(input)?;
    let chunks = Chunks::new(input, is_compressed)?;
    Ok(Stream { chunks, seekable: None, is_reopenable: false })
}

/// Reads a whole file, decompressed. Returns an error if that has more than `bytes_max` bytes.
pub fn read_decoded(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let input = decode(File::open(path)?)?.input;
    if input.take(bytes_max + 1).read_to_end(&mut bytes)? as u64 > bytes_max {
        return Err(io::Error::other(format!("it has more than {bytes_max} bytes")));
    }
    Ok(bytes)
}

fn decoded_file(file: File) -> io::Result<Stream> {
    let is_regular = file.metadata()?.is_file();
    let seekable = is_regular.then(|| file.try_clone()).transpose()?;
    let metered = is_regular.then(|| file.try_clone()).transpose()?;
    let Decoded { input, is_compressed, is_plain } = decode(file)?;
    // Text can still grow, a compressed file can't.
    let mut chunks = Chunks::new(input, is_compressed)?;
    metered.into_iter().for_each(|mut file| {
        chunks.set_position(Box::new(move || file.stream_position()));
    });
    // Only an uncompressed file can be moved to an offset.
    let seekable = seekable.filter(|_| is_plain).map(Seekable::File);
    Ok(Stream { chunks, seekable, is_reopenable: is_regular })
}

/// A stream that was compared with the cursors of known ones.
pub struct Resumed {
    pub stream: Stream,
    pub start: Start,
    /// The indices of the cursors of streams that start like it, but are others.
    pub others: Vec<usize>,
}

/// Finds the one of `cursors` that belongs to the stream, and moves the stream there.
/// The stream is opened again after a cursor with the same head turned out to be another stream's.
pub fn resume(mut stream: Stream, location: &Location, cursors: &[&Cursor]) -> io::Result<Resumed> {
    let mut candidates: Vec<usize> =
        (0..cursors.len()).filter(|&at| cursors[at].has_head(stream.chunks.head())).collect();
    candidates.sort_by_key(|&at| std::cmp::Reverse(cursors[at].offset));
    let older_copy_of = cursors.iter().position(|cursor| cursor.is_ahead_of(stream.chunks.head()));
    let (mut undecided, mut others) = (Vec::new(), Vec::new());
    for at in candidates {
        let cursor = cursors[at];
        match stream.go_to(cursor.end())? {
            Reached::Same => {
                stream.chunks.set_checkpoints(cursor.checkpoints.clone());
                return Ok(Resumed { stream, start: Start::At(at), others });
            }
            Reached::Other => others.push(at),
            Reached::End(len) => {
                match !stream.is_reopenable || may_be_older_copy(location, cursor, len)? {
                    true => undecided.push(at),
                    false => others.push(at),
                }
            }
        }
        if !stream.is_reopenable {
            let start = stream.shorter(older_copy_of, undecided)?.unwrap_or(Start::Ambiguous);
            return Ok(Resumed { stream, start, others });
        }
        stream = open(location)?;
    }
    let start = stream.shorter(older_copy_of, undecided)?.unwrap_or(Start::New);
    Ok(Resumed { stream, start, others })
}

/// Returns whether a stream of `len` bytes with the cursor's head may be an older copy: the last checkpoint within it
/// matches, or there is none within it.
fn may_be_older_copy(location: &Location, cursor: &Cursor, len: u64) -> io::Result<bool> {
    let Some(checkpoint) =
        cursor.checkpoints.iter().rev().find(|checkpoint| checkpoint.offset <= len)
    else {
        return Ok(true);
    };
    Ok(matches!(open(location)?.go_to(*checkpoint)?, Reached::Same))
}

/// Returns whether the whole lines of one stream are the start of another, or `None` if the other is not a longer
/// stream with that start up to `cursor`'s head.
pub fn is_start_of(one: &Location, other: &Location, cursor: &Cursor) -> io::Result<Option<bool>> {
    let (mut one, mut other) = (open(one)?.chunks, open(other)?.chunks);
    if !cursor.has_head(other.head()) {
        return Ok(None);
    }
    let (mut chunk, mut other_chunk) = (Chunk::default(), Chunk::default());
    let (mut text, mut from) = (Vec::new(), 0);
    while next_before_end(&mut one, &mut chunk)? {
        let wanted = chunk.text();
        while text.len() - from < wanted.len() {
            text.drain(..from);
            from = 0;
            if !next_before_end(&mut other, &mut other_chunk)? {
                return Ok(None); // The file was replaced by a shorter one.
            }
            text.extend_from_slice(other_chunk.text());
        }
        if text[from..from + wanted.len()] != *wanted {
            return Ok(Some(false));
        }
        from += wanted.len();
    }
    Ok(Some(true))
}

/// Reads the next lines. A file that is still being compressed ends where it ends now.
fn next_before_end(chunks: &mut Chunks, chunk: &mut Chunk) -> io::Result<bool> {
    match chunks.next(chunk) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        result => result,
    }
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
    /// Returns the start of a stream that is shorter than some that start like it. Damage makes it no shorter: that is
    /// an error.
    fn shorter(
        &mut self,
        older_copy_of: Option<usize>,
        undecided: Vec<usize>,
    ) -> io::Result<Option<Start>> {
        let undecided = (!undecided.is_empty()).then_some(Start::Undecided(undecided));
        let start = older_copy_of.map(Start::OlderCopy).or(undecided);
        if start.is_some() {
            self.chunks.check_head()?;
        }
        Ok(start)
    }

    fn go_to(&mut self, checkpoint: Checkpoint) -> io::Result<Reached> {
        let is_same = match &mut self.seekable {
            None => self.chunks.skip_to(checkpoint)?,
            Some(seekable) => {
                let hole = self.chunks.hole();
                let len = seekable.len()?.saturating_sub(hole);
                if len < checkpoint.offset {
                    return Ok(Reached::End(len));
                }
                let tail_start = checkpoint.offset.saturating_sub(TAIL_BYTES as u64);
                let tail = seekable.read_at(hole + tail_start, checkpoint.offset - tail_start)?;
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
        let resumed = resume(open(&location).unwrap(), &location, &cursors).unwrap();
        let Resumed { mut stream, start, .. } = resumed;
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
        assert!(matches!(read_new(&short, std::slice::from_ref(&cursor)).1, Start::Undecided(_)));
        assert!(matches!(read_new(&gzip(&short), &[cursor]).1, Start::Undecided(_)));
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
                assert_eq!(matches!(start, Start::Undecided(_)), is_older_copy);
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
