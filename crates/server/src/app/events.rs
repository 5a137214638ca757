//! Events that are published, and signals to one execution.

use super::definitions::act;
use super::workflows::{payload, short_text, tell};
use super::{App, Error};
use crate::auth::Grant;
use crate::http::cloud_events::Received;
use std::sync::Arc;
use tenure_api::{AcceptedEvents, Code, ProblemItem, SignalWorkflow, Workflow};
use tenure_dsl::json::Json;
use tenure_engine::execution::{self, Event, EventError};
use tenure_engine::shard::Idempotency;
use tenure_runtime::Published;
use uuid::Uuid;

/// `source` of the events that signals become.
const SIGNAL_SOURCE: &str = "urn:tenure:signal";
/// `type` of a signal without a name.
const SIGNAL_NAME: &str = "signal";

/// Publishes events, in their order.
pub(crate) async fn publish(
    app: &App,
    grant: &Grant,
    received: Vec<Received>,
    promise: Option<Idempotency>,
) -> Result<AcceptedEvents, Error> {
    let mut events = Vec::with_capacity(received.len());
    // All are checked before the first is published.
    for Received { pointer, event } in received {
        events.push(Arc::new(Event::parse(event).map_err(|error| refused(&pointer, &error))?));
    }
    let published = app.handle.publish(grant.tenant(), &events, act(grant, promise)).await?;
    Ok(accepted(published))
}

/// The answer to a request that was answered before, from what was promised then.
pub(crate) fn published_before(promised: &[u8]) -> Result<AcceptedEvents, Error> {
    let published = Published::from_bytes(promised);
    let broken =
        || Error::refused(Code::Internal, "the stored answer to this idempotency key cannot be read");
    published.map(accepted).ok_or_else(broken)
}

fn accepted(published: Published) -> AcceptedEvents {
    let Published { events, deliveries, started } = published;
    AcceptedEvents { accepted: events, deliveries, started }
}

fn refused(pointer: &str, error: &EventError) -> Error {
    let member = match error {
        EventError::NotAnObject => "",
        EventError::TooLarge(_) => return Error::refused(Code::TooLarge, error.to_string()),
        EventError::Missing(name) => name,
        EventError::Version(_) => "specversion",
        EventError::Attribute { name, .. } => name,
        EventError::TwoData => "data_base64",
    };
    let separator = if member.is_empty() { "" } else { "/" };
    let pointer = Some(format!("{pointer}{separator}{}", member.replace('~', "~0").replace('/', "~1")));
    let item = ProblemItem { pointer, detail: error.to_string(), ..ProblemItem::default() };
    Error::refused(Code::InvalidBody, format!("the event is not valid: {error}")).with_errors(vec![item])
}

/// Tells one execution something.
pub(crate) async fn signal(
    app: &App,
    grant: &Grant,
    id: &str,
    command: SignalWorkflow,
    promise: Option<Idempotency>,
) -> Result<Workflow, Error> {
    let event = signal_event(command, "")?;
    let input = execution::Input::Event { event, addressed: true, by: grant.actor().clone() };
    let workflow = tell(app, grant, id, input, promise).await?;
    app.handle.metrics().signals.inc();
    Ok(workflow)
}

/// The event that a signal becomes; `pointer` is where in the body it stands.
pub(crate) fn signal_event(command: SignalWorkflow, pointer: &str) -> Result<Arc<Event>, Error> {
    let SignalWorkflow { name, id, data } = command;
    let name = name.unwrap_or_else(|| SIGNAL_NAME.to_owned());
    short_text(&name, &format!("{pointer}/name"))?;
    let id = id.unwrap_or_else(|| Uuid::now_v7().to_string());
    short_text(&id, &format!("{pointer}/id"))?;
    let data_pointer = format!("{pointer}/data");
    let data = payload(data.as_ref().map_or("{}", |data| data.as_text()), &data_pointer)?;
    let event = Json::object([
        ("specversion", Json::string("1.0")),
        ("id", Json::string(&id)),
        ("source", Json::string(SIGNAL_SOURCE)),
        ("type", Json::string(&name)),
        ("datacontenttype", Json::string("application/json")),
        ("data", data),
    ]);
    Event::parse(event).map(Arc::new).map_err(|error| match error {
        EventError::TooLarge(_) => Error::refused(Code::TooLarge, error.to_string()),
        other => Error::body(pointer, other.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenure_api::Problem;

    fn signal(text: &str) -> Result<Arc<Event>, Error> {
        signal_event(serde_json::from_str(text).unwrap(), "/signal")
    }

    #[test]
    fn a_signal_is_an_event_of_its_name() {
        let event = signal(r#"{"name":"approve","id":"7","data":{"by":"ada"}}"#).unwrap();
        assert_eq!((&**event.kind(), &**event.id(), &**event.source()), ("approve", "7", SIGNAL_SOURCE));
        assert_eq!(event.data().text(), r#"{"by":"ada"}"#);
    }

    #[test]
    fn a_signal_without_a_name_or_an_id_gets_them() {
        let (one, other) = (signal("{}").unwrap(), signal("{}").unwrap());
        assert_eq!((&**one.kind(), one.data().text()), ("signal", "{}"));
        assert_ne!(one.id(), other.id());
    }

    #[test]
    fn what_is_wrong_with_a_signal_is_said_with_its_place() {
        let pointer = |text: &str| {
            let problem = Problem::from(signal(text).unwrap_err());
            problem.errors[0].pointer.clone().unwrap()
        };
        assert_eq!(pointer(r#"{"name":""}"#), "/signal/name");
        assert_eq!(pointer(r#"{"id":"a\nb"}"#), "/signal/id");
    }

    #[test]
    fn what_is_wrong_with_an_event_is_said_with_its_place() {
        let pointer = |text: &str| {
            let error = Event::parse(Json::parse(text).unwrap()).unwrap_err();
            Problem::from(refused("/3", &error)).errors[0].pointer.clone().unwrap()
        };
        assert_eq!(pointer("[]"), "/3");
        assert_eq!(pointer("{}"), "/3/specversion");
        assert_eq!(pointer(r#"{"specversion":"1.0","id":"1","source":"/s"}"#), "/3/type");
        assert_eq!(pointer(r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","A/b":1}"#), "/3/A~1b");
    }
}
