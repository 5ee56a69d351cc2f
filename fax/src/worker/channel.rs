//! The socket between parent and worker, and the two files that pages travel in.
//!
//! A `SOCK_SEQPACKET` pair keeps messages whole and says when the other end is gone. Pages are too large for its packets: the
//! document to send, the file that the engine writes, and the strip of a received page are memfds, which both ends hold. Nothing
//! of a page touches the disk outside the store.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::proto::{FromWorker, MAX_MESSAGE};
use crate::page::{MAX_STRIP, check_size};

/// The other end is gone, or speaks another language. Either way there is no worker (or no parent) any more.
#[derive(Debug)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other end of the worker's socket is gone")
    }
}

impl std::error::Error for Gone {}

/// One end of the socket, as a plain descriptor or as one that a runtime watches.
#[derive(Debug)]
pub struct Channel<F = OwnedFd>(pub(crate) F);

impl Channel {
    /// Both ends: the parent's, which does not block if `nonblocking`, and the worker's, which does.
    pub fn pair(nonblocking: bool) -> io::Result<(Self, Self)> {
        let flags = SocketFlags::CLOEXEC;
        let (parent, worker) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        if nonblocking {
            rustix::io::ioctl_fionbio(&parent, true)?;
        }
        Ok((Self(parent), Self(worker)))
    }
}

impl<F: AsFd> Channel<F> {
    /// Sends a message whole.
    pub fn send<T: Serialize>(&self, message: &T) -> Result<(), Gone> {
        let bytes = postcard::to_stdvec(message).map_err(|_| Gone)?;
        loop {
            return match rustix::net::send(&self.0, &bytes, SendFlags::NOSIGNAL) {
                Err(rustix::io::Errno::INTR) => continue,
                Ok(sent) if sent == bytes.len() => Ok(()),
                _ => Err(Gone),
            };
        }
    }

    /// Receives a message. Blocks if the socket does.
    pub fn recv<T: DeserializeOwned>(&self) -> Result<T, Gone> {
        self.try_recv()?.ok_or(Gone)
    }

    /// Receives a message; `None` if there is none now and the socket does not block.
    pub fn try_recv<T: DeserializeOwned>(&self) -> Result<Option<T>, Gone> {
        let mut buf = [0; MAX_MESSAGE];
        loop {
            return match rustix::net::recv(&self.0, &mut buf, RecvFlags::TRUNC) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(rustix::io::Errno::AGAIN) => Ok(None),
                Err(_) => Err(Gone),
                // No bytes: closed. More than fit: not one of our messages.
                Ok((_, 0)) => Err(Gone),
                Ok((_, len)) => buf.get(..len).and_then(|bytes| postcard::from_bytes(bytes).ok()).map(Some).ok_or(Gone),
            };
        }
    }
}

/// The memfds of one worker. Parent and worker hold the same two.
#[derive(Debug)]
pub struct Files {
    /// The TIFF file that the engine reads or writes.
    pub(super) document: OwnedFd,
    /// Receiving: the strip of the page that came last. Sending: the document with its header lines.
    pub(super) strip: OwnedFd,
}

impl Files {
    /// The files of a worker that sends `document`, a TIFF file, or that receives. What is to be sent cannot be changed any more.
    pub fn new(document: Option<&[u8]>) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let files = Self {
            document: rustix::fs::memfd_create(c"fax-document", flags)?,
            strip: rustix::fs::memfd_create(c"fax-strip", flags)?,
        };
        if let Some(document) = document {
            write_all(&files.document, document)?;
            let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
            rustix::fs::fcntl_add_seals(&files.document, seals)?;
        }
        Ok(files)
    }

    /// The document: what is to be sent, or what the engine has received so far.
    pub fn document(&self) -> BorrowedFd<'_> {
        self.document.as_fd()
    }

    /// The same files, for the other end.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { document: self.document.try_clone()?, strip: self.strip.try_clone()? })
    }

    /// The path under which this process can open the document.
    pub(super) fn document_path(&self) -> String {
        format!("/proc/self/fd/{}", self.document.as_raw_fd())
    }

    /// The path under which this process can open the strip.
    pub(super) fn strip_path(&self) -> String {
        format!("/proc/self/fd/{}", self.strip.as_raw_fd())
    }

    pub(super) fn read_document(&self) -> io::Result<Vec<u8>> {
        let len = rustix::fs::fstat(&self.document)?.st_size;
        read(&self.document, usize::try_from(len).unwrap_or(0))
    }

    /// The document as the engine gets it: what stands in the strip, which is the document with its header lines.
    pub(super) fn read_to_send(&self) -> io::Result<Vec<u8>> {
        let len = rustix::fs::fstat(&self.strip)?.st_size;
        read(&self.strip, usize::try_from(len).unwrap_or(0))
    }

    pub(super) fn write_strip(&self, strip: &[u8]) -> io::Result<()> {
        write_all(&self.strip, strip)
    }

    /// Puts the strip that a message speaks of into it. A worker that names a strip that is not there, or a page of an impossible
    /// size, is as good as gone.
    pub fn fill_in(&self, message: &mut FromWorker) -> Result<(), Gone> {
        if let FromWorker::Page { page, strip, .. } = message {
            let len = *strip as usize;
            if len > MAX_STRIP || check_size(page.width, page.rows).is_err() {
                return Err(Gone);
            }
            page.g4 = read(&self.strip, len).map_err(|_| Gone)?;
        }
        Ok(())
    }
}

fn write_all(fd: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
    let mut at = 0;
    while !bytes.is_empty() {
        let written = rustix::io::pwrite(fd, bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        bytes = &bytes[written..];
    }
    Ok(())
}

fn read(fd: &OwnedFd, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut at = 0;
    while at < len {
        let read = rustix::io::pread(fd, &mut bytes[at..], at as u64)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        at += read;
    }
    Ok(bytes)
}
