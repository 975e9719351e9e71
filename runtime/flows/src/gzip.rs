//! Text in gzip, as far as this program was built with it.

pub use built::{GzipFile, check_built, decompressed};

#[cfg(feature = "gzip")]
#[expect(clippy::unnecessary_wraps, reason = "a program without gzip fails here")]
mod built {
    use flate2::Compression;
    use flate2::bufread::MultiGzDecoder;
    use flate2::write::GzEncoder;
    use std::fs::File;
    use std::io::{self, BufRead, Read, Write};

    /// Fails in a program that cannot write gzip.
    ///
    /// # Errors
    /// It was built without.
    pub fn check_built() -> io::Result<()> {
        Ok(())
    }

    /// What `compressed` decompresses to.
    ///
    /// # Errors
    /// The program was built without gzip.
    pub fn decompressed(
        compressed: impl BufRead + Send + 'static,
    ) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(MultiGzDecoder::new(compressed)))
    }

    /// A file that is compressed as it is written.
    #[derive(Debug)]
    pub struct GzipFile(GzEncoder<File>);

    impl GzipFile {
        /// Begins the text.
        ///
        /// # Errors
        /// The program was built without gzip.
        pub fn new(file: File) -> io::Result<Self> {
            Ok(Self(GzEncoder::new(file, Compression::fast())))
        }

        /// Takes some of the text; how many bytes of it.
        ///
        /// # Errors
        /// The system's.
        pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        /// Ends the text, and gives the file back.
        ///
        /// # Errors
        /// The system's.
        pub fn finish(&mut self) -> io::Result<&mut File> {
            self.0.try_finish()?;
            Ok(self.0.get_mut())
        }
    }
}

#[cfg(not(feature = "gzip"))]
#[expect(clippy::needless_pass_by_ref_mut, reason = "it stands in for what writes gzip")]
mod built {
    use std::fs::File;
    use std::io::{self, BufRead, Read};

    /// Says what to do: this program cannot.
    ///
    /// # Errors
    /// The program was built without gzip.
    pub fn decompressed(_: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Err(missing("it is in gzip, which this program was built without; decompress it first"))
    }

    /// Says what to do: this program cannot.
    ///
    /// # Errors
    /// It was built without.
    pub fn check_built() -> io::Result<()> {
        Err(missing("this program was built without gzip; name a file without '.gz'"))
    }

    /// A file that nobody can have.
    #[derive(Debug)]
    pub enum GzipFile {}

    impl GzipFile {
        /// Fails.
        ///
        /// # Errors
        /// The program was built without gzip.
        pub fn new(_: File) -> io::Result<Self> {
            Err(io::ErrorKind::Unsupported.into())
        }

        /// Takes some of the text; how many bytes of it.
        ///
        /// # Errors
        /// The system's.
        pub fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            match *self {}
        }

        /// Ends the text.
        ///
        /// # Errors
        /// The system's.
        pub fn finish(&mut self) -> io::Result<&mut File> {
            match *self {}
        }
    }

    fn missing(sentence: &str) -> io::Error {
        io::Error::new(io::ErrorKind::Unsupported, sentence)
    }
}
