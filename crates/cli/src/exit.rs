//! Exit codes: what a script learns without reading a word. They are a contract; numbers never change their meaning.

use http::StatusCode;
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked.
    Ok,
    /// It failed in a way that has no code of its own.
    Failed,
    /// The command line, or a file that it names, cannot be meant.
    Usage,
    /// What was asked for does not exist, or is not this tenant's.
    NotFound,
    /// The credential is missing, not valid, or may not do this.
    Denied,
    /// The state of things forbids it: a taken version, a key in use, an execution that has ended.
    Conflict,
    /// It did not end in the time it was given.
    TimedOut,
    /// The workflow that was waited for ended with an error.
    Faulted,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Denied => 4,
            Self::Conflict => 5,
            Self::TimedOut => 6,
            Self::Faulted => 7,
        }
    }

    /// The code for an error answer of the server.
    pub(crate) fn of_answer(status: StatusCode) -> Self {
        match status.as_u16() {
            401 | 403 => Self::Denied,
            404 | 410 => Self::NotFound,
            408 | 504 => Self::TimedOut,
            409 | 412 => Self::Conflict,
            _ => Self::Failed,
        }
    }

    /// The code for the status of an execution that was waited for.
    pub(crate) fn of_ended(status: &str) -> Self {
        match status {
            "completed" => Self::Ok,
            "faulted" => Self::Faulted,
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_numbers() {
        let all = [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::NotFound,
            Exit::Denied,
            Exit::Conflict,
            Exit::TimedOut,
            Exit::Faulted,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn answers_map_to_codes() {
        let of = |status: u16| Exit::of_answer(StatusCode::from_u16(status).unwrap());
        assert_eq!(of(401), Exit::Denied);
        assert_eq!(of(403), Exit::Denied);
        assert_eq!(of(404), Exit::NotFound);
        assert_eq!(of(409), Exit::Conflict);
        assert_eq!(of(400), Exit::Failed);
        assert_eq!(of(503), Exit::Failed);
    }

    #[test]
    fn only_a_completed_execution_is_a_success() {
        assert_eq!(Exit::of_ended("completed"), Exit::Ok);
        assert_eq!(Exit::of_ended("faulted"), Exit::Faulted);
        assert_eq!(Exit::of_ended("cancelled"), Exit::Failed);
    }
}
