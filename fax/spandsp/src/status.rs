//! How a call ended, as the engine numbers it. These are the statuses that a decision hangs on.

/// As it should.
pub const OK: i32 = 0;
/// Timer T0: nobody answered our calling tone.
pub const T0_EXPIRED: i32 = 2;
/// Timer T1: no fax machine made itself known.
pub const T1_EXPIRED: i32 = 3;
/// No speed at which training succeeded.
pub const CANNOT_TRAIN: i32 = 6;
/// The machines have nothing in common.
pub const INCOMPATIBLE: i32 = 8;
/// The far end cannot receive.
pub const RX_INCAPABLE: i32 = 9;
/// The far end cannot send.
pub const TX_INCAPABLE: i32 = 10;
/// No common resolution.
pub const NO_RESOLUTION: i32 = 11;
/// No common size.
pub const NO_SIZE: i32 = 12;
/// The far end said goodbye instead of how the training went.
pub const TX_BAD_COMMAND: i32 = 14;
/// The far end says that a page arrived damaged, or goodbye to one.
pub const TX_BAD_PAGE: i32 = 15;
/// Error correction gave up.
pub const TX_ECM_GAVE_UP: i32 = 16;
/// The far end ended the session.
pub const TX_GOT_DCN: i32 = 17;
/// No capabilities came after we called.
pub const TX_NO_DIS: i32 = 19;
/// The far end fell silent before the first page.
pub const TX_PHASE_B_DEAD: i32 = 20;
/// The far end fell silent after a page.
pub const TX_PHASE_D_DEAD: i32 = 21;
/// No fax came.
pub const RX_NO_FAX: i32 = 28;
/// The far end said goodbye instead of a command to train.
pub const RX_GOT_DCN: i32 = 35;
/// Our file could not be opened or read.
pub const FILE_ERROR: i32 = 41;
/// The last of the statuses that speak of our own file or memory.
pub const NO_MEMORY: i32 = 47;
/// We said goodbye after we had repeated a command, or left its page, often enough.
pub const RETRY_DCN: i32 = 48;
/// The line dropped.
pub const CALL_DROPPED: i32 = 49;
/// We did not agree to what the far end can do, or asks for, and said goodbye.
pub const NOT_AGREED: i32 = 50;
