//! The socket between parent and worker, and the two files that pages travel in.
//!
//! A `SOCK_SEQPACKET` pair keeps messages whole and says when the other end is gone. Pages are too large for its packets: the
//! document to send, the file that the engine writes, and the strip of a received page are memfds, which both ends hold. Nothing
//! of a page touches the disk outside the store.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;

use rustix::fs::{MemfdFlags, SealFlags};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::proto::{FromWorker, MAX_MESSAGE, ToWorker};
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
        let mut buf = [0; MAX_MESSAGE];
        self.send_bytes(postcard::to_slice(message, &mut buf).map_err(|_| Gone)?)
    }

    /// Gives a worker an order, with the document that goes with it.
    pub fn order(&self, files: &Files, order: &ToWorker) -> Result<(), Gone> {
        if let ToWorker::Give { document, .. } = order {
            files.write_strip(document.expose()).map_err(|_| Gone)?;
        }
        self.send(order)
    }

    fn send_bytes(&self, bytes: &[u8]) -> Result<(), Gone> {
        loop {
            return match rustix::net::send(&self.0, bytes, SendFlags::NOSIGNAL) {
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
        let Some(bytes) = self.packet(&mut buf)? else { return Ok(None) };
        postcard::from_bytes(bytes).map(Some).map_err(|_| Gone)
    }

    /// Receives what a worker reports, one or several at a time, each page with its strip. Blocks if the socket does.
    pub fn reports(&self, files: &Files) -> Result<Vec<FromWorker>, Gone> {
        self.try_reports(files)?.ok_or(Gone)
    }

    /// The same; `None` if there is nothing now and the socket does not block.
    pub fn try_reports(&self, files: &Files) -> Result<Option<Vec<FromWorker>>, Gone> {
        let mut buf = [0; MAX_MESSAGE];
        let Some(mut bytes) = self.packet(&mut buf)? else { return Ok(None) };
        let mut reports = Vec::new();
        while !bytes.is_empty() {
            let (mut report, rest) = postcard::take_from_bytes::<FromWorker>(bytes).map_err(|_| Gone)?;
            // Of these, some bring a page, and there must not be many of those: behind them nothing is said.
            if report.waits() && !rest.is_empty() {
                return Err(Gone);
            }
            files.fill_in(&mut report)?;
            reports.push(report);
            bytes = rest;
        }
        Ok(Some(reports))
    }

    fn packet<'a>(&self, buf: &'a mut [u8; MAX_MESSAGE]) -> Result<Option<&'a [u8]>, Gone> {
        loop {
            return match rustix::net::recv(&self.0, &mut buf[..], RecvFlags::TRUNC) {
                Err(rustix::io::Errno::INTR) => continue,
                Err(rustix::io::Errno::AGAIN) => Ok(None),
                Err(_) => Err(Gone),
                // No bytes: closed. More than fit: not one of our messages.
                Ok((_, 0)) => Err(Gone),
                Ok((_, len)) => buf.get(..len).map(Some).ok_or(Gone),
            };
        }
    }
}

/// The parent, as the worker sees it. What is but a part of what an order comes to waits for its end, since each packet on the socket costs
/// the parent a look; what is rare, or is asked, leaves at once, so that it is known whatever the engine does next.
#[derive(Debug)]
pub(super) struct Parent {
    channel: Channel,
    /// Reports that wait. Both who speak, the loop and the engine's callbacks, run in one thread.
    waiting: Mutex<Waiting>,
}

/// Reports, one behind the other, in a place that is taken once: a hundred leave in a second.
#[derive(Debug)]
struct Waiting {
    bytes: Box<[u8; MAX_MESSAGE]>,
    length: usize,
}

impl Waiting {
    /// Puts one behind those that wait; false: there is no room.
    fn put(&mut self, report: &FromWorker) -> Result<bool, Gone> {
        match postcard::to_slice(report, self.bytes.get_mut(self.length..).unwrap_or_default()) {
            Ok(put) => self.length += put.len(),
            Err(postcard::Error::SerializeBufferFull) => return Ok(false),
            Err(_) => return Err(Gone),
        }
        Ok(true)
    }

    fn leave(&mut self, channel: &Channel) -> Result<(), Gone> {
        let length = std::mem::take(&mut self.length);
        channel.send_bytes(self.bytes.get(..length).unwrap_or_default())
    }
}

impl Parent {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, waiting: Mutex::new(Waiting { bytes: Box::new([0; MAX_MESSAGE]), length: 0 }) }
    }

    pub(super) fn tell(&self, report: &FromWorker) -> Result<(), Gone> {
        let mut waiting = self.waiting.lock().map_err(|_| Gone)?;
        if !waiting.put(report)? {
            // One that is too large for any message is none of ours.
            if waiting.length == 0 {
                return Err(Gone);
            }
            waiting.leave(&self.channel)?;
            waiting.put(report)?.then_some(()).ok_or(Gone)?;
        }
        if report.is_part() { Ok(()) } else { waiting.leave(&self.channel) }
    }

    /// The next order, or the answer to what was asked.
    pub(super) fn order(&self) -> Result<ToWorker, Gone> {
        self.channel.recv()
    }
}

/// The memfds of one worker. Parent and worker hold the same two.
#[derive(Debug)]
pub struct Files {
    /// The TIFF file that the engine reads or writes.
    pub(super) document: OwnedFd,
    /// Receiving: the strip of the page that came last. Sending: the document with its header lines. Who receives and is asked for a document
    /// gets that here, and sends it from here.
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

    /// The document that the parent gave.
    pub(super) fn read_given(&self, length: u32) -> io::Result<Vec<u8>> {
        read(&self.strip, length as usize)
    }

    pub(super) fn write_strip(&self, strip: &[u8]) -> io::Result<()> {
        write_all(&self.strip, strip)
    }

    /// Puts the strip that a message speaks of into it. A worker that names a strip that is not there, or a page of an impossible
    /// size, is as good as gone.
    fn fill_in(&self, message: &mut FromWorker) -> Result<(), Gone> {
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
