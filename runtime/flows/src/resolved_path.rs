//! Where a path leads: what is there, or where it would come to be, told apart by device and inode.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// What stands for standard input, or for standard output, where a command takes that.
pub const STANDARD: &str = "-";

/// Links that are followed in one path, as Linux does: `path_resolution(7)`.
const LINKS_MAX: u32 = 40;

/// Where the links of the system itself stand. What they lead to is open already, and is written
/// as it is.
const LINKS_OF_THE_SYSTEM: [&str; 2] = ["/dev", "/proc"];
/// Where systems without such links have what is open.
const OPEN_FILES: [&str; 2] = ["/dev/fd", "/proc"];

/// A file, whatever its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inode {
    device: u64,
    number: u64,
}

impl Inode {
    /// The file that a path leads to; `None` when there is none.
    pub fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::from)
    }
}

impl From<&Metadata> for Inode {
    fn from(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), number: metadata.ino() }
    }
}

/// What is at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing yet.
    Nothing,
    /// A file with bytes of its own.
    File,
    /// A directory.
    Directory,
    /// A pipe, a device or a socket: several may write it.
    Special,
}

impl FileKind {
    fn of(metadata: &Metadata) -> Self {
        if metadata.is_file() {
            Self::File
        } else if metadata.is_dir() {
            Self::Directory
        } else {
            Self::Special
        }
    }
}

/// Where a path leads.
#[derive(Clone, Debug)]
pub struct ResolvedPath {
    kind: FileKind,
    there: Option<Inode>,
    /// The path without links; `None` for what has no name.
    path: Option<PathBuf>,
    /// The directories that hold it, as far as they exist, the nearest first.
    directories: Vec<Inode>,
    /// The names below the nearest that do not exist yet.
    missing: Vec<OsString>,
    is_of_the_system: bool,
}

impl ResolvedPath {
    /// Where `path` leads now.
    pub fn of(path: &Path) -> Self {
        let metadata = fs::metadata(path).ok();
        let walk = Walk::along(path);
        let is_named = metadata.is_none() || walk.missing.is_empty();
        let directories =
            if walk.missing.is_empty() { walk.real.parent() } else { Some(&*walk.real) };
        let directories = directories.into_iter().flat_map(Path::ancestors).filter_map(Inode::of);
        Self {
            kind: metadata.as_ref().map_or(FileKind::Nothing, FileKind::of),
            there: metadata.as_ref().map(Inode::from),
            directories: if is_named { directories.collect() } else { Vec::new() },
            path: is_named.then(|| walk.whole()),
            missing: walk.missing,
            is_of_the_system: walk.is_of_the_system,
        }
    }

    /// Where an open stream leads.
    pub fn of_stream(stream: &impl AsFd) -> Self {
        let file = stream.as_fd().try_clone_to_owned().map(File::from);
        let metadata = file.and_then(|file| file.metadata()).ok();
        Self {
            kind: metadata.as_ref().map_or(FileKind::Special, FileKind::of),
            there: metadata.as_ref().map(Inode::from),
            path: None,
            directories: Vec::new(),
            missing: Vec::new(),
            is_of_the_system: true,
        }
    }

    /// What is there.
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// The path without links; `None` for what has no name.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The path of the file that another can take the place of, or of one that is not there yet;
    /// `None` for what is written as it is: a pipe, a device, or what the system holds open.
    pub fn replaceable(&self) -> Option<&Path> {
        match self.kind {
            FileKind::Nothing | FileKind::File if !self.is_of_the_system => self.path.as_deref(),
            FileKind::Nothing | FileKind::File | FileKind::Directory | FileKind::Special => None,
        }
    }

    /// The file that is there.
    pub fn inode_of_file(&self) -> Option<Inode> {
        self.there.filter(|_| self.kind == FileKind::File)
    }

    /// Whether both are one file, or would become one.
    pub fn is_same_file(&self, other: &Self) -> bool {
        let may_be_file = |resolved_path: &Self| match resolved_path.kind {
            FileKind::Nothing | FileKind::File => true,
            FileKind::Directory | FileKind::Special => false,
        };
        may_be_file(self) && may_be_file(other) && self.is_same_place(other)
    }

    /// Whether both are the same, or would become it.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self.there, other.there) {
            (Some(inode), Some(of_other)) => inode == of_other,
            (None, None) => self.missing == other.missing && self.is_beside(other),
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// Whether the other is below this one, or would be.
    pub fn holds(&self, other: &Self) -> bool {
        if let Some(inode) = self.there {
            return other.directories.contains(&inode);
        }
        let is_below = other.missing.len() > self.missing.len();
        is_below && other.missing.starts_with(&self.missing) && self.is_beside(other)
    }

    /// Whether the nearest directory that exists is the same.
    fn is_beside(&self, other: &Self) -> bool {
        let nearest = self.directories.first();
        nearest.is_some() && nearest == other.directories.first()
    }
}

/// A path that is followed name by name: links too, also those that lead to nothing yet.
struct Walk {
    /// What exists of it, without links.
    real: PathBuf,
    /// What does not, without `..`.
    missing: Vec<OsString>,
    /// What is left to be followed.
    ahead: VecDeque<OsString>,
    link_count: u32,
    is_of_the_system: bool,
}

impl Walk {
    fn along(path: &Path) -> Self {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut walk = Self {
            real: PathBuf::new(),
            missing: Vec::new(),
            ahead: names_of(&whole),
            link_count: 0,
            is_of_the_system: false,
        };
        while let Some(name) = walk.ahead.pop_front() {
            match Path::new(&name).components().next() {
                Some(Component::RootDir | Component::Prefix(_)) => {
                    walk.real = PathBuf::from(&name);
                    walk.missing.clear();
                }
                Some(Component::ParentDir) => {
                    if walk.missing.pop().is_none() {
                        walk.real.pop();
                    }
                }
                Some(Component::Normal(_)) => walk.enter(name),
                Some(Component::CurDir) | None => {}
            }
        }
        walk.is_of_the_system |= OPEN_FILES.into_iter().any(|open| walk.real.starts_with(open));
        walk
    }

    /// All of the path, without links.
    fn whole(&self) -> PathBuf {
        let mut whole = self.real.clone();
        whole.extend(&self.missing);
        whole
    }

    /// Goes on with a name, which may be a link.
    fn enter(&mut self, name: OsString) {
        let next = self.real.join(&name);
        let is_reached = self.missing.is_empty();
        match fs::symlink_metadata(&next) {
            Ok(found) if is_reached && found.is_symlink() && self.link_count < LINKS_MAX => {
                self.link_count += 1;
                let is_system = |directory| self.real.starts_with(directory);
                self.is_of_the_system |= LINKS_OF_THE_SYSTEM.into_iter().any(is_system);
                match fs::read_link(&next) {
                    Ok(target) => {
                        let mut ahead = names_of(&target);
                        ahead.append(&mut self.ahead);
                        self.ahead = ahead;
                    }
                    Err(_) => self.missing.push(name),
                }
            }
            Ok(_) if is_reached => self.real = next,
            Ok(_) | Err(_) => self.missing.push(name),
        }
    }
}

fn names_of(path: &Path) -> VecDeque<OsString> {
    path.components().map(|component| component.as_os_str().to_owned()).collect()
}
