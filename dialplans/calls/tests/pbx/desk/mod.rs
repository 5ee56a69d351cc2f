//! What staff do at their phones: park and take back, pick up, speak at once to one or to all, and meet in a room.

mod parking;
mod pickup;
mod rooms;
mod speaking;
