//! The three structures of the interface, byte by byte.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;

/// A type and a name.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ArrowSchema {
    pub(crate) format: *const c_char,
    pub(crate) name: *const c_char,
    pub(crate) metadata: *const c_char,
    pub(crate) flags: i64,
    pub(crate) n_children: i64,
    pub(crate) children: *mut *mut Self,
    pub(crate) dictionary: *mut Self,
    pub(crate) release: Option<unsafe extern "C" fn(*mut Self)>,
    pub(crate) private_data: *mut c_void,
}

/// Values.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ArrowArray {
    pub(crate) length: i64,
    pub(crate) null_count: i64,
    pub(crate) offset: i64,
    pub(crate) n_buffers: i64,
    pub(crate) n_children: i64,
    pub(crate) buffers: *mut *const c_void,
    pub(crate) children: *mut *mut Self,
    pub(crate) dictionary: *mut Self,
    pub(crate) release: Option<unsafe extern "C" fn(*mut Self)>,
    pub(crate) private_data: *mut c_void,
}

/// Batches, one after the other.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct ArrowArrayStream {
    pub(crate) get_schema: Option<unsafe extern "C" fn(*mut Self, *mut ArrowSchema) -> c_int>,
    pub(crate) get_next: Option<unsafe extern "C" fn(*mut Self, *mut ArrowArray) -> c_int>,
    pub(crate) get_last_error: Option<unsafe extern "C" fn(*mut Self) -> *const c_char>,
    pub(crate) release: Option<unsafe extern "C" fn(*mut Self)>,
    pub(crate) private_data: *mut c_void,
}

/// In `flags`: values may be missing.
pub(crate) const NULLABLE: i64 = 2;

pub(crate) const SCHEMA_NAME: &CStr = c"arrow_schema";
pub(crate) const ARRAY_NAME: &CStr = c"arrow_array";
pub(crate) const STREAM_NAME: &CStr = c"arrow_array_stream";

/// What is released once, and empty then.
pub(crate) trait Released {
    /// Gives back what it owns, unless that was done.
    fn let_go(&mut self);
}

/// Calls what the producer wants to be called in the end.
macro_rules! released {
    ($($structure:ident)*) => {
        $(impl Released for $structure {
            fn let_go(&mut self) {
                if let Some(release) = self.release.take() {
                    self.release = Some(release);
                    // SAFETY: it is the producer's function for this structure, which was not
                    // released before, as `release` is still set.
                    unsafe { release(self) };
                    self.release = None;
                }
            }
        })*
    };
}

released!(ArrowSchema ArrowArray ArrowArrayStream);

impl ArrowSchema {
    /// One that is released already: room for another.
    pub(crate) const fn empty() -> Self {
        Self {
            format: null_mut(),
            name: null_mut(),
            metadata: null_mut(),
            flags: 0,
            n_children: 0,
            children: null_mut(),
            dictionary: null_mut(),
            release: None,
            private_data: null_mut(),
        }
    }
}

impl ArrowArray {
    /// One that is released already: room for another, and the end of a stream.
    pub(crate) const fn empty() -> Self {
        Self {
            length: 0,
            null_count: 0,
            offset: 0,
            n_buffers: 0,
            n_children: 0,
            buffers: null_mut(),
            children: null_mut(),
            dictionary: null_mut(),
            release: None,
            private_data: null_mut(),
        }
    }
}
