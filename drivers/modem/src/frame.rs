//! A frame at 300 bit/s as a modem gives it: octets among which DLE says something, an end, and before that the frame's check sum (T.31 section 7.4).
//!
//! Some modems do not double a DLE that belongs to a frame, as they should. (HylaFAX has a setting for them, `Class1ModemHasDLEBug`, and none of its
//! prototypes of configurations sets it, so that no model is known by its name.) What follows such a DLE belongs to the frame too, and may look like
//! its end. So both readings are kept, and the check sum says which is right. A modem that leaves that out is taken by its word.

use crate::hdlc;

/// The longest frame that is kept, every octet of it a DLE.
const LONGEST: usize = 600;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// As T.31 has it.
    read: Vec<u8>,
    /// Every octet that came, DLE or not.
    plain: Vec<u8>,
}

impl Frame {
    pub(crate) fn clear(&mut self) {
        self.read.clear();
        self.plain.clear();
    }

    /// An octet that came.
    pub(crate) fn came(&mut self, octet: u8) {
        if self.plain.len() < LONGEST {
            self.plain.push(octet);
        }
    }

    /// What was read of it.
    pub(crate) fn read(&mut self, data: &mut Vec<u8>) {
        data.truncate(LONGEST - self.read.len());
        self.read.append(data);
    }

    /// Its end came, and neither reading has a check sum before that.
    pub(crate) fn is_doubtful(&self) -> bool {
        !hdlc::is_good(&self.read) && !hdlc::is_good(self.plain_to_end())
    }

    /// What it is.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        let undoubled = !hdlc::is_good(&self.read) && hdlc::is_good(self.plain_to_end());
        let frame = if undoubled { self.plain_to_end().to_vec() } else { std::mem::take(&mut self.read) };
        self.clear();
        frame
    }

    /// Without the DLE and the ETX that end it.
    fn plain_to_end(&self) -> &[u8] {
        &self.plain[..self.plain.len().saturating_sub(2)]
    }
}
