//! Reads of an ELF file just enough to say in which section a variable lies.

/// A variable, as the symbol table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Symbol {
    /// Its mangled name.
    pub(crate) name: String,
    /// Its size in bytes.
    pub(crate) size_bytes: u64,
    /// The name of its section.
    pub(crate) section: String,
    /// Whether the section takes no room in the file: then all of its initial bytes are zero.
    pub(crate) takes_no_room: bool,
}

/// A section header (System V ABI, chapter 4): the fields that are needed.
struct Section {
    name: usize,
    kind: u32,
    offset: usize,
    size_bytes: usize,
    link: usize,
}

const SYMBOL_TABLE: u32 = 2;
const NO_BITS: u32 = 8;
const SYMBOL_BYTES: usize = 24;

/// The variables whose mangled name contains `part`, in a 64-bit little-endian ELF file.
pub(crate) fn symbols(file: &[u8], part: &str) -> Vec<Symbol> {
    assert_eq!(&file[..6], b"\x7fELF\x02\x01", "a 64-bit little-endian ELF file");
    let sections = sections(file);
    let names = &sections[usize::from(u16::from_le_bytes(bytes(file, 62)))];
    let table = sections.iter().find(|section| section.kind == SYMBOL_TABLE);
    let table = table.expect("the program is not stripped");
    let symbols = &file[table.offset..table.offset + table.size_bytes];
    let found = symbols.chunks_exact(SYMBOL_BYTES).filter_map(|symbol| {
        let offset = sections[table.link].offset + number(u64::from(u32_at(symbol, 0)));
        let name = text(file, offset);
        let section = sections.get(usize::from(u16::from_le_bytes(bytes(symbol, 6))))?;
        name.contains(part).then(|| Symbol {
            name,
            size_bytes: u64_at(symbol, 16),
            section: text(file, names.offset + section.name),
            takes_no_room: section.kind == NO_BITS,
        })
    });
    found.collect()
}

fn sections(file: &[u8]) -> Vec<Section> {
    let start = number(u64_at(file, 40));
    let header_bytes = usize::from(u16::from_le_bytes(bytes(file, 58)));
    let count = usize::from(u16::from_le_bytes(bytes(file, 60)));
    let headers = file[start..].chunks_exact(header_bytes).take(count);
    let sections = headers.map(|header| Section {
        name: number(u64::from(u32_at(header, 0))),
        kind: u32_at(header, 4),
        offset: number(u64_at(header, 24)),
        size_bytes: number(u64_at(header, 32)),
        link: number(u64::from(u32_at(header, 40))),
    });
    sections.collect()
}

/// The text at `offset`, which ends with a zero byte.
fn text(file: &[u8], offset: usize) -> String {
    let text = file[offset..].split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

fn u32_at(from: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(bytes(from, offset))
}

fn u64_at(from: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(bytes(from, offset))
}

fn bytes<const N: usize>(from: &[u8], offset: usize) -> [u8; N] {
    *from[offset..].first_chunk().expect("the file is whole")
}

fn number(word: u64) -> usize {
    usize::try_from(word).expect("it lies in the file")
}
