//! The memory into which pages are painted: one for all pages of a document, and in large pieces where the kernel has them, since to get
//! fifteen megabytes by four kilobytes costs as much as to paint them.

use memmap2::{Advice, MmapMut};

/// Red, green, blue and alpha of a dot.
const DOT: usize = 4;

/// See the module.
#[derive(Default)]
pub(super) struct Canvas {
    memory: Memory,
}

enum Memory {
    Mapped(MmapMut),
    Plain(Vec<u8>),
}

impl Default for Memory {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

impl Canvas {
    /// The dots of a page, with whatever was painted last on them.
    pub(super) fn dots(&mut self, columns: u16, rows: u16) -> &mut [u8] {
        let bytes = usize::from(columns) * usize::from(rows) * DOT;
        if self.memory.bytes().len() < bytes {
            self.memory = Memory::of(bytes);
        }
        &mut self.memory.bytes()[..bytes]
    }
}

impl Memory {
    fn of(bytes: usize) -> Self {
        let Ok(mapped) = MmapMut::map_anon(bytes) else { return Self::Plain(vec![0; bytes]) };
        // A wish: a kernel that has no large pages gives small ones.
        let _ = mapped.advise(Advice::HugePage);
        Self::Mapped(mapped)
    }

    fn bytes(&mut self) -> &mut [u8] {
        match self {
            Self::Mapped(mapped) => mapped,
            Self::Plain(bytes) => bytes,
        }
    }
}
