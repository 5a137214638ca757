//! The load generator: connections that are kept open, each with one request at a time, on one thread.

use super::stats::{Samples, number};
use crate::error::{Code, Error};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// One connection.
#[derive(Debug)]
pub(crate) struct Lane {
    sender: SendRequest<Full<Bytes>>,
}

/// Where requests go and who sends them.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// `host:port`
    pub(crate) authority: String,
    /// The value of `Authorization`.
    pub(crate) authorization: String,
}

/// What came of a load.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Answers as expected.
    pub(crate) good: u64,
    /// Answers of another kind, and lost connections.
    pub(crate) bad: u64,
    /// Time from sending, or from when sending was due, to the answer.
    pub(crate) samples: Samples,
    /// How long it took altogether.
    pub(crate) seconds: f64,
    /// One of the unexpected answers.
    pub(crate) complaint: Option<String>,
}

impl Outcome {
    /// Good answers per second.
    pub(crate) fn rate(&self) -> f64 {
        number(self.good) / self.seconds.max(f64::MIN_POSITIVE)
    }

    fn merge(&mut self, other: Self) {
        self.good += other.good;
        self.bad += other.bad;
        self.samples.merge(other.samples);
        self.complaint = self.complaint.take().or(other.complaint);
    }
}

/// When a lane sends its next request, and when it stops.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// As soon as the last one is answered, for a time.
    Closed(Duration),
    /// As soon as the last one is answered, until so many are sent.
    Count(u64),
    /// At a fixed rate over all lanes, for a time, whatever the answers do.
    Open {
        /// Requests per second.
        rate: f64,
        /// For how long.
        duration: Duration,
    },
}

/// Makes the n-th request.
pub(crate) type MakeRequest = Rc<dyn Fn(&Target, u64) -> Request<Full<Bytes>>>;
/// Whether an answer is as expected.
pub(crate) type Check = fn(StatusCode, &[u8]) -> bool;

impl Lane {
    /// Connects.
    pub(crate) async fn open(authority: &str) -> Result<Self, Error> {
        let failed =
            |cause: String| Error::new(Code::Bench, format!("cannot connect to {authority}: {cause}"));
        let stream = TcpStream::connect(authority).await.map_err(|error| failed(error.to_string()))?;
        stream.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(error.to_string()))?;
        tokio::task::spawn_local(async move {
            // Its end shows as a failed request.
            let _ = connection.await;
        });
        Ok(Self { sender })
    }

    /// One request and its answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), String> {
        self.sender.ready().await.map_err(|error| error.to_string())?;
        let response = self.sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    }
}

/// Sends requests over `lanes` connections. Runs inside a `LocalSet`.
pub(crate) async fn run(
    target: &Target,
    lanes: u64,
    pace: Pace,
    make: MakeRequest,
    check: Check,
) -> Result<Outcome, Error> {
    let mut open = Vec::new();
    for _ in 0..lanes {
        open.push(Lane::open(&target.authority).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for (index, lane) in (0..).zip(open) {
        let (make, target) = (Rc::clone(&make), target.clone());
        tasks.spawn_local(drive(lane, Course { index, lanes, pace, start }, target, make, check));
    }
    let mut outcome = Outcome::default();
    while let Some(part) = tasks.join_next().await {
        outcome.merge(part.map_err(|error| Error::new(Code::Bench, format!("a lane ended: {error}")))?);
    }
    outcome.seconds = start.elapsed().as_secs_f64();
    Ok(outcome)
}

/// One lane's part of the load.
#[derive(Clone, Copy, Debug)]
struct Course {
    index: u64,
    lanes: u64,
    pace: Pace,
    start: Instant,
}

impl Course {
    /// When the lane's `turn`-th request is due; `None` when there is no more.
    fn due(&self, turn: u64, now: Instant) -> Option<Instant> {
        let number_of_all = turn * self.lanes + self.index;
        match self.pace {
            Pace::Closed(duration) => (now < self.start + duration).then_some(now),
            Pace::Count(count) => (number_of_all < count).then_some(now),
            Pace::Open { rate, duration } => {
                let due = self.start + Duration::from_secs_f64(number(number_of_all) / rate);
                (due < self.start + duration).then_some(due)
            }
        }
    }
}

async fn drive(mut lane: Lane, course: Course, target: Target, make: MakeRequest, check: Check) -> Outcome {
    let mut outcome = Outcome::default();
    let mut turn = 0;
    while let Some(due) = course.due(turn, Instant::now()) {
        if due > Instant::now() {
            sleep_until(due).await;
        }
        let request = make(&target, turn * course.lanes + course.index);
        match lane.send(request).await {
            Ok((status, body)) if check(status, &body) => {
                outcome.good += 1;
                outcome.samples.add(u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX));
            }
            Ok((status, body)) => {
                outcome.bad += 1;
                let text = String::from_utf8_lossy(&body);
                outcome.complaint.get_or_insert_with(|| {
                    format!("{status}: {}", text.chars().take(300).collect::<String>())
                });
            }
            Err(cause) => {
                // The connection is gone, and with it this lane; the figures show that it is missing.
                outcome.bad += 1;
                outcome.complaint.get_or_insert(cause);
                return outcome;
            }
        }
        turn += 1;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(index: u64, pace: Pace) -> Course {
        Course { index, lanes: 4, pace, start: Instant::now() }
    }

    #[test]
    fn a_count_is_shared_by_the_lanes() {
        let sent = |index| {
            let course = course(index, Pace::Count(10));
            (0..20).filter(|turn| course.due(*turn, course.start).is_some()).count()
        };
        assert_eq!([sent(0), sent(1), sent(2), sent(3)], [3, 3, 2, 2]);
    }

    #[test]
    fn an_open_load_is_due_by_the_clock_and_not_by_the_answers() {
        let course = course(1, Pace::Open { rate: 100.0, duration: Duration::from_secs(1) });
        let late = course.start + Duration::from_mins(1);
        assert_eq!(course.due(0, late), Some(course.start + Duration::from_millis(10)));
        assert_eq!(course.due(1, late), Some(course.start + Duration::from_millis(50)));
        assert_eq!(course.due(25, course.start), None);
    }

    #[test]
    fn a_closed_load_ends_with_its_time() {
        let course = course(0, Pace::Closed(Duration::from_secs(1)));
        assert!(course.due(1_000_000, course.start).is_some());
        assert!(course.due(0, course.start + Duration::from_secs(1)).is_none());
    }
}
