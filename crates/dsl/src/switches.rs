//! What a server's operator may switch on: processes of the server's own machine.
//!
//! A definition that was registered stays what it was: this is asked when it is registered, and again when a process
//! would start.

/// Which kinds of processes a server runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// `run.script`
    pub script: bool,
    /// `run.shell`
    pub shell: bool,
}

impl Switches {
    /// Everything is on, for whoever is not the server.
    pub const ON: Self = Self { script: true, shell: true };
}
