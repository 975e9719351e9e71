//! The system that the benches run on, and folders on its disk that go away again.

use std::fs;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
pub use runtime_linux::Linux as System;
#[cfg(target_os = "macos")]
pub use runtime_macos::MacOs as System;

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty folder in `place`, which is on the disk that is to be measured. One that an earlier
    /// run could not remove gives way.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn new(place: &str, name: &str) -> Self {
        let path = Path::new(place).join(name);
        let _absent = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder can be made");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the way of nobody.
        let _left = fs::remove_dir_all(&self.0);
    }
}
