//! A line between a client and a venue that can be made to lose what the venue says, and be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A line.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Where clients connect.
    pub(crate) address: String,
    /// Whether what the venue says is lost.
    is_deaf: Arc<AtomicBool>,
    /// Both ends of the connections.
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    /// A line to this address.
    pub(crate) fn to(venue: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (is_deaf, ends) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let proxy = Self { address, is_deaf: Arc::clone(&is_deaf), ends: Arc::clone(&ends) };
        let (venue, never) = (venue.to_owned(), Arc::new(AtomicBool::new(false)));
        // It ends with the process of the test.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, venue) = (client.unwrap(), TcpStream::connect(&venue).unwrap());
                is_deaf.store(false, Ordering::SeqCst);
                let copies = [&client, &venue].map(|end| end.try_clone().unwrap());
                ends.lock().unwrap().extend(copies);
                let (from, to) = (client.try_clone().unwrap(), venue.try_clone().unwrap());
                let never = Arc::clone(&never);
                thread::spawn(move || copy(from, to, &never));
                let is_deaf = Arc::clone(&is_deaf);
                thread::spawn(move || copy(venue, client, &is_deaf));
            }
        });
        proxy
    }

    /// Loses what the venue says from now on, until a new connection is made.
    pub(crate) fn lose(&self) {
        self.is_deaf.store(true, Ordering::SeqCst);
    }

    /// Cuts all connections.
    pub(crate) fn cut(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            // The other end may have gone first.
            let _gone = end.shutdown(Shutdown::Both);
        }
    }
}

/// Passes bytes on, unless they are lost.
fn copy(mut from: TcpStream, mut to: TcpStream, is_lost: &AtomicBool) {
    let mut piece = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        if !is_lost.load(Ordering::SeqCst) && to.write_all(&piece[..count]).is_err() {
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Both);
}
