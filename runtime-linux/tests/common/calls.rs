//! What a program did to the files of a directory, by its system calls in their order.
use crate::power::{Content, History, Naming, Span};
use crate::sectors::Change;
use crate::trace::{Call, Trace};
use std::collections::BTreeMap;
use std::path::Path;

/// The calls to trace: those that are known here, and those that would have to be.
pub const CALLS: &str = "trace=execve,open,openat,creat,close,write,pwrite64,ftruncate,fdatasync,fsync,\
    rename,unlink,mkdir,fcntl,writev,pwritev,pwritev2,truncate,fallocate,sync_file_range,syncfs,sync,\
    renameat,renameat2,unlinkat,link,linkat,symlink,symlinkat,mkdirat,dup,dup2,dup3,mmap,\
    copy_file_range,sendfile,splice,io_uring_setup";

/// What a descriptor stands for.
#[derive(Clone, Copy)]
enum Opened {
    Directory,
    Parent,
    File {
        file: usize,
        access: Access,
    },
    Acks,
    /// A file of another directory.
    Elsewhere,
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// At places that are named.
    Placed,
    /// Always at its end.
    Appends,
    /// From its beginning on: nobody moves in it.
    Onwards,
}

/// The history of runs, one behind the other. The first found `base` in the data directory; all
/// acknowledged to the file `acks`, and were started in `place`, beside both. Each left what is
/// `found`.
///
/// # Panics
/// When `place` is not there, or a call is traced that is not known here.
pub fn history(
    trace: &Trace,
    place: &Path,
    data: &str,
    base: Option<&Content>,
    found: &[Content],
) -> History {
    let history = History::new(base);
    let place = format!("{}/", place.canonicalize().unwrap().display());
    let opened = BTreeMap::new();
    let mut reader = Reader { place, data, opened, history, found: found.iter() };
    let ends = trace.calls.iter().filter(|call| span(call).ended < usize::MAX);
    let ends = ends.map(|call| (call.ended, true, call));
    let mut steps: Vec<_> = trace.calls.iter().map(|call| (call.began, false, call)).collect();
    steps.extend(ends);
    steps.sort_by_key(|(moment, is_end, _)| (*moment, *is_end));
    for (_, is_end, call) in steps {
        // A call that failed did nothing; one that nobody saw end may have done it.
        if result(call).is_none_or(|result| result >= 0) {
            if is_end { reader.ended(call) } else { reader.began(call) }
        }
    }
    reader.settle(trace.calls.last().map_or(0, |call| call.began + 1));
    reader.history
}

struct Reader<'t> {
    /// What absolute paths begin with.
    place: String,
    data: &'t str,
    opened: BTreeMap<u64, Opened>,
    history: History,
    found: std::slice::Iter<'t, Content>,
}

impl Reader<'_> {
    /// A process has ended, if there was one.
    fn settle(&mut self, moment: usize) {
        if moment > 0
            && let Some(found) = self.found.next()
        {
            self.history.settle(moment, found);
            self.opened.clear();
        }
    }

    fn began(&mut self, call: &Call) {
        let span = span(call);
        let opened = descriptor(call).and_then(|descriptor| self.opened.get(&descriptor)).copied();
        match (call.name.as_str(), opened) {
            // A thread that was killed before its call did anything.
            ("???", _) if result(call).is_none() => {}
            ("open" | "openat" | "sendto" | "fcntl", _) | ("close", None) => {}
            ("execve", _) => self.settle(call.began),
            // The number may be another's before the call has ended.
            ("close", _) => drop(self.opened.remove(&descriptor(call).unwrap())),
            ("mkdir" | "rename" | "unlink", _) => self.naming(call, span),
            ("write", Some(Opened::Acks)) => self.history.acknowledge(span, &written(call)),
            ("write" | "pwrite64", Some(opened @ Opened::File { .. })) => {
                self.write(opened, call, span);
            }
            ("ftruncate", Some(Opened::File { file, .. })) => {
                let length = usize::try_from(argument(call, 1)).unwrap();
                self.history.files[file].change(span, Change::Length(length));
            }
            ("fdatasync" | "fsync", Some(Opened::File { file, .. })) => {
                self.history.files[file].syncs.push(span);
            }
            ("fdatasync" | "fsync", Some(Opened::Directory)) => self.history.name_syncs.push(span),
            ("fdatasync" | "fsync", Some(Opened::Parent)) => self.history.parent_syncs.push(span),
            ("mmap", _) => assert!(!call.text.contains("PROT_WRITE, MAP_SHARED, "), "{call:?}"),
            (_, Some(Opened::Elsewhere)) => {}
            (name, None) if ["write", "fdatasync", "fsync"].contains(&name) => {}
            _ => panic!("a call that is not known here: {}", shown(call)),
        }
    }

    fn write(&mut self, opened: Opened, call: &Call, span: Span) {
        let Opened::File { file, access } = opened else { unreachable!("a file is written") };
        let bytes = sent(call);
        let file = &mut self.history.files[file];
        let is_placed = call.name == "pwrite64";
        assert_eq!(access == Access::Placed, is_placed, "it has no such place: {}", shown(call));
        let offset =
            if is_placed { usize::try_from(argument(call, 3)).unwrap() } else { file.length };
        file.change(span, Change::Write { offset, bytes });
    }

    /// A name that was changed; one that is to be changed is followed when it has been.
    fn naming(&mut self, call: &Call, span: Span) {
        let paths: Vec<_> = strings(call).iter().map(|path| self.shortened(path)).collect();
        let names: Vec<_> = paths.iter().filter_map(|path| self.within(path)).collect();
        let naming = match (call.name.as_str(), names.as_slice()) {
            ("mkdir", _) if paths == [self.data] => return self.history.made.push(span),
            // It is no file.
            ("unlink", [name]) if name == "admin/socket" => return,
            ("unlink", [name]) => Naming::Remove(name.clone()),
            ("rename", [from, to]) => Naming::Rename(from.clone(), to.clone()),
            // A folder in it is there with its first file.
            ("mkdir", _) | (_, []) => return,
            _ => panic!("into or out of the directory: {}", shown(call)),
        };
        self.history.namings.push((span, naming));
    }

    fn ended(&mut self, call: &Call) {
        match call.name.as_str() {
            "open" | "openat" => self.open(call),
            "fcntl" if call.text.contains("F_DUPFD") => {
                let opened = descriptor(call).and_then(|from| self.opened.get(&from)).copied();
                if let Some(opened) = opened {
                    self.opened.insert(result(call).unwrap().cast_unsigned(), opened);
                }
            }
            "rename" | "unlink" => {
                let same = |span: &Span| span.began == call.began;
                let found = self.history.namings.iter().find(|(span, _)| same(span));
                if let Some((_, naming)) = found {
                    naming.apply(&mut self.history.names);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, call: &Call) {
        let path = self.shortened(&strings(call)[0]);
        let flags = call.text.rsplit_once("\", ").unwrap().1;
        let opened = if path == self.data {
            Opened::Directory
        } else if flags.contains("O_DIRECTORY") {
            Opened::Parent
        } else if path == "acks" {
            Opened::Acks
        } else if let Some(name) = self.within(&path) {
            let Some(file) = self.file(&name, flags, call) else { return };
            let access = if flags.contains("O_APPEND") {
                Access::Appends
            } else if flags.contains("O_WRONLY") {
                Access::Onwards
            } else {
                Access::Placed
            };
            Opened::File { file, access }
        } else {
            Opened::Elsewhere
        };
        self.opened.insert(result(call).unwrap().cast_unsigned(), opened);
    }

    /// The file of this name; a new one when it is created.
    fn file(&mut self, name: &str, flags: &str, call: &Call) -> Option<usize> {
        if let Some(file) = self.history.names.get(name) {
            if flags.contains("O_TRUNC") {
                self.history.files[*file].change(span(call), Change::Length(0));
            }
            return Some(*file);
        }
        // Between the steps of a change of names by another thread only who reads may find it.
        assert!(flags.contains("O_CREAT") || flags.contains("O_RDONLY"), "{}", shown(call));
        if !flags.contains("O_CREAT") {
            return None;
        }
        let file = self.history.new_file();
        let naming = Naming::Create(name.to_owned(), file);
        naming.apply(&mut self.history.names);
        self.history.namings.push((span(call), naming));
        Some(file)
    }

    /// A path as it is from the place in which the program was started.
    fn shortened(&self, path: &str) -> String {
        path.strip_prefix(&self.place).unwrap_or(path).to_owned()
    }

    /// The name in the data directory that a path is.
    fn within(&self, path: &str) -> Option<String> {
        path.strip_prefix(self.data)?.strip_prefix('/').map(str::to_owned)
    }
}

/// When a call began and ended; one that nobody saw end did not, though it is over.
fn span(call: &Call) -> Span {
    Span { began: call.began, ended: result(call).map_or(usize::MAX, |_| call.ended) }
}

/// What a call came to; `None` when nobody saw it end.
fn result(call: &Call) -> Option<i64> {
    let text = call.text.rsplit_once(" = ")?.1;
    let number = text.split(' ').next().unwrap();
    number.strip_prefix("0x").map_or_else(|| number.parse().ok(), |_| Some(0))
}

/// What a call wrote or sent: what it was given, as far as its result says.
///
/// # Panics
/// When it sends nothing that is shown.
pub fn sent(call: &Call) -> Vec<u8> {
    let mut bytes = written(call);
    let count = result(call).unwrap_or(i64::MAX).max(0);
    bytes.truncate(usize::try_from(count).unwrap());
    bytes
}

/// The number that a call has as its first argument.
fn descriptor(call: &Call) -> Option<u64> {
    call.text.split_once('(')?.1.split([',', ')', ' ']).next()?.parse().ok()
}

/// Another argument that is a number.
fn argument(call: &Call, index: usize) -> u64 {
    let arguments = call.text.split_once('(').unwrap().1;
    let argument = arguments.split(", ").nth(index).unwrap();
    argument.split([')', ' ']).next().unwrap().parse().unwrap()
}

/// All strings of a call, which stand there in hexadecimal.
fn strings(call: &Call) -> Vec<String> {
    let quoted = call.text.split('"').skip(1).step_by(2);
    quoted.map(|text| String::from_utf8(bytes(text)).unwrap()).collect()
}

/// What a call is given to write.
fn written(call: &Call) -> Vec<u8> {
    bytes(call.text.split('"').nth(1).unwrap())
}

fn bytes(text: &str) -> Vec<u8> {
    let digit = |digit: u8| if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 };
    let each = text.as_bytes().chunks_exact(4);
    each.map(|hex| digit(hex[2]) << 4 | digit(hex[3])).collect()
}

/// A call without most of what it writes.
fn shown(call: &Call) -> String {
    call.text.chars().take(200).collect()
}
