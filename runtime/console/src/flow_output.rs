//! A flow that a command writes: text or gzip, under its name only when it is whole.

use highwater_flows::gzip::{self, GzipFile};
use highwater_flows::outputs::partial::PartialFile;
use highwater_flows::resolved_path::{ResolvedPath, STANDARD};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Where a flow goes. Dropped before it is finished, it takes the half-written file away.
#[derive(Debug)]
pub struct FlowOutput {
    sink: Sink,
    /// The file under the name that it has until it is whole.
    partial: Option<PartialFile>,
}

/// Text as it is, or compressed.
#[derive(Debug)]
enum Sink {
    Stdout(io::Stdout),
    Plain(File),
    Gzip(GzipFile),
}

impl FlowOutput {
    /// Begins the file at `out`; `-` is standard output. Compressed when its name ends in .gz.
    ///
    /// # Errors
    /// The system's.
    pub fn create(out: &Path) -> io::Result<Self> {
        if out == STANDARD {
            return Ok(Self { sink: Sink::Stdout(io::stdout()), partial: None });
        }
        let is_gzip = out.extension().is_some_and(|extension| extension == "gz");
        if is_gzip {
            gzip::check_built()?;
        }
        // A pipe or a device must not be replaced by a file.
        let (file, partial) = match ResolvedPath::of(out).replaceable() {
            Some(real) => {
                let (file, partial) = PartialFile::create(real)?;
                (file, Some(partial))
            }
            None => (OpenOptions::new().write(true).open(out)?, None),
        };
        let sink = if is_gzip { Sink::Gzip(GzipFile::new(file)?) } else { Sink::Plain(file) };
        Ok(Self { sink, partial })
    }

    /// Ends the text, puts it on the disk and gives the file its name.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(mut self) -> io::Result<()> {
        self.sink.flush()?;
        let file = match &mut self.sink {
            Sink::Stdout(_) => return Ok(()),
            Sink::Plain(file) => file,
            Sink::Gzip(file) => file.finish()?,
        };
        if let Some(partial) = &mut self.partial {
            file.sync_all()?;
            partial.keep()?;
        }
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Plain(file) => file.write(bytes),
            Self::Gzip(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Plain(file) => file.flush(),
            // Flushing compressed text early would make it longer.
            Self::Gzip(_) => Ok(()),
        }
    }
}

impl Write for FlowOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}
