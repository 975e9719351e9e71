//! The reader as a whole: places of errors, gzip, pipes, heads, and the real flows where they are.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use highwater::types::ClientSequence;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

const LINE: &str = "1,2,NEW,3,B,4,5,,A\n";

const NO_LINE_FEED: &str = "the last line does not end with a line feed, so it may be cut off and \
                            is not taken; complete it, or add --last-line-whole when it is whole";

fn reader(text: &[u8]) -> FlowReader {
    FlowReader::from_reader("f.csv", Cursor::new(text.to_vec())).unwrap()
}

/// All commands up to the end, or what ended them earlier.
fn drain(reader: &mut FlowReader) -> (Vec<FlowLine>, Option<String>) {
    let mut lines = Vec::new();
    loop {
        match reader.next_line() {
            Ok(FlowStep::Line(line)) => lines.push(line),
            Ok(FlowStep::Rule(rule)) => panic!("{rule:?} is no plain line"),
            Ok(FlowStep::Pending) => {}
            Ok(FlowStep::End) => return (lines, None),
            Err(error) => return (lines, Some(error.to_string())),
        }
    }
}

fn text(commands: usize) -> Vec<u8> {
    let mut text = HEADER.as_bytes().to_vec();
    for number in 1..=commands {
        text.extend_from_slice(format!("{number},2,NEW,{number},B,4,5,,A\n").as_bytes());
    }
    text
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_error_names_file_line_and_column_and_the_lines_before_it_stand() {
    let good = format!("{HEADER}{LINE}");
    let long = format!("{good}{}\n{LINE}", "x".repeat(LINE_BYTES_MAX + 1));
    let endless = format!("{good}{}", "x".repeat(3 * BUFFER_BYTES));
    let header = HEADER.trim_end();
    let table: &[(String, usize, String)] = &[
        (
            String::new(),
            0,
            format!("f.csv:1:1: the flow is empty, expected the header line {header}"),
        ),
        ("\n".into(), 0, format!("f.csv:1:1: the header line is \"\", expected {header}")),
        (
            LINE.into(),
            0,
            format!("f.csv:1:1: the header line is \"1,2,NEW,3,B,4,5,,A\", expected {header}"),
        ),
        (
            format!("{good}2,2,NEW,4,Q,4,5\n"),
            1,
            "f.csv:3:11: side is \"Q\", expected B or S".into(),
        ),
        (
            format!("{good}{LINE}3,2,NEW,4,B,4\n"),
            2,
            "f.csv:4:14: the line ends after 6 of at least 7 columns, expected qty".into(),
        ),
        (format!("{good}{LINE}3,2,NEW,4,B,4"), 2, format!("f.csv:4:14: {NO_LINE_FEED}")),
        (format!("{good}{}", LINE.trim_end()), 1, format!("f.csv:3:19: {NO_LINE_FEED}")),
        (header.into(), 0, format!("f.csv:1:75: {NO_LINE_FEED}")),
        ("\u{feff}seq".into(), 0, format!("f.csv:1:7: {NO_LINE_FEED}")),
        ("sea".into(), 0, format!("f.csv:1:1: the header line is \"sea\", expected {header}")),
        (
            format!("{good}\n{LINE}"),
            1,
            "f.csv:3:1: seq is empty, expected an integer from 1 to 18446744073709551615".into(),
        ),
        (long, 1, "f.csv:3:1: the line is longer than 4096 bytes".into()),
        (endless, 1, "f.csv:3:1: the line is longer than 4096 bytes".into()),
    ];
    for (text, lines, expected) in table {
        let mut reader = reader(text.as_bytes());
        let (read, error) = drain(&mut reader);
        assert_eq!((read.len(), error.as_ref()), (*lines, Some(expected)));
        assert_eq!(drain(&mut reader), (Vec::new(), error), "it says the same again");
    }
}

#[test]
fn line_ends_and_byte_order_mark_do_not_matter() {
    let plain = drain(&mut reader(&text(3)));
    assert_eq!((plain.0.len(), &plain.1), (3, &None));
    let text = String::from_utf8(text(3)).unwrap();
    for variant in [text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
        assert_eq!(drain(&mut reader(variant.as_bytes())), plain);
    }
    assert_eq!(drain(&mut reader(HEADER.as_bytes())), (Vec::new(), None));
    let longest = format!("{HEADER}1,2,NEW,3,B,4,{:04082}\n", 5);
    assert_eq!(longest.len() - HEADER.len(), LINE_BYTES_MAX + 1);
    assert_eq!(drain(&mut reader(longest.as_bytes())).0.len(), 1);
}

#[test]
fn a_flow_that_is_known_to_be_whole_needs_no_last_line_feed() {
    let whole = text(3);
    let plain = drain(&mut reader(&whole));
    let cut = &whole[..whole.len() - 1];
    assert_eq!(drain(&mut reader(cut).with_last_line(LastLine::IsWhole)), plain);
    assert_eq!(drain(&mut reader(&gzip(cut)).with_last_line(LastLine::IsWhole)), plain);
    let header = reader(HEADER.trim_end().as_bytes());
    assert_eq!(drain(&mut header.with_last_line(LastLine::IsWhole)), (Vec::new(), None));
    // Half a gzip member is never a whole flow, nor is half a line a whole one.
    let packed = gzip(&whole);
    let half = reader(&packed[..packed.len() / 2]);
    assert!(drain(&mut half.with_last_line(LastLine::IsWhole)).1.is_some());
    let half = reader(&whole[..whole.len() - 9]);
    let (lines, error) = drain(&mut half.with_last_line(LastLine::IsWhole));
    assert_eq!((lines.len(), error.is_some()), (2, true));
}

/// Lines of every length and kind, so that what is left of one is often a line, too.
fn many_kinds() -> Vec<u8> {
    let mut text = HEADER.as_bytes().to_vec();
    let mut random = crate::random::Random::new(5, 2);
    for number in 1..=40 {
        let (price, quantity) = (random.below(2_000), random.below(100_000));
        let line = match random.below(5) {
            0 => format!("{number},,NEW,{number},B,{price},{quantity}"),
            1 => format!("{number},7,IOC,{number},S,{price},{quantity},,SYMBOL\r"),
            2 => format!("{number},-7,CANCEL,12,,,"),
            3 => format!("{number},7,REDUCE,12,B,,{quantity},,A"),
            _ => format!("{number},7,REPLACE,12,,{price},{quantity},345,A"),
        };
        text.extend_from_slice(format!("{line}\n").as_bytes());
    }
    text
}

#[test]
fn a_flow_that_is_cut_anywhere_gives_its_whole_lines_and_then_an_error() {
    let whole = many_kinds();
    let (lines, error) = drain(&mut reader(&whole));
    assert_eq!((lines.len(), error), (40, None));
    let identity = reader(&whole).identity().unwrap().unwrap();
    for cut in 0..=whole.len() {
        let text = &whole[..cut];
        let line_feeds = text.split(|byte| *byte == b'\n').count() - 1;
        let expected = &lines[..line_feeds.saturating_sub(1)];
        let is_whole_lines = text.ends_with(b"\n");
        let piped = FlowReader::from_pipe("f.csv", Cursor::new(text.to_vec())).unwrap();
        for mut cut_reader in [reader(text), reader(&gzip(text)), piped] {
            let (read, error) = drain(&mut cut_reader);
            assert_eq!((&read[..], error.is_none()), (expected, is_whole_lines), "cut at {cut}");
        }
        // What a log remembers of it is what the whole flow begins with.
        let (mut strict, mut known) =
            (reader(text), reader(text).with_last_line(LastLine::IsWhole));
        if line_feeds == 0 {
            assert!(strict.identity().is_err(), "cut at {cut}");
        } else {
            let remembered = strict.identity().unwrap().unwrap();
            assert_eq!(known.identity(), Ok(Some(remembered)), "cut at {cut}");
            assert_eq!(reader(&whole).matches(&remembered), Ok(Some(FlowMatch::Same)), "{cut}");
            let is_same = reader(text).matches(&identity).unwrap() == Some(FlowMatch::Same);
            assert_eq!(is_same, cut == whole.len(), "cut at {cut}");
        }
    }
}

#[test]
fn a_header_that_is_a_whole_flow_is_remembered() {
    let header = HEADER.trim_end().as_bytes();
    let remembered = reader(header).with_last_line(LastLine::IsWhole).identity().unwrap().unwrap();
    assert_eq!(usize::try_from(remembered.head_bytes).unwrap(), header.len());
    assert_eq!(reader(&text(3)).matches(&remembered), Ok(Some(FlowMatch::Same)));
    assert!(reader(header).identity().is_err());
}

#[test]
fn lines_are_numbered_from_the_header() {
    let (lines, _) = drain(&mut reader(&text(20_000)));
    assert_eq!(lines.len(), 20_000);
    for (at, line) in (1..).zip(&lines) {
        assert_eq!((line.line, line.client_sequence), (at + 1, ClientSequence(at)));
    }
}

#[test]
fn gzip_is_known_by_its_first_bytes_and_may_have_several_members() {
    let text = text(20_000);
    let plain = drain(&mut reader(&text));
    let (head, tail) = text.split_at(100_001);
    assert_eq!(drain(&mut reader(&gzip(&text))), plain);
    assert_eq!(drain(&mut reader(&[gzip(head), gzip(tail)].concat())), plain);
    let (name, packed) = ("plain.csv", gzip(&text));
    let mut piped = FlowReader::from_pipe(name, Cursor::new(packed)).unwrap();
    assert_eq!(drain(&mut piped), plain);
}

#[test]
fn broken_gzip_names_the_line_that_it_reached() {
    let packed = gzip(&text(20_000));
    let (read, error) = drain(&mut reader(&packed[..packed.len() / 2]));
    let error = error.unwrap();
    assert!(read.len() > 1_000, "{} lines", read.len());
    assert!(error.starts_with(&format!("f.csv:{}:", read.len() + 2)), "{error}");
    assert!(error.ends_with(": the gzip data ends too early"), "{error}");

    let mut bent = packed.clone();
    bent[packed.len() / 2] ^= 0x55;
    let (_, error) = drain(&mut reader(&bent));
    assert!(error.is_some(), "a flipped byte is found");

    let mut checksum = packed;
    let at = checksum.len() - 6;
    checksum[at] ^= 1;
    let (read, error) = drain(&mut reader(&checksum));
    assert_eq!(read.len(), 20_000);
    let expected = "f.csv:20002:1: the gzip data is corrupt (corrupt gzip stream does not have a matching checksum)";
    assert_eq!(error.as_deref(), Some(expected));
}

#[test]
fn a_flow_that_cannot_be_opened_says_so() {
    let error = FlowReader::open("/nowhere/f.csv").unwrap_err();
    assert_eq!(error.place(), None);
    assert!(error.to_string().starts_with("cannot open the flow /nowhere/f.csv: "), "{error}");
    let error = FlowReader::open(env!("CARGO_MANIFEST_DIR")).unwrap_err();
    assert!(error.to_string().contains("is a directory"), "{error}");
}

#[test]
fn the_head_is_looked_at_without_taking_it() {
    let long = text(20_000);
    let mut first = reader(&long);
    let identity = first.identity().unwrap().unwrap();
    let last_line_feed = long[..HEAD_BYTES_MAX].iter().rposition(|byte| *byte == b'\n');
    let head_bytes = last_line_feed.unwrap() + 1;
    assert_eq!(usize::try_from(identity.head_bytes).unwrap(), head_bytes);
    assert_eq!(first.matches(&identity), Ok(Some(FlowMatch::Same)));
    assert_eq!(drain(&mut first).0.len(), 20_000);
    assert_eq!(reader(&gzip(&long)).identity(), Ok(Some(identity)));

    let short = reader(&text(3)).identity().unwrap().unwrap();
    assert_eq!(usize::try_from(short.head_bytes).unwrap(), text(3).len());
    assert_eq!(reader(&text(4)).matches(&short), Ok(Some(FlowMatch::Same)));
    assert_eq!(reader(&text(2)).matches(&short), Ok(Some(FlowMatch::OtherHead)));
    assert_eq!(reader(&long).matches(&identity), Ok(Some(FlowMatch::Same)));
    assert_eq!(reader(&text(3)).matches(&identity), Ok(Some(FlowMatch::OtherHead)));
    let mut changed = long.clone();
    changed[head_bytes - 2] ^= 1;
    assert_eq!(reader(&changed).matches(&identity), Ok(Some(FlowMatch::OtherHead)));
    let mut behind = long;
    behind[head_bytes] ^= 1;
    assert_eq!(reader(&behind).matches(&identity), Ok(Some(FlowMatch::Same)));
}

#[test]
fn a_mended_line_leaves_a_flow_the_same() {
    let mut malformed = text(9);
    let column = malformed.len() - LINE.len() * 3 + 4;
    malformed[column] = b'?';
    let identity = reader(&malformed).identity().unwrap().unwrap();
    assert_eq!(reader(&text(9)).matches(&identity), Ok(Some(FlowMatch::Same)));
    assert_eq!(usize::try_from(identity.head_bytes).unwrap(), text(6).len());
    let mut other = text(9);
    other[text(5).len()] ^= 1;
    assert_eq!(reader(&other).matches(&identity), Ok(Some(FlowMatch::OtherHead)));
}

#[test]
fn a_flow_without_a_header_has_no_identity() {
    assert!(reader(b"").identity().is_err());
    assert!(reader(LINE.as_bytes()).identity().is_err());
    let remembered = reader(&text(3)).identity().unwrap().unwrap();
    assert!(reader(LINE.repeat(9).as_bytes()).matches(&remembered).is_err());
}

/// A pipe that a test writes to, chunk by chunk.
struct Slow {
    chunks: Receiver<Vec<u8>>,
    rest: Cursor<Vec<u8>>,
}

impl Read for Slow {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rest.read(room)?;
        if count > 0 {
            return Ok(count);
        }
        let Ok(chunk) = self.chunks.recv() else {
            return Ok(0);
        };
        self.rest = Cursor::new(chunk);
        self.rest.read(room)
    }
}

#[test]
fn a_silent_pipe_is_pending_and_its_identity_is_what_has_arrived() {
    let (sender, chunks) = channel();
    let slow = Slow { chunks, rest: Cursor::new(Vec::new()) };
    let mut reader = FlowReader::from_pipe("-", slow).unwrap();
    assert_eq!(reader.identity(), Ok(None));
    sender.send(HEADER.as_bytes().to_vec()).unwrap();
    assert_eq!(reader.identity(), Ok(None), "a header alone is no head");
    sender.send(LINE.as_bytes().to_vec()).unwrap();
    let identity = loop {
        if let Some(identity) = reader.identity().unwrap() {
            break identity;
        }
    };
    assert_eq!(usize::try_from(identity.head_bytes).unwrap(), HEADER.len() + LINE.len());
    assert!(matches!(reader.next_line(), Ok(FlowStep::Line(_))));
    assert_eq!(reader.next_line(), Ok(FlowStep::Pending));
    sender.send(LINE.as_bytes()[..7].to_vec()).unwrap();
    drop(sender);
    let (lines, error) = drain(&mut reader);
    assert_eq!(lines.len(), 0);
    assert!(error.unwrap().starts_with("-:3:8: the last line does not end with a line feed"));
    let long = [HEADER, LINE, LINE].concat();
    assert_eq!(compare(&identity, "-", long.as_bytes()), FlowMatch::Same);
}

#[test]
fn no_bytes_make_the_reader_panic() {
    let mut random = crate::random::Random::new(3, 1);
    for round in 0..300 {
        let mut bytes = if round % 2 == 0 { text(50) } else { gzip(&text(50)) };
        for _ in 0..=random.below(4) {
            let at = random.below_usize(bytes.len());
            bytes[at] = random.byte();
        }
        let (lines, _) = drain(&mut reader(&bytes));
        assert!(lines.len() <= 60);
        let noise: Vec<u8> = (0..random.below(9_000)).map(|_| random.byte()).collect();
        assert!(drain(&mut reader(&noise)).1.is_some());
        let noise = [HEADER.as_bytes(), &noise, b"\xff\n"].concat();
        assert!(drain(&mut reader(&noise)).1.is_some());
    }
}

#[test]
fn the_real_flows_are_read_to_their_ends() {
    let Some(files) = real_flows() else {
        println!("skipped: there is no folder ../shared/data");
        return;
    };
    assert!(files.len() >= 7, "{files:?}");
    for path in files {
        let mut reader = FlowReader::open(path.to_str().unwrap()).unwrap();
        let (lines, error) = drain(&mut reader);
        assert_eq!(error, None, "{}", path.display());
        println!("{}: {} commands", path.display(), lines.len());
        let mut written = HEADER.as_bytes().to_vec();
        for (at, line) in (1..).zip(&lines) {
            assert_eq!(line.client_sequence, ClientSequence(at));
            push_line(&mut written, line);
        }
        let mut original = Vec::new();
        let file = std::fs::File::open(&path).unwrap();
        flate2::read::MultiGzDecoder::new(file).read_to_end(&mut original).unwrap();
        assert!(written == original, "{} reads back differently", path.display());
    }
}

/// The flows in `../shared/data`, where that folder exists.
fn real_flows() -> Option<Vec<PathBuf>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(data).ok()?.flatten().filter(|entry| entry.path().is_dir()) {
        let inside = std::fs::read_dir(folder.path()).ok()?.flatten();
        files.extend(
            inside
                .map(|entry| entry.path())
                .filter(|path| path.to_str().is_some_and(|path| path.ends_with(".flow.csv.gz"))),
        );
    }
    files.sort();
    Some(files)
}
