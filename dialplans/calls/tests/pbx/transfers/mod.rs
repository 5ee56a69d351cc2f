//! A phone hands its partner on: to a number (blind), or to the partner of its other call (attended).

mod attended;
mod blind;
mod help;
mod media;
mod refusals;
mod vanishing;
mod while_ringing;
